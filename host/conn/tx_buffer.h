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
      : base_(bytes.data()), size_(static_cast<std::uint32_t>(bytes.size())) {}

  const std::byte* base() const { return base_; }
  std::uint64_t committed() const { return committed_; }
  std::uint64_t acked() const { return acked_; }
  std::uint32_t size() const { return size_; }
  std::size_t room() const { return size_ - static_cast<std::size_t>(committed_ - acked_); }

  // The free bytes up to the end of the ring or of the room, where the next bytes of the stream go.
  std::span<std::byte> writable() const {
    const std::size_t at = committed_ & (size_ - 1);
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
    const std::size_t at = committed_ & (size_ - 1);
    committed_ += count;
    const std::size_t to_end = size_ - at;
    if (count <= to_end) [[likely]] {
      std::memcpy(base_ + at, bytes.data(), count);
    } else {
      std::memcpy(base_ + at, bytes.data(), to_end);
      std::memcpy(base_, bytes.data() + to_end, count - to_end);
    }
    return count;
  }

  // The card says that the peer has acknowledged up to `offset` modulo 2^32. False if that is
  // outside the ring.
  bool set_acked(std::uint32_t offset) {
    const std::uint32_t in_ring = static_cast<std::uint32_t>(committed_) - offset;
    if (in_ring > size_) [[unlikely]]
      return false;
    acked_ = committed_ - in_ring;
    return true;
  }

 private:
  std::byte* base_ = nullptr;
  std::uint64_t committed_ = 0;
  std::uint64_t acked_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace millrace::host
