// SPDX-License-Identifier: Apache-2.0
// Ways to draw from a generator.

#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "sim/random.h"

namespace millrace::sim::world {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  /// A generator of its own for somebody whose draws must not disturb others'.
  std::uint64_t seed() { return random_.next(); }
  bool chance(double probability) { return random_.chance(probability); }
  /// Both included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + random_.below(high - low + 1);
  }
  /// Both included; each power of two is as likely as the next.
  std::uint64_t magnitude(std::uint64_t low, std::uint64_t high) {
    const double from = std::log2(static_cast<double>(low));
    const double to = std::log2(static_cast<double>(high) + 1);
    const double part = static_cast<double>(random_.next() >> 11) * 0x1p-53;
    const auto value = static_cast<std::uint64_t>(std::exp2(from + (to - from) * part));
    return value < low ? low : (value > high ? high : value);
  }
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[random_.below(values.size())];
  }
  double up_to(double high) { return high * static_cast<double>(random_.next() >> 11) * 0x1p-53; }

 private:
  Random random_;
};

}  // namespace millrace::sim::world
