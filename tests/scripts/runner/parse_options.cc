// SPDX-License-Identifier: Apache-2.0
// TCP options: <mss 1460,nop,wscale 7,sackOK,TS val 100 ecr 0,sack 1:2 5:9,...>.

#include "tests/scripts/runner/parser.h"

namespace millrace::script {
namespace {

using Result = std::expected<void, ScriptError>;
using Kind = TcpOption::Kind;

// A number or `*`.
Result parse_any(Lexer& lexer, const std::string& what, Any& any) {
  if (lexer.accept("*")) {
    any.reset();
    return {};
  }
  const auto number = lexer.number();
  if (!number || *number < 0 || *number > 0xFFFFFFFF) return expected_at(lexer, what + " or *");
  any = static_cast<std::uint32_t>(*number);
  return {};
}

// 1:2 3:4
Result parse_blocks(Lexer& lexer, TcpOption& option) {
  while (const auto start = lexer.number()) {
    if (!lexer.accept(":")) return expected_at(lexer, ": and the end of the block");
    const auto end = lexer.number();
    if (!end) return expected_at(lexer, "the end of the block");
    option.blocks.emplace_back(static_cast<std::uint32_t>(*start),
                               static_cast<std::uint32_t>(*end));
    // `sack 1:2,3:4` and `sack 1:2 3:4` are the same; a comma before a word ends the option.
    if (lexer.peek() == ',' && lexer.peek(1) >= '0' && lexer.peek(1) <= '9') lexer.accept(",");
  }
  if (option.blocks.empty()) return expected_at(lexer, "start:end of a SACK block");
  return {};
}

// raw 254 f989aabb
Result parse_raw(Lexer& lexer, TcpOption& option) {
  const auto kind = lexer.number();
  if (!kind || *kind < 0 || *kind > 255) return expected_at(lexer, "a kind of option");
  option.raw_kind = static_cast<std::uint8_t>(*kind);
  lexer.skip_blanks();
  const std::string digits = lexer.run_of("0123456789abcdefABCDEF");
  if (digits.size() % 2 != 0) return expected_at(lexer, "pairs of hexadecimal digits");
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto octet = std::stoul(digits.substr(i, 2), nullptr, 16);
    option.raw.push_back(static_cast<std::uint8_t>(octet));
  }
  return {};
}

Result parse_option(Lexer& lexer, TcpOption& option) {
  const std::string name = lexer.word();
  if (name == "eol") {
    option.kind = Kind::kEnd;
  } else if (name == "nop") {
    option.kind = Kind::kNop;
  } else if (name == "mss") {
    option.kind = Kind::kMss;
    return parse_any(lexer, "a segment size", option.value);
  } else if (name == "wscale") {
    option.kind = Kind::kWindowScale;
    return parse_any(lexer, "a shift count", option.value);
  } else if (name == "sackOK") {
    option.kind = Kind::kSackPermitted;
  } else if (name == "sack") {
    option.kind = Kind::kSack;
    return parse_blocks(lexer, option);
  } else if (name == "TS") {
    option.kind = Kind::kTimestamp;
    if (!lexer.accept("val")) return expected_at(lexer, "val");
    if (auto done = parse_any(lexer, "a timestamp", option.value); !done) return done;
    if (!lexer.accept("ecr")) return expected_at(lexer, "ecr");
    return parse_any(lexer, "a timestamp", option.echo);
  } else if (name == "raw") {
    option.kind = Kind::kRaw;
    return parse_raw(lexer, option);
  } else {
    return expected_at(lexer, "eol, nop, mss, wscale, sackOK, sack, TS, raw or ...");
  }
  return {};
}

}  // namespace

std::expected<void, ScriptError> parse_tcp_options(Lexer& lexer, Packet& packet) {
  while (!lexer.accept(">")) {
    if (lexer.accept("...")) {
      if (packet.options.empty() && lexer.accept(">")) {
        packet.any_options = true;
        return {};
      }
      packet.options.emplace_back().kind = Kind::kRest;
    } else if (auto done = parse_option(lexer, packet.options.emplace_back()); !done) {
      return done;
    }
    if (lexer.accept(">")) return {};
    if (!lexer.accept(",")) return expected_at(lexer, ", or > after an option");
  }
  return {};
}

}  // namespace millrace::script
