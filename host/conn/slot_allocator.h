// SPDX-License-Identifier: Apache-2.0
// Slots for connection rings out of one registered region: powers of two from 4 KiB to 16 MiB, each
// at a multiple of its size. A buddy allocator whose tables are made once; allocate and release are
// O(13) and touch no heap.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hw/contract/generated/contract.h"

namespace millrace::host {

class SlotAllocator {
 public:
  explicit SlotAllocator(std::span<std::byte> region);

  // The first byte's offset in the region of 2^log2 free bytes, or nothing if there is no such
  // slot. `log2` is within the contract's limits.
  std::optional<std::size_t> allocate(unsigned log2);
  // Gives back what allocate(log2) returned.
  void release(std::size_t offset, unsigned log2);

  std::span<std::byte> bytes(std::size_t offset, unsigned log2) const {
    return region_.subspan(offset, std::size_t{1} << log2);
  }
  std::size_t free_bytes() const { return free_bytes_; }

 private:
  static constexpr unsigned kMin = contract::kSlotLog2Min;
  static constexpr unsigned kMax = contract::kSlotLog2Max;
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr std::uint8_t kNotFree = 0;

  struct Page {  // of the first page of a free block; others have free_log2 == kNotFree
    std::uint32_t next = kNone;
    std::uint32_t previous = kNone;
    std::uint8_t free_log2 = kNotFree;
  };

  void push(std::uint32_t page, unsigned log2);
  void unlink(std::uint32_t page, unsigned log2);

  std::span<std::byte> region_;
  std::vector<Page> pages_;
  std::array<std::uint32_t, kMax + 1> heads_{};
  std::size_t free_bytes_ = 0;
};

}  // namespace millrace::host
