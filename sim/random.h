// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same on every machine and library: xoshiro256** seeded through
// splitmix64.

#pragma once

#include <bit>
#include <cstdint>

namespace millrace::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) {
      seed += 0x9E3779B97F4A7C15u;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // In [0, bound); `bound` above 0. The bias is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }

  // True with this probability (0 to 1). Draws one number whatever the probability, so that two
  // runs which differ in one probability alone stay comparable.
  bool chance(double probability) {
    const double drawn = static_cast<double>(next() >> 11) * 0x1p-53;
    return drawn < probability;
  }

 private:
  std::uint64_t state_[4];
};

}  // namespace millrace::sim
