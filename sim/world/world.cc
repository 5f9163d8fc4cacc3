// SPDX-License-Identifier: Apache-2.0
// The life of a world: brought up, used, calmed, emptied, audited.

#include "sim/world/world.h"

#include <algorithm>
#include <cstdio>

#include "sim/world/state.h"

namespace millrace::sim::world {
namespace {

constexpr std::uint64_t kUseUs = 120'000'000;    // for all clients to have done what they want
constexpr std::uint64_t kDrainUs = 900'000'000;  // for all operations to end, in calm
constexpr std::uint64_t kSettleUs = 5'000;
constexpr std::uint64_t kCyclesMax = 4'000'000;  // of a world: some hundred times what most need

std::expected<void, std::string> bring_up(State& state) {
  const auto machines = state.plan.machines.size();
  for (std::size_t i = 0; i < machines; ++i) {
    const std::string trace = state.options.trace.empty()
                                  ? std::string()
                                  : state.options.trace + std::to_string(i) + ".fst";
    state.machines.push_back(std::make_unique<Machine>(state.simulation, static_cast<int>(i),
                                                       state.plan.machines[i],
                                                       state.plan.seed * 8 + i, state.hash, trace));
  }
  LinkOptions link = state.plan.link;
  state.network = &state.simulation->add_switch(link);
  state.loop = std::make_unique<flow::EventLoop>(state.clock);
  for (std::size_t i = 0; i < machines; ++i) {
    if (!state.options.capture.empty()) {
      const auto made = state.simulation->add_capture(static_cast<int>(i), state.options.capture);
      if (!made) return std::unexpected(made.error());
    }
    if (auto up = state.machines[i]->boot(*state.loop); !up) return up;
  }
  return {};
}

// Turns the loop until `done`; fails the world if it does not come to that.
template <class Done>
void run_until(State& state, Done done, std::uint64_t limit_us, const char* what) {
  const std::uint64_t end_us = state.loop->in_us(limit_us);
  while (!state.failed() && !done()) {
    if (const std::string errors = state.simulation->errors(); !errors.empty()) {
      state.fail(errors);
    } else if (state.simulation->cycle() > kCyclesMax) {
      state.fail(std::string(what) + " takes more than 4,000,000 clocks");
    } else if (state.clock.now_us() >= end_us) {
      state.fail(std::string(what) + " takes more than " + std::to_string(limit_us / 1'000'000) +
                 " s; " + std::to_string(state.clients) + " clients, " +
                 std::to_string(state.connecting) + " of them connecting");
    } else if (auto turned = state.loop->turn(end_us); !turned) {
      state.fail(std::string(what) + ": " + to_string(turned.error()));
    }
  }
}

void use_world(State& state) {
  for (const auto& machine : state.machines) start_applications(state, *machine);
  start_twins(state);
  state.outages = state.plan.power_cuts;
  if (state.outages > 0) state.loop->spawn(power(state));
  if (state.plan.weather == Weather::kChanging) {
    state.weathering = true;
    state.loop->spawn(weather(state));
  }
  // Attempts and uses that need calm to end are let drain.
  const std::uint64_t until_us = state.loop->in_us(state.plan.seed % 4 == 0 ? 200'000 : 5'000'000);
  run_until(
      state,
      [&] {
        return state.outages == 0 && (state.clients == 0 || state.clock.now_us() >= until_us);
      },
      kUseUs, "using the world");
}

// Everything must end by itself now, but for ends whose peers are gone without their knowledge.
void drain_world(State& state) {
  state.draining = true;
  calm(state);
  const auto over = [&] {
    return state.sessions.empty() && state.clients == 0 && !state.weathering;
  };
  const auto stuck_or_over = [&] {
    int clients = 0;
    for (const Session* session : state.sessions) {
      if (!may_wait_for_ever(state, *session)) return false;
      if (session->end->client) ++clients;
    }
    return state.clients <= clients && !state.weathering;
  };
  run_until(state, stuck_or_over, kDrainUs, "draining the world");
  if (state.failed()) {
    for (const Session* session : state.sessions) {
      if (may_wait_for_ever(state, *session)) continue;
      state.failure += "\n  still there: " + Streams::describe(*session->end);
    }
    return;
  }
  std::vector<Session*> waiting = state.sessions;
  for (Session* session : waiting) {
    ++state.figures.cancelled;
    state.say("cancels %s", Streams::describe(*session->end).c_str());
    session->stop.request_stop();
  }
  run_until(state, over, kDrainUs, "cancelling what waits for ever");
  for (const auto& machine : state.machines) machine->stop().request_stop();
  run_until(state, [&] { return state.loop->spawned() == 0; }, kDrainUs, "stopping the servers");
}

// Lets time pass for runtimes without a loop, until `done` or for `limit_us`.
template <class Done>
void pass_time(State& state, Done done, std::uint64_t limit_us) {
  const std::uint64_t end_us = state.clock.now_us() + limit_us;
  for (std::size_t turn = 0; !state.failed() && state.clock.now_us() < end_us; ++turn) {
    if (const std::string errors = state.simulation->errors(); !errors.empty()) {
      state.fail(errors);
    } else if (state.simulation->cycle() > kCyclesMax) {
      state.fail("settling the world takes more than 4,000,000 clocks");
    }
    for (const auto& machine : state.machines) {
      machine->runtime().poll();
      machine->runtime().flush();
    }
    if (done()) return;
    state.machines[turn % state.machines.size()]->runtime().wait(end_us);
  }
}

// Without flows: first what ends by itself, then TIME-WAIT and reports that are under way.
void settle_world(State& state) {
  state.sessions.clear();
  for (const auto& machine : state.machines) {
    if (machine->up()) state.loop->remove(machine->source());
  }
  state.loop.reset();
  const auto ended = [&] {
    return std::ranges::all_of(state.machines, [](const auto& machine) {
      return machine->runtime().open_connections() == 0;
    });
  };
  pass_time(state, ended, kDrainUs);
  std::uint64_t wait_us = 0;
  for (const MachinePlan& machine : state.plan.machines) {
    wait_us = std::max<std::uint64_t>(wait_us, machine.policy.time_wait_us);
  }
  pass_time(state, [] { return false; }, wait_us + kSettleUs);
  // A runtime that waits has told its card of every report that it read.
  for (const auto& machine : state.machines) {
    machine->runtime().poll();
    machine->runtime().wait(state.clock.now_us());
  }
}

void count_world(State& state) {
  WorldFigures& figures = state.figures;
  for (const auto& machine : state.machines) {
    figures.frames += machine->sim_card().counters().frames_out;
    figures.clocks += machine->sim_card().counters().clocks;
    if (const auto counters = machine->card().counters()) {
      figures.retransmits += (*counters)[contract::Counter::kTxRetransmits];
      figures.timeouts += (*counters)[contract::Counter::kTxRto];
    }
  }
  const LinkCounters& link = state.network->counters();
  figures.lost = link.lost + link.overflowed;
  figures.time_us = state.clock.now_us();
}

}  // namespace

bool State::may_be_haunted(const End& one, const End& other) const {
  const End& server = one.client ? other : one;
  const Machine& its = *machines[static_cast<std::size_t>(server.machine)];
  if (its.plan().policy.syn_cookies == 0) return false;
  return left_ports.contains({server.machine, server.local.port});
}

void State::fail(const std::string& what) {
  say("FAILS: %s", what.c_str());
  if (failure.empty()) failure = "at " + std::to_string(clock.now_us()) + " us: " + what;
}

void State::say(const char* format, ...) const {
  if (!options.story) return;
  std::fprintf(stderr, "%12.3f ms  ", static_cast<double>(simulation->now_ns()) / 1e6);
  va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::fputc('\n', stderr);
}

void WorldFigures::add(const WorldFigures& other) {
  frames += other.frames;
  lost += other.lost;
  bytes += other.bytes;
  connected += other.connected;
  unconnected += other.unconnected;
  accepted += other.accepted;
  simultaneous += other.simultaneous;
  graceful += other.graceful;
  broken += other.broken;
  cancelled += other.cancelled;
  deadlines += other.deadlines;
  power_cuts += other.power_cuts;
  stalls += other.stalls;
  retransmits += other.retransmits;
  timeouts += other.timeouts;
  clocks += other.clocks;
  time_us += other.time_us;
}

WorldResult run_world(const WorldOptions& options) {
  State state(options);
  if (auto up = bring_up(state); !up) state.fail(up.error());
  if (!state.failed()) use_world(state);
  if (!state.failed()) drain_world(state);
  if (!state.failed()) settle_world(state);
  if (!state.failed()) {
    count_world(state);
    if (const std::string wrong = audit(state); !wrong.empty()) state.fail(wrong);
  }
  WorldResult result{state.failure, state.hash.value(), describe(state.plan), state.figures};
  // In this order: coroutines and flows, then what they stand on.
  if (state.loop) state.loop.reset();
  return result;
}

}  // namespace millrace::sim::world
