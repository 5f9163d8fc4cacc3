// SPDX-License-Identifier: Apache-2.0
// Names of options to settings.

#include "tests/scripts/runner/settings.h"

#include <algorithm>
#include <charconv>

namespace millrace::script {
namespace {

using Result = std::expected<void, ScriptError>;

constexpr const char* kCardLinkLocal = "fe80::ff:fe00:1";  // of World::kCardMac

std::unexpected<ScriptError> wrong(const Option& option, const std::string& why) {
  return std::unexpected(
      ScriptError{option.line, "--" + option.name + "=" + option.value + ": " + why});
}

std::expected<std::uint32_t, ScriptError> number_of(const Option& option,
                                                    std::uint32_t most = 0xFFFFFFFF) {
  std::string_view text = option.value;
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size() || value > most) {
    return wrong(option, "a number up to " + std::to_string(most) + " is wanted");
  }
  return value;
}

template <typename T>
Result set_number(const Option& option, T& to, std::uint32_t most = 0xFFFFFFFF) {
  const auto number = number_of(option, most);
  if (!number) return std::unexpected(number.error());
  to = static_cast<T>(*number);
  return {};
}

Result set_address(const Option& option, Address& to) {
  const auto address = parse_address(option.value.substr(0, option.value.find('/')));
  if (!address) return wrong(option, "not an address");
  to = *address;
  return {};
}

Result set_switch(const Option& option, bool& to) {
  if (option.value != "on" && option.value != "off") return wrong(option, "on or off is wanted");
  to = option.value == "on";
  return {};
}

// What stands before it is replaced.
Result set_profile(const Option& option, Settings& settings) {
  const auto policy = host::profile(option.value, settings.policy);
  if (!policy) return wrong(option, "no such profile");
  settings.policy = *policy;
  return {};
}

Result set_version(const Option& option, Settings& settings) {
  if (option.value == "ipv4") return {};
  const bool link = option.value == "ipv6_link";
  if (!link && option.value != "ipv6") return wrong(option, "ipv4, ipv6 or ipv6_link is wanted");
  settings.local_ip = *parse_address(link ? kCardLinkLocal : "2001:db8::1");
  settings.remote_ip = *parse_address(link ? "fe80::2" : "2001:db8::2");
  return {};
}

Result set_register(const Option& option, Settings& settings) {
  for (const auto& known : contract::kRegisters) {
    if (option.name != known.name || known.access == contract::Access::kReadOnly) continue;
    const auto number = number_of(option);
    if (!number) return std::unexpected(number.error());
    settings.registers.emplace_back(known.offset, *number);
    return {};
  }
  return wrong(option, "neither an option of the runner nor a register of the card");
}

Result apply(const Option& option, Settings& settings) {
  const std::string& name = option.name;
  for (const auto& row : host::policy_registers()) {
    if (name == row.name) return set_number(option, settings.policy.*row.member);
  }
  if (name == "profile") return set_profile(option, settings);
  if (name == "local_ip") return set_address(option, settings.local_ip);
  if (name == "remote_ip") return set_address(option, settings.remote_ip);
  if (name == "gateway") return set_address(option, settings.gateway.emplace());
  if (name == "local_port") return set_number(option, settings.local_port, 65535);
  if (name == "remote_port") return set_number(option, settings.remote_port, 65535);
  if (name == "remote_isn") return set_number(option, settings.remote_isn);
  if (name == "tolerance_us" || name == "tolerance_usecs") {
    return set_number(option, settings.tolerance_us);
  }
  if (name == "rx_buffer") return set_number(option, settings.rx_buffer);
  if (name == "tx_buffer") return set_number(option, settings.tx_buffer);
  if (name == "seed") return set_number(option, settings.seed);
  if (name == "memory") {
    settings.memory = option.value;
    return {};
  }
  if (name == "arp" || name == "nd") return set_switch(option, settings.answer_arp);
  if (name == "nodelay") return set_switch(option, settings.connection.nodelay);
  if (name == "vlan") return set_number(option, settings.vlan.emplace(), 65535);
  if (name == "ip_version") return set_version(option, settings);
  return set_register(option, settings);
}

}  // namespace

std::optional<host::CongestionControl> algorithm_of(std::string name) {
  name.resize(std::min(name.find('\0'), name.size()));
  if (name == "reno" || name == "newreno") return host::CongestionControl::kNewreno;
  if (name == "cubic") return host::CongestionControl::kCubic;
  if (name == "dctcp") return host::CongestionControl::kDctcp;
  return std::nullopt;
}

std::expected<Settings, ScriptError> settings_of(const Script& script) {
  Settings settings;
  settings.local_ip = *parse_address("192.0.2.1");
  settings.remote_ip = *parse_address("192.0.2.2");
  for (const auto& option : script.options) {
    if (auto done = apply(option, settings); !done) return std::unexpected(done.error());
  }
  // Whoever sets a bound of the timeout need not set the first timeout as well.
  host::Policy& policy = settings.policy;
  policy.rto_max_us = std::max(policy.rto_max_us, policy.rto_min_us);
  policy.rto_initial_us = std::clamp(policy.rto_initial_us, policy.rto_min_us, policy.rto_max_us);
  return settings;
}

}  // namespace millrace::script
