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
      : next_(entries),
        end_(entries + (std::size_t{contract::kEntryBytes} << log2)),
        begin_(entries),
        status_line_(status_line) {}

  // How many of `wanted` entries fit now. Looks at the status line only if what is known is not
  // enough.
  std::uint32_t room(std::uint32_t wanted) {
    if (free() < wanted) [[unlikely]]
      refresh_head();
    return std::min(free(), wanted);
  }

  // Stores an entry whose flags carry no phase bit. Needs room().
  template <typename Entry>
  void push(Entry entry) {
    static_assert(sizeof(Entry) == contract::kEntryBytes);
    entry.flags = static_cast<std::uint8_t>(entry.flags | (phase_ >> 8));
    std::memcpy(next_, &entry, sizeof(entry));
    advance();
  }

  // As push() of an UpdateEntry, in few stores.
  void push_update(contract::Opcode opcode, std::uint32_t fin, std::uint32_t connection_id,
                   std::uint32_t sent_up_to, std::uint32_t consumed_up_to) {
    const std::uint32_t words[8] = {static_cast<std::uint32_t>(opcode) | (fin << 8) | phase_,
                                    connection_id,
                                    sent_up_to,
                                    consumed_up_to,
                                    0,
                                    0,
                                    0,
                                    0};
    std::memcpy(next_, words, sizeof(words));
    advance();
  }

  // The head that a completion carried; the status line may have said more already.
  void set_head(std::uint16_t head) {
    if (static_cast<std::int16_t>(head - head_) > 0) head_ = head;
  }

  // Entries pushed so far, modulo 2^16: what the doorbell tells the card.
  std::uint16_t tail() const { return tail_; }
  std::uint32_t free() const { return size() - static_cast<std::uint16_t>(tail_ - head_); }
  std::uint32_t size() const {
    return static_cast<std::uint32_t>((end_ - begin_) / contract::kEntryBytes);
  }

 private:
  static constexpr std::uint32_t kPhase =
      static_cast<std::uint32_t>(contract::SubmissionFlag::kPhase) << 8;

  void refresh_head() {
    const auto* word = reinterpret_cast<const std::uint32_t*>(status_line_);
    head_ = static_cast<std::uint16_t>(__atomic_load_n(word, __ATOMIC_ACQUIRE));
  }
  void advance() {
    ++tail_;
    next_ += contract::kEntryBytes;
    if (next_ == end_) [[unlikely]] {
      next_ = begin_;
      phase_ ^= kPhase;
    }
  }

  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  std::uint32_t phase_ = kPhase;  // of the next entry, in place
  std::uint16_t tail_ = 0;
  std::uint16_t head_ = 0;
  std::byte* begin_ = nullptr;
  const std::byte* status_line_ = nullptr;
};

}  // namespace millrace::host
