// SPDX-License-Identifier: Apache-2.0
// A line on standard error that shows how far long work has come: on a terminal, at most four times
// a second.

#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include "flow/copy.h"

namespace millrace::flow::cli {

class ProgressLine {
 public:
  explicit ProgressLine(std::string what) : what_(std::move(what)) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() {
    if (drawn_) std::fputs("\r\033[K", stderr);
  }

  /// `total` 0: unknown.
  void show(std::uint64_t done, std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(250);
    drawn_ = true;
    std::string line = "\r\033[K" + what_ + " " + human_bytes(static_cast<double>(done));
    if (total != 0) line += " of " + human_bytes(static_cast<double>(total));
    std::fputs(line.c_str(), stderr);
  }

 private:
  std::string what_;
  bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace millrace::flow::cli
