// SPDX-License-Identifier: Apache-2.0
// What an application can choose for one connection.

#pragma once

#include <cstdint>
#include <optional>

#include "hw/contract/generated/contract.h"

namespace millrace::host {

using contract::CongestionControl;

struct ConnectionOptions {
  // Segments smaller than the MSS leave at once. Off: they wait until everything sent is
  // acknowledged (Nagle, RFC 9293 3.7.4). On by default, as a runtime gathers small writes itself
  // until flush().
  bool nodelay = true;
  // Probes after idle time (RFC 9293 3.8.4), as the policy's keepalive_* say; timed_out without an
  // answer.
  bool keepalive = false;
  // Every segment is acknowledged at once.
  bool quickack = false;
  // Default: the policy's.
  std::optional<CongestionControl> congestion_control = std::nullopt;
  // Longest time that data or a SYN may stay unacknowledged, or a closed window hold data back (RFC
  // 9293 3.8.3), then timed_out. The card counts in ticks of 1,024 us, at most 2^31 of them. 0: the
  // policy's.
  std::uint64_t user_timeout_us = 0;
  bool operator==(const ConnectionOptions&) const = default;
};

}  // namespace millrace::host
