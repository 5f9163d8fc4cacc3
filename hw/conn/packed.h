// SPDX-License-Identifier: Apache-2.0
// Packed structs of SystemVerilog as the benches of this folder see them, and four-tuples.

#pragma once

#include <gtest/gtest.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {

// A packed struct's bits; fields are written and read in the order of declaration, highest first.
class Bits {
 public:
  explicit Bits(int width) : words_((width + 31) / 32), left_(width) {}

  Bits(int width, std::initializer_list<std::pair<std::uint64_t, int>> fields) : Bits(width) {
    for (const auto& [value, bits] : fields) {
      for (int b = bits - 1; b >= 0; --b) {
        --left_;
        if ((value >> b) & 1) words_[left_ / 32] |= 1u << (left_ % 32);
      }
    }
    EXPECT_EQ(left_, 0) << "a struct's fields do not fill it";
  }

  std::uint64_t take(int bits) {
    std::uint64_t value = 0;
    for (; bits > 0; --bits) {
      --left_;
      value = value << 1 | ((words_[left_ / 32] >> (left_ % 32)) & 1);
    }
    return value;
  }

  template <typename Port>
  void to(Port& port) const {
    if constexpr (std::is_integral_v<Port>) {
      std::uint64_t value = words_[0];
      if (words_.size() > 1) value |= static_cast<std::uint64_t>(words_[1]) << 32;
      port = static_cast<Port>(value);
    } else {
      for (std::size_t i = 0; i < words_.size(); ++i) port[i] = words_[i];
    }
  }

  template <typename Port>
  static Bits of(int width, const Port& port) {
    Bits bits(width);
    if constexpr (std::is_integral_v<Port>) {
      bits.words_[0] = static_cast<std::uint32_t>(port);
      if (bits.words_.size() > 1) {
        bits.words_[1] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(port) >> 32);
      }
    } else {
      for (std::size_t i = 0; i < bits.words_.size(); ++i) bits.words_[i] = port[i];
    }
    return bits;
  }

 private:
  std::vector<std::uint32_t> words_;
  int left_;
};

struct Tuple {
  std::uint64_t remote_hi = 0, remote_lo = 0;
  std::uint8_t local_kind = 0;  // 0 IPv4, 1 IPv6, 2 IPv6 link-local
  std::uint16_t remote_port = 0, local_port = 0;
  auto operator<=>(const Tuple&) const = default;
};

inline Tuple v4(std::uint32_t ip, std::uint16_t remote_port, std::uint16_t local_port) {
  return {0, std::uint64_t{0xffff'0000'0000} | ip, 0, remote_port, local_port};
}

}  // namespace millrace
