// SPDX-License-Identifier: Apache-2.0
// Segments and ICMP errors: [ecn] @peer flags seq:end(length) ack N win N urg N <options>.

#include "tests/scripts/runner/parser.h"

namespace millrace::script {
namespace {

using Result = std::expected<void, ScriptError>;

constexpr std::uint32_t kBits16 = 0xFFFF;

std::expected<std::uint32_t, ScriptError> parse_number(Lexer& lexer, const std::string& what,
                                                       std::uint32_t most = 0xFFFFFFFF) {
  const auto number = lexer.number();
  if (!number || *number < 0 || *number > most) return expected_at(lexer, what);
  return static_cast<std::uint32_t>(*number);
}

std::expected<Sequence, ScriptError> parse_sequence(Lexer& lexer, const std::string& what) {
  Sequence sequence;
  sequence.absolute = lexer.accept("=");
  const auto value = parse_number(lexer, what);
  if (!value) return std::unexpected(value.error());
  sequence.value = *value;
  return sequence;
}

// [ect0], [ce], [ttl 5], [badsum] ...
Result parse_attributes(Lexer& lexer, Packet& packet) {
  while (!lexer.accept("]")) {
    if (lexer.accept(",")) continue;
    const std::string name = lexer.word();
    if (name == "noecn") {
      packet.ecn = Ecn::kNone;
    } else if (name == "ect0") {
      packet.ecn = Ecn::kEct0;
    } else if (name == "ect1") {
      packet.ecn = Ecn::kEct1;
    } else if (name == "ce") {
      packet.ecn = Ecn::kCe;
    } else if (name == "ecn") {
      continue;  // packetdrill also writes [ecn ce]
    } else if (name == "ttl") {
      const auto ttl = parse_number(lexer, "a time to live", 255);
      if (!ttl) return std::unexpected(ttl.error());
      packet.ttl = static_cast<std::uint8_t>(*ttl);
    } else if (name == "badsum") {
      packet.bad_tcp_checksum = true;
    } else if (name == "badip") {
      packet.bad_ip_checksum = true;
    } else if (name == "badfcs") {
      packet.bad_fcs = true;
    } else if (name == "novlan") {
      packet.vlan = -1;
    } else if (name == "vlan") {
      const auto tag = parse_number(lexer, "the control information of a tag", kBits16);
      if (!tag) return std::unexpected(tag.error());
      packet.vlan = static_cast<std::int32_t>(*tag);
    } else {
      return expected_at(lexer,
                         "noecn, ect0, ect1, ce, ttl, badsum, badip, badfcs, vlan, novlan or ]");
    }
  }
  return {};
}

// @2 or @2:8081
Result parse_peer(Lexer& lexer, Packet& packet) {
  const auto index = parse_number(lexer, "the number of a peer after @", 999);
  if (!index) return std::unexpected(index.error());
  packet.peer.index = *index;
  if (!lexer.accept(":")) return {};
  const auto port = parse_number(lexer, "a port of the card", kBits16);
  if (!port) return std::unexpected(port.error());
  packet.peer.local_port = static_cast<std::uint16_t>(*port);
  return {};
}

Result parse_flags(Lexer& lexer, Packet& packet) {
  constexpr std::string_view kLetters = "FSRP.UEW";
  const std::string flags = lexer.run_of("FSRPp.UEW-");
  if (flags.empty()) return expected_at(lexer, "flags (F S R P . U E W, - for none)");
  for (const char letter : flags) {
    if (letter == '-') continue;
    if (letter == 'p') {
      packet.any_push = true;
      continue;
    }
    packet.flags |= static_cast<std::uint8_t>(1U << kLetters.find(letter));
  }
  return {};
}

// 1:1001(1000)
Result parse_range(Lexer& lexer, Packet& packet) {
  const auto seq = parse_sequence(lexer, "a sequence number");
  if (!seq) return std::unexpected(seq.error());
  packet.seq = *seq;
  if (!lexer.accept(":")) return expected_at(lexer, ": and the segment's end");
  lexer.accept("=");
  const auto end = parse_number(lexer, "the sequence number after the segment's last byte");
  if (!end) return std::unexpected(end.error());
  if (!lexer.accept("(")) return expected_at(lexer, "( and the length of the payload");
  const auto length = parse_number(lexer, "the length of the payload", kBits16);
  if (!length) return std::unexpected(length.error());
  packet.length = *length;
  if (!lexer.accept(")")) return expected_at(lexer, ")");
  if (*end - seq->value != *length) {
    return fail_at(lexer, "the sequence numbers differ by " + std::to_string(*end - seq->value) +
                              ", the length is " + std::to_string(*length));
  }
  return {};
}

Result parse_fields(Lexer& lexer, Packet& packet) {
  while (!lexer.at_line_end()) {
    if (lexer.accept("ack")) {
      const auto ack = parse_sequence(lexer, "an acknowledgement number");
      if (!ack) return std::unexpected(ack.error());
      packet.ack = *ack;
    } else if (lexer.accept("win")) {
      const auto window = parse_number(lexer, "a window field", kBits16);
      if (!window) return std::unexpected(window.error());
      packet.window = static_cast<std::uint16_t>(*window);
    } else if (lexer.accept("urg")) {
      const auto urgent = parse_number(lexer, "an urgent pointer", kBits16);
      if (!urgent) return std::unexpected(urgent.error());
      packet.urgent = static_cast<std::uint16_t>(*urgent);
    } else if (lexer.accept("data")) {
      const auto pattern = parse_number(lexer, "the number of a pattern");
      if (!pattern) return std::unexpected(pattern.error());
      packet.pattern = *pattern;
    } else if (lexer.accept("<")) {
      if (auto done = parse_tcp_options(lexer, packet); !done) return done;
    } else {
      return expected_at(lexer, "ack, win, urg, data, <options> or the end of the line");
    }
  }
  return {};
}

struct IcmpName {
  std::string_view name;
  IcmpKind kind;
};
constexpr IcmpName kIcmpNames[] = {
    {"net_unreachable", IcmpKind::kNetUnreachable},
    {"host_unreachable", IcmpKind::kHostUnreachable},
    {"protocol_unreachable", IcmpKind::kProtocolUnreachable},
    {"port_unreachable", IcmpKind::kPortUnreachable},
    {"frag_needed", IcmpKind::kFragmentationNeeded},
    {"packet_too_big", IcmpKind::kFragmentationNeeded},
    {"time_exceeded", IcmpKind::kTimeExceeded},
    {"source_quench", IcmpKind::kSourceQuench},
    {"parameter_problem", IcmpKind::kParameterProblem},
};

// icmp unreachable frag_needed mtu 1400 [1:1461(1460)]
Result parse_icmp(Lexer& lexer, Packet& packet) {
  lexer.accept("unreachable");
  const std::string name = lexer.word();
  for (const auto& known : kIcmpNames) {
    if (known.name == name) packet.icmp = known.kind;
  }
  if (packet.icmp == IcmpKind::kNone) return expected_at(lexer, "a kind of ICMP error");
  if (lexer.accept("mtu")) {
    const auto mtu = parse_number(lexer, "an MTU");
    if (!mtu) return std::unexpected(mtu.error());
    packet.mtu = *mtu;
  }
  if (!lexer.accept("[")) return expected_at(lexer, "[seq:end(length)] of the segment quoted");
  if (auto done = parse_range(lexer, packet); !done) return done;
  if (!lexer.accept("]")) return expected_at(lexer, "]");
  return {};
}

}  // namespace

std::expected<Packet, ScriptError> parse_packet(Lexer& lexer, Direction direction) {
  Packet packet;
  packet.direction = direction;
  while (true) {
    Result done;
    if (lexer.accept("[")) {
      done = parse_attributes(lexer, packet);
    } else if (lexer.accept("@")) {
      done = parse_peer(lexer, packet);
    } else {
      break;
    }
    if (!done) return std::unexpected(done.error());
  }
  if (lexer.accept("icmp")) {
    if (direction == Direction::kExpect) return fail_at(lexer, "ICMP can only be injected");
    if (auto done = parse_icmp(lexer, packet); !done) return std::unexpected(done.error());
    return packet;
  }
  if (auto done = parse_flags(lexer, packet); !done) return std::unexpected(done.error());
  if (auto done = parse_range(lexer, packet); !done) return std::unexpected(done.error());
  if (auto done = parse_fields(lexer, packet); !done) return std::unexpected(done.error());
  const bool says_ack = (packet.flags & kAck) != 0;
  if (packet.ack && !says_ack) return fail_at(lexer, "ack without the flag `.`");
  if (!packet.ack && says_ack) return fail_at(lexer, "the flag `.` without ack N");
  if (direction == Direction::kInject && (packet.any_options || packet.any_push)) {
    return fail_at(lexer, "<...> and the flag p can only be expected, not injected");
  }
  if (direction == Direction::kExpect && packet.vlan) {
    return fail_at(lexer, "vlan and novlan can only be injected; the option vlan says what comes");
  }
  return packet;
}

}  // namespace millrace::script
