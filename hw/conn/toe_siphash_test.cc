// SPDX-License-Identifier: Apache-2.0
// toe_siphash against the reference vectors of the SipHash paper's code and a C++ model.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "Vtoe_siphash.h"
#include "hw/conn/siphash_model.h"
#include "verilated.h"

namespace millrace {
namespace {

class Dut {
 public:
  Dut() {
    dut_->rst_ni = 0;
    for (int i = 0; i < 4; ++i) tick();
    dut_->rst_ni = 1;
    tick();
  }

  // Hashes words that already carry the length; returns clocks used too.
  std::pair<std::uint64_t, int> hash(const SipKey& key, std::span<const std::uint64_t> words) {
    start(key, words);
    int clocks = 1;
    while (!dut_->valid_o && clocks < 100) {
      EXPECT_TRUE(dut_->busy_o);
      tick();
      ++clocks;
    }
    return {dut_->hash_o, clocks};
  }

  void start(const SipKey& key, std::span<const std::uint64_t> words) {
    const std::array<std::uint64_t, 2> halves{key.k0, key.k1};
    for (int i = 0; i < 4; ++i) {
      dut_->key_i[i] = static_cast<std::uint32_t>(halves[i / 2] >> (32 * (i % 2)));
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      dut_->words_i[2 * i] = static_cast<std::uint32_t>(words[i]);
      dut_->words_i[2 * i + 1] = static_cast<std::uint32_t>(words[i] >> 32);
    }
    dut_->last_i = static_cast<std::uint8_t>(words.size() - 1);
    dut_->start_i = 1;
    tick();
    dut_->start_i = 0;
  }

  void tick() {
    dut_->clk_i = 0;
    dut_->eval();
    dut_->clk_i = 1;
    dut_->eval();
  }

 private:
  std::unique_ptr<Vtoe_siphash> dut_ = std::make_unique<Vtoe_siphash>();
};

// First sixteen of the reference vectors: key 00 01 .. 0f, message 00 01 .. of length 0, 1, ..
constexpr std::array<std::uint64_t, 16> kVectors = {
    0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
    0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
    0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
    0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5};

constexpr SipKey kPaperKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

TEST(Siphash, ModelMatchesReferenceVectors) {
  std::vector<std::uint8_t> message;
  for (std::size_t length = 0; length < kVectors.size(); ++length) {
    EXPECT_EQ(sip_hash(kPaperKey, message), kVectors[length]) << "length " << length;
    message.push_back(static_cast<std::uint8_t>(length));
  }
}

TEST(Siphash, MessagesUpTo31Bytes) {
  Dut dut;
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t length = 0; length < 32; ++length) {
    std::array<std::uint8_t, 32> padded{};
    std::copy_n(bytes.begin(), length, padded.begin());
    const std::size_t count = length / 8 + 1;
    padded[8 * count - 1] = static_cast<std::uint8_t>(length);
    std::array<std::uint64_t, 4> words{};
    std::memcpy(words.data(), padded.data(), padded.size());
    const auto [hash, clocks] = dut.hash(kPaperKey, std::span(words).first(count));
    EXPECT_EQ(hash, sip_hash(kPaperKey, std::span(bytes).first(length))) << "length " << length;
    if (length < kVectors.size()) {
      EXPECT_EQ(hash, kVectors[length]) << "length " << length;
    }
    EXPECT_EQ(clocks, 2 * static_cast<int>(count) + 5);
    bytes[length] = static_cast<std::uint8_t>(length);
  }
}

TEST(Siphash, RandomWordsAndRestarts) {
  constexpr std::uint64_t kSeed = 20;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  Dut dut;
  std::array<std::uint64_t, 4> words{};
  const auto draw = [&] {
    for (std::uint64_t& word : words) word = random();
    return std::span(words).first(1 + random() % 4);
  };
  for (int i = 0; i < 2000; ++i) {
    const SipKey key{random(), random()};
    if (random() % 3 == 0) {  // an unfinished hash is forgotten
      dut.start({random(), random()}, draw());
      for (std::uint64_t n = random() % 16; n > 0; --n) dut.tick();
    }
    const std::span<const std::uint64_t> drawn = draw();
    ASSERT_EQ(dut.hash(key, drawn).first, sip_words(key, drawn));
  }
}

}  // namespace
}  // namespace millrace
