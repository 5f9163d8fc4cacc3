// SPDX-License-Identifier: Apache-2.0
// toe_fifo against std::deque at random rates; built for several depths.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>

#include "Vtoe_fifo.h"

namespace millrace::sim {
namespace {

struct Bench {
  Vtoe_fifo top;
  std::deque<std::uint32_t> model;
  std::mt19937 random{1};
  int deepest = 0;

  Bench() {
    top.rst_ni = 0;
    for (int i = 0; i < 4; ++i) step(0, 0);
    top.rst_ni = 1;
  }
  void step(int push_percent, int pop_percent) {
    auto draw = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
    top.in_valid_i = draw(push_percent);
    top.in_data_i = random() & 0xffff;
    top.out_ready_i = draw(pop_percent);
    top.clk_i = 0;
    top.eval();
    if (top.rst_ni) {
      ASSERT_EQ(top.count_o, model.size());
      if (top.out_valid_o) {
        ASSERT_FALSE(model.empty());
        ASSERT_EQ(top.out_data_o, model.front());
        if (top.out_ready_i) model.pop_front();
      }
      if (top.in_valid_i && top.in_ready_o) model.push_back(top.in_data_i);
      deepest = std::max<int>(deepest, model.size());
    }
    top.clk_i = 1;
    top.eval();
  }
};

TEST(ToeFifo, KeepsOrderAtEveryRate) {
  Bench b;
  for (int phase = 0; phase < 60; ++phase) {
    const int push = std::array{100, 10, 50, 90}[b.random() % 4];
    const int pop = std::array{0, 100, 50, 20}[b.random() % 4];
    for (int i = 0; i < 300; ++i) b.step(push, pop);
    if (testing::Test::HasFatalFailure()) return;
  }
  for (int i = 0; i < 1000; ++i) b.step(100, 0);
  EXPECT_EQ(b.deepest, TOE_FIFO_DEPTH);
  EXPECT_FALSE(b.top.in_ready_o);
  for (int i = 0; i < 1000; ++i) b.step(0, 100);
  EXPECT_TRUE(b.model.empty());
}

TEST(ToeFifo, OneWordPerClock) {
  Bench b;
  for (int i = 0; i < 4; ++i) b.step(100, 100);
  for (int i = 0; i < 500; ++i) {
    b.step(100, 100);
    EXPECT_TRUE(b.top.in_ready_o && b.top.out_valid_o);
  }
}

}  // namespace
}  // namespace millrace::sim
