// SPDX-License-Identifier: Apache-2.0
// Field by field, in the order in which a script names them.

#include "tests/scripts/runner/matcher.h"

#include "tests/scripts/runner/payload.h"
#include "tests/scripts/runner/print.h"

namespace millrace::script {
namespace {

using Kind = TcpOption::Kind;
using Difference = std::optional<std::string>;

// Ticks by which a timestamp may miss what the script says: card and script round apart.
constexpr std::uint32_t kTimestampSlack = 2;

std::string differ(const std::string& field, const std::string& expected,
                   const std::string& actual) {
  return field + ": expected " + expected + ", came " + actual;
}

Difference differ_number(const std::string& field, std::uint32_t expected, std::uint32_t actual) {
  if (expected == actual) return std::nullopt;
  return differ(field, std::to_string(expected), std::to_string(actual));
}

Difference match_timestamp(const TcpOption& expected, const TcpOption& actual, Numbers& numbers) {
  if (expected.value) {
    if (!numbers.timestamp_base) numbers.timestamp_base = *actual.value - *expected.value;
    const std::uint32_t came = *actual.value - *numbers.timestamp_base;
    const std::uint32_t apart = came - *expected.value + kTimestampSlack;
    if (apart > 2 * kTimestampSlack) return differ_number("TS val", *expected.value, came);
  }
  if (!expected.echo) return std::nullopt;
  return differ_number("TS ecr", *expected.echo, *actual.echo);
}

Difference match_sack(const TcpOption& expected, const TcpOption& actual, const Numbers& numbers) {
  TcpOption shown = actual;
  for (auto& [start, end] : shown.blocks) {
    start -= numbers.remote_isn;
    end -= numbers.remote_isn;
  }
  if (shown.blocks == expected.blocks) return std::nullopt;
  return differ("option", option_text(expected), option_text(shown));
}

Difference match_option(const TcpOption& expected, const TcpOption& actual, Numbers& numbers) {
  if (expected.kind != actual.kind) {
    return differ("option", option_text(expected), option_text(actual));
  }
  if (expected.kind == Kind::kTimestamp) return match_timestamp(expected, actual, numbers);
  if (expected.kind == Kind::kSack) return match_sack(expected, actual, numbers);
  const bool any_value = !expected.value && expected.kind != Kind::kRaw;
  if (any_value || expected == actual) return std::nullopt;
  return differ("option", option_text(expected), option_text(actual));
}

Difference match_options(const Packet& expected, const Segment& actual, Numbers& numbers) {
  if (expected.any_options) return std::nullopt;
  std::size_t at = 0;
  for (const auto& option : expected.options) {
    if (option.kind == Kind::kRest) return std::nullopt;
    if (option.kind == Kind::kEnd) continue;  // padding is not an option
    if (at == actual.options.size()) {
      return "option: expected " + option_text(option) + ", came none";
    }
    if (auto wrong = match_option(option, actual.options[at++], numbers)) return wrong;
  }
  if (at == actual.options.size()) return std::nullopt;
  return "option: expected none, came " + option_text(actual.options[at]);
}

Difference match_ip(const Packet& expected, const Segment& actual) {
  if (expected.ecn && *expected.ecn != actual.ecn) {
    return differ_number("ECN field", static_cast<std::uint32_t>(*expected.ecn),
                         static_cast<std::uint32_t>(actual.ecn));
  }
  if (expected.ttl) return differ_number("ttl", *expected.ttl, actual.ttl);
  return std::nullopt;
}

}  // namespace

Difference wrong_payload(const Segment& actual, const Numbers& numbers) {
  if (actual.payload.empty()) return std::nullopt;
  const std::uint32_t syn = (actual.flags & kSyn) != 0 ? 1 : 0;
  const std::uint32_t first = actual.seq + syn - numbers.local_base() - 1;
  for (std::size_t i = 0; i < actual.payload.size(); ++i) {
    if (actual.payload[i] == stream_byte(numbers.local_stream, first + i)) continue;
    return "payload: byte " + std::to_string(i) + " (offset " + std::to_string(first + i) +
           " of the stream) is not what was written";
  }
  return std::nullopt;
}

Difference difference(const Packet& expected, const Segment& actual, Numbers& numbers) {
  const std::uint8_t looked_at = expected.any_push ? 0xFF & ~kPsh : 0xFF;
  if (expected.flags != (actual.flags & looked_at)) {
    return differ("flags", flags_text(expected.flags), flags_text(actual.flags));
  }
  if ((actual.flags & kSyn) != 0 && !numbers.local_isn && !expected.seq.absolute) {
    numbers.local_isn = actual.seq - expected.seq.value;
  }
  const std::uint32_t base = expected.seq.absolute ? 0 : numbers.local_base();
  if (auto wrong = differ_number("sequence number", expected.seq.value, actual.seq - base)) {
    return wrong;
  }
  const auto length = static_cast<std::uint32_t>(actual.payload.size());
  if (auto wrong = differ_number("length", expected.length, length)) return wrong;
  if (expected.ack) {
    const std::uint32_t from = expected.ack->absolute ? 0 : numbers.remote_isn;
    if (auto wrong = differ_number("ack", expected.ack->value, actual.ack - from)) return wrong;
  }
  if (expected.window) {
    if (auto wrong = differ_number("win", *expected.window, actual.window)) return wrong;
  }
  if (expected.urgent) {
    if (auto wrong = differ_number("urg", *expected.urgent, actual.urgent)) return wrong;
  }
  if (auto wrong = match_options(expected, actual, numbers)) return wrong;
  if (auto wrong = match_ip(expected, actual)) return wrong;
  return wrong_payload(actual, numbers);
}

}  // namespace millrace::script
