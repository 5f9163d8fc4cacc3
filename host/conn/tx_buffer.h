// SPDX-License-Identifier: Apache-2.0
// The transmit ring of one connection: a slot in memory that the card reads. Offsets count the
// bytes of the stream from 0 in 64 bits; the card uses them modulo 2^32. Bytes between acked and
// committed belong to the card.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "host/base/assert.h"

namespace millrace::host {

class TxBuffer {
 public:
  TxBuffer() = default;
  // `bytes` is a power of two, at most 2^24.
  explicit TxBuffer(std::span<std::byte> bytes)
      : base_(bytes.data()),
        limit_(bytes.size()),
        mask_(static_cast<std::uint32_t>(bytes.size() - 1)),
        size_(static_cast<std::uint32_t>(bytes.size())) {}

  const std::byte* base() const { return base_; }
  std::uint64_t committed() const { return committed_; }
  std::uint64_t acked() const { return limit_ - size_; }
  std::uint32_t size() const { return size_; }
  std::size_t room() const { return static_cast<std::size_t>(limit_ - committed_); }

  // The free bytes up to the end of the ring or of the room, where the next bytes of the stream go.
  std::span<std::byte> writable() const {
    const std::size_t at = committed_ & mask_;
    return {base_ + at, std::min(room(), size_ - at)};
  }

  // The next `count` bytes of the stream are in place.
  void commit(std::size_t count) {
    MILLRACE_ASSERT(count <= room());
    committed_ += count;
  }

  // Copies as much as there is room for: the only copy on the way out. Returns the bytes taken.
  std::size_t write(std::span<const std::byte> bytes) {
    const std::size_t count = std::min(bytes.size(), room());
    const std::size_t at = committed_ & mask_;
    committed_ += count;
    std::byte* to = base_ + at;
    const std::byte* from = bytes.data();
    if (count - kSmall <= kSmall && at + count <= size_) {  // small messages without a call
      std::memcpy(to, from, kSmall);
      std::memcpy(to + count - kSmall, from + count - kSmall, kSmall);
    } else {
      copy(to, from, count, size_ - at, base_);
    }
    return count;
  }

  // The card says that the peer has acknowledged up to `offset` modulo 2^32. False if that is
  // outside the ring.
  bool set_acked(std::uint32_t offset) {
    const std::uint32_t in_ring = static_cast<std::uint32_t>(committed_) - offset;
    if (in_ring > size_) [[unlikely]]
      return false;
    limit_ = committed_ + (size_ - in_ring);
    return true;
  }

 private:
  static constexpr std::size_t kSmall = 32;

  // `to_end` bytes fit at `to`, the rest goes to `start`. Apart, so that write() needs few
  // registers.
  [[gnu::noinline]] static void copy(std::byte* to, const std::byte* from, std::size_t count,
                                     std::size_t to_end, std::byte* start) {
    const std::size_t first = std::min(count, to_end);
    std::memcpy(to, from, first);
    std::memcpy(start, from + first, count - first);
  }

  std::byte* base_ = nullptr;
  std::uint64_t committed_ = 0;
  std::uint64_t limit_ = 0;  // acked + size: up to here bytes may be committed
  std::uint32_t mask_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace millrace::host
