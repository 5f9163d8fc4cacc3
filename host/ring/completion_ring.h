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
  static constexpr std::uint32_t kPhaseMask = 0x8000;
  static_assert(static_cast<std::uint32_t>(contract::CompletionFlag::kPhase) << 8 == kPhaseMask);

  CompletionRing() = default;

  // `entries` points to 2^log2 entries in zeroed shared memory.
  CompletionRing(const std::byte* entries, unsigned log2)
      : next_(reinterpret_cast<const contract::CompletionEntry*>(entries)),
        begin_(next_),
        end_(next_ + (std::size_t{1} << log2)) {}

  // The oldest entry that was not popped, or null. `word` receives its first four bytes without the
  // phase bit. The load of the phase acquires: the rest of the entry, and the payload that it
  // announces, are visible.
  const contract::CompletionEntry* peek(std::uint32_t& word) const {
    word =
        __atomic_load_n(reinterpret_cast<const std::uint32_t*>(next_), __ATOMIC_ACQUIRE) ^ phase_;
    return (word & kPhaseMask) == 0 ? next_ : nullptr;
  }
  bool empty() const {
    std::uint32_t word = 0;
    return peek(word) == nullptr;
  }

  void pop() {
    ++head_;
    if (++next_ == end_) [[unlikely]] {
      next_ = begin_;
      phase_ ^= kPhaseMask;
    }
  }

  // Entries popped so far, modulo 2^16: what the doorbell tells the card.
  std::uint16_t head() const { return static_cast<std::uint16_t>(head_); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(end_ - begin_); }

 private:
  const contract::CompletionEntry* next_ = nullptr;
  std::uint32_t phase_ = kPhaseMask;  // of new entries, in place
  std::uint32_t head_ = 0;
  const contract::CompletionEntry* begin_ = nullptr;
  const contract::CompletionEntry* end_ = nullptr;
};

}  // namespace millrace::host
