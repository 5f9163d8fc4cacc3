// SPDX-License-Identifier: Apache-2.0
// What is in streams: a byte for each position modulo 2^16, at random, so that a byte out of place
// is seen wherever it comes from. Streams begin anywhere in it.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/random.h"

namespace millrace::fuzz {

inline std::uint8_t pattern_at(std::uint64_t position) {
  static const auto kBytes = [] {
    std::array<std::uint8_t, 1 << 16> bytes;
    sim::Random random(1);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
    return bytes;
  }();
  return kBytes[position & 0xFFFF];
}

// Where in the pattern a stream begins, as far as its bytes tell.
class Pattern {
 public:
  // False if the stream cannot have these bytes at `position`, whatever it began with.
  bool matches(std::uint64_t position, std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) return true;
    if (!begun_) {
      begun_ = true;
      for (std::uint32_t start = 0; start < 1 << 16; ++start) {
        if (pattern_at(position + start) == bytes[0]) starts_.push_back(start);
      }
    }
    std::erase_if(starts_, [&](std::uint32_t start) {
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (pattern_at(position + start + i) != bytes[i]) return true;
      }
      return false;
    });
    return !starts_.empty();
  }

 private:
  bool begun_ = false;
  std::vector<std::uint32_t> starts_;
};

}  // namespace millrace::fuzz
