// SPDX-License-Identifier: Apache-2.0
// Worlds from a fixed set of seeds, those that failed once, and that a seed is the same world frame
// for frame.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "sim/world/world.h"

namespace millrace::sim::world {
namespace {

constexpr std::uint64_t kBatch = 20;

std::string repeat(std::uint64_t seed) {
  return "; repeat: millrace world --seed " + std::to_string(seed) +
         " --story --capture world.pcapng";
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Worlds : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Worlds, Hold) {
  WorldFigures figures;
  for (std::uint64_t seed = GetParam(); seed < GetParam() + kBatch; ++seed) {
    const WorldResult result = run_world({.seed = seed, .capture = {}, .trace = {}});
    EXPECT_EQ(result.failure, "") << "world " << seed << " (" << result.what << ")" << repeat(seed);
    figures.add(result.figures);
  }
  // That the worlds were not empty.
  EXPECT_GT(figures.connected, kBatch);
  EXPECT_GT(figures.graceful, kBatch);
  EXPECT_GT(figures.bytes, 1000 * kBatch);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Worlds, testing::Range<std::uint64_t>(1, 201, kBatch));

TEST(WorldsThatFailed, Hold) {
  std::ifstream file(MILLRACE_REGRESSIONS);
  ASSERT_TRUE(file.is_open());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::uint64_t seed = 0;
    std::string why;
    ASSERT_TRUE(words >> seed >> why) << "\"" << line << "\" is not a seed and a reason";
    const WorldResult result = run_world({.seed = seed, .capture = {}, .trace = {}});
    EXPECT_EQ(result.failure, "") << "world " << line << repeat(seed);
  }
}

// The hash stands for the capture: same hash, same file.
TEST(World, IsTheSameEveryTime) {
  for (std::uint64_t seed = 1001; seed < 1009; ++seed) {
    const std::string path = testing::TempDir() + "world_" + std::to_string(seed);
    const WorldResult first = run_world({.seed = seed, .capture = path + "_1", .trace = {}});
    const WorldResult second = run_world({.seed = seed, .capture = path + "_2", .trace = {}});
    EXPECT_EQ(first.hash, second.hash) << "seed " << seed;
    EXPECT_EQ(first.figures.clocks, second.figures.clocks) << "seed " << seed;
    EXPECT_TRUE(content(path + "_1") == content(path + "_2")) << "seed " << seed;
    EXPECT_GT(content(path + "_1").size(), 1000u);
    EXPECT_NE(first.hash, run_world({.seed = seed + 50, .capture = {}, .trace = {}}).hash);
  }
}

}  // namespace
}  // namespace millrace::sim::world
