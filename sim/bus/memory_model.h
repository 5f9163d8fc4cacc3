// SPDX-License-Identifier: Apache-2.0
// How fast host memory is as the card sees it: latencies in clocks of 4 ns, bandwidths in bytes per
// clock.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::sim {

struct MemoryModel {
  std::uint32_t read_latency = 20;  // from the address to the first beat
  std::uint32_t write_latency =
      10;  // from the last beat to data visible at the host and response at the card
  std::uint32_t latency_jitter =
      0;  // up to this many clocks more, drawn per burst; order per ID is kept
  double read_bytes_per_clock = 64;  // 64 is what the card's port can take
  double write_bytes_per_clock = 64;
  std::uint32_t reads_outstanding = 64;      // bursts
  std::uint32_t writes_outstanding = 32;     // bursts, at most 64
  std::uint32_t register_write_latency = 4;  // clocks from the host's store to the card's pins
  std::uint32_t register_read_latency = 4;   // clocks from the card's pins to the host
  double stall = 0;  // probability per clock that a ready or valid is withheld (tests)
};

// "ideal": 80 ns and the full port; for figures of the card alone.
// "pcie_gen3_x16": 15.75 GB/s raw, 13.0 GB/s left by 256-byte packets and flow control (52 bytes
//   per clock), 800 ns read latency, in the range published for PCIe reads of host memory by FPGA
//   cards (we measured no card), 400 ns to a write response.
// "pcie_gen4_x8": the same raw rate, 13.25 GB/s (53 bytes per clock), 700 ns read latency, 350 ns.
// Nothing for other names.
std::optional<MemoryModel> memory_model(std::string_view name);

}  // namespace millrace::sim
