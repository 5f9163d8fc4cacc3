// SPDX-License-Identifier: Apache-2.0
// The printing of copy's statistics.

#include "flow/copy.h"

#include <array>
#include <cstdio>

namespace millrace::flow {
namespace {

std::string with_one_digit(double value, const char* unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, unit);
  return text.data();
}

}  // namespace

std::string human_bytes(double bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.0f B", bytes);
    return text.data();
  }
  std::size_t unit = 0;
  bytes /= 1024;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return with_one_digit(bytes, kUnits[unit]);
}

std::string to_string(const CopyStats& stats) {
  std::string text = human_bytes(static_cast<double>(stats.write_bytes));
  if (stats.duration_us == 0) return text;
  const double seconds = static_cast<double>(stats.duration_us) / 1e6;
  text += " at " + human_bytes(static_cast<double>(stats.write_bytes) / seconds) + "/s and ";
  return text + with_one_digit(static_cast<double>(stats.write_ops) / seconds, "op/s");
}

}  // namespace millrace::flow
