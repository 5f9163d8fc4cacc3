// SPDX-License-Identifier: Apache-2.0
// Opens simulated cards by name, "sim:" with options:
//   sim:?memory=pcie_gen4_x8&seed=7&tap=mill0&capture=out.pcapng
//   memory=NAME       preset of bus/memory_model.h; default ideal
//   seed=N            of everything random; default 1
//   connections=N     refused unless this program's model was built with N
//   tap=NAME          plug the card into this TAP device; time is then the wall clock
//   clock=wall        time is the wall clock without a TAP too (clock=virtual is the default)
//   capture=FILE      pcapng of the card's wire
//   trace=FILE        FST waveform (builds with MILLRACE_TRACE)
// and for pairs also: rate_gbps, delay_us, loss, reorder, duplicate, corrupt (see wire/link.h).

#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "sim/sim_device.h"
#include "sim/simulation.h"
#include "sim/wire/link.h"

namespace millrace::sim {

struct SimOptions {
  MemoryModel memory;
  std::string memory_name = "ideal";
  std::uint64_t seed = 1;
  std::uint32_t connections = 0;  // 0: whatever the model has
  std::string tap;
  bool wall_clock = false;
  std::string capture;
  std::string trace;
  LinkOptions link;  // pairs only; its seed is replaced
};

// The options of a "sim:" URI; the error is a sentence that names the offending part.
std::expected<SimOptions, std::string> parse_sim_uri(std::string_view uri);

// One card with its own simulation.
std::expected<std::unique_ptr<SimDevice>, std::string> open_sim(const SimOptions& options);
std::expected<std::unique_ptr<SimDevice>, std::string> open_sim(std::string_view uri);

// Two cards in one simulation, connected by a link; a capture shows the first card's wire.
struct SimPair {
  std::shared_ptr<Simulation> simulation;
  std::array<std::unique_ptr<SimDevice>, 2> devices;
  Link* link = nullptr;
};
std::expected<SimPair, std::string> open_sim_pair(const SimOptions& options);

}  // namespace millrace::sim
