// SPDX-License-Identifier: Apache-2.0
// A card of a simulation with everything at its ports: register master, host memory, MAC, time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/bus/axi_lite_master.h"
#include "sim/bus/axi_memory.h"
#include "sim/bus/axis.h"
#include "sim/bus/card_memory.h"
#include "sim/bus/memory_model.h"
#include "sim/model/card_model.h"
#include "sim/random.h"
#include "sim/wire/pcapng.h"
#include "sim/wire/wire.h"

namespace millrace::sim {

inline constexpr std::uint64_t kClockNs = 4;  // 250 MHz

struct CardCounters {
  std::uint64_t clocks = 0;      // evaluated; clocks slept through do not count
  std::uint64_t frames_in = 0;   // given to the card
  std::uint64_t frames_out = 0;  // sent by the card
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

struct SimCardOptions {
  MemoryModel memory;
  std::uint64_t seed = 1;      // of the memory model's jitter and of stalls
  std::uint64_t start_us = 0;  // what time it is when the card leaves reset
};

// Sees every frame at a card's MAC.
class FrameWatch {
 public:
  virtual void on_frame(std::uint64_t now_ns, PcapngWriter::Direction direction,
                        const Frame& frame) = 0;

 protected:
  ~FrameWatch() = default;
};

class SimCard {
 public:
  SimCard(std::unique_ptr<CardModel> model, const SimCardOptions& options);

  // Plugs the card's MAC into a wire that outlives the card.
  void plug(Wire& wire) { wire_ = &wire; }
  // Writes every frame at the card's MAC to `writer`, whose times start at `epoch_ns`.
  void capture(PcapngWriter* writer, std::uint32_t interface, std::uint64_t epoch_ns);

  // Takes over wire and capture of a card that is replaced by this one.
  void inherit(const SimCard& old);
  // Null: nobody watches. Lives longer than the card is clocked.
  void watch_frames(FrameWatch* watch) { watch_ = watch; }
  void watch_writes(WriteWatch* watch) { axi_.watch(watch); }

  // Host memory and stalls behave so from now on; bursts under way keep their times.
  void set_memory_model(const MemoryModel& model);

  // One clock; time has reached `now_ns`.
  void tick(std::uint64_t cycle, std::uint64_t now_ns);

  // The card has nothing to do before wake_ns() and needs no clocks until then.
  bool asleep(std::uint64_t now_ns) const;
  // When the card must be clocked again, kNever if nothing is expected. Only while asleep.
  std::uint64_t wake_ns() const;

  // The card stops: it is clocked no more and answers nothing.
  void kill() { killed_ = true; }

  AxiLiteMaster& registers() { return registers_; }
  CardMemory& memory() { return memory_; }
  Wire& wire() { return *wire_; }
  CardModel& model() { return *model_; }
  bool irq() const { return *pins_.irq != 0; }
  const CardCounters& counters() const { return counters_; }
  const MemoryCounters& memory_counters() const { return axi_.counters(); }

  // What the card did wrong: failed assertion, broken rule of a port, access outside memory. Empty
  // if nothing. Only the first stops the card (failed()).
  std::string errors() const;
  bool failed() const { return !model_->failure().empty(); }

 private:
  void exchange_frames(std::uint64_t now_ns);
  void tell_time(std::uint64_t now_us);
  void settle();
  void record(std::uint64_t now_ns, PcapngWriter::Direction direction, const Frame& frame);

  std::unique_ptr<CardModel> model_;
  CardPins pins_;
  CardMemory memory_;
  AxiMemory axi_;
  AxiLiteMaster registers_;
  AxisSource source_;
  AxisSink sink_;
  Random random_;
  double stall_;
  OpenWire open_wire_;
  Wire* wire_ = &open_wire_;
  Frame arriving_;
  FrameWatch* watch_ = nullptr;
  PcapngWriter* capture_ = nullptr;
  std::uint32_t interface_ = 0;
  std::uint64_t epoch_ns_ = 0;
  CardCounters counters_;
  std::uint64_t told_us_;    // time the card was told
  std::uint32_t quiet_ = 0;  // clocks in a row in which nothing happened
  bool asleep_ = false;
  bool killed_ = false;
  std::uint64_t deadline_ns_ = kNever;
};

}  // namespace millrace::sim
