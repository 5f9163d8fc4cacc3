// SPDX-License-Identifier: Apache-2.0
// One card, opened from the command line: device, bring-up, runtime, and its flows as a source of
// the loop.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "flow/cli/options.h"
#include "flow/flow.h"
#include "flow/toe_flow.h"
#include "host/card.h"
#include "host/runtime.h"
#include "sim/sim_uri.h"

namespace millrace::flow::cli {

/// What a command reports about its card.
struct CardFigures {
  std::uint64_t busy_ns = 0;  ///< simulated time in which the card was clocked
  std::uint32_t segments_received = 0;
  std::uint32_t segments_sent = 0;
  std::uint32_t retransmissions = 0;
  std::uint32_t frames_dropped = 0;
};

class CardStack {
 public:
  /// The card that the options name, with its own simulation.
  static Result<std::unique_ptr<CardStack>> open(const CommonOptions& options);
  /// Two simulated cards on one link: the second has the first's address plus one.
  static Result<std::pair<std::unique_ptr<CardStack>, std::unique_ptr<CardStack>>> open_pair(
      const CommonOptions& options);
  CardStack(const CardStack&) = delete;
  CardStack& operator=(const CardStack&) = delete;

  ToeSource& source() { return *source_; }
  host::Runtime& runtime() { return *runtime_; }
  std::uint32_t address() const { return card_->options().ipv4; }
  /// Simulated time in which the card was clocked so far.
  std::uint64_t busy_ns() const;
  /// Reads the card's counters; zeros once the card is lost.
  CardFigures figures() const;
  /// Hands what was captured to the file.
  void flush_captures();

 private:
  CardStack() = default;
  static Result<std::unique_ptr<CardStack>> bring_up(std::unique_ptr<sim::SimDevice> device,
                                                     const CommonOptions& options,
                                                     std::uint32_t number, bool common_time);

  std::unique_ptr<sim::SimDevice> device_;
  std::unique_ptr<host::Card> card_;
  std::unique_ptr<host::Runtime> runtime_;
  std::unique_ptr<ToeSource> source_;
};

}  // namespace millrace::flow::cli
