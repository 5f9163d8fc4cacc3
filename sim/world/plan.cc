// SPDX-License-Identifier: Apache-2.0
// The draws. Ranges are chosen so that a world is small (some ten thousand clocks of each card) and
// so that what is rare in life is not rare here.

#include "sim/world/plan.h"

#include <algorithm>

#include "sim/world/draw.h"

namespace millrace::sim::world {
namespace {

// Of a stream in one direction: small segments make short streams.
constexpr std::uint64_t kSegmentsMax = 40;

// Those that a policy would not have without.
std::uint32_t draw_tcp_options(Draw& draw) {
  using contract::TcpOption;
  std::uint32_t options = 0;
  const std::pair<TcpOption, double> all[] = {
      {TcpOption::kWindowScale, 0.9}, {TcpOption::kTimestamps, 0.8},
      {TcpOption::kSack, 0.8},        {TcpOption::kEcnAccept, 0.7},
      {TcpOption::kEcnRequest, 0.5},  {TcpOption::kBlackHoleProbe, 0.5},
      {TcpOption::kOptionOrder, 0.5}, {TcpOption::kTimeWaitReuse, 0.8}};
  for (const auto& [option, probability] : all) {
    if (draw.chance(probability)) options |= static_cast<std::uint32_t>(option);
  }
  return options;
}

host::Policy draw_policy(Draw& draw) {
  host::Policy policy;
  policy.mss = draw.chance(0.5)
                   ? 1460
                   : draw.one_of<std::uint32_t>({64, 100, 536, 537, 1000, 1459, 1461, 4000, 8960});
  policy.initial_window = static_cast<std::uint32_t>(draw.one_of({1, 2, 3, 10, 10, 64}));
  policy.delayed_ack_us = draw.one_of<std::uint32_t>({0, 100, 1000, 40'000, 40'000, 500'000});
  policy.rto_min_us = draw.one_of<std::uint32_t>({1000, 5000, 20'000, 200'000, 200'000});
  policy.rto_initial_us = draw.one_of<std::uint32_t>({200'000, 300'000, 1'000'000});
  policy.rto_max_us = draw.one_of<std::uint32_t>({1'000'000, 2'000'000});
  policy.retries_max = static_cast<std::uint32_t>(draw.between(4, 8));
  policy.syn_retries_max = static_cast<std::uint32_t>(draw.between(2, 5));
  policy.time_wait_us = draw.one_of<std::uint32_t>({0, 100, 10'000, 100'000, 2'000'000});
  policy.arp_age_us = draw.one_of<std::uint32_t>({100, 5000, 1'000'000, 60'000'000});
  policy.tcp_options = draw_tcp_options(draw);
  policy.congestion_control =
      static_cast<std::uint32_t>(draw.between(0, 2)) | (draw.chance(0.3) ? host::kKeepWindow : 0);
  policy.dup_ack_threshold = draw.one_of<std::uint32_t>({2, 3, 3, 3, 5});
  policy.timestamp_shift = draw.one_of<std::uint32_t>({10, 10, 12, 17});
  policy.keepalive_idle = draw.one_of<std::uint32_t>({100, 1000, 7'031'250});
  policy.keepalive_interval = draw.one_of<std::uint32_t>({50, 500});
  policy.keepalive_probes = static_cast<std::uint32_t>(draw.between(2, 9));
  policy.challenge_ack_rate = draw.one_of<std::uint32_t>({0, 10, 1000, 1000});
  policy.syn_cookies = static_cast<std::uint32_t>(draw.between(0, 2));
  policy.time_to_live = draw.one_of<std::uint32_t>({1, 64, 255});
  return policy;
}

MemoryModel draw_memory(Draw& draw) {
  // Clocks in which a card waits for its memory are simulated: slow memory makes slow worlds.
  MemoryModel model =
      *memory_model(draw.chance(0.8) ? "ideal" : draw.one_of({"pcie_gen3_x16", "pcie_gen4_x8"}));
  if (draw.chance(0.4)) {
    model.latency_jitter = static_cast<std::uint32_t>(draw.magnitude(1, 100));
  }
  if (draw.chance(0.3)) model.stall = draw.up_to(0.5);
  if (draw.chance(0.2)) model.reads_outstanding = static_cast<std::uint32_t>(draw.between(1, 8));
  if (draw.chance(0.2)) model.writes_outstanding = static_cast<std::uint32_t>(draw.between(1, 8));
  if (draw.chance(0.1)) model.read_bytes_per_clock = 8 + draw.up_to(24);
  if (draw.chance(0.1)) model.write_bytes_per_clock = 8 + draw.up_to(24);
  return model;
}

host::RuntimeOptions draw_runtime(Draw& draw) {
  host::RuntimeOptions runtime;
  runtime.queue_pair.submission_entries = draw.one_of<std::uint32_t>({16, 32, 256, 1024});
  runtime.queue_pair.completion_entries = draw.one_of<std::uint32_t>({16, 32, 256, 1024});
  runtime.queue_pair.buffer_bytes = draw.one_of<std::size_t>(
      {std::size_t{256} << 10, std::size_t{1} << 20, std::size_t{4} << 20});
  runtime.max_connections = draw.one_of<std::uint32_t>({0, 0, 0, 4, 8, 16});
  runtime.liveness_interval_us = 250'000;
  return runtime;
}

flow::ToeBuffers draw_buffers(Draw& draw) {
  const auto bytes = [&draw] {
    return std::size_t{1} << draw.one_of<unsigned>({12, 12, 13, 14, 15, 16});
  };
  return {bytes(), bytes()};
}

LinkOptions draw_link(Draw& draw, Weather weather) {
  LinkOptions link;
  link.seed = draw.seed();
  link.delay_ns = draw.magnitude(10, 200'000);
  link.rate_gbps = draw.one_of({1.0, 10.0, 40.0, 100.0, 100.0});
  if (weather == Weather::kCalm) return link;
  const auto rate = [&draw](double high) { return draw.chance(0.6) ? draw.up_to(high) : 0.0; };
  link.loss = rate(0.08);
  link.reorder = rate(0.1);
  link.duplicate = rate(0.05);
  link.corrupt = rate(0.02);
  link.reorder_ns = draw.magnitude(500, 200'000);
  link.mark_corrupt = draw.chance(0.2);
  if (draw.chance(0.3)) link.queue_bytes = draw.magnitude(4000, 100'000);
  return link;
}

}  // namespace

host::ConnectionOptions draw_options(Draw& draw, Weather weather) {
  host::ConnectionOptions options;
  options.nodelay = draw.chance(0.6);
  options.keepalive = draw.chance(0.3);
  options.quickack = draw.chance(0.2);
  if (draw.chance(0.4)) {
    options.congestion_control =
        draw.one_of({host::CongestionControl::kNewreno, host::CongestionControl::kCubic,
                     host::CongestionControl::kDctcp});
  }
  // In calm nothing times out, unless an application pauses for longer than this.
  if (draw.chance(0.15)) {
    options.user_timeout_us = weather == Weather::kCalm ? 20'000'000 : draw.magnitude(1, 3'000'000);
  }
  return options;
}

Plan draw_plan(std::uint64_t seed) {
  Draw draw(seed);
  Plan plan;
  plan.seed = seed;
  plan.weather = draw.one_of({Weather::kCalm, Weather::kSteady, Weather::kSteady,
                              Weather::kChanging, Weather::kChanging, Weather::kChanging});
  plan.link = draw_link(draw, plan.weather);
  plan.power_cuts = draw.chance(0.25) ? static_cast<int>(draw.between(1, 2)) : 0;
  plan.twins = draw.chance(0.2) ? static_cast<int>(draw.between(1, 3)) : 0;
  plan.largest = draw.one_of<std::uint64_t>({100, 2000, 8000, 20'000, 20'000, 60'000});
  plan.ipv6 = draw.one_of({0.0, 0.0, 0.3, 1.0});
  const auto machines = draw.one_of({2, 2, 2, 3, 3, 4});
  // One policy for all in half of the worlds: mixtures are not the only thing to be tested.
  const bool alike = draw.chance(0.5);
  const host::Policy policy = draw_policy(draw);
  std::uint16_t port = kFirstPort;
  for (int i = 0; i < machines; ++i) {
    MachinePlan& machine = plan.machines.emplace_back();
    machine.policy = alike ? policy : draw_policy(draw);
    machine.memory = draw_memory(draw);
    machine.runtime = draw_runtime(draw);
    machine.restless = plan.weather == Weather::kChanging && draw.chance(0.5);
    const auto servers = draw.between(i == 0 ? 1 : 0, 2);
    for (std::uint64_t k = 0; k < servers; ++k) {
      ServerPlan& server = machine.servers.emplace_back();
      server.port = port++;
      server.listen.backlog = static_cast<std::uint32_t>(draw.one_of({1, 1, 2, 4, 8, 40}));
      server.listen.buffers = draw_buffers(draw);
      server.listen.connection = draw_options(draw, plan.weather);
      server.restless = draw.chance(0.25);
    }
    machine.clients = static_cast<int>(draw.between(i == 1 ? 1 : 0, machines == 2 ? 4 : 2));
    machine.attempts = static_cast<int>(draw.between(1, 4));
    plan.largest = std::min<std::uint64_t>(plan.largest, machine.policy.mss * kSegmentsMax);
  }
  return plan;
}

std::string describe(const Plan& plan) {
  const char* weather[] = {"calm", "steady faults", "changing faults"};
  std::string text =
      std::to_string(plan.machines.size()) + " cards, " + weather[static_cast<int>(plan.weather)];
  if (plan.power_cuts > 0) text += ", " + std::to_string(plan.power_cuts) + " power cuts";
  if (plan.ipv6 > 0) text += plan.ipv6 < 1 ? ", some IPv6" : ", IPv6";
  if (plan.twins > 0) text += ", " + std::to_string(plan.twins) + " simultaneous opens";
  return text;
}

}  // namespace millrace::sim::world
