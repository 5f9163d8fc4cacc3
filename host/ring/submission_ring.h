// SPDX-License-Identifier: Apache-2.0
// The submission ring: 32-byte entries from host to card. Indices run freely modulo 2^16; an
// entry's phase bit is 1 on the first pass and alternates. The card's head comes with completions
// and, when the ring looks full, from the status line, so that no register is ever read.

#pragma once

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
      : entries_(entries), status_line_(status_line), log2_(static_cast<std::uint16_t>(log2)) {}

  // True if an entry fits.
  bool has_room() {
    const auto used = static_cast<std::uint16_t>(tail_ - head_);
    return (used >> log2_) == 0 || refresh_head();
  }

  // Stores an entry whose flags carry no phase bit. Needs has_room().
  template <typename Entry>
  void push(Entry entry) {
    static_assert(sizeof(Entry) == contract::kEntryBytes);
    entry.flags = static_cast<std::uint8_t>(entry.flags | phase());
    std::memcpy(next(), &entry, sizeof(entry));
    ++tail_;
  }

  // As push() of an UpdateEntry, in four stores.
  void push_update(contract::Opcode opcode, std::uint32_t fin, std::uint32_t connection_id,
                   std::uint32_t sent_up_to, std::uint32_t consumed_up_to) {
    const std::uint64_t head = static_cast<std::uint64_t>(opcode) |
                               (static_cast<std::uint64_t>(fin | phase()) << 8) |
                               (static_cast<std::uint64_t>(connection_id) << 32);
    const std::uint64_t words[4] = {
        head, sent_up_to | (static_cast<std::uint64_t>(consumed_up_to) << 32), 0, 0};
    std::memcpy(next(), words, sizeof(words));
    ++tail_;
  }

  // The head that a completion carried; the status line may have said more already.
  void set_head(std::uint16_t head) {
    if (static_cast<std::int16_t>(head - head_) > 0) head_ = head;
  }

  std::uint16_t tail() const { return tail_; }
  std::uint16_t in_flight() const { return static_cast<std::uint16_t>(tail_ - head_); }

  // Reads the status line: the card's head may be ahead of what completions said. True if there is
  // room now.
  bool refresh_head() {
    const auto* word = reinterpret_cast<const std::uint32_t*>(status_line_);
    head_ = static_cast<std::uint16_t>(__atomic_load_n(word, __ATOMIC_ACQUIRE));
    return (static_cast<std::uint16_t>(tail_ - head_) >> log2_) == 0;
  }

 private:
  std::uint32_t phase() const {
    return (((tail_ >> log2_) & 1U) ^ 1U) *
           static_cast<std::uint32_t>(contract::SubmissionFlag::kPhase);
  }
  std::byte* next() const {
    return entries_ + (tail_ & ((1U << log2_) - 1)) * std::size_t{contract::kEntryBytes};
  }

  std::byte* entries_ = nullptr;
  const std::byte* status_line_ = nullptr;
  std::uint16_t log2_ = 0;
  std::uint16_t tail_ = 0;
  std::uint16_t head_ = 0;
};

}  // namespace millrace::host
