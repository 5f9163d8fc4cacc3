// SPDX-License-Identifier: Apache-2.0
// The submission ring: 32-byte entries from host to card. Indices run freely modulo 2^16; an
// entry's phase bit is 1 on the first pass and alternates. The card's head comes with completions
// and, when the ring looks full, from the status line, so that no register is ever read.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "hw/contract/generated/contract.h"

namespace millrace::host {

class SubmissionRing {
 public:
  SubmissionRing() = default;

  // `entries` points to 2^log2 entries and `status_line` to 64 bytes, both in zeroed shared memory.
  SubmissionRing(std::byte* entries, unsigned log2, const std::byte* status_line)
      : next_(entries), to_end_(1U << log2), size_(1U << log2), status_line_(status_line) {}

  // How many of `wanted` entries fit now without passing the ring's end. Looks at the status line
  // only if what is known is not enough.
  std::uint32_t room(std::uint32_t wanted) {
    if (free() < wanted) [[unlikely]]
      refresh_head();
    return std::min({free(), wanted, to_end_});
  }
  // Where the next entry goes; the rest of room() follows.
  std::byte* next() const { return next_; }
  // The phase bit of the entries up to the ring's end, in place in their first word.
  std::uint32_t phase() const { return phase_; }

  // The first word of an update or abort entry without FIN.
  static std::uint32_t start_of(contract::Opcode opcode, std::uint32_t phase) {
    return static_cast<std::uint32_t>(opcode) | phase;
  }
  // Stores an update or abort entry at `at`, in few stores; advance() makes it count. `fin` is 0
  // or 1.
  static void store_update(std::byte* at, std::uint32_t start, std::uint32_t fin,
                           std::uint32_t connection_id, std::uint32_t sent_up_to,
                           std::uint32_t consumed_up_to) {
    const std::uint32_t words[8] = {
        start | (fin << 8), connection_id, sent_up_to, consumed_up_to, 0, 0, 0, 0};
    std::memcpy(at, words, sizeof(words));
  }

  // `count` entries, at most room(), were stored from next() on.
  void advance(std::uint32_t count) {
    tail_ += count;
    next_ += std::size_t{count} * contract::kEntryBytes;
    to_end_ -= count;
    if (to_end_ == 0) [[unlikely]] {
      next_ -= std::size_t{size_} * contract::kEntryBytes;
      to_end_ = size_;
      phase_ ^= kPhase;
    }
  }

  // Stores an entry whose flags carry no phase bit. Needs room().
  template <typename Entry>
  void push(Entry entry) {
    static_assert(sizeof(Entry) == contract::kEntryBytes);
    entry.flags = static_cast<std::uint8_t>(entry.flags | (phase_ >> 8));
    std::memcpy(next_, &entry, sizeof(entry));
    advance(1);
  }

  // The head that a completion carried; the status line may have said more already.
  void set_head(std::uint16_t head) {
    if (static_cast<std::int16_t>(head - head_) > 0) head_ = head;
  }

  // Entries pushed so far, modulo 2^16: what the doorbell tells the card.
  std::uint16_t tail() const { return static_cast<std::uint16_t>(tail_); }
  std::uint64_t pushed() const { return tail_; }
  std::uint32_t free() const { return size_ - static_cast<std::uint16_t>(tail_ - head_); }

 private:
  static constexpr std::uint32_t kPhase =
      static_cast<std::uint32_t>(contract::SubmissionFlag::kPhase) << 8;

  // The line may be behind what a completion carried: going back would make a full ring look free.
  void refresh_head() {
    const auto* word = reinterpret_cast<const std::uint32_t*>(status_line_);
    set_head(static_cast<std::uint16_t>(__atomic_load_n(word, __ATOMIC_ACQUIRE)));
  }

  std::byte* next_ = nullptr;
  std::uint64_t tail_ = 0;
  std::uint32_t to_end_ = 0;  // entries from next_ to the ring's end
  std::uint32_t size_ = 0;
  std::uint32_t phase_ = kPhase;
  std::uint16_t head_ = 0;
  const std::byte* status_line_ = nullptr;
};

}  // namespace millrace::host
