// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 in C++, the reference model of the tests in this folder.

#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace millrace {

struct SipKey {
  std::uint64_t k0 = 0;  // bytes 0..7 of the key, little endian
  std::uint64_t k1 = 0;
};

class SipState {
 public:
  explicit SipState(const SipKey& key)
      : v0_(key.k0 ^ 0x736f6d6570736575),
        v1_(key.k1 ^ 0x646f72616e646f6d),
        v2_(key.k0 ^ 0x6c7967656e657261),
        v3_(key.k1 ^ 0x7465646279746573) {}

  void word(std::uint64_t m) {
    v3_ ^= m;
    round();
    round();
    v0_ ^= m;
  }

  std::uint64_t finish() {
    v2_ ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

// SipHash-2-4 of any message.
inline std::uint64_t sip_hash(const SipKey& key, std::span<const std::uint8_t> message) {
  SipState state(key);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < message.size(); ++i) {
    word |= static_cast<std::uint64_t>(message[i]) << (8 * (i % 8));
    if (i % 8 == 7) {
      state.word(word);
      word = 0;
    }
  }
  state.word(word | static_cast<std::uint64_t>(message.size()) << 56);
  return state.finish();
}

// SipHash-2-4 of words that already carry padding and length.
inline std::uint64_t sip_words(const SipKey& key, std::span<const std::uint64_t> words) {
  SipState state(key);
  for (const std::uint64_t word : words) state.word(word);
  return state.finish();
}

}  // namespace millrace
