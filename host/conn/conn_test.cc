// SPDX-License-Identifier: Apache-2.0
// Ring views over the wrap of ring and 32-bit offsets, and the slot allocator against a simple
// model.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "host/conn/rx_buffer.h"
#include "host/conn/slot_allocator.h"
#include "host/conn/tx_buffer.h"

namespace millrace::host {
namespace {

TEST(TxBuffer, WritesAroundTheEndAndBeyondFourGigabytes) {
  std::vector<std::byte> slot(std::size_t{16} << 20);
  TxBuffer buffer{std::span(slot)};
  while (buffer.committed() < (std::uint64_t{5} << 30)) {
    buffer.commit(buffer.writable().size());
    ASSERT_EQ(buffer.room(), 0U);
    ASSERT_TRUE(buffer.set_acked(static_cast<std::uint32_t>(buffer.committed())));
    ASSERT_EQ(buffer.acked(), buffer.committed());
  }
  buffer.commit(slot.size() - 2);
  ASSERT_TRUE(buffer.set_acked(static_cast<std::uint32_t>(buffer.committed())));
  const std::array<std::byte, 5> bytes = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                          std::byte{5}};
  EXPECT_EQ(buffer.writable().size(), 2U);
  EXPECT_EQ(buffer.write(bytes), 5U);
  EXPECT_EQ(slot[slot.size() - 1], std::byte{2});
  EXPECT_EQ(slot[0], std::byte{3});
  EXPECT_EQ(slot[2], std::byte{5});
  EXPECT_EQ(buffer.room(), slot.size() - 5);
}

TEST(TxBuffer, RefusesAcknowledgementOfWhatWasNotSent) {
  std::vector<std::byte> slot(4096);
  TxBuffer buffer{std::span(slot)};
  buffer.commit(10);
  EXPECT_FALSE(buffer.set_acked(11));
  EXPECT_TRUE(buffer.set_acked(4));
  EXPECT_EQ(buffer.acked(), 4U);
  EXPECT_FALSE(buffer.set_acked(static_cast<std::uint32_t>(-4087)));  // more than a ring ago
}

TEST(RxBuffer, ReadsAroundTheEnd) {
  std::vector<std::byte> slot(4096);
  RxBuffer buffer{std::span<const std::byte>(slot)};
  EXPECT_FALSE(buffer.set_received(4097));
  ASSERT_TRUE(buffer.set_received(4000));
  EXPECT_EQ(buffer.readable().size(), 4000U);
  buffer.consume(4000);
  ASSERT_TRUE(buffer.set_received(4200));
  EXPECT_EQ(buffer.available(), 200U);
  EXPECT_EQ(buffer.readable().size(), 96U);
  buffer.consume(96);
  EXPECT_EQ(buffer.readable().data(), slot.data());
  EXPECT_EQ(buffer.readable().size(), 104U);
  EXPECT_FALSE(buffer.set_received(4095));  // consumed already
}

TEST(SlotAllocator, GivesAlignedDisjointSlotsAndMergesThem) {
  std::vector<std::byte> region((std::size_t{33} << 20) + 3 * 4096);
  SlotAllocator slots{std::span(region)};
  const std::size_t all = slots.free_bytes();
  EXPECT_EQ(all, region.size());
  std::map<std::size_t, unsigned> taken;  // offset -> log2
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    if (random() % 5 < 3) {
      const unsigned log2 = 12 + random() % 13;
      const auto offset = slots.allocate(log2);
      if (!offset) continue;
      const std::size_t size = std::size_t{1} << log2;
      ASSERT_EQ(*offset % size, 0U);
      ASSERT_LE(*offset + size, region.size());
      const auto next = taken.lower_bound(*offset);
      ASSERT_TRUE(next == taken.end() || next->first >= *offset + size);
      if (next != taken.begin()) {
        const auto before = std::prev(next);
        ASSERT_LE(before->first + (std::size_t{1} << before->second), *offset);
      }
      taken[*offset] = log2;
    } else if (!taken.empty()) {
      auto which = taken.begin();
      std::advance(which, random() % taken.size());
      slots.release(which->first, which->second);
      taken.erase(which);
    }
  }
  for (const auto& [offset, log2] : taken) slots.release(offset, log2);
  EXPECT_EQ(slots.free_bytes(), all);
  EXPECT_TRUE(slots.allocate(24).has_value());
  EXPECT_TRUE(slots.allocate(24).has_value());
  EXPECT_FALSE(slots.allocate(24).has_value());
  EXPECT_TRUE(slots.allocate(20).has_value());
}

}  // namespace
}  // namespace millrace::host
