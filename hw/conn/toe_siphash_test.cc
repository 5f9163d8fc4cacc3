// SPDX-License-Identifier: Apache-2.0
// toe_siphash against the reference vectors of the SipHash paper's code and a C++ model.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
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

  // Hashes one or two words that already carry the length; returns clocks used too.
  std::pair<std::uint64_t, int> hash(const SipKey& key, std::uint64_t word0, std::uint64_t word1,
                                     bool two) {
    start(key, word0, word1, two);
    int clocks = 1;
    while (!dut_->valid_o && clocks < 100) {
      EXPECT_TRUE(dut_->busy_o);
      tick();
      ++clocks;
    }
    return {dut_->hash_o, clocks};
  }

  void start(const SipKey& key, std::uint64_t word0, std::uint64_t word1, bool two) {
    const std::array<std::uint64_t, 2> words{key.k0, key.k1};
    for (int i = 0; i < 4; ++i) {
      dut_->key_i[i] = static_cast<std::uint32_t>(words[i / 2] >> (32 * (i % 2)));
    }
    dut_->word0_i = word0;
    dut_->word1_i = word1;
    dut_->two_i = two;
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

TEST(Siphash, ReferenceVectorsUpTo15Bytes) {
  Dut dut;
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t length = 0; length < 16; ++length) {
    std::array<std::uint8_t, 16> padded{};
    std::memcpy(padded.data(), bytes.data(), length);
    const bool two = length >= 8;
    padded[two ? 15 : 7] = static_cast<std::uint8_t>(length);
    std::uint64_t word0 = 0, word1 = 0;
    std::memcpy(&word0, padded.data(), 8);
    std::memcpy(&word1, padded.data() + 8, 8);
    const auto [hash, clocks] = dut.hash(kPaperKey, word0, word1, two);
    EXPECT_EQ(hash, kVectors[length]) << "length " << length;
    EXPECT_EQ(clocks, two ? 9 : 7);
    bytes[length] = static_cast<std::uint8_t>(length);
  }
}

TEST(Siphash, RandomWordsAndRestarts) {
  constexpr std::uint64_t kSeed = 20;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  Dut dut;
  for (int i = 0; i < 2000; ++i) {
    const SipKey key{random(), random()};
    const std::uint64_t word0 = random(), word1 = random();
    const bool two = random() % 2;
    if (random() % 3 == 0) {  // an unfinished hash is forgotten
      dut.start({random(), random()}, random(), random(), random() % 2);
      for (std::uint64_t n = random() % 12; n > 0; --n) dut.tick();
    }
    ASSERT_EQ(dut.hash(key, word0, word1, two).first, sip_words(key, word0, word1, two));
  }
}

}  // namespace
}  // namespace millrace
