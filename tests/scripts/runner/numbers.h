// SPDX-License-Identifier: Apache-2.0
// What a script's relative numbers of one connection count from.

#pragma once

#include <cstdint>
#include <optional>

#include "tests/scripts/runner/ast.h"

namespace millrace::script {

struct Numbers {
  std::optional<std::uint32_t> local_isn;       // the card's; unknown until its SYN was seen
  std::uint32_t remote_isn = 0;                 // the script's
  std::optional<std::uint32_t> timestamp_base;  // the card's TS val of a script's 0
  std::uint64_t local_stream = 0;               // payload of the card

  std::uint32_t local_base() const { return local_isn.value_or(0); }
  // Wire numbers of a script's; an absolute one is itself.
  std::uint32_t local(const Sequence& s) const {
    return s.absolute ? s.value : s.value + local_base();
  }
  std::uint32_t remote(const Sequence& s) const {
    return s.absolute ? s.value : s.value + remote_isn;
  }
};

}  // namespace millrace::script
