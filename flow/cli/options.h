// SPDX-License-Identifier: Apache-2.0
// The options that all commands share.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/conn/options.h"

namespace millrace::flow::cli {

struct CommonOptions {
  std::string device = "sim:";
  std::string tap;      ///< simulated cards: the TAP device that is the wire
  std::string capture;  ///< simulated cards: pcapng of the wire
  std::string ip = "10.77.0.2";
  std::string netmask = "255.255.255.0";
  std::string gateway;                ///< empty: none
  std::string ip6;                    ///< ADDRESS/PREFIX; empty: the link-local address alone
  std::string gateway6;               ///< empty: none
  std::optional<std::uint16_t> vlan;  ///< frames are tagged with it
  std::string mac = "02:4d:52:00:00:02";
  std::uint32_t mss = 1460;
  std::string profile;                 ///< name of a policy profile; empty: the card's defaults
  std::string congestion;              ///< newreno, cubic or dctcp, over the profile's
  std::vector<std::string> policy;     ///< NAME=VALUE each, over all of these
  host::ConnectionOptions connection;  ///< of every flow on the card
  double user_timeout = 0;             ///< seconds, for `connection`; 0: the policy's
  std::uint64_t seed = 0;  ///< 0: the simulation's default; the card's keys come from the system
  bool json = false;
};

}  // namespace millrace::flow::cli
