// SPDX-License-Identifier: Apache-2.0
// The submission ring: 32-byte entries from host to card. Indices run freely modulo 2^16; an
// entry's phase bit is 1 on the first pass and alternates. The card's head comes with completions
// and, when the ring looks full, from the status line, so that no register is ever read. The card
// reads entries up to the doorbell's tail only: until then, what they say may still be changed.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "host/base/assert.h"
#include "hw/contract/generated/contract.h"

namespace millrace::host {

class SubmissionRing {
 public:
  SubmissionRing() = default;

  // `entries` points to 2^log2 entries and `status_line` to 64 bytes, both in zeroed shared memory.
  SubmissionRing(std::byte* entries, unsigned log2, const std::byte* status_line)
      : next_(entries), limit_(entries), begin_(entries), log2_(log2), status_line_(status_line) {}

  // An entry fits; false also if that takes a look at how far the card has read, which has_room()
  // takes.
  bool known_room() const { return next_ != limit_; }
  bool has_room() { return known_room() || make_room(); }
  // The place of one more entry, which counts from now on. Needs room.
  std::byte* take() {
    std::byte* const at = next_;
    next_ = at + contract::kEntryBytes;
    return at;
  }

  // Entries taken in the present batch, which the card has not been shown and which lie in one pass
  // of the ring, may be stored again. Batches are numbered from 1.
  std::uint64_t batch() const { return batch_; }
  void end_batch() { ++batch_; }

  // Stores an update or abort entry at `at`, which is of the present batch, in few stores. `fin` is
  // the flag in place, see kFin, or 0.
  void store_update(std::byte* at, contract::Opcode opcode, std::uint32_t fin,
                    std::uint32_t connection_id, std::uint32_t sent_up_to,
                    std::uint32_t consumed_up_to) const {
    const std::uint32_t start = static_cast<std::uint32_t>(opcode) | phase_ | fin;
    const std::uint32_t words[8] = {start, connection_id, sent_up_to, consumed_up_to, 0, 0, 0, 0};
    std::memcpy(at, words, sizeof(words));
  }
  // Only its offset of consumed bytes.
  static void store_consumed(std::byte* at, std::uint32_t consumed_up_to) {
    std::memcpy(at + offsetof(contract::UpdateEntry, consumed_up_to), &consumed_up_to,
                sizeof(consumed_up_to));
  }
  static constexpr std::uint32_t kFin = static_cast<std::uint32_t>(contract::SubmissionFlag::kFin)
                                        << 8;

  // Stores an entry whose flags carry no phase bit. Needs has_room().
  template <typename Entry>
  void push(Entry entry) {
    static_assert(sizeof(Entry) == contract::kEntryBytes);
    MILLRACE_ASSERT(known_room());
    std::byte* const at = take();
    entry.flags = static_cast<std::uint8_t>(entry.flags | (phase_ >> 8));
    std::memcpy(at, &entry, sizeof(entry));
  }

  // The head that the newest completion carried.
  void set_head(std::uint16_t head) { told_head_ = head; }

  // Entries taken so far, modulo 2^16: what the doorbell tells the card.
  std::uint16_t tail() const { return static_cast<std::uint16_t>(pushed()); }
  std::uint64_t pushed() const { return passed_ + in_pass(next_); }

 private:
  static constexpr std::uint32_t kPhase =
      static_cast<std::uint32_t>(contract::SubmissionFlag::kPhase) << 8;

  std::size_t in_pass(const std::byte* at) const {
    return static_cast<std::size_t>(at - begin_) / contract::kEntryBytes;
  }
  // Completions tell the head at once, the status line now and then: the later one counts.
  void advance_head(std::uint16_t head) {
    if (static_cast<std::int16_t>(head - head_) > 0) head_ = head;
  }
  // At the limit: begins the next pass at the ring's end, and looks how far the card has read.
  bool make_room() {
    const std::size_t size = std::size_t{1} << log2_;
    if (in_pass(next_) == size) {
      next_ = begin_;
      passed_ += size;
      phase_ ^= kPhase;
      end_batch();
    }
    advance_head(told_head_);
    const auto* line = reinterpret_cast<const std::uint32_t*>(status_line_);
    advance_head(static_cast<std::uint16_t>(__atomic_load_n(line, __ATOMIC_ACQUIRE)));
    const std::size_t free = size - static_cast<std::uint16_t>(tail() - head_);
    limit_ = next_ + std::min(free, size - in_pass(next_)) * contract::kEntryBytes;
    return next_ != limit_;
  }

  std::byte* next_ = nullptr;
  std::byte* limit_ = nullptr;  // up to here the ring is known to be free
  std::byte* begin_ = nullptr;
  std::uint64_t batch_ = 1;
  std::uint64_t passed_ = 0;  // entries of the passes before
  std::uint32_t phase_ = kPhase;
  std::uint16_t told_head_ = 0;
  std::uint16_t head_ = 0;
  unsigned log2_ = 0;
  const std::byte* status_line_ = nullptr;
};

}  // namespace millrace::host
