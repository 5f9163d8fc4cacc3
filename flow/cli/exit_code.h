// SPDX-License-Identifier: Apache-2.0
// How the program ends; docs/cli.md has the table.

#pragma once

#include <cstdint>

#include "flow/error.h"

namespace millrace::flow::cli {

enum class ExitCode : std::uint8_t {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kCard = 3,
  kRefused = 4,
  kTimedOut = 5,
  kReset = 6,
  kResources = 7,
  kHttp = 8,
  kFile = 9,
  kInterrupted = 130,
};

/// The cause counts, if the code is only kClosed.
ExitCode exit_code_of(const Error& error);

/// What a command gives back: how to end, and the words for standard error, empty if there is
/// nothing to say.
struct Outcome {
  ExitCode code = ExitCode::kDone;
  std::string words;

  Outcome() = default;
  Outcome(ExitCode c, std::string w) : code(c), words(std::move(w)) {}
  explicit Outcome(const Error& error) : code(exit_code_of(error)), words(to_string(error)) {}
};

}  // namespace millrace::flow::cli
