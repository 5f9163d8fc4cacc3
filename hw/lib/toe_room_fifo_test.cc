// SPDX-License-Identifier: Apache-2.0
// toe_room_fifo behind a model of a four-stage pipeline that heeds room_o one clock late: nothing
// may be lost or change its order, and the queue must be used to within its reserve.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "Vtoe_room_fifo.h"

namespace millrace::sim {
namespace {

TEST(ToeRoomFifo, FourStagesLoseNothing) {
  Vtoe_room_fifo top;
  std::mt19937 random{9};
  std::deque<int> model;
  std::deque<int> stages(4, -1);
  bool room = false;
  int next = 0;
  std::size_t deepest = 0;
  for (int i = 0; i < 20'000; ++i) {
    top.rst_ni = i >= 4;
    const int drain = i / 100 % 3;  // blocked, slow, fast
    top.in_valid_i = stages.back() >= 0;
    top.in_data_i = stages.back() & 0xff;
    top.out_ready_i = drain == 0 ? 0 : drain == 1 ? random() % 4 == 0 : 1;
    top.clk_i = 0;
    top.eval();
    if (top.rst_ni) {
      ASSERT_EQ(top.out_valid_o != 0, !model.empty());
      if (!model.empty()) {
        ASSERT_EQ(top.out_data_o, model.front() & 0xff);
        if (top.out_ready_i) model.pop_front();
      }
      if (top.in_valid_i) model.push_back(stages.back());
      deepest = std::max(deepest, model.size());
      ASSERT_LE(model.size(), 16U);
    }
    stages.pop_back();
    stages.push_front(room && top.rst_ni ? next++ : -1);
    room = top.rst_ni && top.room_o != 0;
    top.clk_i = 1;
    top.eval();
  }
  EXPECT_GT(next, 5000);
  EXPECT_EQ(deepest, 16U);
}

}  // namespace
}  // namespace millrace::sim
