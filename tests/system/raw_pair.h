// SPDX-License-Identifier: Apache-2.0
// A queue pair driven by hand, for entries that the host runtime never writes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <string>
#include <vector>

#include "host/card.h"
#include "hw/contract/generated/contract.h"

namespace millrace::tests {

class RawPair {
 public:
  static std::expected<RawPair, std::string> make(host::Card& card) {
    auto pair = card.create_queue_pair({.buffer_bytes = kBufferBytes});
    if (!pair) return std::unexpected(pair.error().context);
    return RawPair(card, *pair);
  }
  static constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

  // Stores an entry, its phase bit set as it must be or, with `bad_phase`, as it must not, and
  // tells the card.
  template <typename Entry>
  void post(Entry entry, bool bad_phase = false) {
    static_assert(sizeof(Entry) == contract::kEntryBytes);
    constexpr auto kPhase = static_cast<std::uint8_t>(contract::SubmissionFlag::kPhase);
    const bool first_pass = ((tail_ >> pair_.sq_log2) & 1U) == 0;
    entry.flags = static_cast<std::uint8_t>(entry.flags & ~kPhase);
    if (first_pass != bad_phase) entry.flags |= kPhase;
    const std::size_t at = tail_ & ((1U << pair_.sq_log2) - 1);
    std::memcpy(pair_.submissions.bytes.data() + at * sizeof(entry), &entry, sizeof(entry));
    ++tail_;
    ring(tail_);
  }

  // Rings the doorbell with any tail.
  void ring(std::uint16_t tail) {
    const std::uint32_t offset = contract::kDoorbellBase + pair_.number * contract::kDoorbellStride;
    failed_ |=
        !card_->device().write_register(offset, tail | (static_cast<std::uint32_t>(head_) << 16));
  }

  // Takes what the card completed since the last call.
  std::vector<contract::CompletionEntry> take() {
    std::vector<contract::CompletionEntry> entries;
    while (true) {
      contract::CompletionEntry entry;
      const std::size_t at = head_ & ((1U << pair_.cq_log2) - 1);
      std::memcpy(&entry, pair_.completions.bytes.data() + at * sizeof(entry), sizeof(entry));
      const bool phase =
          (entry.flags & static_cast<std::uint8_t>(contract::CompletionFlag::kPhase)) != 0;
      if (phase != (((head_ >> pair_.cq_log2) & 1U) == 0)) return entries;
      ++head_;
      entries.push_back(entry);
    }
  }

  std::uint16_t tail() const { return tail_; }
  std::uint8_t region() const { return static_cast<std::uint8_t>(pair_.region); }
  // A call of the device failed.
  bool failed() const { return failed_; }

 private:
  RawPair(host::Card& card, const host::QueuePair& pair) : card_(&card), pair_(pair) {}

  host::Card* card_;
  host::QueuePair pair_;
  std::uint16_t tail_ = 0;
  std::uint16_t head_ = 0;
  bool failed_ = false;
};

}  // namespace millrace::tests
