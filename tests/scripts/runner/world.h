// SPDX-License-Identifier: Apache-2.0
// One Verilated card, its host runtime and, at the other end of its wire, the script. Time is
// virtual and counts from the moment when the card was up.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "host/card.h"
#include "host/runtime.h"
#include "sim/sim_device.h"
#include "tests/scripts/runner/codec.h"
#include "tests/scripts/runner/neighbour.h"
#include "tests/scripts/runner/settings.h"

namespace millrace::script {

struct SentSegment {
  std::int64_t time_us = 0;
  Segment segment;
  Bytes frame;  // that held it, padding included
};

// Told of everything that happens, in its order.
class WorldListener {
 public:
  // The card sent a segment.
  virtual void on_segment(const Segment& segment) = 0;
  // The host took news from the card.
  virtual void on_host_news() = 0;

 protected:
  ~WorldListener() = default;
};

class World {
 public:
  // Brings a card up; frames go to the pcapng file `capture` unless that is empty.
  static std::expected<std::unique_ptr<World>, std::string> make(const Settings& settings,
                                                                 const std::string& capture);
  ~World();

  void set_listener(WorldListener* listener) { listener_ = listener; }

  // Microseconds since the script's start; negative while the card comes up.
  std::int64_t now_us() const {
    return (static_cast<std::int64_t>(simulation_->now_ns()) - start_ns_) / 1000;
  }
  // Passes a little time, at most until `limit_us`. False: nothing is expected to happen any more,
  // and no time passed.
  bool step(std::int64_t limit_us);
  // Passes time until the card has nothing to do at this moment.
  void settle();
  // Hands what the host wants to tell to the card.
  void kick();

  // With the tag of the settings.
  void inject(const Bytes& frame, bool bad_fcs = false);
  // With that tag; -1: without.
  void inject_tagged(Bytes frame, bool bad_fcs, std::int32_t tag);
  // Segments of the card that nobody has taken; the caller pops.
  std::deque<SentSegment>& sent() { return sent_; }

  // Since the start of the script.
  std::expected<std::uint32_t, std::string> counter(const std::string& name);
  std::expected<std::uint32_t, std::string> register_value(const std::string& name);
  void write_register(std::uint32_t offset, std::uint32_t value);

  // Ends the host's runtime, which aborts what still lives, and says how many of the card's
  // connections are not free then. Nothing but failure() may be called afterwards.
  std::expected<std::uint32_t, std::string> connections_left();

  host::Runtime& runtime() { return *runtime_; }
  const Settings& settings() const { return settings_; }
  // Something that must not happen happened: an assertion in the card, a broken frame. Empty: none.
  std::string failure() const;

  static constexpr Mac kCardMac{2, 0, 0, 0, 0, 1};
  static constexpr Mac kRemoteMac{2, 0, 0, 0, 0, 2};

 private:
  explicit World(const Settings& settings) : settings_(settings) {}
  std::optional<std::string> bring_up(const std::string& capture);
  void take_frames();
  void take_news();
  void take_frame(std::int64_t time_us, const Bytes& frame);
  void answer_arp(const Bytes& frame);
  void answer_solicitation(const Neighbour& question);

  Settings settings_;
  std::shared_ptr<sim::Simulation> simulation_;
  sim::ScriptWire* wire_ = nullptr;
  std::unique_ptr<sim::SimDevice> device_;
  std::unique_ptr<host::Card> card_;
  std::unique_ptr<host::Runtime> runtime_;
  host::CounterSnapshot counted_;  // at the start
  std::uint32_t free_ = 0;         // likewise
  std::deque<SentSegment> sent_;
  WorldListener* listener_ = nullptr;
  std::int64_t start_ns_ = 0;
  std::uint64_t writes_seen_ = 0;
  std::string failure_;
};

}  // namespace millrace::script
