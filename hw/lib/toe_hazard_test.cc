// SPDX-License-Identifier: Apache-2.0
// toe_hazard against a list of what is in flight, at random rates and identifiers.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <random>

#include "Vtoe_hazard.h"

namespace millrace::sim {
namespace {

constexpr int kStages = 4;
constexpr int kQueries = 2;

TEST(ToeHazard, KnowsWhatIsInFlight) {
  Vtoe_hazard top;
  std::mt19937 random{7};
  std::array<std::optional<unsigned>, kStages> flying;
  int waits = 0;
  for (int i = 0; i < 20'000; ++i) {
    top.rst_ni = i >= 4;
    top.take_i = random() % 3 != 0;
    top.take_id_i = random() % 4;
    top.pass_i = random() % 16;
    const std::array<unsigned, kQueries> ask = {static_cast<unsigned>(random() % 4),
                                                static_cast<unsigned>(random() % 4)};
    top.ask_id_i = ask[0] | ask[1] << 16;
    top.clk_i = 0;
    top.eval();
    for (int s = 0; s < kStages && i >= 5; ++s) {
      ASSERT_EQ((top.valid_o >> s & 1) != 0, flying[s].has_value());
    }
    for (int q = 0; q < kQueries && i >= 5; ++q) {
      bool wait = false;
      for (int s = 0; s < kStages; ++s) {
        const bool same = flying[s] == ask[q];
        ASSERT_EQ((top.same_o >> (q * kStages + s) & 1) != 0, same);
        wait = wait || (same && (top.pass_i >> s & 1) == 0);
      }
      ASSERT_EQ((top.wait_o >> q & 1) != 0, wait);
      waits += wait;
    }
    for (int s = kStages - 1; s > 0; --s) flying[s] = flying[s - 1];
    flying[0] = std::nullopt;
    if (top.take_i) flying[0] = top.take_id_i;
    if (!top.rst_ni) flying = {};
    top.clk_i = 1;
    top.eval();
  }
  EXPECT_GT(waits, 1000);
}

}  // namespace
}  // namespace millrace::sim
