// SPDX-License-Identifier: Apache-2.0
// Calls as packetdrill spells them: name(arguments) = result [ERROR [(text)]].

#include "tests/scripts/runner/parser.h"

namespace millrace::script {
namespace {

using Result = std::expected<void, ScriptError>;
using Kind = Argument::Kind;

Result parse_argument(Lexer& lexer, Argument& argument);

// After [ or {; `close` ends it. Elements may be named: {sa_family = AF_INET, onoff=1}.
Result parse_list(Lexer& lexer, Argument& argument, std::string_view close) {
  argument.kind = Kind::kList;
  lexer.skip_lines();
  while (!lexer.accept(close)) {
    Argument& element = argument.list.emplace_back();
    argument.fields.emplace_back();
    if (auto done = parse_argument(lexer, element); !done) return done;
    if (element.kind == Kind::kName && lexer.accept("=")) {
      argument.fields.back() = element.text;
      element = Argument{};
      if (auto done = parse_argument(lexer, element); !done) return done;
    }
    lexer.skip_lines();
    if (lexer.accept(close)) break;
    if (!lexer.accept(",")) return expected_at(lexer, ", or " + std::string(close));
    lexer.skip_lines();
  }
  return {};
}

// htons(80) is the number, inet_addr("1.2.3.4") the text.
Result parse_conversion(Lexer& lexer, Argument& argument) {
  Argument inner;
  if (auto done = parse_argument(lexer, inner); !done) return done;
  if (!lexer.accept(")")) return expected_at(lexer, ")");
  argument = inner;
  return {};
}

Result parse_name(Lexer& lexer, Argument& argument) {
  argument.kind = Kind::kName;
  argument.text = lexer.word();
  if (lexer.accept("(")) return parse_conversion(lexer, argument);
  while (lexer.accept("|")) {
    const std::string more = lexer.word();
    if (more.empty()) return expected_at(lexer, "a name after |");
    argument.text += "|" + more;
  }
  return {};
}

Result parse_argument(Lexer& lexer, Argument& argument) {
  lexer.skip_blanks();
  if (lexer.accept("...")) {
    argument.kind = Kind::kEllipsis;
  } else if (lexer.accept("[")) {
    return parse_list(lexer, argument, "]");
  } else if (lexer.accept("{")) {
    return parse_list(lexer, argument, "}");
  } else if (lexer.accept("\"")) {
    const auto text = lexer.until("\"");
    if (!text) return fail_at(lexer, "the text has no closing \"");
    argument.kind = Kind::kText;
    argument.text = *text;
  } else {
    const bool peer = lexer.accept("@");
    if (const auto number = lexer.number()) {
      argument.kind = Kind::kNumber;
      argument.number = *number;
      if (peer) argument.text = "@";
      return {};
    }
    if (peer) return expected_at(lexer, "the number of a peer after @");
    if (auto done = parse_name(lexer, argument); !done) return done;
    if (argument.kind == Kind::kName && argument.text.empty()) {
      return expected_at(lexer, "an argument");
    }
  }
  return {};
}

}  // namespace

std::expected<Call, ScriptError> parse_call(Lexer& lexer, std::string name) {
  Call call;
  call.name = std::move(name);
  if (!lexer.accept("(")) return expected_at(lexer, "( after " + call.name);
  while (!lexer.accept(")")) {
    if (auto done = parse_argument(lexer, call.arguments.emplace_back()); !done) {
      return std::unexpected(done.error());
    }
    lexer.skip_lines();
    if (lexer.accept(")")) break;
    if (!lexer.accept(",")) return expected_at(lexer, ", or )");
    lexer.skip_lines();
  }
  if (!lexer.accept("=")) return expected_at(lexer, "= and the result of " + call.name);
  if (lexer.accept("?")) return call;
  call.result = lexer.number();
  if (!call.result) return expected_at(lexer, "the result of " + call.name);
  if (lexer.at_line_end()) return call;
  call.error = lexer.word();
  if (call.error.empty()) return expected_at(lexer, "the name of an error");
  if (lexer.accept("(") && !lexer.until(")")) {
    return fail_at(lexer, "the text of the error has no closing )");
  }
  return call;
}

}  // namespace millrace::script
