// SPDX-License-Identifier: Apache-2.0
// Who opens connections: clients, servers, and pairs that open one from both ends.

#include <algorithm>

#include "sim/world/state.h"

namespace millrace::sim::world {
namespace {

using flow::Errc;

constexpr std::uint16_t kFirstTwinPort = 5000;
constexpr std::uint64_t kRestUs = 2000;      // of a server that was refused its port
constexpr std::uint64_t kRestlessTimes = 8;  // that a port is closed and opened again

// True for what can happen: full tables and backlogs (SYNs are not answered then), ports in use,
// nobody there, resets of what a listener never accepted.
bool may_fail(const Machine& machine, const flow::Error& error) {
  const std::error_code code = error.code;
  for (const Errc usual :
       {Errc::kRefused, Errc::kNoBufferSpace, Errc::kAddressInUse, Errc::kCancelled,
        Errc::kHostUnreachable, Errc::kConnectionReset, Errc::kTimedOut}) {
    if (code == usual) return true;
  }
  return code == Errc::kConnectionAborted && !machine.up();
}

flow::ToeConnectOptions draw_connect(Draw& draw, const State& state, Machine& machine) {
  flow::ToeConnectOptions options;
  const auto bytes = [&draw] {
    return std::size_t{1} << draw.one_of<unsigned>({12, 12, 13, 14, 15, 16});
  };
  options.buffers = {bytes(), bytes()};
  if (draw.chance(0.15)) {
    options.local_port = static_cast<std::uint16_t>(draw.between(2000, 2003));
  }
  if (draw.chance(0.15)) {
    options.deadline_us = state.loop->in_us(draw.magnitude(1, 100'000));
  }
  options.connection = draw_options(draw, state.plan.weather);
  options.stop = machine.stop().get_token();
  return options;
}

host::IpAddress draw_address(Draw& draw, const State& state, int machine) {
  if (!draw.chance(state.plan.ipv6)) return ipv4_of(machine);
  return draw.chance(0.2) ? host::link_local_of(mac_of(machine)) : ipv6_of(machine);
}

host::Endpoint draw_target(Draw& draw, const State& state, int self) {
  if (draw.chance(0.03)) {
    return {draw.chance(state.plan.ipv6) ? ipv6_of(kNobody) : ipv4_of(kNobody), kFirstPort};
  }
  std::vector<host::Endpoint> ports;
  for (std::size_t i = 0; i < state.plan.machines.size(); ++i) {
    if (static_cast<int>(i) == self) continue;
    for (const ServerPlan& server : state.plan.machines[i].servers) {
      ports.push_back({draw_address(draw, state, static_cast<int>(i)), server.port});
    }
  }
  if (ports.empty() || draw.chance(0.05)) {
    return {draw_address(draw, state, self == 0 ? 1 : 0), kClosedPort};
  }
  return ports[draw.between(0, ports.size() - 1)];
}

// Tries to open one connection and uses it.
flow::Task<void> attempt(State& state, Machine& machine, host::Endpoint target,
                         flow::ToeConnectOptions options, std::uint64_t& connected) {
  ++state.connecting;
  state.say("machine %d connects to %s", machine.index(), to_string(target).c_str());
  auto opened = co_await flow::toe_connect(machine.loop(), machine.runtime(), target, options);
  --state.connecting;
  if (!opened) {
    ++state.figures.unconnected;
    state.say("machine %d: %s", machine.index(), to_string(opened.error()).c_str());
    if (!may_fail(machine, opened.error())) {
      state.fail("connect ended with " + to_string(opened.error()));
    }
    co_return;
  }
  ++connected;
  co_await use(state, machine, std::move(*opened), true);
}

flow::Task<void> client(State& state, Machine& machine, std::uint64_t seed) {
  const TaskOf task(machine);
  Draw draw(seed);
  for (int i = 0; i < machine.plan().attempts; ++i) {
    if (draw.chance(0.7)) co_await machine.loop().sleep_for(draw.magnitude(1, 20'000));
    if (!machine.up() || state.draining || state.failed()) break;
    const host::Endpoint target = draw_target(draw, state, machine.index());
    co_await attempt(state, machine, target, draw_connect(draw, state, machine),
                     state.figures.connected);
    if (!machine.up() || state.failed()) break;
  }
  --state.clients;
}

flow::Task<void> serve_one(State& state, Machine& machine, flow::ToeFlow flow) {
  const TaskOf task(machine);
  co_await use(state, machine, std::move(flow), false);
}

// Accepts until told to stop, or until it has had enough; true if it would listen again.
flow::Task<bool> accept_all(State& state, Machine& machine, flow::ToeListener& listener,
                            bool restless, Draw& draw) {
  std::uint64_t left = restless ? draw.between(1, 3) : flow::kNever;
  while (left > 0) {
    flow::OpOptions options;
    options.stop = machine.stop().get_token();
    if (restless || draw.chance(0.1)) {
      options.deadline_us = machine.loop().in_us(draw.magnitude(500, 100'000));
    }
    auto accepted = co_await listener.accept(options);
    if (!accepted) {
      const std::error_code code = accepted.error().code;
      if (code == Errc::kTimedOut) {
        ++state.figures.deadlines;
        if (restless) co_return true;
        continue;
      }
      const bool lost = code == Errc::kConnectionAborted && !machine.up();
      if (code != Errc::kCancelled && !lost) {
        state.fail("accept ended with " + to_string(accepted.error()));
      }
      co_return false;
    }
    ++state.figures.accepted;
    machine.loop().spawn(serve_one(state, machine, std::move(*accepted)));
    if (draw.chance(0.1)) co_await machine.loop().sleep_for(draw.magnitude(10, 20'000));
    --left;
  }
  co_return true;
}

flow::Task<void> server(State& state, Machine& machine, const ServerPlan& plan,
                        std::uint64_t seed) {
  const TaskOf task(machine);
  Draw draw(seed);
  std::uint64_t restless = plan.restless ? kRestlessTimes : 0;
  while (machine.up() && !machine.stop().stop_requested()) {
    auto listener =
        co_await flow::toe_listen(machine.loop(), machine.runtime(), plan.port, plan.listen);
    if (!listener) {
      const std::error_code code = listener.error().code;
      if (!machine.up()) break;
      if (code != Errc::kAddressInUse && code != Errc::kNoBufferSpace) {
        state.fail("listen ended with " + to_string(listener.error()));
        break;
      }
      co_await machine.loop().sleep_for(kRestUs);
      continue;
    }
    state.say("machine %d listens on %u", machine.index(), plan.port);
    const bool again = co_await accept_all(state, machine, *listener, restless > 0, draw);
    if (restless > 0) --restless;
    state.say("machine %d stops listening on %u", machine.index(), plan.port);
    state.left_ports.emplace(machine.index(), plan.port);
    listener->stop();
    if (!again) break;
    if (draw.chance(0.5)) co_await machine.loop().sleep_for(draw.magnitude(1, 5000));
  }
}

// One end of a simultaneous open (RFC 9293 3.5). It is refused if it comes too early or too late.
flow::Task<void> twin(State& state, Machine& machine, host::Endpoint target,
                      std::uint16_t local_port, std::uint64_t start_us, std::uint64_t seed) {
  const TaskOf task(machine);
  Draw draw(seed);
  co_await machine.loop().sleep_for(start_us);
  if (machine.up()) {
    flow::ToeConnectOptions options = draw_connect(draw, state, machine);
    options.local_port = local_port;
    options.deadline_us = flow::kNever;
    co_await attempt(state, machine, target, options, state.figures.simultaneous);
  }
  --state.clients;
}

}  // namespace

void start_applications(State& state, Machine& machine) {
  Draw draw(state.plan.seed * 1009 + static_cast<std::uint64_t>(machine.index()) * 31 +
            static_cast<std::uint64_t>(machine.boots()));
  for (const ServerPlan& plan : machine.plan().servers) {
    state.loop->spawn(server(state, machine, plan, draw.seed()));
  }
  if (state.draining) return;
  for (int i = 0; i < machine.plan().clients; ++i) {
    ++state.clients;
    state.loop->spawn(client(state, machine, draw.seed()));
  }
}

void start_twins(State& state) {
  Draw draw(state.plan.seed * 2003 + 17);
  const auto machines = static_cast<int>(state.machines.size());
  for (int i = 0; i < state.plan.twins; ++i) {
    const auto a = static_cast<int>(draw.between(0, static_cast<std::uint64_t>(machines) - 1));
    const int b = (a + 1) % machines;
    const auto port_a = static_cast<std::uint16_t>(kFirstTwinPort + 2 * i);
    const auto port_b = static_cast<std::uint16_t>(port_a + 1);
    const std::uint64_t start_us = draw.magnitude(1, 5000);
    const std::uint64_t later_us = draw.one_of<std::uint64_t>({0, 0, 1, 10, 100});
    state.clients += 2;
    const bool six = draw.chance(state.plan.ipv6);
    const host::Endpoint end_a{six ? ipv6_of(a) : ipv4_of(a), port_a};
    const host::Endpoint end_b{six ? ipv6_of(b) : ipv4_of(b), port_b};
    state.loop->spawn(twin(state, state.machine(a), end_b, port_a, start_us, draw.seed()));
    state.loop->spawn(
        twin(state, state.machine(b), end_a, port_b, start_us + later_us, draw.seed()));
  }
}

}  // namespace millrace::sim::world
