// SPDX-License-Identifier: Apache-2.0
// The table of policy registers, and the profiles; docs/profiles.md says where each value is from.

#include "host/policy.h"

#include <algorithm>
#include <array>
#include <string>

namespace millrace::host {
namespace {

// The card compares times modulo 2^32.
constexpr std::uint32_t kLongestUs = 0x7FFFFFFF;
constexpr std::uint32_t kLongestTicks = 0x7FFFFFFF;
constexpr std::uint32_t kAllOptions = 0xFF;

constexpr std::array kRegisters = {
    PolicyRegister{"mss", contract::kRegMss, &Policy::mss, 64, 8960},
    PolicyRegister{"initial_window", contract::kRegInitialWindow, &Policy::initial_window, 1, 255},
    PolicyRegister{"delayed_ack_us", contract::kRegDelayedAckUs, &Policy::delayed_ack_us, 0,
                   500'000},
    PolicyRegister{"rto_initial_us", contract::kRegRtoInitialUs, &Policy::rto_initial_us, 1,
                   kLongestUs},
    PolicyRegister{"rto_min_us", contract::kRegRtoMinUs, &Policy::rto_min_us, 1, kLongestUs},
    PolicyRegister{"rto_max_us", contract::kRegRtoMaxUs, &Policy::rto_max_us, 1, kLongestUs},
    PolicyRegister{"retries_max", contract::kRegRetriesMax, &Policy::retries_max, 1, 255},
    PolicyRegister{"syn_retries_max", contract::kRegSynRetriesMax, &Policy::syn_retries_max, 1,
                   255},
    PolicyRegister{"time_wait_us", contract::kRegTimeWaitUs, &Policy::time_wait_us, 0, kLongestUs},
    PolicyRegister{"arp_age_us", contract::kRegArpAgeUs, &Policy::arp_age_us, 1, kLongestUs},
    PolicyRegister{"tcp_options", contract::kRegTcpOptions, &Policy::tcp_options, 0, kAllOptions},
    PolicyRegister{"congestion_control", contract::kRegCongestionControl,
                   &Policy::congestion_control, 0,
                   kKeepWindow | static_cast<std::uint32_t>(CongestionControl::kDctcp)},
    PolicyRegister{"dup_ack_threshold", contract::kRegDupAckThreshold, &Policy::dup_ack_threshold,
                   1, 15},
    PolicyRegister{"timestamp_shift", contract::kRegTimestampShift, &Policy::timestamp_shift, 0,
                   20},
    PolicyRegister{"keepalive_idle", contract::kRegKeepaliveIdle, &Policy::keepalive_idle, 1,
                   kLongestTicks},
    PolicyRegister{"keepalive_interval", contract::kRegKeepaliveInterval,
                   &Policy::keepalive_interval, 1, kLongestTicks},
    PolicyRegister{"keepalive_probes", contract::kRegKeepaliveProbes, &Policy::keepalive_probes, 1,
                   255},
    PolicyRegister{"user_timeout", contract::kRegUserTimeout, &Policy::user_timeout, 0,
                   kLongestTicks},
    PolicyRegister{"challenge_ack_rate", contract::kRegChallengeAckRate,
                   &Policy::challenge_ack_rate, 0, 1'000'000},
    PolicyRegister{"syn_cookies", contract::kRegSynCookies, &Policy::syn_cookies, 0, 2},
    PolicyRegister{"pmtu_floor", contract::kRegPmtuFloor, &Policy::pmtu_floor, 104, 9000},
    PolicyRegister{"time_to_live", contract::kRegTimeToLive, &Policy::time_to_live, 1, 255},
};

struct Profile {
  std::string_view name;
  Policy policy;  // mss and arp_age_us are not looked at
};

constexpr std::uint32_t kOptionsOfBoth =
    tcp_options(TcpOption::kWindowScale, TcpOption::kTimestamps, TcpOption::kSack,
                TcpOption::kEcnAccept, TcpOption::kTimeWaitReuse);

constexpr std::array kProfiles = {
    Profile{"linux",
            {.initial_window = 10,
             .delayed_ack_us = 40'000,
             .rto_initial_us = 1'000'000,
             .rto_min_us = 200'000,
             .rto_max_us = 120'000'000,
             .retries_max = 15,
             .syn_retries_max = 6,
             .time_wait_us = 60'000'000,
             .tcp_options = kOptionsOfBoth,
             .congestion_control = static_cast<std::uint32_t>(CongestionControl::kCubic),
             .dup_ack_threshold = 3,
             .timestamp_shift = 10,
             .keepalive_idle = ticks_of_us(7'200'000'000),
             .keepalive_interval = ticks_of_us(75'000'000),
             .keepalive_probes = 9,
             .user_timeout = 0,
             .challenge_ack_rate = 0,
             .syn_cookies = 1,
             .pmtu_floor = 552,
             .time_to_live = 64}},
    Profile{"freebsd",
            {.initial_window = 10,
             .delayed_ack_us = 40'000,
             .rto_initial_us = 1'000'000,
             .rto_min_us = 200'000,
             .rto_max_us = 64'000'000,
             .retries_max = 12,
             .syn_retries_max = 6,
             .time_wait_us = 60'000'000,
             .tcp_options = kOptionsOfBoth | tcp_options(TcpOption::kOptionOrder),
             .congestion_control = static_cast<std::uint32_t>(CongestionControl::kCubic),
             .dup_ack_threshold = 3,
             .timestamp_shift = 10,
             .keepalive_idle = ticks_of_us(7'200'000'000),
             .keepalive_interval = ticks_of_us(75'000'000),
             .keepalive_probes = 8,
             .user_timeout = 0,
             .challenge_ack_rate = 1000,
             .syn_cookies = 1,
             .pmtu_floor = 256,
             .time_to_live = 64}},
};

constexpr std::array<std::string_view, kProfiles.size()> kNames = {kProfiles[0].name,
                                                                   kProfiles[1].name};

std::optional<Error> outside(std::string_view name, std::uint32_t value, std::uint32_t low,
                             std::uint32_t high) {
  if (value >= low && value <= high) return std::nullopt;
  return make_error(Errc::kInvalidArgument, std::string(name) + " " + std::to_string(value) +
                                                ": must be " + std::to_string(low) + " to " +
                                                std::to_string(high));
}

}  // namespace

std::span<const PolicyRegister> policy_registers() { return kRegisters; }

std::optional<Error> check(const Policy& policy) {
  for (const PolicyRegister& row : kRegisters) {
    if (auto wrong = outside(row.name, policy.*row.member, row.low, row.high)) return wrong;
  }
  if (auto wrong = outside("rto_min_us", policy.rto_min_us, 1, policy.rto_max_us)) return wrong;
  if (auto wrong =
          outside("rto_initial_us", policy.rto_initial_us, policy.rto_min_us, policy.rto_max_us)) {
    return wrong;
  }
  if ((policy.congestion_control & ~kKeepWindow) >
      static_cast<std::uint32_t>(CongestionControl::kDctcp)) {
    return make_error(Errc::kInvalidArgument,
                      "congestion_control " + std::to_string(policy.congestion_control) +
                          ": must be 0 (NewReno), 1 (CUBIC) or 2 (DCTCP), and 16 more to keep the "
                          "window over idle time");
  }
  return std::nullopt;
}

std::optional<Policy> profile(std::string_view name, const Policy& base) {
  const auto* const found = std::ranges::find(kProfiles, name, &Profile::name);
  if (found == kProfiles.end()) return std::nullopt;
  Policy policy = found->policy;
  policy.mss = base.mss;
  policy.arp_age_us = base.arp_age_us;
  return policy;
}

std::span<const std::string_view> profile_names() { return kNames; }

}  // namespace millrace::host
