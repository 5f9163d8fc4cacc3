// SPDX-License-Identifier: Apache-2.0
// The memory model at the pins of the fake card's copy engine.

#include "sim/bus/axi_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "sim/bus/axi_lite_master.h"
#include "sim/testing/fake_card.h"

namespace millrace::sim {
namespace {

class AxiMemoryTest : public testing::Test {
 protected:
  void build(const MemoryModel& model) {
    axi_ = std::make_unique<AxiMemory>(card_.pins().memory, memory_, model, 1);
    registers_ = std::make_unique<AxiLiteMaster>(card_.pins().registers, 0, 0);
    *card_.pins().rst_n = 1;
  }

  void clock() {
    registers_->tick(cycle_);
    axi_->tick(cycle_);
    card_.step();
    ++cycle_;
  }

  void write(std::uint32_t offset, std::uint64_t value) {
    registers_->write(cycle_, offset, static_cast<std::uint32_t>(value));
  }

  // Copies and returns the clocks until the data is visible.
  std::uint64_t copy(std::uint64_t from, std::uint64_t to, std::uint32_t beats) {
    write(FakeCard::kFrom, from);
    write(FakeCard::kFrom + 4, from >> 32);
    write(FakeCard::kTo, to);
    write(FakeCard::kTo + 4, to >> 32);
    while (!registers_->idle()) clock();
    write(FakeCard::kCopy, beats);
    const std::uint64_t start = cycle_;
    const std::uint64_t bursts = axi_->counters().write_bursts;
    while (axi_->counters().write_bursts == bursts && cycle_ < start + 10'000) clock();
    const std::uint64_t clocks = cycle_ - start;
    for (int i = 0; i < 10; ++i) clock();
    return clocks;
  }

  FakeCard card_;
  CardMemory memory_;
  std::unique_ptr<AxiMemory> axi_;
  std::unique_ptr<AxiLiteMaster> registers_;
  std::uint64_t cycle_ = 0;
};

TEST_F(AxiMemoryTest, CopiesBurstsAndTakesTheModelsTime) {
  for (const std::uint32_t read_latency : {20u, 200u}) {
    MemoryModel model;
    model.read_latency = read_latency;
    build(model);
    const auto from = memory_.allocate(4096);
    const auto to = memory_.allocate(4096);
    ASSERT_TRUE(from && to);
    for (std::size_t i = 0; i < 4096; ++i) from->bytes[i] = static_cast<std::byte>(i * 7 + i / 256);
    const std::uint64_t clocks = copy(from->card_address, to->card_address, 64);
    EXPECT_TRUE(std::ranges::equal(from->bytes, to->bytes));
    const std::uint64_t least = read_latency + model.write_latency + 64 + 64;
    EXPECT_GE(clocks, least);
    EXPECT_LE(clocks, least + 12);
    EXPECT_TRUE(axi_->idle());
    EXPECT_EQ(axi_->counters().errors, 0u);
  }
}

TEST_F(AxiMemoryTest, BandwidthLimitsBothWays) {
  MemoryModel model;
  model.read_bytes_per_clock = 16;
  model.write_bytes_per_clock = 8;
  build(model);
  const auto block = memory_.allocate(8192);
  const std::uint64_t clocks = copy(block->card_address, block->card_address + 4096, 64);
  EXPECT_NEAR(static_cast<double>(clocks), 64 * 4 + 64 * 8 + 30, 25);
}

TEST_F(AxiMemoryTest, StallsChangeNothingButTime) {
  MemoryModel model;
  model.stall = 0.5;
  model.latency_jitter = 30;
  build(model);
  const auto block = memory_.allocate(8192);
  for (std::size_t i = 0; i < 4096; ++i) block->bytes[i] = static_cast<std::byte>(i % 251);
  copy(block->card_address, block->card_address + 4096, 64);
  EXPECT_TRUE(std::ranges::equal(block->bytes.first(4096), block->bytes.last(4096)));
}

TEST_F(AxiMemoryTest, AccessOutsideAllocatedMemoryIsToldWithItsAddress) {
  build({});
  const auto block = memory_.allocate(4096);
  copy(block->card_address + 4096, block->card_address, 1);
  ASSERT_EQ(axi_->errors().size(), 1u);
  EXPECT_NE(axi_->errors()[0].find("outside allocated memory"), std::string::npos);
  EXPECT_NE(axi_->errors()[0].find("0x2000001000"), std::string::npos);
  copy(block->card_address, 0x1000, 1);
  EXPECT_EQ(axi_->counters().errors, 2u);
}

TEST_F(AxiMemoryTest, BurstsAcrossFourKibAreRefused) {
  build({});
  const auto block = memory_.allocate(16384);
  copy(block->card_address + 4096 - 64, block->card_address + 8192, 2);
  ASSERT_EQ(axi_->errors().size(), 1u);
  EXPECT_NE(axi_->errors()[0].find("crosses a 4 KiB boundary"), std::string::npos);
}

TEST(CardMemory, BlocksAreApartAlignedAndZero) {
  CardMemory memory;
  const auto a = memory.allocate(100);
  const auto b = memory.allocate(5000);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->bytes.size(), 4096u);
  EXPECT_EQ(b->bytes.size(), 8192u);
  EXPECT_EQ(b->card_address % 4096, 0u);
  EXPECT_GE(b->card_address, a->card_address + 2 * 4096);
  EXPECT_EQ(memory.find(a->card_address, 4096), a->bytes.data());
  EXPECT_EQ(memory.find(b->card_address + 8191, 1), b->bytes.data() + 8191);
  EXPECT_EQ(memory.find(a->card_address + 1, 4096), nullptr);
  EXPECT_EQ(memory.find(0, 1), nullptr);
  EXPECT_EQ(b->bytes[4999], std::byte{0});
  EXPECT_FALSE(memory.allocate(0));
}

}  // namespace
}  // namespace millrace::sim
