// SPDX-License-Identifier: Apache-2.0
// What the parts of a running world share. Private to this folder.

#pragma once

#include <cstdarg>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flow/event_loop.h"
#include "sim/simulation.h"
#include "sim/world/draw.h"
#include "sim/world/machine.h"
#include "sim/world/plan.h"
#include "sim/world/streams.h"
#include "sim/world/world.h"

namespace millrace::sim::world {

/// The loop's clock: simulated time, whichever machines are up.
class WorldClock final : public flow::Clock {
 public:
  explicit WorldClock(const Simulation& simulation) : simulation_(simulation) {}
  std::uint64_t now_us() const override { return simulation_.now_ns() / 1000; }

 private:
  const Simulation& simulation_;
};

/// An application's hold on one end of a connection.
struct Session {
  End* end = nullptr;
  Machine* machine = nullptr;
  const host::Connection* connection = nullptr;  ///< null once the flow is gone
  std::stop_source stop;
};

struct State {
  explicit State(const WorldOptions& given) : options(given), plan(draw_plan(given.seed)) {}

  WorldOptions options;
  Plan plan;
  FrameHash hash;
  std::shared_ptr<Simulation> simulation = std::make_shared<Simulation>();
  WorldClock clock{*simulation};
  Switch* network = nullptr;
  std::vector<std::unique_ptr<Machine>> machines;
  std::unique_ptr<flow::EventLoop> loop;
  Streams streams;
  std::vector<Session*> sessions;  ///< not yet over

  bool draining = false;  ///< nothing new begins, the weather is calm
  int clients = 0;        ///< coroutines that still open connections
  int connecting = 0;     ///< of them, those that wait for an answer
  int outages = 0;        ///< power cuts to come or under way
  std::set<std::pair<int, std::uint16_t>>
      left_ports;  ///< machine, port: had a listener and lost it
  bool weathering = false;
  WorldFigures figures;
  std::string failure;

  Machine& machine(int index) { return *machines[static_cast<std::size_t>(index)]; }
  /// Whether the connection of these two ends may be one that the client has no part in: with SYN
  /// cookies a listener keeps nothing of whom it refused while it was away, and one more segment of
  /// that client, on its way meanwhile, opens the connection (decision 0007).
  bool may_be_haunted(const End& one, const End& other) const;
  /// The first failure stays.
  void fail(const std::string& what);
  bool failed() const { return !failure.empty(); }
  /// A line of the story, if somebody wants it.
  [[gnu::format(printf, 2, 3)]] void say(const char* format, ...) const;
};

/// Counts a coroutine of a machine's boot while it lives.
class TaskOf {
 public:
  explicit TaskOf(Machine& machine) : machine_(machine) { ++machine_.tasks; }
  ~TaskOf() { --machine_.tasks; }
  TaskOf(const TaskOf&) = delete;
  TaskOf& operator=(const TaskOf&) = delete;

 private:
  Machine& machine_;
};

/// Starts the clients and servers of a machine that was brought up.
void start_applications(State& state, Machine& machine);
/// Starts the pairs of clients that open a connection from both ends.
void start_twins(State& state);
/// One end of an open connection does what applications do, until it is over.
flow::Task<void> use(State& state, Machine& machine, flow::ToeFlow flow, bool client);

/// Faults and stalls that come and go, until the world drains.
flow::Task<void> weather(State& state);
/// No faults, no stalls, from now on.
void calm(State& state);
/// Power cuts and what follows.
flow::Task<void> power(State& state);

/// Whether an end that does not come to its own end has a right to: nothing that it sent is open,
/// and there is nobody left who could tell it.
bool may_wait_for_ever(const State& state, const Session& session);
/// When all is over: tables as at first, counters that agree. Empty if so.
std::string audit(State& state);

}  // namespace millrace::sim::world
