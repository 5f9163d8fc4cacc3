// SPDX-License-Identifier: Apache-2.0
// toe_cc under load: an event every clock, one connection over and over, an engine that does not
// take its answers.

#include <random>
#include <vector>

#include "hw/cc/cc_bench.h"

namespace millrace {
namespace {

CcEvent cubic(unsigned conn) {
  CcEvent e;
  e.conn = conn;
  e.rtt_us = 100'000;
  return e;
}

void reset(CcBench& bench, unsigned connections, unsigned cc) {
  for (unsigned conn = 0; conn < connections; ++conn) {
    CcEvent e = cubic(conn);
    e.op = kCcReset;
    e.cc = cc;
    bench.offer(e);
  }
  bench.settle();
}

// Every connection falls in the same few clocks, then computes its own K.
TEST(ToeCcRate, AnEventAClockForDifferentConnections) {
  CcBench bench;
  constexpr unsigned kConnections = 200;
  reset(bench, kConnections, kCubic);
  EXPECT_EQ(bench.told(), static_cast<int>(kConnections));
  const auto window = [](unsigned conn) { return (100 + 10 * conn) * 1460; };
  for (unsigned conn = 0; conn < kConnections; ++conn) {
    CcEvent e = cubic(conn);
    e.op = kCcLoss;
    e.cwnd = window(conn);
    bench.offer(e);
  }
  // The roots are taken one after the other: acknowledgements come until each has its own.
  for (int round = 0; round < 400; ++round) {
    for (unsigned conn = 0; conn < kConnections; ++conn) {
      CcEvent e = cubic(conn);
      e.cwnd = window(conn) / 10 * 7;
      e.acked = 1;
      bench.offer(e);
    }
  }
  bench.settle();
  for (unsigned conn = 0; conn < kConnections; ++conn) {
    const double w_max = window(conn) / 1460.0;
    const double cwnd = window(conn) / 10 * 7 / 1460.0;
    const double k = std::cbrt((w_max - cwnd) / 0.4);
    const double above = 0.4 * std::pow(0.1 - k, 3) + w_max - cwnd;
    EXPECT_NEAR(bench.answer(conn).step / (cwnd / above * 1460), 1, 0.06) << conn;
  }
}

// The transmit engine has an event of one connection every four clocks: bytes and marks all count.
TEST(ToeCcRate, OneConnectionEveryFourClocks) {
  CcBench bench;
  reset(bench, 1, kDctcp);
  CcEvent e = cubic(0);
  e.cc = kDctcp;
  double alpha = 1;
  for (int window = 0; window < 200; ++window) {
    for (int i = 0; i < 32; ++i) {
      e.una += 100;
      e.acked = 100;
      e.ece = i % 4 == 0;
      e.nxt = e.una + 31 * 100;
      bench.offer(e);
      for (int c = 0; c < 3; ++c) bench.clock();
    }
    if (window != 0) alpha = alpha * 15 / 16 + 0.25 / 16;
  }
  bench.settle();
  EXPECT_NEAR(bench.answer(0).alpha, alpha * 1024, 3);
}

// A burst for one connection, faster than its record can be had: acknowledgements may go, a loss
// not. (The assertion of the queue watches, and the curve tells.)
TEST(ToeCcRate, LossesAreNeverLost) {
  CcBench bench;
  reset(bench, 4, kCubic);
  std::mt19937 random{3};
  for (int round = 0; round < 200; ++round) {
    const std::uint32_t w_max = (500 + random() % 500) * 1460;
    CcEvent e = cubic(0);
    e.op = kCcReset;
    bench.step(e);
    e = cubic(0);
    e.cwnd = w_max;
    e.acked = 1;
    for (int i = 0; i < 60; ++i) bench.offer(e);
    e.op = kCcLoss;
    bench.offer(e);
    e.op = kCcAck;
    e.cwnd = w_max / 2;
    bench.settle();
    bench.step(e);
    const double k = std::cbrt(w_max / 2.0 / 1460 / 0.4);
    const double above = 0.4 * std::pow(0.1 - k, 3) + w_max / 2.0 / 1460;
    ASSERT_NEAR(bench.step(e).step / (w_max / 2.0 / above), 1, 0.06) << round;
  }
}

// Answers that found no room are given later; the last one is the present one.
TEST(ToeCcRate, ASlowEngineHearsTheLatest) {
  CcBench bench;
  constexpr unsigned kConnections = 200;
  bench.hold_answers(true);
  reset(bench, kConnections, kDctcp);
  for (unsigned conn = 0; conn < kConnections; ++conn) {
    CcEvent e = cubic(conn);
    e.cc = kDctcp;
    e.nxt = e.una;
    bench.offer(e);
    for (int window = 0; window < 3; ++window) {
      e.una += 1460;
      e.nxt = e.una;
      e.acked = 1460;
      bench.offer(e);
      for (int c = 0; c < 4; ++c) bench.clock();
    }
  }
  bench.hold_answers(false);
  bench.settle();
  EXPECT_LT(bench.told(), 50);  // what the queue and the pipeline hold
  for (unsigned conn = 0; conn < kConnections; ++conn) {
    CcEvent e = cubic(conn);
    e.cc = kDctcp;
    e.una += 4 * 1460;
    e.nxt = e.una;
    e.acked = 1460;
    bench.offer(e);
  }
  bench.settle();
  const double alpha = 1024 * std::pow(15.0 / 16, 4);
  for (unsigned conn = 0; conn < kConnections; ++conn) {
    EXPECT_NEAR(bench.answer(conn).alpha, alpha, 2) << conn;
    EXPECT_EQ(bench.answer(conn).step, 0U);
  }
}

TEST(ToeCcRate, TellsOnlyWhatChanged) {
  CcBench bench;
  CcEvent e = cubic(9);
  e.op = kCcReset;
  bench.step(e);
  e.op = kCcLoss;
  e.cwnd = 1000 * 1460;
  bench.step(e);
  e.op = kCcAck;
  e.cwnd = 700 * 1460;
  e.acked = 1;
  for (int i = 0; i < 50; ++i) bench.step(e);
  EXPECT_EQ(bench.told(), 2);
}

}  // namespace
}  // namespace millrace
