// SPDX-License-Identifier: Apache-2.0
// Plays the kept inputs of both fuzzers, and some that nobody chose, against the card as all other
// tests have it. MILLRACE_FUZZ_INPUT=BASE64 (with a filter for Frames or Entries) plays that one
// alone.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "sim/random.h"
#include "tests/fuzz/fuzz.h"

namespace millrace::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Fuzz = Verdict (*)(std::span<const std::uint8_t>);

// RFC 4648 4, without looking for mistakes.
Bytes decode(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : text) {
    const std::size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  return bytes;
}

// Lines "BASE64 WHY".
std::vector<std::string> corpus(const char* name) {
  const char* one = std::getenv("MILLRACE_FUZZ_INPUT");
  if (one != nullptr) return {one};
  std::ifstream file(std::string(MILLRACE_FUZZ_CORPUS) + "/" + name + ".txt");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("#")) lines.push_back(line);
  }
  return lines;
}

void play(const char* name, Fuzz fuzz) {
  const auto lines = corpus(name);
  EXPECT_FALSE(lines.empty());
  for (const std::string& line : lines) EXPECT_EQ(fuzz(decode(line)).wrong, "") << line;
}

Bytes draw(sim::Random& random) {
  Bytes input(random.below(600));
  for (auto& byte : input) byte = static_cast<std::uint8_t>(random.next());
  return input;
}

void play_random(std::uint64_t seed, Fuzz fuzz) {
  sim::Random random(seed);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(fuzz(draw(random)).wrong, "") << "seed " << seed << ", input " << i;
  }
}

// What a fuzzer finds can be found again: frames leave at the same time with the same bytes.
void play_twice(std::uint64_t seed, Fuzz fuzz) {
  sim::Random random(seed);
  for (int i = 0; i < 5; ++i) {
    const Bytes input = draw(random);
    EXPECT_EQ(fuzz(input).digest, fuzz(input).digest) << "seed " << seed << ", input " << i;
  }
}

TEST(Frames, KeptInputs) { play("frames", fuzz_frames); }
TEST(Frames, RandomInputs) { play_random(1, fuzz_frames); }
TEST(Frames, AreRepeatable) { play_twice(3, fuzz_frames); }
TEST(Entries, KeptInputs) { play("entries", fuzz_entries); }
TEST(Entries, RandomInputs) { play_random(2, fuzz_entries); }
TEST(Entries, AreRepeatable) { play_twice(4, fuzz_entries); }

}  // namespace
}  // namespace millrace::fuzz
