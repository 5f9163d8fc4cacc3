// SPDX-License-Identifier: Apache-2.0
// The presets.

#include "sim/bus/memory_model.h"

namespace millrace::sim {

std::optional<MemoryModel> memory_model(std::string_view name) {
  MemoryModel model;
  if (name == "ideal") return model;
  model.register_write_latency = 75;
  model.register_read_latency = 75;
  model.latency_jitter = 8;
  if (name == "pcie_gen3_x16") {
    model.read_latency = 200;
    model.write_latency = 100;
    model.read_bytes_per_clock = 52;
    model.write_bytes_per_clock = 52;
    return model;
  }
  if (name == "pcie_gen4_x8") {
    model.read_latency = 175;
    model.write_latency = 88;
    model.read_bytes_per_clock = 53;
    model.write_bytes_per_clock = 53;
    return model;
  }
  return std::nullopt;
}

}  // namespace millrace::sim
