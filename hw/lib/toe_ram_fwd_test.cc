// SPDX-License-Identifier: Apache-2.0
// toe_ram_fwd against an array: a read sees every write up to its own clock.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "Vtoe_ram_fwd.h"

namespace millrace::sim {
namespace {

TEST(ToeRamFwd, ReadsTheWriteOfTheSameClock) {
  Vtoe_ram_fwd top;
  std::mt19937 random{11};
  std::array<int, 16> model;
  model.fill(-1);
  int expected = -1;
  int met = 0;
  for (int i = 0; i < 20'000; ++i) {
    top.wr_en_i = random() % 2;
    top.wr_addr_i = random() % 16;
    top.wr_data_i = random() & 0xff;
    top.rd_en_i = random() % 2;
    top.rd_addr_i = random() % 4 == 0 ? top.wr_addr_i : random() % 16;
    top.clk_i = 0;
    top.eval();
    if (expected >= 0) {
      ASSERT_EQ(top.rd_data_o, expected) << "clock " << i;
    }
    if (top.wr_en_i) model[top.wr_addr_i] = top.wr_data_i;
    if (top.rd_en_i) {
      expected = model[top.rd_addr_i];
      met += top.wr_en_i && top.wr_addr_i == top.rd_addr_i;
    }
    top.clk_i = 1;
    top.eval();
  }
  EXPECT_GT(met, 500);
}

}  // namespace
}  // namespace millrace::sim
