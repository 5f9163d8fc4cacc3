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
        room_(static_cast<std::uint32_t>(bytes.size())),
        mask_(static_cast<std::uint32_t>(bytes.size() - 1)),
        size_(static_cast<std::uint32_t>(bytes.size())) {}

  const std::byte* base() const { return base_; }
  std::uint64_t committed() const { return committed_; }
  std::uint64_t acked() const { return committed_ - (size_ - room_); }
  std::uint32_t size() const { return size_; }
  std::size_t room() const { return room_; }

  // The free bytes up to the end of the ring or of the room, where the next bytes of the stream go.
  std::span<std::byte> writable() const {
    const std::size_t at = committed_ & mask_;
    return {base_ + at, std::min(room(), size_ - at)};
  }

  // The next `count` bytes of the stream are in place.
  void commit(std::size_t count) {
    MILLRACE_ASSERT(count <= room_);
    room_ -= static_cast<std::uint32_t>(count);
    committed_ += count;
  }

  // Copies as much as there is room for: the only copy on the way out. Returns the bytes taken.
  std::size_t write(std::span<const std::byte> bytes) {
    const std::size_t count = std::min(bytes.size(), room());
    const std::size_t at = committed_ & mask_;
    const std::size_t first = std::min(count, size_ - at);
    std::memcpy(base_ + at, bytes.data(), first);
    std::memcpy(base_, bytes.data() + first, count - first);
    commit(count);
    return count;
  }
  // The same for a small message, all of it and without a call; false if it is none or does not fit
  // in one piece.
  bool write_small(std::span<const std::byte> bytes) {
    const std::size_t count = bytes.size();
    const std::size_t at = committed_ & mask_;
    if (count - kSmall > kSmall || count > room_ || at + count > size_) return false;
    const std::byte* const from = bytes.data();
    std::byte* const to = base_ + at;
    std::memcpy(to, from, kSmall);
    std::memcpy(to + count - kSmall, from + count - kSmall, kSmall);
    room_ -= static_cast<std::uint32_t>(count);
    committed_ += count;
    return true;
  }

  // The card says that the peer has acknowledged up to `offset` modulo 2^32. False if that is
  // outside the ring.
  bool set_acked(std::uint32_t offset) {
    const std::uint32_t in_ring = static_cast<std::uint32_t>(committed_) - offset;
    if (in_ring > size_) [[unlikely]]
      return false;
    room_ = size_ - in_ring;
    return true;
  }

 private:
  static constexpr std::size_t kSmall = 32;  // small: so many bytes to twice as many

  std::byte* base_ = nullptr;
  std::uint64_t committed_ = 0;
  std::uint32_t room_ = 0;  // bytes that may be committed: size less what is not acknowledged
  std::uint32_t mask_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace millrace::host
