// SPDX-License-Identifier: Apache-2.0
// Profiles, algorithms and registers by name.

#include "flow/cli/policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace millrace::flow::cli {
namespace {

Error refused(const std::string& what) {
  return Error(make_error_code(Errc::kInvalidArgument), "open", what);
}

// "16" and "0x10"; nothing else.
std::optional<std::uint32_t> number(std::string_view text) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  std::uint32_t value = 0;
  const char* const end = std::to_address(text.end());
  const auto [stop, error] =
      std::from_chars(std::to_address(text.begin()), end, value, hex ? 16 : 10);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

constexpr std::array<std::pair<std::string_view, host::CongestionControl>, 3> kAlgorithms{{
    {"newreno", host::CongestionControl::kNewreno},
    {"cubic", host::CongestionControl::kCubic},
    {"dctcp", host::CongestionControl::kDctcp},
}};

}  // namespace

Result<host::Policy> policy_of(host::Policy base, const PolicyChoice& choice) {
  if (!choice.profile.empty()) {
    const auto found = host::profile(choice.profile, base);
    if (!found) return std::unexpected(refused("no such profile: " + choice.profile));
    base = *found;
  }
  if (!choice.congestion.empty()) {
    const auto* const found = std::ranges::find(kAlgorithms, choice.congestion,
                                                [](const auto& row) { return row.first; });
    if (found == kAlgorithms.end()) {
      return std::unexpected(refused("no such congestion control: " + choice.congestion));
    }
    base.congestion_control =
        (base.congestion_control & host::kKeepWindow) | static_cast<std::uint32_t>(found->second);
  }
  for (const std::string& setting : choice.settings) {
    const std::size_t equals = setting.find('=');
    const std::string_view name = std::string_view(setting).substr(0, equals);
    const auto registers = host::policy_registers();
    const auto row = std::ranges::find(registers, name, &host::PolicyRegister::name);
    const auto value = equals == std::string::npos
                           ? std::nullopt
                           : number(std::string_view(setting).substr(equals + 1));
    if (row == registers.end() || !value) {
      return std::unexpected(refused("no such policy, or no number: " + setting));
    }
    base.*(row->member) = *value;
  }
  return base;
}

}  // namespace millrace::flow::cli
