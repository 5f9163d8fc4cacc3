// SPDX-License-Identifier: Apache-2.0
// The watch over rings and memory: what a card must not do.

#include "sim/ring_watch.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <vector>

namespace millrace::sim {
namespace {

using contract::CompletionFlag;
using contract::CompletionKind;
using contract::Opcode;

constexpr std::uint64_t kAll = ~std::uint64_t{0};

class Memory final : public host::Device {
 public:
  std::expected<std::uint32_t, host::DeviceError> read_register(std::uint32_t) override {
    return 0;
  }
  std::expected<void, host::DeviceError> write_register(std::uint32_t, std::uint32_t) override {
    return {};
  }
  std::expected<host::SharedMemory, host::DeviceError> allocate(std::size_t bytes) override {
    blocks_.emplace_back(bytes);
    next_ += 0x10'0000;
    return host::SharedMemory{blocks_.back(), next_};
  }
  std::uint64_t now_us() const override { return 0; }
  std::expected<void, host::DeviceError> wait(std::uint64_t) override { return {}; }
  void wake() override {}
  std::string description() const override { return "memory"; }
  std::string failure() const override { return {}; }

 private:
  std::deque<std::vector<std::byte>> blocks_;
  std::uint64_t next_ = 0;
};

// Queue pair 3 with rings of 16 entries and region 5 of 16 pages.
class RingWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    submissions_ = *watch_.allocate(4096);
    completions_ = *watch_.allocate(4096);
    status_ = *watch_.allocate(4096);
    buffers_ = *watch_.allocate(16 * 4096);
    address(contract::kRegRegionBaseLo, contract::kRegRegionBaseHi, buffers_.card_address);
    write(contract::kRegRegionPages, 16);
    write(contract::kRegRegionCommit, 5 | 1u << 19);
    address(contract::kRegQpSqBaseLo, contract::kRegQpSqBaseHi, submissions_.card_address);
    address(contract::kRegQpCqBaseLo, contract::kRegQpCqBaseHi, completions_.card_address);
    address(contract::kRegQpStatusLo, contract::kRegQpStatusHi, status_.card_address);
    write(contract::kRegQpSizes, 4 | 4 << 8);
    write(contract::kRegQpCommit, 3 | 1u << 31);
  }

  void write(std::uint32_t offset, std::uint32_t value) {
    ASSERT_TRUE(watch_.write_register(offset, value));
  }
  void address(std::uint32_t low, std::uint32_t high, std::uint64_t value) {
    write(low, static_cast<std::uint32_t>(value));
    write(high, static_cast<std::uint32_t>(value >> 32));
  }
  void ring() {
    write(contract::kDoorbellBase + 3 * contract::kDoorbellStride, tail_ | head_ << 16);
  }
  void open(Opcode opcode, std::uint32_t cookie, std::uint32_t slot) {
    contract::OpenEntry entry{};
    entry.opcode = static_cast<std::uint8_t>(opcode);
    entry.cookie = cookie;
    entry.rx_size_log2 = 13;
    entry.rx_region = 5;
    entry.rx_slot = slot;
    std::memcpy(submissions_.bytes.data() + (tail_++ % 16) * 32, &entry, sizeof entry);
    ring();
  }
  void complete(CompletionKind kind, std::uint32_t cookie, bool final,
                Opcode opcode = Opcode::kNop) {
    contract::CompletionEntry entry{};
    entry.kind = static_cast<std::uint8_t>(kind);
    entry.flags = final ? static_cast<std::uint8_t>(CompletionFlag::kFinal) : 0;
    entry.cookie = cookie;
    entry.detail = static_cast<std::uint16_t>(opcode);
    std::memcpy(completions_.bytes.data() + (head_++ % 16) * 32, &entry, sizeof entry);
    ring();
  }
  std::size_t errors() const { return watch_.errors().size(); }

  Memory memory_;
  RingWatch watch_{memory_};
  host::SharedMemory submissions_, completions_, status_, buffers_;
  std::uint32_t tail_ = 0;
  std::uint32_t head_ = 0;
};

TEST_F(RingWatchTest, KnowsWhatTheCardMayWrite) {
  watch_.on_write(completions_.card_address + 448, kAll);
  watch_.on_write(status_.card_address, 0xF);
  open(Opcode::kConnect, 7, 1);
  watch_.on_write(buffers_.card_address + 8192, kAll);
  watch_.on_write(buffers_.card_address + 16384 - 64, kAll);
  EXPECT_EQ(errors(), 0u);
}

TEST_F(RingWatchTest, AllowsWhatOthersOwn) {
  watch_.allow(buffers_.card_address + 4096, 4096);
  watch_.on_write(buffers_.card_address + 8192 - 64, kAll);
  EXPECT_EQ(errors(), 0u);
  watch_.on_write(buffers_.card_address + 8192, kAll);
  EXPECT_EQ(errors(), 1u);
}

TEST_F(RingWatchTest, FindsStrayWrites) {
  const std::uint64_t stray[] = {completions_.card_address + 512, submissions_.card_address,
                                 status_.card_address + 64, buffers_.card_address};
  for (const std::uint64_t address : stray) watch_.on_write(address, 1);
  EXPECT_EQ(errors(), 4u);
  watch_.on_write(status_.card_address, 0x1F);
  EXPECT_EQ(errors(), 5u) << "only the first word of the line is the card's";
  watch_.on_write(buffers_.card_address, 0);
  EXPECT_EQ(errors(), 5u) << "no byte was written";
}

TEST_F(RingWatchTest, TakesTheRingBackAtTheEnd) {
  open(Opcode::kAccept, 7, 0);
  complete(CompletionKind::kReport, 7, false);
  watch_.on_write(buffers_.card_address, kAll);
  EXPECT_EQ(errors(), 0u);
  complete(CompletionKind::kReport, 7, true);
  EXPECT_EQ(errors(), 0u);
  watch_.on_write(buffers_.card_address, kAll);
  EXPECT_EQ(errors(), 1u);
  EXPECT_EQ(watch_.ended(), 1u);
}

TEST_F(RingWatchTest, FindsReportsOfNobodyAndASecondEnd) {
  open(Opcode::kConnect, 7, 0);
  open(Opcode::kConnect, 8, 1);
  complete(CompletionKind::kResponse, 8, false, Opcode::kConnect);
  EXPECT_EQ(watch_.refused(), 1u);
  complete(CompletionKind::kReport, 7, true);
  EXPECT_EQ(errors(), 0u);
  complete(CompletionKind::kReport, 7, true);
  complete(CompletionKind::kReport, 8, false);
  EXPECT_EQ(errors(), 2u);
}

TEST_F(RingWatchTest, FindsRingsGivenTwice) {
  open(Opcode::kConnect, 7, 0);
  open(Opcode::kConnect, 8, 0);
  EXPECT_EQ(errors(), 2u) << "both pages";
}

}  // namespace
}  // namespace millrace::sim
