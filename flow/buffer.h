// SPDX-License-Identifier: Apache-2.0
// Bytes that flows hand out and take over. RxBuffer: what a read gave, the caller's own from then
// on. TxBuffer: what a write takes over from its caller. BufferPool: where RxBuffers come from and
// return to, so that reading does not allocate.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace millrace::flow {

using ConstBytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

/// Bytes of a text, borrowed.
inline ConstBytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
/// The bytes as text, borrowed.
inline std::string_view as_text(ConstBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Copies bytes that do not overlap; small messages without a call.
inline void copy_bytes(std::byte* to, const std::byte* from, std::size_t count) {
  constexpr std::size_t kSmall = 32;
  if (count - kSmall <= kSmall) {  // so many bytes to twice as many
    std::memcpy(to, from, kSmall);
    std::memcpy(to + count - kSmall, from + count - kSmall, kSmall);
  } else {
    std::memcpy(to, from, count);
  }
}

class BufferPool;

/// Received bytes, at least one unless moved from. Nobody else reads or writes them: they may be
/// kept after the flow, the loop and the pool's user are gone, changed in place, and released on
/// any thread.
class RxBuffer {
 public:
  RxBuffer() = default;
  RxBuffer(RxBuffer&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), bytes_(std::exchange(other.bytes_, {})) {}
  RxBuffer& operator=(RxBuffer&& other) noexcept {
    RxBuffer old(std::move(*this));
    block_ = std::exchange(other.block_, nullptr);
    bytes_ = std::exchange(other.bytes_, {});
    return *this;
  }
  ~RxBuffer() { release(); }

  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  std::byte* data() const { return bytes_.data(); }
  MutableBytes bytes() const { return bytes_; }
  std::string_view text() const { return as_text(bytes_); }
  /// Forgets the first `n` <= size() bytes.
  void trim_front(std::size_t n) { bytes_ = bytes_.subspan(n); }
  /// Forgets all but the first `n` <= size() bytes.
  void truncate(std::size_t n) { bytes_ = bytes_.first(n); }

 private:
  friend class BufferPool;
  struct Block;
  void release();
  Block* block_ = nullptr;
  MutableBytes bytes_;
};

/// A free list of blocks of two sizes. get() belongs to one thread; buffers return from any.
class BufferPool {
 public:
  static constexpr std::size_t kSmallBytes = 4096;
  static constexpr std::size_t kLargeBytes = 65536;

  /// Keeps at most about `cached_bytes_max` of unused memory.
  explicit BufferPool(std::size_t cached_bytes_max = std::size_t{4} << 20);
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  /// A buffer of exactly `size` bytes, 1..kLargeBytes, with unspecified contents.
  RxBuffer get(std::size_t size);

 private:
  friend class RxBuffer;
  struct Shared;  // outlives the pool while buffers are out
  Shared* shared_;
};

/// Bytes that a write takes over; made from what owns them. The caller has no access after moving
/// it in.
class TxBuffer {
 public:
  TxBuffer() = default;
  explicit TxBuffer(RxBuffer&& buffer) : owner_(std::move(buffer)) {}
  explicit TxBuffer(std::vector<std::byte>&& bytes) : owner_(std::move(bytes)) {}
  explicit TxBuffer(std::string&& text) : owner_(std::move(text)) {}

  ConstBytes bytes() const;

 private:
  std::variant<std::monostate, RxBuffer, std::vector<std::byte>, std::string> owner_;
};

}  // namespace millrace::flow
