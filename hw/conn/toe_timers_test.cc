// SPDX-License-Identifier: Apache-2.0
// toe_timers against a map of deadlines: nothing fires early, twice or never, whatever is set when.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>

#include "Vtoe_timers.h"
#include "hw/lib/covered_model.h"
#include "verilated.h"

namespace millrace {
namespace {

constexpr std::uint32_t kConnections = 256;

bool earlier(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; }

class Bench {
 public:
  explicit Bench(std::uint32_t now) : now_(now) {
    dut_->now_us_i = now_;
    dut_->fire_ready_i = 1;
    dut_->rst_ni = 0;
    for (int i = 0; i < 4; ++i) raw_tick();
    dut_->rst_ni = 1;
    while (!dut_->ready_o) raw_tick();
  }

  // One clock; set, if any, is given in it.
  void tick(std::optional<std::uint32_t> conn = {}, bool armed = false,
            std::uint32_t deadline = 0) {
    dut_->now_us_i = now_;
    dut_->set_valid_i = conn.has_value();
    dut_->set_conn_i = conn.value_or(0);
    dut_->set_armed_i = armed;
    dut_->set_deadline_us_i = deadline;
    dut_->clk_i = 0;
    dut_->eval();
    if (dut_->fire_valid_o && dut_->fire_ready_i) on_fire(dut_->fire_conn_o);
    dut_->clk_i = 1;
    dut_->eval();
    ++clock_;
    if (conn) {
      Timer& timer = timers_[*conn];
      // A fire decided before this set may still be on its way.
      if (timer.armed && !earlier(now_, timer.deadline)) timer.replaced_at = clock_;
      timer.armed = armed;
      timer.deadline = deadline;
    }
  }

  // Runs until nothing is due and the card is idle.
  void settle() {
    int limit = 20 * kConnections;
    do {
      tick();
      ASSERT_GT(--limit, 0) << "never idle";
    } while (!dut_->idle_o);
  }

  void expect_nothing_overdue() const {
    for (const auto& [conn, timer] : timers_) {
      EXPECT_FALSE(timer.armed && !earlier(now_, timer.deadline)) << "lost fire of " << conn;
    }
  }

  void expect_bound() const {
    bool any = false;
    for (const auto& [conn, timer] : timers_) {
      if (!timer.armed) continue;
      any = true;
      ASSERT_TRUE(dut_->deadline_valid_o);
      EXPECT_FALSE(earlier(timer.deadline, dut_->deadline_us_o)) << "conn " << conn;
    }
    if (dut_->deadline_valid_o && any) {
      EXPECT_TRUE(earlier(now_, dut_->deadline_us_o));
    }
  }

  Vtoe_timers& dut() { return *dut_; }
  std::uint32_t now() const { return now_; }
  void advance(std::uint32_t us) { now_ += us; }
  std::uint64_t fires() const { return fires_; }
  std::uint64_t late_fires() const { return late_fires_; }

 private:
  struct Timer {
    bool armed = false;
    std::uint32_t deadline = 0;
    std::optional<std::uint64_t> replaced_at;
  };

  void on_fire(std::uint32_t conn) {
    ++fires_;
    Timer& timer = timers_[conn];
    if (timer.armed && !earlier(now_, timer.deadline)) {
      timer.armed = false;
      timer.replaced_at.reset();
      return;
    }
    EXPECT_TRUE(timer.replaced_at.has_value()) << "early or second fire of " << conn;
    timer.replaced_at.reset();
    ++late_fires_;
  }

  void raw_tick() {
    dut_->clk_i = 0;
    dut_->eval();
    dut_->clk_i = 1;
    dut_->eval();
  }

