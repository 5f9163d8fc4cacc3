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

  // Where the next entry will be, and the end of the pass that it belongs to.
  const contract::CompletionEntry* next() const { return next_; }
  const contract::CompletionEntry* end() const { return end_; }

  // The first four bytes of `entry`, which is of this pass: without the phase bit if it is new,
  // with it if not. The load acquires: the rest of a new entry, and the payload that it announces,
  // are visible.
  std::uint32_t load(const contract::CompletionEntry* entry) const {
    const auto* word = reinterpret_cast<const std::uint32_t*>(entry);
    return __atomic_load_n(word, __ATOMIC_ACQUIRE) ^ phase_;
  }
  static bool is_new(std::uint32_t word) { return (word & kPhaseMask) == 0; }
  bool empty() const { return !is_new(load(next_)); }

  // All entries before `entry`, of this pass, are done with; returns how many are new to that.
  std::size_t pop_to(const contract::CompletionEntry* entry) {
    const auto count = static_cast<std::size_t>(entry - next_);
    head_ += count;
    next_ = entry;
    if (entry == end_) [[unlikely]] {
      next_ = begin_;
      phase_ ^= kPhaseMask;
    }
    return count;
  }

  // Entries popped so far, modulo 2^16: what the doorbell tells the card.
  std::uint16_t head() const { return static_cast<std::uint16_t>(head_); }
  std::uint64_t popped() const { return head_; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(end_ - begin_); }

 private:
  const contract::CompletionEntry* next_ = nullptr;
  std::uint64_t head_ = 0;
  std::uint32_t phase_ = kPhaseMask;  // of new entries, in place
  const contract::CompletionEntry* begin_ = nullptr;
  const contract::CompletionEntry* end_ = nullptr;
};

}  // namespace millrace::host
