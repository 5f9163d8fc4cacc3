// SPDX-License-Identifier: Apache-2.0
// The dialect, written.

#include "tests/scripts/runner/print.h"

#include <array>
#include <cstdio>

namespace millrace::script {
namespace {

using Kind = TcpOption::Kind;

std::string any_text(const Any& any) { return any ? std::to_string(*any) : "*"; }

std::string options_text(const std::vector<TcpOption>& options) {
  std::string text = "<";
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (i != 0) text += ",";
    text += option_text(options[i]);
  }
  return text + ">";
}

std::string range_text(const Sequence& seq, std::uint32_t length) {
  return (seq.absolute ? "=" : "") + std::to_string(seq.value) + ":" +
         std::to_string(seq.value + length) + "(" + std::to_string(length) + ")";
}

std::string ecn_text(Ecn ecn) {
  switch (ecn) {
    case Ecn::kNone:
      return "noecn";
    case Ecn::kEct0:
      return "ect0";
    case Ecn::kEct1:
      return "ect1";
    case Ecn::kCe:
      break;
  }
  return "ce";
}

// A number of the card's stream, shown relative if it lies near the initial sequence number.
std::string relative_range(std::uint32_t value, const std::optional<std::uint32_t>& isn,
                           std::uint32_t length) {
  return range_text({.value = isn ? value - *isn : value, .absolute = false}, length);
}

std::string attributes_text(const Packet& packet) {
  std::string text;
  if (packet.ecn) text += "[" + ecn_text(*packet.ecn) + "] ";
  if (packet.ttl) text += "[ttl " + std::to_string(*packet.ttl) + "] ";
  if (packet.bad_tcp_checksum) text += "[badsum] ";
  if (packet.bad_ip_checksum) text += "[badip] ";
  if (packet.bad_fcs) text += "[badfcs] ";
  if (packet.vlan) {
    text += *packet.vlan < 0 ? "[novlan] " : "[vlan " + std::to_string(*packet.vlan) + "] ";
  }
  if (packet.peer.index != 0 || packet.peer.local_port != 0) {
    text += "@" + std::to_string(packet.peer.index);
    if (packet.peer.local_port != 0) text += ":" + std::to_string(packet.peer.local_port);
    text += " ";
  }
  return text;
}

std::string icmp_text(IcmpKind kind) {
  constexpr std::array kNames = {"",
                                 "unreachable net_unreachable",
                                 "unreachable host_unreachable",
                                 "unreachable protocol_unreachable",
                                 "unreachable port_unreachable",
                                 "unreachable frag_needed",
                                 "time_exceeded",
                                 "source_quench",
                                 "parameter_problem"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string argument_text(const Argument& argument) {
  switch (argument.kind) {
    case Argument::Kind::kNumber:
      return argument.text + std::to_string(argument.number);
    case Argument::Kind::kName:
      return argument.text;
    case Argument::Kind::kEllipsis:
      return "...";
    case Argument::Kind::kText:
      return "\"" + argument.text + "\"";
    case Argument::Kind::kList:
      break;
  }
  std::string text = "[";
  for (const auto& element : argument.list) {
    if (text.size() > 1) text += ", ";
    text += argument_text(element);
  }
  return text + "]";
}

}  // namespace

std::string seconds(std::int64_t us) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%s%lld.%06lld", us < 0 ? "-" : "",
                static_cast<long long>(std::abs(us) / 1'000'000),
                static_cast<long long>(std::abs(us) % 1'000'000));
  return text.data();
}

std::string to_string(const When& when) {
  std::string text;
  switch (when.kind) {
    case When::Kind::kAny:
      return "*";
    case When::Kind::kAbsolute:
      text = seconds(when.from);
      break;
    case When::Kind::kRelative:
      text = "+" + seconds(when.from);
      break;
    case When::Kind::kAbsoluteRange:
      return seconds(when.from) + "~" + seconds(when.to);
    case When::Kind::kRelativeRange:
      return "+" + seconds(when.from) + "~+" + seconds(when.to);
  }
  if (when.end) text += "..." + seconds(*when.end);
  return text;
}