  std::unique_ptr<Vtoe_timers> dut_ = std::make_unique<Covered<Vtoe_timers>>();
  std::uint32_t now_;
  std::uint64_t clock_ = 0, fires_ = 0, late_fires_ = 0;
  std::map<std::uint32_t, Timer> timers_;
};

TEST(Timers, OneDeadlineFiresOnceAcrossTheWrap) {
  Bench bench(0xfffffff0);
  EXPECT_FALSE(bench.dut().deadline_valid_o);
  EXPECT_TRUE(bench.dut().idle_o);
  bench.tick(77, true, 0x10);
  bench.settle();
  EXPECT_TRUE(bench.dut().deadline_valid_o);
  EXPECT_EQ(bench.dut().deadline_us_o, 0x10u);
  bench.advance(0x1f);
  bench.settle();
  EXPECT_EQ(bench.fires(), 0u);
  bench.advance(1);
  bench.settle();
  EXPECT_EQ(bench.fires(), 1u);
  EXPECT_FALSE(bench.dut().deadline_valid_o);
  bench.advance(1000);
  bench.settle();
  EXPECT_EQ(bench.fires(), 1u);
}

TEST(Timers, DisarmedNeverFires) {
  Bench bench(100);
  for (std::uint32_t conn = 0; conn < kConnections; ++conn) bench.tick(conn, true, 200 + conn);
  for (std::uint32_t conn = 0; conn < kConnections; ++conn) bench.tick(conn, false, 0);
  bench.advance(10000);
  bench.settle();
  EXPECT_EQ(bench.fires(), 0u);
  EXPECT_FALSE(bench.dut().deadline_valid_o);
}

TEST(Timers, AllDueAtOnceWithSlowTaker) {
  Bench bench(5);
  for (std::uint32_t conn = 0; conn < kConnections; ++conn) bench.tick(conn, true, 50);
  bench.advance(100);
  for (int i = 0; i < 20000 && bench.fires() < kConnections; ++i) {
    bench.dut().fire_ready_i = i % 7 == 0;
    bench.tick();
  }
  bench.dut().fire_ready_i = 1;
  bench.settle();
  EXPECT_EQ(bench.fires(), kConnections);
  bench.expect_nothing_overdue();
}

// A set in each possible clock of a pass: never lost, whichever way it races the pass.
TEST(Timers, SetInEveryClockOfAPass) {
  for (int delay = 0; delay < 100; ++delay) {
    for (const bool armed : {false, true}) {
      Bench bench(1000);
      bench.tick(9, true, 1500);
      bench.tick(10, true, 1500);
      bench.advance(600);
      for (int i = 0; i < delay; ++i) bench.tick();
      bench.tick(9, armed, 3000);
      bench.settle();
      EXPECT_EQ(bench.fires() >= 1 && bench.fires() <= 2, true);
      EXPECT_EQ(bench.dut().deadline_valid_o, armed);
      const std::uint64_t before = bench.fires();
      bench.advance(1400);
      bench.settle();
      EXPECT_EQ(bench.fires(), before + (armed ? 1 : 0)) << "delay " << delay;
      bench.expect_nothing_overdue();
    }
  }
}

// Keep-alive and user timeouts are long: up to 2^31 - 1 us ahead, in one leap or in many.
TEST(Timers, FarDeadlines) {
  for (const std::uint32_t leap : {0x7fffffffu, 0x10000000u, 0x01234567u}) {
    Bench bench(0xfffff000);
    const std::uint32_t begin = bench.now();
    bench.tick(3, true, begin + 0x7fffffff);
    bench.tick(200, true, begin + 0x7ffffffe);
    bench.settle();
    for (std::uint32_t gone = 0; gone != 0x7ffffffe;) {
      const std::uint32_t step = std::min(leap, 0x7ffffffe - gone);
      EXPECT_EQ(bench.fires(), 0u);
      bench.advance(step);
      gone += step;
      bench.settle();
      bench.expect_bound();
    }
    EXPECT_EQ(bench.fires(), 1u);
    bench.advance(1);
    bench.settle();
    EXPECT_EQ(bench.fires(), 2u);
    bench.expect_nothing_overdue();
    EXPECT_FALSE(bench.dut().deadline_valid_o);
  }
}

// Far deadlines that come before a due one was looked at: compared with it, they must not seem
// earlier.
TEST(Timers, FarDeadlineHidesNoDueOne) {
  for (int delay = 0; delay < 90; ++delay) {
    for (const std::uint32_t leap : {200u, 0x20000000u}) {
      Bench bench(1000);
      bench.tick(9, true, 1100);
      bench.tick(70, true, 1150);
      bench.settle();
      bench.advance(leap);
      for (int i = 0; i < delay; ++i) bench.tick();
      bench.tick(10, true, bench.now() + 0x7fffffff);
      bench.tick(71, true, bench.now() + 0x7fffffff);
      bench.tick(130, true, bench.now() + 0x7fffffff);
      bench.settle();
      bench.expect_nothing_overdue();
      bench.expect_bound();
      ASSERT_EQ(bench.fires(), 2u) << "delay " << delay << " leap " << leap;
    }
  }
}

class TimersRandom : public testing::TestWithParam<std::uint64_t> {};

TEST_P(TimersRandom, MatchesModel) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  std::mt19937_64 random(GetParam());
  Bench bench(static_cast<std::uint32_t>(random()));
  const std::uint32_t hot = 1 + random() % kConnections;
  for (int round = 0; round < 60; ++round) {
    const unsigned set_percent = random() % 70;
    const unsigned ready_percent = 20 + random() % 80;
    const int leap_at = random() % 2000;
    for (int i = 0; i < 400; ++i) {
      bench.dut().fire_ready_i = random() % 100 < ready_percent;
      if (random() % 4 == 0) bench.advance(random() % 3);
      if (i == leap_at) bench.advance(random() >> 34);  // less than 2^30
      if (random() % 100 < set_percent) {
        const std::uint32_t conn = random() % hot;
        const bool far = random() % 8 == 0;
        const std::uint32_t ahead = far ? random() >> 33 : random() % 400 - 3;
        bench.tick(conn, random() % 4 != 0, bench.now() + ahead);
      } else {
        bench.tick();
      }
    }
    bench.dut().fire_ready_i = 1;
    ASSERT_NO_FATAL_FAILURE(bench.settle());
    bench.expect_nothing_overdue();
    bench.expect_bound();
    // Jump from bound to bound, as a simulation does.
    for (int jump = 0; jump < 20 && bench.dut().deadline_valid_o; ++jump) {
      bench.advance(bench.dut().deadline_us_o - bench.now());
      ASSERT_NO_FATAL_FAILURE(bench.settle());
      bench.expect_nothing_overdue();
      bench.expect_bound();
    }
  }
  std::cout << "seed " << GetParam() << ": " << bench.fires() << " fires, " << bench.late_fires()
            << " overtaken by a set\n";
  EXPECT_GT(bench.fires(), 100u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TimersRandom, testing::Values(1, 2, 3, 4, 5, 6));

}  // namespace
}  // namespace millrace
