// SPDX-License-Identifier: Apache-2.0
// How a card's TCP behaves: the policy registers by their names, and what two operating systems
// would have in them (docs/profiles.md).

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "host/base/error.h"
#include "hw/contract/generated/contract.h"

namespace millrace::host {

using contract::CongestionControl;
using contract::TcpOption;

// Several of them as the register tcp_options has them.
template <class... Options>
constexpr std::uint32_t tcp_options(Options... options) {
  return (std::uint32_t{0} | ... | static_cast<std::uint32_t>(options));
}

// Card time that may last long is counted in ticks of 1,024 us; rounded up.
constexpr std::uint32_t kTickUs = 1024;
constexpr std::uint32_t ticks_of_us(std::uint64_t us) {
  const std::uint64_t ticks = us / kTickUs + (us % kTickUs != 0 ? 1 : 0);
  return ticks > 0xFFFFFFFF ? 0xFFFFFFFF : static_cast<std::uint32_t>(ticks);
}

// Defaults are the reset values of the contract's registers, which describe each of them.
struct Policy {
  std::uint32_t mss = 1460;           // payload bytes of a segment, 64 to 8960
  std::uint32_t initial_window = 10;  // segments (RFC 6928)
  std::uint32_t delayed_ack_us =
      40'000;  // at most 500,000 (RFC 9293 3.8.6.3); 0: acknowledge at once
  std::uint32_t rto_initial_us = 1'000'000;  // RFC 6298 2.1
  std::uint32_t rto_min_us = 200'000;
  std::uint32_t rto_max_us = 60'000'000;
  std::uint32_t retries_max = 15;
  std::uint32_t syn_retries_max = 6;
  std::uint32_t time_wait_us = 60'000'000;
  std::uint32_t arp_age_us = 60'000'000;
  std::uint32_t tcp_options = host::tcp_options(
      TcpOption::kWindowScale, TcpOption::kTimestamps, TcpOption::kSack, TcpOption::kEcnAccept,
      TcpOption::kBlackHoleProbe, TcpOption::kTimeWaitReuse);
  std::uint32_t congestion_control =
      static_cast<std::uint32_t>(CongestionControl::kCubic);  // and kKeepWindow
  std::uint32_t dup_ack_threshold = 3;                        // RFC 6675 DupThresh
  std::uint32_t timestamp_shift = 10;         // the clock ticks every 2^n us (RFC 7323 5.4)
  std::uint32_t keepalive_idle = 7'031'250;   // ticks; 2 hours
  std::uint32_t keepalive_interval = 73'242;  // ticks; 75 s
  std::uint32_t keepalive_probes = 9;
  std::uint32_t user_timeout = 0;           // ticks; 0: retries_max decides
  std::uint32_t challenge_ack_rate = 1000;  // a second (RFC 5961 7); 0: no limit
  std::uint32_t syn_cookies = 1;            // 0 never, 1 when no connection is in LISTEN, 2 always
  std::uint32_t pmtu_floor = 552;           // bytes of an IPv4 packet
  std::uint32_t time_to_live = 64;
  bool operator==(const Policy&) const = default;
};

// In Policy::congestion_control: the window is kept over idle time (no RFC 2861 restart).
inline constexpr std::uint32_t kKeepWindow = 0x10;

// A register of the policy: its name in the contract, where it is, and what it may hold.
struct PolicyRegister {
  std::string_view name;
  std::uint32_t offset;
  std::uint32_t Policy::* member;
  std::uint32_t low;
  std::uint32_t high;
};
// All members of Policy, in the order of their offsets.
std::span<const PolicyRegister> policy_registers();

// What is wrong with a policy, naming register and bounds; or nothing.
std::optional<Error> check(const Policy& policy);

// `base` with everything in it replaced in which the system named differs from other systems;
// "linux" or "freebsd". Addresses, mss and the ages of caches stay. Null if there is no such
// profile.
std::optional<Policy> profile(std::string_view name, const Policy& base = {});
std::span<const std::string_view> profile_names();

}  // namespace millrace::host