std::string flags_text(std::uint8_t flags) {
  constexpr std::string_view kLetters = "FSRP.UEW";
  std::string text;
  for (const char letter : std::string_view("SFRPUEW.")) {
    if ((flags >> kLetters.find(letter) & 1) != 0) text += letter;
  }
  return text.empty() ? "-" : text;
}

std::string option_text(const TcpOption& option) {
  switch (option.kind) {
    case Kind::kEnd:
      return "eol";
    case Kind::kNop:
      return "nop";
    case Kind::kMss:
      return "mss " + any_text(option.value);
    case Kind::kWindowScale:
      return "wscale " + any_text(option.value);
    case Kind::kSackPermitted:
      return "sackOK";
    case Kind::kTimestamp:
      return "TS val " + any_text(option.value) + " ecr " + any_text(option.echo);
    case Kind::kRest:
      return "...";
    case Kind::kSack: {
      std::string text = "sack";
      for (const auto& [start, end] : option.blocks) {
        text += " " + std::to_string(start) + ":" + std::to_string(end);
      }
      return text;
    }
    case Kind::kRaw:
      break;
  }
  std::string text = "raw " + std::to_string(option.raw_kind) + " ";
  for (const std::uint8_t octet : option.raw) {
    std::array<char, 4> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", octet);
    text += digits.data();
  }
  return text;
}

std::string to_string(const Packet& packet) {
  std::string text = packet.direction == Direction::kInject ? "< " : "> ";
  text += attributes_text(packet);
  if (packet.icmp != IcmpKind::kNone) {
    text += "icmp " + icmp_text(packet.icmp);
    if (packet.mtu != 0) text += " mtu " + std::to_string(packet.mtu);
    return text + " [" + range_text(packet.seq, packet.length) + "]";
  }
  text += (packet.any_push ? "p" : "") + flags_text(packet.flags) + " " +
          range_text(packet.seq, packet.length);
  if (packet.ack) {
    text += std::string(" ack ") + (packet.ack->absolute ? "=" : "") +
            std::to_string(packet.ack->value);
  }
  if (packet.window) text += " win " + std::to_string(*packet.window);
  if (packet.urgent) text += " urg " + std::to_string(*packet.urgent);
  if (packet.pattern != 0) text += " data " + std::to_string(packet.pattern);
  if (packet.any_options) text += " <...>";
  if (!packet.options.empty()) text += " " + options_text(packet.options);
  return text;
}

std::string to_string(const Segment& segment, const Numbers& numbers) {
  std::string text = "> ";
  if (segment.ecn != Ecn::kNone) text += "[" + ecn_text(segment.ecn) + "] ";
  text += flags_text(segment.flags) + " " +
          relative_range(segment.seq, numbers.local_isn,
                         static_cast<std::uint32_t>(segment.payload.size()));
  if ((segment.flags & kAck) != 0) {
    text += " ack " + std::to_string(segment.ack - numbers.remote_isn);
  }
  text += " win " + std::to_string(segment.window);
  if ((segment.flags & kUrg) != 0) text += " urg " + std::to_string(segment.urgent);
  if (segment.options.empty()) return text;
  auto options = segment.options;
  for (auto& option : options) {
    if (option.kind == Kind::kTimestamp && numbers.timestamp_base) {
      option.value = *option.value - *numbers.timestamp_base;
    }
    for (auto& [start, end] : option.blocks) {
      start -= numbers.remote_isn;
      end -= numbers.remote_isn;
    }
  }
  return text + " " + options_text(options);
}

std::string to_string(const Call& call) {
  std::string text = call.name + "(";
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    if (i != 0) text += ", ";
    text += argument_text(call.arguments[i]);
  }
  text += ") = " + (call.result ? std::to_string(*call.result) : "?");
  return call.error.empty() ? text : text + " " + call.error;
}

std::string to_string(const Command& command) {
  std::string text = "`";
  for (const auto& words : command.statements) {
    if (text.size() > 1) text += "; ";
    for (std::size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : " ") + words[i];
  }
  return text + "`";
}

}  // namespace millrace::script
