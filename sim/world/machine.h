// SPDX-License-Identifier: Apache-2.0
// A host and its card in a world: brought up, cut from power, brought up again.

#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <stop_token>
#include <string>

#include "flow/toe_flow.h"
#include "host/card.h"
#include "host/runtime.h"
#include "sim/ring_watch.h"
#include "sim/sim_device.h"
#include "sim/simulation.h"
#include "sim/world/plan.h"

namespace millrace::sim::world {

/// The frames of all cards of a world, as one number.
class FrameHash {
 public:
  void add(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001B3u; }
  void add(std::span<const std::byte> bytes);
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xCBF29CE484222325u;
};

class Machine final : private FrameWatch {
 public:
  /// Makes the card; everything else happens in boot().
  Machine(std::shared_ptr<Simulation> simulation, int index, const MachinePlan& plan,
          std::uint64_t seed, FrameHash& hash, const std::string& trace);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  int index() const { return index_; }
  const MachinePlan& plan() const { return plan_; }

  /// Brings card and runtime up; takes simulated time. A text if that fails.
  std::expected<void, std::string> boot(flow::EventLoop& loop);
  /// The card stops, as one without power.
  void cut();
  /// Nothing of the dead card is needed any more: forgets it and puts another in its place.
  void replace();
  /// Lets go of runtime and card; the simulated card stays.
  void shut();

  bool up() const { return runtime_ != nullptr && !cut_; }
  /// Times that it was brought up.
  int boots() const { return boots_; }

  host::Runtime& runtime() { return *runtime_; }
  flow::ToeSource& source() { return *source_; }
  host::Card& card() { return *card_; }
  const RingWatch& rings() const { return *rings_; }
  SimCard& sim_card() { return simulation_->card(index_); }
  flow::EventLoop& loop() { return *loop_; }

  /// Requested when clients and servers of this boot are to end.
  std::stop_source& stop() { return stop_; }
  /// Coroutines of this boot that have not ended.
  int tasks = 0;

  /// What this boot's card had before anybody used it.
  struct Baseline {
    std::uint32_t free_connections = 0;
    std::size_t free_buffer_bytes = 0;
    std::uint64_t frames_in = 0;
  };
  const Baseline& baseline() const { return baseline_; }

  /// What the card did wrong, of this boot and those before; empty if nothing.
  std::string errors() const;

 private:
  void on_frame(std::uint64_t now_ns, PcapngWriter::Direction direction,
                const Frame& frame) override;
  std::unique_ptr<CardModel> make_model(const std::string& trace) const;
  SimCardOptions card_options() const;

  std::shared_ptr<Simulation> simulation_;
  int index_;
  const MachinePlan& plan_;
  std::uint64_t seed_;
  FrameHash& hash_;
  int boots_ = 0;
  bool cut_ = false;
  std::string old_errors_;
  flow::EventLoop* loop_ = nullptr;
  std::stop_source stop_;
  Baseline baseline_;
  std::unique_ptr<SimDevice> device_;
  std::unique_ptr<RingWatch> rings_;
  std::unique_ptr<host::Card> card_;
  std::unique_ptr<host::Runtime> runtime_;
  std::unique_ptr<flow::ToeSource> source_;
};

}  // namespace millrace::sim::world
