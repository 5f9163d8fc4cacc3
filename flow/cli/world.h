// SPDX-License-Identifier: Apache-2.0
// millrace world: runs worlds (sim/world/world.h), which need no card, session or endpoint.

#pragma once

#include <cstdint>
#include <string>

#include "flow/cli/exit_code.h"

namespace millrace::flow::cli {

struct WorldCommand {
  std::uint64_t from = 1;        ///< the first seed
  std::uint64_t seeds = 1;       ///< how many
  std::uint64_t keep_going = 0;  ///< failures after which to stop; 0: the first
  bool twice = false;            ///< run each again and compare
  bool story = false;            ///< tell what happens
  bool json = false;
  std::string capture;             ///< pcapng of the world; of the last, if there are several
  std::string trace;               ///< waveforms, likewise
  std::string capture_on_failure;  ///< folder for the captures of worlds that fail
};

Outcome run_worlds(const WorldCommand& command);

}  // namespace millrace::flow::cli
