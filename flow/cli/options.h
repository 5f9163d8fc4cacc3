// SPDX-License-Identifier: Apache-2.0
// The options that all commands share.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::flow::cli {

struct CommonOptions {
  std::string device = "sim:";
  std::string tap;      ///< simulated cards: the TAP device that is the wire
  std::string capture;  ///< simulated cards: pcapng of the wire
  std::string ip = "10.77.0.2";
  std::string netmask = "255.255.255.0";
  std::string gateway;  ///< empty: none
  std::string mac = "02:4d:52:00:00:02";
  std::uint32_t mss = 1460;
  std::vector<std::string> policy;  ///< NAME=VALUE each, over the card's defaults
  std::uint64_t seed = 0;  ///< 0: the simulation's default; the card's keys come from the system
  bool json = false;
};

}  // namespace millrace::flow::cli
