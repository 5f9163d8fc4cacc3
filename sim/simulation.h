// SPDX-License-Identifier: Apache-2.0
// A world on one thread: cards, what is plugged into them, and their common time. In virtual time
// every run with the same options and calls is the same run; quiet time is jumped over. With a TAP,
// or on request, time is the wall clock.

#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "sim/sim_card.h"
#include "sim/wire/link.h"
#include "sim/wire/pcapng.h"
#include "sim/wire/script_wire.h"
#include "sim/wire/switch.h"
#include "sim/wire/wire.h"

namespace millrace::sim {

struct SimulationCounters {
  std::uint64_t cycles = 0;  // clocks in which at least one card was evaluated
  std::uint64_t jumps = 0;   // over quiet time
  std::uint64_t sleeps = 0;  // of the process, in wall-clock time
};

class Simulation {
 public:
  Simulation();
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Takes a card out of reset and returns its number, counted from 0. Before any time has passed.
  int add_card(std::unique_ptr<CardModel> model, const SimCardOptions& options);
  // Another card in the place of one that was killed, plugged into the same wire and captured as
  // it. No device may refer to the old one any more, nor its host's memory be used.
  void replace_card(int index, std::unique_ptr<CardModel> model, const SimCardOptions& options);
  SimCard& card(int index) { return *cards_[index]; }
  int cards() const { return static_cast<int>(cards_.size()); }

  // What is plugged into a card; each replaces what was there. Results live as long as the
  // simulation.
  Link& add_link(int card_a, int card_b, const LinkOptions& options);
  ScriptWire& add_script(int card);
  // A switch into which all cards that there are now are plugged, card i into port i.
  Switch& add_switch(const LinkOptions& options);
  std::expected<void, std::string> add_tap(int card, const std::string& name);

  // Captures what passes the card's MAC. Cards that name the same path share the file, as its
  // interfaces.
  std::expected<void, std::string> add_capture(int card, const std::string& path);
  void flush_captures();

  // Time follows the monotonic clock from here on.
  void use_wall_clock();
  bool wall_clock() const { return wall_; }

  std::uint64_t now_ns() const { return now_ns_; }
  std::uint64_t cycle() const { return counters_.cycles; }

  // Passes a little time, one clock or one jump over quiet time, never beyond `limit_ns` by more
  // than a clock. False if nothing at all is expected to happen (limit_ns kNever, everything
  // asleep): then no time passed.
  bool advance(std::uint64_t limit_ns);

  // Passes this much time.
  void run_us(std::uint64_t us);

  // Advances until `done()`, at most `limit_us` from now; true if it became so.
  template <typename Done>
  bool run_until(Done done, std::uint64_t limit_us) {
    const std::uint64_t limit_ns = now_ns_ + limit_us * 1000;
    while (!done()) {
      if (now_ns_ >= limit_ns || !advance(limit_ns)) return false;
    }
    return true;
  }

  // Bursts of all cards whose data became visible to their hosts; changes when a host may have
  // news.
  std::uint64_t host_writes() const;

  // Ends the process's sleep in advance(), from any thread. Remembered until wake_requested() is
  // asked.
  void wake();
  bool take_wake();
  // Sleeps until wake() or `milliseconds`, outside simulated time.
  void sleep_for_wake(int milliseconds);

  const SimulationCounters& counters() const { return counters_; }
  // All cards' errors with their numbers; empty if none.
  std::string errors() const;

 private:
  struct WakeFlag;

  void clock_awake_cards();
  void read_wall_clock();
  void sleep_until(std::uint64_t wake_ns);
  void poll_wires();

  std::vector<std::unique_ptr<Wire>> wires_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Switch>> switches_;
  std::vector<std::unique_ptr<PcapngWriter>> captures_;
  std::vector<std::unique_ptr<SimCard>> cards_;
  std::unique_ptr<WakeFlag> wake_;
  std::uint64_t now_ns_ = 0;
  bool wall_ = false;
  std::uint64_t wall_start_ns_ = 0;  // monotonic clock at now_ns_ 0
  std::uint64_t epoch_ns_ = 0;       // of captures
  SimulationCounters counters_;
};

}  // namespace millrace::sim
