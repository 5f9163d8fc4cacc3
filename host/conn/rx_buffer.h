// SPDX-License-Identifier: Apache-2.0
// The receive ring of one connection: a slot in memory that the card writes. Offsets count the
// bytes of the stream from 0 in 64 bits; the card uses them modulo 2^32. Bytes between consumed and
// received belong to the host.

#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "host/base/assert.h"

namespace millrace::host {

class RxBuffer {
 public:
  RxBuffer() = default;
  // `bytes` is a power of two, at most 2^24.
  explicit RxBuffer(std::span<const std::byte> bytes)
      : base_(bytes.data()),
        mask_(static_cast<std::uint32_t>(bytes.size() - 1)),
        size_(static_cast<std::uint32_t>(bytes.size())) {}

  const std::byte* base() const { return base_; }
  std::uint64_t received() const { return consumed_ + available_; }
  std::uint64_t consumed() const { return consumed_; }
  std::uint32_t size() const { return size_; }
  std::size_t available() const { return available_; }

  // The received bytes up to the end of the ring; the rest, if any, follows after consume().
  std::span<const std::byte> readable() const {
    const std::size_t at = consumed_ & mask_;
    return {base_ + at, std::min(available(), size_ - at)};
  }

  // The first `count` available bytes are done with: the card may overwrite them once told.
  void consume(std::size_t count) {
    MILLRACE_ASSERT(count <= available_);
    available_ -= static_cast<std::uint32_t>(count);
    consumed_ += count;
  }

  // The card says that data up to `offset` modulo 2^32 is in place. False if that is outside the
  // ring.
  bool set_received(std::uint32_t offset) {
    const std::uint32_t in_ring = offset - static_cast<std::uint32_t>(consumed_);
    if (in_ring > size_) [[unlikely]]
      return false;
    available_ = in_ring;
    return true;
  }

 private:
  const std::byte* base_ = nullptr;
  std::uint64_t consumed_ = 0;
  std::uint32_t available_ = 0;  // received and not consumed
  std::uint32_t mask_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace millrace::host
