// SPDX-License-Identifier: Apache-2.0
// The host's side of the register port: posted writes in order, one read at a time behind them.

#pragma once

#include <cstdint>

#include "sim/bus/pins.h"
#include "sim/fixed_queue.h"

namespace millrace::sim {

class AxiLiteMaster {
 public:
  static constexpr std::size_t kQueuedWritesMax = 1024;

  // A write reaches the card's pins `write_latency` clocks after write(), a read as many after
  // read(); the answer of a read comes back `read_latency` clocks after the card gave it.
  AxiLiteMaster(const AxiLitePins& pins, std::uint32_t write_latency, std::uint32_t read_latency);

  // False while the queue of posted writes is full.
  bool can_write() const { return !writes_.full(); }
  void write(std::uint64_t cycle, std::uint32_t offset, std::uint32_t value) {
    writes_.push({cycle + write_latency_, offset, value});
  }

  // Starts a read; one at a time. take() ends it when it is done().
  void read(std::uint64_t cycle, std::uint32_t offset);
  bool done(std::uint64_t cycle) const { return state_ == Reading::kAnswered && cycle >= due_; }
  std::uint32_t take();
  // Gives up on a card that does not answer.
  void abandon() { state_ = Reading::kNone; }
  bool reading() const { return state_ != Reading::kNone; }
  // True if the card answered the latest read or any write with an error response.
  bool refused() const { return refused_; }

  // Nothing queued and nothing on the pins.
  bool idle() const { return writes_.empty() && !writing_ && state_ == Reading::kNone; }

  // Drives the pins for the next clock edge. Outputs of the card must not depend on its inputs
  // within a clock.
  void tick(std::uint64_t cycle);

 private:
  struct Write {
    std::uint64_t due;
    std::uint32_t offset;
    std::uint32_t value;
  };
  enum class Reading : std::uint8_t { kNone, kQueued, kOnPins, kAnswered };

  void tick_write(std::uint64_t cycle);
  void tick_read(std::uint64_t cycle);

  AxiLitePins pins_;
  std::uint32_t write_latency_;
  std::uint32_t read_latency_;
  FixedQueue<Write> writes_;
  bool writing_ = false;   // the front of writes_ is on the pins or waits for its response
  bool aw_taken_ = false;  // by the coming edge, as the next two
  bool w_taken_ = false;
  bool ar_taken_ = false;
  bool refused_ = false;
  Reading state_ = Reading::kNone;
  std::uint32_t read_offset_ = 0;
  std::uint32_t read_value_ = 0;
  std::uint64_t due_ = 0;
};

}  // namespace millrace::sim
