// SPDX-License-Identifier: Apache-2.0
// toe_conn under everything at once: commands, SYNs, ACKs with and without cookies, packets, ends
// from both engines, time, slow takers, two address families. At the end all is free again.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <iostream>
#include <string>

#include "hw/conn/conn_model.h"

namespace millrace {
namespace {

struct Case {
  std::uint64_t seed;
  std::array<std::uint32_t, 4> hash_key;
};

void run(Model& m, int rounds) {
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    constexpr unsigned kReady[] = {100, 100, 60, 15};
    m.bench.ready_percent = kReady[m.pick(4)];
    m.bench.rx_ready_percent = kReady[m.pick(4)];
    m.bench.offer_percent = kReady[m.pick(4)];
    m.free_delay = m.pick(2) ? 30 : 2000;
    const std::uint64_t command_rate = m.pick(40), end_rate = m.pick(100);
    const std::uint64_t syn_rate = m.pick(30), packet_rate = m.pick(110);
    for (int i = 0; i < 2000; ++i) {
      if (m.pick(1000) < command_rate && m.bench.commands.size() < 8) m.random_command();
      if (m.pick(1000) < end_rate) m.random_end();
      if (m.pick(1000) < syn_rate) m.random_segment(true);
      if (m.pick(1000) < syn_rate) m.random_ack();
      if (m.pick(1000) < syn_rate) m.random_reuse();
      if (m.pick(100) < packet_rate && m.bench.segments.size() < 50) m.random_segment(false);
      if (m.pick(10) == 0) m.bench.now += static_cast<std::uint32_t>(m.pick(8));
      m.step();
    }
    if (round % 10 == 9) {
      m.bench.ready_percent = m.bench.rx_ready_percent = 100;
      m.settle();
    }
  }
}

class ConnRandom : public testing::TestWithParam<Case> {};

TEST_P(ConnRandom, EverythingAtOnce) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam().seed);
  Model m(GetParam().seed, GetParam().hash_key);
  m.bench.syn_cookies = GetParam().seed % 2;
  run(m, 60);
  m.finish();
  const Counters& c = m.bench.counters;
  std::cout << "seed " << GetParam().seed << ": active " << c.active << " passive " << c.passive
            << " closed " << c.closed << " recycled " << c.recycled << " relisten " << m.relistens
            << " backlog_full " << c.backlog_full << " resets " << m.resets << " hits " << m.hits
            << " misses " << m.misses << " cookies " << c.cookies_sent << " taken "
            << c.cookies_taken << " refused " << m.acks_refused << " reused " << c.reused << "\n";
  EXPECT_EQ(m.resets, c.no_listener);
  EXPECT_GT(m.hits, 100u);
  EXPECT_GT(c.reused, 5u);
  EXPECT_GT(m.acks_refused, 5u);
  if (m.bench.syn_cookies != 0) {
    EXPECT_GT(c.cookies_taken, 5u);
  }
}

constexpr std::array<std::uint32_t, 4> kKey = {0x6d5a56da, 0x255b0ec2, 0x4167253d, 0x43a38fb0};

TEST(ConnReset, WhatIsNotResetDoesNotMatter) {
  std::uint64_t first = 0;
  for (int seed = 1; seed <= 4; ++seed) {
    Verilated::threadContextp()->randReset(2);
    Verilated::threadContextp()->randSeed(seed);
    Model m(77, kKey);
    run(m, 10);
    m.finish();
    if (seed == 1) first = m.bench.counters.closed << 32 ^ m.digest;
    EXPECT_EQ(m.bench.counters.closed << 32 ^ m.digest, first) << "reset seed " << seed;
  }
  Verilated::threadContextp()->randReset(0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConnRandom,
                         testing::Values(Case{1, kKey}, Case{2, kKey}, Case{3, kKey}, Case{4, kKey},
                                         Case{5, kKey}, Case{6, kKey},
                                         // All tuples in one bucket, and in few.
                                         Case{7, {0, 0, 0, 0}}, Case{8, {0, 0, 1, 0x80000000}}),
                         [](const auto& info) { return "Seed" + std::to_string(info.param.seed); });

}  // namespace
}  // namespace millrace
