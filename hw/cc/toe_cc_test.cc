// SPDX-License-Identifier: Apache-2.0
// toe_cc against RFC 9438 and RFC 8257 in double precision.

#include <cstdlib>
#include <random>
#include <vector>

#include "hw/cc/cc_bench.h"
#include "hw/cc/cubic_model.h"

namespace millrace {
namespace {

constexpr double kTick = 1024e-6;  // seconds: what toe_cc counts

// A connection in congestion avoidance after a loss at `w_max` bytes, its curve computed.
void fall(CcBench& bench, const CcEvent& event, std::uint32_t w_max) {
  CcEvent e = event;
  e.op = kCcReset;
  bench.step(e);
  e.op = kCcLoss;
  e.cwnd = w_max;
  bench.step(e);
  e.op = kCcAck;
  e.cwnd = event.cwnd;
  e.acked = event.mss;
  bench.step(e);
}

TEST(ToeCc, StepFollowsTheCurve) {
  CcBench bench;
  std::mt19937 random{1};
  double worst = 0;
  for (int i = 0; i < 3000; ++i) {
    CcEvent e;
    e.mss = std::vector<std::uint32_t>{536, 1460, 4056, 8960}[random() % 4];
    const std::uint32_t segments = 20 + random() % 1600;
    const std::uint32_t w_max = segments * e.mss;
    e.cwnd = w_max / 10 * 7;
    e.rtt_us = 1000 + random() % 200'000;
    const std::uint64_t start = std::uint64_t{random() % 4'000'000'000U} / 1024 * 1024;
    bench.set_time_us(start);
    fall(bench, e, w_max);
    CubicModel model;
    model.cwnd = double(e.cwnd) / e.mss;
    model.w_max = segments;
    model.cwnd_prior = segments;
    model.begin(0);
    const double k = model.k;
    const std::uint32_t ticks = random() % static_cast<std::uint32_t>(2.2 * k / kTick);
    bench.set_time_us(start + std::uint64_t{ticks} * 1024);
    // The window is where the curve was half a round trip ago, to have some distance.
    const double now = ticks * kTick;
    const double rtt = e.rtt_us * 1e-6;
    model.cwnd = std::max(model.cwnd, model.curve(now - rtt / 2));
    e.cwnd = static_cast<std::uint32_t>(model.cwnd * e.mss);
    model.cwnd = double(e.cwnd) / e.mss;
    e.acked = 1;
    const std::uint32_t step = bench.step(e).step;
    const double above = std::clamp(model.curve(now + rtt) - model.cwnd, 0.0, model.cwnd / 2);
    if (model.curve(now) < model.w_est || above * e.mss < 100) continue;
    // Units of time and window, and five significant bits: the error in distance and in all.
    const double slope = 3 * CubicModel::kC * std::pow(now + rtt - k, 2);
    const double allowed = 0.035 + (2.5 * kTick * slope + 48.0 / e.mss) / above;
    const double expected = model.cwnd / above * e.mss;
    ASSERT_NEAR(step / expected, 1, allowed) << "case " << i << " expected " << expected;
    worst = std::max(worst, std::abs(step / expected - 1) / allowed);
  }
  EXPECT_GT(worst, 0.2);  // the bound is a bound of this
}

// As the transmit engine counts. What was saved up under a larger step is worth one growth.
bool grows(std::uint64_t& credit, std::uint64_t acked, std::uint64_t step) {
  if (credit >= step) {
    credit = acked;
    return true;
  }
  credit += acked;
  if (credit < step) return false;
  credit -= step;
  return true;
}

// One sender on a path that drops when the model's window passes about `limit` segments: the window
// over time beside the model's, which MILLRACE_PLOT prints. The limit moves, and both fall at once:
// would each fall at its own limit, a plateau that ends there made much of little.
struct Path {
  double rtt, seconds, limit;
  std::uint32_t mss = 1460;
  bool converge = false;  // halves the path after a third of the time
};

struct Outcome {
  double worst = 0;  // largest distance of the windows beyond one segment, relative
  double mean_ratio = 0;
  int losses = 0;
};

Outcome race(const Path& path) {
  CcBench bench;
  CubicModel model;
  CcEvent e;
  e.mss = path.mss;
  e.rtt_us = static_cast<std::uint32_t>(path.rtt * 1e6);
  e.op = kCcReset;
  bench.step(e);
  std::uint64_t cwnd = 20 * path.mss, credit = 0;
  model.cwnd = 20;
  double sum_card = 0, sum_model = 0, now = 0;
  Outcome out;
  while (now < path.seconds) {
    const bool later = path.converge && now > path.seconds / 3;
    const double moves[] = {1, 0.8, 1.15, 0.9};
    const double limit = (later ? path.limit / 2 : path.limit) * moves[out.losses % 4];
    const auto round = static_cast<std::uint64_t>(double(cwnd) / path.mss / 2);
    // Acknowledgements of two segments, spread over the round trip.
    for (std::uint64_t i = 0; i < round; ++i) {
      now += path.rtt / double(round);
      bench.set_time_us(static_cast<std::uint64_t>(now * 1e6));
      e.op = kCcAck;
      e.cwnd = static_cast<std::uint32_t>(cwnd);
      e.acked = 2 * path.mss;
      const CcAnswer before = bench.answer(e.conn);
      bench.step(e);
      if (grows(credit, e.acked, before.step == 0 ? cwnd : before.step)) cwnd += path.mss;
      model.ack(now, path.rtt, 2.0 * model.cwnd / (double(cwnd) / path.mss));
      if (std::getenv("MILLRACE_PLOT") != nullptr && i == 0) {
        std::printf("%f\t%f\t%f\n", now, double(cwnd) / path.mss, model.cwnd);
      }
      if (model.cwnd > limit) {
        ++out.losses;
        model.loss();
        e.op = kCcLoss;
        e.cwnd = static_cast<std::uint32_t>(cwnd);
        bench.step(e);
        cwnd = cwnd * 7 / 10;
        credit = 0;
      }
      sum_card += double(cwnd) / path.mss;
      sum_model += model.cwnd;
    }
    const double apart = std::abs(double(cwnd) / path.mss - model.cwnd);
    out.worst = std::max(out.worst, (apart - 1) / model.cwnd);
  }
  out.mean_ratio = sum_card / sum_model;
  return out;
}

TEST(ToeCc, WindowOverTimeLongPath) {
  const Outcome out = race({.rtt = 0.1, .seconds = 60, .limit = 200});
  EXPECT_LT(out.worst, 0.03);
  EXPECT_NEAR(out.mean_ratio, 1, 0.01);
  EXPECT_GT(out.losses, 6);
}

TEST(ToeCc, WindowOverTimeConverges) {
  const Outcome out = race({.rtt = 0.1, .seconds = 90, .limit = 240, .converge = true});
  EXPECT_LT(out.worst, 0.03);
  EXPECT_NEAR(out.mean_ratio, 1, 0.01);
}

// On a short path a Reno sender would be faster: the curve gives way to W_est (4.3).
TEST(ToeCc, WindowOverTimeShortPath) {
  const Outcome out = race({.rtt = 0.004, .seconds = 1.2, .limit = 100});
  EXPECT_LT(out.worst, 0.035);
  EXPECT_NEAR(out.mean_ratio, 1, 0.03);  // whole segments: half of one is missing
  EXPECT_GT(out.losses, 3);
}

TEST(ToeCc, WindowOverTimeJumbo) {
  const Outcome out = race({.rtt = 0.05, .seconds = 40, .limit = 120, .mss = 8960});
  EXPECT_LT(out.worst, 0.03);
  EXPECT_NEAR(out.mean_ratio, 1, 0.02);
}

// RFC 9438 4.3: 9/17 of a segment per window of acknowledgements until W_est is at cwnd_prior, a
// whole one from there on.
TEST(ToeCc, FriendlyWindowGrowsAsItShould) {
  CcBench bench;
  CcEvent e;
  e.rtt_us = 50;
  e.cwnd = 70 * e.mss;
  fall(bench, e, 100 * e.mss);
  e.acked = e.mss;
  std::uint64_t acked = 0, credit = 0;
  double at_prior = 0;
  while (e.cwnd < 130 * e.mss) {
    if (grows(credit, e.acked, bench.step(e).step)) e.cwnd += e.mss;
    acked += e.acked;
    if (at_prior == 0 && e.cwnd == 100 * e.mss) at_prior = double(acked) / e.mss;
  }
  const double windows_below = (100.0 * 100 - 70 * 70) / 2;  // sum of the windows passed
  const double windows_above = (130.0 * 130 - 100 * 100) / 2;
  EXPECT_NEAR(at_prior / (windows_below * 17 / 9), 1, 0.03);
  EXPECT_NEAR((double(acked) / e.mss - at_prior) / windows_above, 1, 0.03);
}

// 4.8: after a timeout K is 0 and the curve rises from cwnd.
TEST(ToeCc, RisesAtOnceAfterATimeout) {
  CcBench bench;
  CcEvent e;
  e.rtt_us = 100'000;
  e.cwnd = 700 * e.mss;
  fall(bench, e, 1000 * e.mss);
  e.op = kCcTimeout;
  e.cwnd = 900 * e.mss;
  bench.step(e);
  e.op = kCcAck;
  e.slow = true;
  e.cwnd = 100 * e.mss;
  const int told = bench.told();
  bench.step(e);
  EXPECT_EQ(bench.told(), told);  // nothing in slow start
  e.slow = false;
  e.cwnd = 630 * e.mss;
  bench.step(e);
  bench.set_time_us(4096 * 1000);
  const double above = 0.4 * std::pow(4.096 + 0.1, 3) * e.mss;
  EXPECT_NEAR(bench.step(e).step / (double(e.cwnd) / above * e.mss), 1, 0.04);
}

// A spurious reduction leaves no trace: same curve, same time.
TEST(ToeCc, UndoRestoresTheCurve) {
  for (const unsigned fell : {kCcLoss, kCcTimeout}) {
    CcBench bench;
    CcEvent e;
    e.rtt_us = 100'000;
    e.cwnd = 700 * e.mss;
    fall(bench, e, 1000 * e.mss);
    bench.set_time_us(2048 * 1000);
    e.cwnd = 800 * e.mss;
    const std::uint32_t step = bench.step(e).step;
    e.op = fell;
    e.nxt = e.una + 500 * e.mss;
    bench.step(e);
    e.op = kCcAck;
    e.una += 100 * e.mss;  // in recovery
    e.cwnd = 560 * e.mss;
    e.slow = fell == kCcTimeout;
    const int told = bench.told();
    bench.step(e);
    if (fell == kCcLoss) EXPECT_EQ(bench.told(), told);
    e.op = kCcUndo;
    e.cwnd = 800 * e.mss;
    bench.step(e);
    e.op = kCcAck;
    e.slow = false;
    if (fell == kCcTimeout) continue;  // a stage of slow start has passed
    EXPECT_EQ(bench.step(e).step, step);
  }
}

TEST(ToeCc, IdleTimeDoesNotCount) {
  CcBench bench;
  CcEvent e;
  e.rtt_us = 100'000;
  e.cwnd = 700 * e.mss;
  fall(bench, e, 1000 * e.mss);
  const std::uint32_t step = bench.step(e).step;
  bench.set_time_us(1'000'000'000);
  e.op = kCcIdle;
  bench.step(e);
  e.op = kCcAck;
  bench.step(e);
  EXPECT_EQ(bench.step(e).step, step);
}

// Far beyond K, and when a counter of time has gone round, growth stays at its bound.
TEST(ToeCc, LongStagesDoNotBeginAnew) {
  CcBench bench;
  CcEvent e;
  e.rtt_us = 1000;
  e.cwnd = 7000 * e.mss;
  fall(bench, e, 10000 * e.mss);
  e.cwnd = 12000 * e.mss;
  e.acked = 1;
  for (std::uint64_t s = 200; s < 3000; s += 100) {
    bench.set_time_us(s * 1'000'000);
    EXPECT_NEAR(bench.step(e).step, 2.0 * e.mss, 0.05 * e.mss) << s;
  }
}

TEST(ToeCc, NewRenoTakesTheWindowItself) {
  CcBench bench;
  CcEvent e;
  e.cc = kNewReno;
  e.op = kCcReset;
  bench.step(e);
  e.op = kCcAck;
  for (int i = 0; i < 100; ++i) {
    e.cwnd = (10 + i) * e.mss;
    e.acked = e.mss;
    bench.step(e);
  }
  EXPECT_EQ(bench.told(), 1);
  EXPECT_EQ(bench.answer(e.conn).step, 0U);
}

// RFC 8257 3.3, against double precision: alpha per window of data. Numbers wrap.
TEST(ToeCc, DctcpAlpha) {
  CcBench bench;
  std::mt19937 random{5};
  CcEvent e;
  e.cc = kDctcp;
  e.op = kCcReset;
  EXPECT_EQ(bench.step(e).alpha, 1024U);
  e.op = kCcAck;
  e.una = 0xFFFF0000U;
  e.nxt = e.una + 20 * e.mss;
  bench.step(e);  // opens the first window
  double alpha = 1, worst = 0;
  std::uint32_t end = e.nxt;
  std::uint64_t acked = 0, marked = 0;
  for (int windows = 0; windows < 600;) {
    const int phase = windows / 100;
    const unsigned percent = std::vector<unsigned>{100, 0, 5, 50, 20, 100}[phase];
    e.acked = (1 + random() % 3) * e.mss;
    e.una += e.acked;
    e.nxt = e.una + (10 + random() % 300) * e.mss;
    e.ece = random() % 100 < percent;
    acked += e.acked;
    marked += e.ece ? e.acked : 0;
    bench.step(e);
    if (static_cast<std::int32_t>(e.una - end) <= 0) continue;
    alpha = alpha * 15 / 16 + double(marked) / double(acked) / 16;
    acked = marked = 0;
    end = e.nxt;
    ++windows;
    const double error = std::abs(bench.answer(e.conn).alpha - alpha * 1024);
    ASSERT_LT(error, 2) << "window " << windows;
    worst = std::max(worst, error);
    if (windows <= 100) ASSERT_EQ(bench.answer(e.conn).alpha, 1024U);
    if (windows == 200) EXPECT_LE(bench.answer(e.conn).alpha, 2U);  // 0.9375 ^ 100 * 1024
  }
  EXPECT_GT(worst, 0.1);
}

}  // namespace
}  // namespace millrace
