// SPDX-License-Identifier: Apache-2.0
// An input is a header and then records of one size, each of which is one event: a change in one
// record leaves the meaning of all others as it was.

#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace millrace::fuzz {

inline constexpr std::size_t kHeaderBytes = 8;
inline constexpr std::size_t kRecordBytes = 32;

// Takes bytes apart; zeros when they are used up.
class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool empty() const { return at_ >= bytes_.size(); }
  std::uint8_t u8() { return empty() ? 0 : bytes_[at_++]; }
  std::uint16_t u16() {
    const std::uint8_t high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint16_t high = u16();
    return std::uint32_t{high} << 16 | u16();
  }
  std::int16_t i16() { return static_cast<std::int16_t>(u16()); }
  // Up to `most` bytes, as many as there are.
  std::span<const std::uint8_t> take(std::size_t most) {
    const std::size_t count = std::min(most, bytes_.size() - at_);
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

class Program {
 public:
  explicit Program(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
  Input header() { return Input(cut(kHeaderBytes)); }
  bool empty() const { return rest_.empty(); }
  Input record() { return Input(cut(kRecordBytes)); }
  // The next whole records as plain bytes.
  std::span<const std::uint8_t> records(std::size_t count) { return cut(count * kRecordBytes); }

 private:
  std::span<const std::uint8_t> cut(std::size_t most) {
    const std::size_t count = std::min(most, rest_.size());
    const auto result = rest_.first(count);
    rest_ = rest_.subspan(count);
    return result;
  }

  std::span<const std::uint8_t> rest_;
};

}  // namespace millrace::fuzz
