// SPDX-License-Identifier: Apache-2.0
// What the network, the memory and the mains do to a world.

#include "sim/world/state.h"

namespace millrace::sim::world {
namespace {

constexpr std::uint64_t kDeathUs = 20'000'000;  // for everything on a dead card to end
constexpr std::uint64_t kLookUs = 1000;

LinkOptions draw_faults(Draw& draw, const LinkOptions& usual) {
  LinkOptions link = usual;
  const auto rate = [&draw](double high) { return draw.chance(0.5) ? draw.up_to(high) : 0.0; };
  link.loss = rate(0.3);
  link.reorder = rate(0.4);
  link.duplicate = rate(0.2);
  link.corrupt = rate(0.05);
  link.reorder_ns = draw.magnitude(500, 1'000'000);
  link.delay_ns = draw.magnitude(10, 1'000'000);
  link.rate_gbps = draw.one_of({0.1, 1.0, 10.0, 100.0});
  link.queue_bytes = draw.magnitude(4000, 1'000'000);
  link.mark_corrupt = draw.chance(0.2);
  if (draw.chance(0.25)) link.loss = 1;  // the link is down
  return link;
}

flow::Task<void> change_path(State& state, Draw& draw) {
  const auto machines = state.machines.size();
  const auto a = static_cast<int>(draw.between(0, machines - 1));
  auto b = static_cast<int>(draw.between(0, machines - 2));
  if (b >= a) ++b;
  const LinkOptions faults = draw_faults(draw, state.plan.link);
  const bool both = draw.chance(0.5);
  state.say("path %d %s %d: loss %.2f delay %llu ns", a, both ? "<->" : "->", b, faults.loss,
            static_cast<unsigned long long>(faults.delay_ns));
  state.network->set_options(a, b, faults);
  if (both) state.network->set_options(b, a, faults);
  co_await state.loop->sleep_for(draw.magnitude(100, 100'000));
  if (state.draining || draw.chance(0.3)) co_return;
  state.network->set_options(a, b, state.plan.link);
  if (both) state.network->set_options(b, a, state.plan.link);
}

// Clocks of a card that stands still are simulated one by one, so that it does so for
// microseconds only.
flow::Task<void> change_memory(State& state, Draw& draw) {
  const auto index = static_cast<int>(draw.between(0, state.machines.size() - 1));
  Machine& machine = state.machine(index);
  if (!machine.plan().restless) co_return;
  MemoryModel model = machine.plan().memory;
  if (draw.chance(0.5)) {
    model.stall = draw.chance(0.5) ? 1 : 0.9;
  } else {
    model.read_latency = static_cast<std::uint32_t>(draw.magnitude(100, 5000));
    model.write_latency = static_cast<std::uint32_t>(draw.magnitude(100, 5000));
  }
  ++state.figures.stalls;
  state.say("machine %d: memory stalls %.1f, reads after %u clocks", index, model.stall,
            model.read_latency);
  machine.sim_card().set_memory_model(model);
  co_await state.loop->sleep_for(draw.magnitude(1, 20));
  machine.sim_card().set_memory_model(machine.plan().memory);
}

}  // namespace

flow::Task<void> weather(State& state) {
  Draw draw(state.plan.seed * 4001 + 3);
  while (!state.draining && !state.failed()) {
    co_await state.loop->sleep_for(draw.magnitude(20, 20'000));
    if (state.draining) break;
    if (draw.chance(0.5)) {
      co_await change_path(state, draw);
    } else {
      co_await change_memory(state, draw);
    }
  }
  state.weathering = false;
}

void calm(State& state) {
  LinkOptions fine;
  fine.delay_ns = state.plan.link.delay_ns;
  for (int from = 0; from < state.network->ports(); ++from) {
    for (int to = 0; to < state.network->ports(); ++to) {
      if (from != to) state.network->set_options(from, to, fine);
    }
  }
  for (const auto& machine : state.machines) {
    machine->sim_card().set_memory_model(machine->plan().memory);
  }
}

flow::Task<void> power(State& state) {
  Draw draw(state.plan.seed * 5003 + 7);
  for (; state.outages > 0; --state.outages) {
    co_await state.loop->sleep_for(draw.magnitude(50, 50'000));
    const auto index = static_cast<int>(draw.between(0, state.machines.size() - 1));
    Machine& machine = state.machine(index);
    state.say("machine %d loses power", index);
    ++state.figures.power_cuts;
    machine.cut();
    const std::uint64_t limit_us = state.loop->in_us(kDeathUs);
    while (machine.tasks > 0 || machine.runtime().open_connections() > 0) {
      if (state.clock.now_us() >= limit_us) {
        state.fail("machine " + std::to_string(index) + " lost its card, but " +
                   std::to_string(machine.tasks) + " coroutines and " +
                   std::to_string(machine.runtime().open_connections()) +
                   " connections did not end");
      }
      if (state.failed()) co_return;
      co_await state.loop->sleep_for(kLookUs);
    }
    co_await state.loop->sleep_for(draw.magnitude(10, 300'000));
    state.network->clear(index);
    machine.replace();
    if (auto up = machine.boot(*state.loop); !up) {
      state.fail("machine " + std::to_string(index) + " does not come up again: " + up.error());
      co_return;
    }
    state.say("machine %d is up again", index);
    start_applications(state, machine);
  }
}

}  // namespace millrace::sim::world
