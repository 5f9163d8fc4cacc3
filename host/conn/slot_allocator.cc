// SPDX-License-Identifier: Apache-2.0
// The buddy allocator: a free block is linked through its first page; neighbours merge when both
// are free.

#include "host/conn/slot_allocator.h"

#include "host/base/assert.h"

namespace millrace::host {

SlotAllocator::SlotAllocator(std::span<std::byte> region)
    : region_(region), pages_(region.size() >> kMin) {
  heads_.fill(kNone);
  // The largest aligned blocks that fit, from the end, so that the lists hand out low addresses
  // first.
  std::size_t end = pages_.size();
  while (end != 0) {
    unsigned log2 = kMin;
    while (log2 < kMax && (end & ((std::size_t{1} << (log2 + 1 - kMin)) - 1)) == 0) ++log2;
    end -= std::size_t{1} << (log2 - kMin);
    push(static_cast<std::uint32_t>(end), log2);
    free_bytes_ += std::size_t{1} << log2;
  }
}

std::optional<std::size_t> SlotAllocator::allocate(unsigned log2) {
  MILLRACE_ASSERT(log2 >= kMin && log2 <= kMax);
  unsigned found = log2;
  while (found <= kMax && heads_[found] == kNone) ++found;
  if (found > kMax) return std::nullopt;
  const std::uint32_t page = heads_[found];
  unlink(page, found);
  while (found > log2) {  // keep the lower half, free the upper
    --found;
    push(page + (1U << (found - kMin)), found);
  }
  free_bytes_ -= std::size_t{1} << log2;
  return std::size_t{page} << kMin;
}

void SlotAllocator::release(std::size_t offset, unsigned log2) {
  auto page = static_cast<std::uint32_t>(offset >> kMin);
  MILLRACE_ASSERT(page < pages_.size() && pages_[page].free_log2 == kNotFree);
  free_bytes_ += std::size_t{1} << log2;
  while (log2 < kMax) {
    const std::uint32_t buddy = page ^ (1U << (log2 - kMin));
    if (buddy >= pages_.size() || pages_[buddy].free_log2 != log2) break;
    unlink(buddy, log2);
    page &= ~(1U << (log2 - kMin));
    ++log2;
  }
  push(page, log2);
}

void SlotAllocator::push(std::uint32_t page, unsigned log2) {
  pages_[page] = Page{heads_[log2], kNone, static_cast<std::uint8_t>(log2)};
  if (heads_[log2] != kNone) pages_[heads_[log2]].previous = page;
  heads_[log2] = page;
}

void SlotAllocator::unlink(std::uint32_t page, unsigned log2) {
  const Page& gone = pages_[page];
  if (gone.previous == kNone) {
    heads_[log2] = gone.next;
  } else {
    pages_[gone.previous].next = gone.next;
  }
  if (gone.next != kNone) pages_[gone.next].previous = gone.previous;
  pages_[page].free_log2 = kNotFree;
}

}  // namespace millrace::host
