// SPDX-License-Identifier: Apache-2.0
// Names of policy registers and where their values go.

#include "flow/cli/policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace millrace::flow::cli {
namespace {

struct Knob {
  std::string_view name;
  std::uint32_t host::Policy::* member;
};

constexpr std::array<Knob, 10> kKnobs{{
    {"mss", &host::Policy::mss},
    {"initial_window", &host::Policy::initial_window},
    {"delayed_ack_us", &host::Policy::delayed_ack_us},
    {"rto_initial_us", &host::Policy::rto_initial_us},
    {"rto_min_us", &host::Policy::rto_min_us},
    {"rto_max_us", &host::Policy::rto_max_us},
    {"retries_max", &host::Policy::retries_max},
    {"syn_retries_max", &host::Policy::syn_retries_max},
    {"time_wait_us", &host::Policy::time_wait_us},
    {"arp_age_us", &host::Policy::arp_age_us},
}};

}  // namespace

Result<host::Policy> policy_of(host::Policy base, std::span<const std::string> settings) {
  for (const std::string& setting : settings) {
    const std::size_t equals = std::min(setting.find('='), setting.size());
    const std::string_view name = std::string_view(setting).substr(0, equals);
    const auto* const knob = std::ranges::find(kKnobs, name, &Knob::name);
    const char* const end = setting.data() + setting.size();
    const char* const begin = std::min(setting.data() + equals + 1, end);
    std::uint32_t value = 0;
    const auto [stop, error] = std::from_chars(begin, end, value);
    if (knob == kKnobs.end() || error != std::errc() || stop != end) {
      return std::unexpected(Error(make_error_code(Errc::kInvalidArgument), "open",
                                   "no such policy, or no number: " + setting));
    }
    base.*(knob->member) = value;
  }
  return base;
}

}  // namespace millrace::flow::cli
