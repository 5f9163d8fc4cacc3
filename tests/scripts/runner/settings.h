// SPDX-License-Identifier: Apache-2.0
// What the `--option=value` lines of a script say.

#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "host/card.h"
#include "host/conn/options.h"
#include "tests/scripts/runner/ast.h"
#include "tests/scripts/runner/codec.h"

namespace millrace::script {

struct Settings {
  host::Policy policy;
  Address local_ip;
  Address remote_ip;
  std::optional<Address> gateway;     // the card's router
  std::uint16_t local_port = 8080;    // where bind(..., ...) listens
  std::uint16_t remote_port = 40000;  // of peer @0; @N has N more
  std::uint32_t remote_isn = 1'000'000'000;
  std::int64_t tolerance_us = 1000;
  std::uint32_t rx_buffer = 65536;  // bytes of each connection's rings
  std::uint32_t tx_buffer = 65536;
  std::uint64_t seed = 1;
  std::string memory = "ideal";                                    // sim/bus/memory_model.h
  std::vector<std::pair<std::uint32_t, std::uint32_t>> registers;  // offset, value
  bool answer_arp = true;                                          // and neighbour solicitations
  std::optional<std::uint16_t> vlan;   // control information of every frame's 802.1Q tag
  host::ConnectionOptions connection;  // that a socket begins with
};

// "reno", "cubic", "dctcp", as systems call them; a zero at the end is not looked at.
std::optional<host::CongestionControl> algorithm_of(std::string name);

// Any register that can be written is an option too, under its name in the contract; those of
// host::Policy are checked by the host.
std::expected<Settings, ScriptError> settings_of(const Script& script);

}  // namespace millrace::script
