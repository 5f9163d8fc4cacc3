// SPDX-License-Identifier: Apache-2.0
// The two things that are fuzzed. Each plays one input against a fresh card and says what was
// wrong, or nothing.

#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace millrace::fuzz {

struct Verdict {
  std::string wrong;
  std::uint64_t digest = 0;  // of all frames that the card sent, and when
};

// Whole frames into the receive path of a card with live connections.
Verdict fuzz_frames(std::span<const std::uint8_t> input);
// Ring entries and doorbells into the submission path, from a queue pair of its own.
Verdict fuzz_entries(std::span<const std::uint8_t> input);

}  // namespace millrace::fuzz
