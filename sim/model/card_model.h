// SPDX-License-Identifier: Apache-2.0
// A card that can be clocked: the Verilated toe_core, or a double in tests.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/bus/pins.h"

namespace millrace::sim {

class CardModel {
 public:
  CardModel() = default;
  CardModel(const CardModel&) = delete;
  CardModel& operator=(const CardModel&) = delete;
  virtual ~CardModel() = default;

  // Valid as long as the model. Inputs are to be driven before step(), outputs hold from one step()
  // to the next.
  virtual const CardPins& pins() const = 0;

  // One rising edge of the clock. Nothing happens after a failure.
  virtual void step() = 0;

  // Why the model stopped (a violated assertion, with seed and clock), empty while it runs.
  virtual const std::string& failure() const = 0;

  // Connections the card was built with.
  virtual std::uint32_t connections() const = 0;
};

struct VerilatedOptions {
  std::uint64_t seed = 1;  // of all state that reset does not set
  std::string trace;       // path of an FST waveform to write; needs a build with MILLRACE_TRACE
};

// The Verilated toe_core that this program was linked with, in reset, all inputs low.
std::unique_ptr<CardModel> make_verilated_card(const VerilatedOptions& options);

// The same design with 64 connections, for worlds: soon ready and soon full. A library of its own
// (millrace_small), which a program may link beside the other.
std::unique_ptr<CardModel> make_small_card(const VerilatedOptions& options);

}  // namespace millrace::sim
