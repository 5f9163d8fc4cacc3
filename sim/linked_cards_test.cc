// SPDX-License-Identifier: Apache-2.0
// TCP between two Verilated cards over a link, driven by the contract alone.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "hw/contract/generated/contract.h"
#include "sim/sim_uri.h"
#include "sim/testing/ring_host.h"

namespace millrace::sim {
namespace {

constexpr Host kHosts[2] = {{{0x02, 0, 0, 0, 0, 1}, 0x0A000001},
                            {{0x02, 0, 0, 0, 0, 2}, 0x0A000002}};
constexpr std::uint16_t kPort = 7777;

struct World {
  World(const SimOptions& options, std::uint32_t connections) {
    auto opened = open_sim_pair(options);
    EXPECT_TRUE(opened.has_value()) << opened.error();
    pair = std::move(*opened);
    for (int i = 0; i < 2; ++i) {
      hosts[i] = std::make_unique<RingHost>(*pair.devices[i], kHosts[i], connections);
      EXPECT_TRUE(hosts[i]->bring_up()) << hosts[i]->error();
    }
  }

  template <typename Done>
  bool run(Done done, std::uint64_t limit_us) {
    const std::uint64_t limit = pair.devices[0]->now_us() + limit_us;
    while (!done()) {
      bool busy = hosts[0]->poll();
      busy |= hosts[1]->poll();
      if (!hosts[0]->error().empty() || !hosts[1]->error().empty()) return false;
      if (busy) continue;
      if (pair.devices[0]->now_us() >= limit) return false;
      if (!pair.devices[0]->wait(limit)) return false;
    }
    return true;
  }

  std::string state() {
    std::string text = pair.simulation->errors();
    for (const auto& host : hosts) {
      text += " [" + host->error();
      for (const auto& c : host->connections()) {
        text += " (est " + std::to_string(c.established) + " sent " + std::to_string(c.sent) +
                " acked " + std::to_string(c.acked) + " received " + std::to_string(c.received) +
                " fin " + std::to_string(c.fin_received) + " final " + std::to_string(c.final) +
                " status " + std::to_string(c.status) + ")";
      }
      text += "]";
    }
    return text;
  }

  SimPair pair;
  std::unique_ptr<RingHost> hosts[2];
};

// Connects, sends `bytes` both ways on every connection and closes; true if all ended well.
void transfer(World& world, std::uint32_t connections, std::uint64_t bytes) {
  auto& server = *world.hosts[1];
  auto& client = *world.hosts[0];
  server.listen(kPort, connections);
  ASSERT_TRUE(world.run([&] { return server.connections().size() == connections; }, 1'000'000))
      << world.state();
  world.run([] { return false; }, 20);  // until the backlog is there
  for (std::uint32_t i = 0; i < connections; ++i) client.connect(kHosts[1].ipv4, kPort);
  for (std::uint32_t i = 0; i < connections; ++i) {
    client.send(i, bytes, true);
    server.send(i, bytes, true);
  }
  const auto done = [&] {
    for (const auto& host : world.hosts) {
      for (const auto& c : host->connections()) {
        if (!c.final) return false;
      }
    }
    return true;
  };
  EXPECT_TRUE(world.run(done, 600'000'000)) << world.state();
  for (const auto& host : world.hosts) {
    for (const auto& c : host->connections()) {
      EXPECT_EQ(c.received, bytes);
      EXPECT_LE(c.acked, bytes);  // a final report with status ok need not repeat the last progress
      EXPECT_TRUE(c.fin_received);
      EXPECT_EQ(c.status, 0) << world.state();
    }
  }
  EXPECT_EQ(world.pair.simulation->errors(), "");
}

TEST(LinkedCards, OneConnectionBothWays) {
  World world({}, 1);
  transfer(world, 1, 300'000);
}

TEST(LinkedCards, ManyConnectionsOverPcie) {
  auto options = parse_sim_uri("sim:?memory=pcie_gen4_x8&seed=3");
  World world(*options, 16);
  transfer(world, 16, 50'000);
}

TEST(LinkedCards, StallsOnEveryPortChangeNothing) {
  SimOptions options;
  options.memory.stall = 0.3;
  options.memory.latency_jitter = 50;
  World world(options, 4);
  transfer(world, 4, 60'000);
}

class FaultyLink : public testing::TestWithParam<std::uint64_t> {};

TEST_P(FaultyLink, DeliversEveryByteAndReplays) {
  std::string captures[2];
  for (int run = 0; run < 2; ++run) {
    auto options = parse_sim_uri("sim:?loss=0.01&reorder=0.01&duplicate=0.005&corrupt=0.001");
    options->seed = GetParam();
    options->capture = testing::TempDir() + "faulty" + std::to_string(GetParam()) + ".pcapng";
    {
      World world(*options, 4);
      transfer(world, 4, 100'000);
      EXPECT_GT(world.pair.link->counters().lost, 0u);
    }
    std::ifstream file(options->capture, std::ios::binary);
    captures[run].assign(std::istreambuf_iterator<char>(file), {});
  }
  EXPECT_GT(captures[0].size(), 100'000u);
  EXPECT_TRUE(captures[0] == captures[1]) << "same seed, other run";
}

// MILLRACE_SEEDS=50 runs as many; the default keeps the suite short.
std::uint64_t seeds() {
  const char* text = std::getenv("MILLRACE_SEEDS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 3;
}

INSTANTIATE_TEST_SUITE_P(Seeds, FaultyLink, testing::Range<std::uint64_t>(1, 1 + seeds()));

}  // namespace
}  // namespace millrace::sim
