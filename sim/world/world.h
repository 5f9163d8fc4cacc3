// SPDX-License-Identifier: Apache-2.0
// A world: two to four cards on a switch, hosts with applications that open, use and end
// connections at random, weather, power cuts; all from one seed, in virtual time. Whatever happens,
// what is received is a prefix of what was sent, every operation ends, counters agree, and in the
// end nothing is left behind. The same seed is the same world, frame for frame.

#pragma once

#include <cstdint>
#include <string>

namespace millrace::sim::world {

struct WorldOptions {
  std::uint64_t seed = 1;
  std::string capture;  ///< pcapng of all cards; empty: none
  std::string trace;    ///< FST waveforms, this and the card's number; needs MILLRACE_TRACE
  bool story = false;   ///< tell what happens on standard error
};

/// What happened, so that nobody takes a quiet world for a good one.
struct WorldFigures {
  std::uint64_t frames = 0;       ///< sent by all cards
  std::uint64_t lost = 0;         ///< frames that did not arrive, for whatever reason
  std::uint64_t bytes = 0;        ///< read by applications
  std::uint64_t connected = 0;    ///< connections that were opened actively
  std::uint64_t unconnected = 0;  ///< attempts that failed
  std::uint64_t accepted = 0;
  std::uint64_t simultaneous = 0;  ///< ends of connections opened from both ends at once
  std::uint64_t graceful = 0;      ///< ends of connections that ended in order
  std::uint64_t broken = 0;        ///< and those that did not
  std::uint64_t cancelled = 0;     ///< waited for ever with good reason, and were told to stop
  std::uint64_t deadlines = 0;     ///< operations that passed their deadline
  std::uint64_t power_cuts = 0;
  std::uint64_t stalls = 0;
  std::uint64_t retransmits = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t clocks = 0;  ///< of all cards
  std::uint64_t time_us = 0;

  void add(const WorldFigures& other);
};

struct WorldResult {
  std::string failure;     ///< empty: everything was as it must be
  std::uint64_t hash = 0;  ///< of every frame at every card, with its time
  std::string what;        ///< what kind of world it was, a few words
  WorldFigures figures;
};

WorldResult run_world(const WorldOptions& options);

}  // namespace millrace::sim::world
