// SPDX-License-Identifier: Apache-2.0
// The completion ring: 32-byte entries from card to host. An entry is new when its phase bit is
// that of the pass.

#pragma once

#include <cstdint>

#include "hw/contract/generated/contract.h"

namespace millrace::host {

class CompletionRing {
 public:
  // The first four bytes of an entry as one little-endian word: kind, flags, state, status.
  static constexpr std::uint32_t kPhaseShift = 15;
  static constexpr std::uint32_t kPhaseMask = 1U << kPhaseShift;
  static_assert(static_cast<std::uint32_t>(contract::CompletionFlag::kPhase) << 8 == kPhaseMask);

  CompletionRing() = default;

  // `entries` points to 2^log2 entries in zeroed shared memory.
  CompletionRing(const std::byte* entries, unsigned log2)
      : entries_(reinterpret_cast<const contract::CompletionEntry*>(entries)), log2_(log2) {}

  // The oldest entry that was not popped, or null. `word` receives its first four bytes without the
  // phase bit. The load of the phase acquires: the rest of the entry, and the payload that it
  // announces, are visible.
  const contract::CompletionEntry* peek(std::uint32_t& word) const {
    const contract::CompletionEntry* entry = entries_ + (head_ & ((1U << log2_) - 1));
    const std::uint32_t value =
        __atomic_load_n(reinterpret_cast<const std::uint32_t*>(entry), __ATOMIC_ACQUIRE);
    if ((((value >> kPhaseShift) ^ (head_ >> log2_)) & 1U) == 0) return nullptr;
    word = value & ~kPhaseMask;
    return entry;
  }
  bool empty() const {
    std::uint32_t word = 0;
    return peek(word) == nullptr;
  }

  void pop() { ++head_; }

  // Entries popped so far, modulo 2^16: what the doorbell tells the card.
  std::uint16_t head() const { return static_cast<std::uint16_t>(head_); }
  std::uint32_t size() const { return 1U << log2_; }

 private:
  const contract::CompletionEntry* entries_ = nullptr;
  std::uint32_t log2_ = 0;
  std::uint32_t head_ = 0;
};

}  // namespace millrace::host
