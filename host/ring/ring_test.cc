// SPDX-License-Identifier: Apache-2.0
// Phases, wrap of the indices, and room of both rings.

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "host/ring/completion_ring.h"
#include "host/ring/submission_ring.h"

namespace millrace::host {
namespace {

constexpr unsigned kLog2 = 4;
constexpr std::uint32_t kEntries = 1U << kLog2;

struct alignas(64) Memory {
  std::array<std::byte, std::size_t{kEntries} * contract::kEntryBytes> entries{};
  std::array<std::byte, 64> status_line{};
};

void take(SubmissionRing& ring, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    ASSERT_TRUE(ring.has_room());
    ring.take();
  }
}

TEST(SubmissionRing, PhaseAlternatesOverTheIndexWrap) {
  Memory memory;
  SubmissionRing ring(memory.entries.data(), kLog2, memory.status_line.data());
  for (std::uint32_t i = 0; i < 3 * 65536; ++i) {
    ASSERT_TRUE(ring.has_room());
    if (i % 2 == 0) {
      contract::UpdateEntry entry{};
      entry.connection_id = i;
      ring.push(entry);
    } else {
      std::byte* const at = ring.take();
      ring.store_update(at, contract::Opcode::kUpdate, SubmissionRing::kFin, i, i + 1, i + 2);
      SubmissionRing::store_consumed(at, i + 3);
    }
    contract::UpdateEntry seen{};
    std::memcpy(&seen, &memory.entries[(i % kEntries) * contract::kEntryBytes], sizeof(seen));
    ASSERT_EQ(seen.connection_id, i);
    ASSERT_EQ((seen.flags & 0x80) != 0, (i / kEntries) % 2 == 0);
    if (i % 2 == 1) {
      ASSERT_EQ(seen.opcode, 1);
      ASSERT_EQ(seen.flags & 0x7F, 1);
      ASSERT_EQ(seen.sent_up_to, i + 1);
      ASSERT_EQ(seen.consumed_up_to, i + 3);
    }
    ASSERT_EQ(ring.pushed(), i + 1);
    ASSERT_EQ(ring.tail(), static_cast<std::uint16_t>(i + 1));
    ring.set_head(static_cast<std::uint16_t>(i + 1));
  }
}

TEST(SubmissionRing, FullUntilTheStatusLineSaysMore) {
  Memory memory;
  SubmissionRing ring(memory.entries.data(), kLog2, memory.status_line.data());
  take(ring, kEntries);
  EXPECT_FALSE(ring.has_room());
  EXPECT_FALSE(ring.known_room());
  memory.status_line[0] = std::byte{3};
  ring.set_head(1);  // an older completion: the head does not go back
  take(ring, 3);
  EXPECT_FALSE(ring.has_room());
  EXPECT_EQ(ring.pushed(), kEntries + 3U);
}

// The card tells its head in completions at once, in the status line now and then.
TEST(SubmissionRing, AnOldStatusLineFreesNothing) {
  Memory memory;
  SubmissionRing ring(memory.entries.data(), kLog2, memory.status_line.data());
  take(ring, kEntries);
  ring.set_head(static_cast<std::uint16_t>(kEntries));
  take(ring, kEntries);
  memory.status_line[0] = std::byte{1};
  EXPECT_FALSE(ring.has_room());
}

// The phase of a pass that is over must not come back into its entries.
TEST(SubmissionRing, ABatchEndsWithTheDoorbellAndWithThePass) {
  Memory memory;
  SubmissionRing ring(memory.entries.data(), kLog2, memory.status_line.data());
  const auto first = ring.batch();
  EXPECT_GT(first, 0U);
  take(ring, kEntries);
  EXPECT_EQ(ring.batch(), first);
  ring.set_head(1);
  take(ring, 1);
  const auto second = ring.batch();
  EXPECT_GT(second, first);
  ring.end_batch();
  EXPECT_GT(ring.batch(), second);
}

TEST(CompletionRing, SeesEntriesByPhaseOverTheIndexWrap) {
  Memory memory;
  CompletionRing ring(memory.entries.data(), kLog2);
  std::uint32_t word = 0;
  for (std::uint32_t i = 0; i < 3 * 65536; ++i) {
    ASSERT_TRUE(ring.empty());
    contract::CompletionEntry entry{};
    entry.kind = 1;
    entry.flags = static_cast<std::uint8_t>(((i / kEntries) % 2 == 0 ? 0x80 : 0) | 0x01);
    entry.state = 4;
    entry.status = 9;
    entry.cookie = i;
    std::memcpy(&memory.entries[(i % kEntries) * contract::kEntryBytes], &entry, sizeof(entry));
    word = ring.load(ring.next());
    ASSERT_TRUE(CompletionRing::is_new(word));
    ASSERT_EQ(ring.next()->cookie, i);
    ASSERT_EQ(word, 0x09040101U);
    ASSERT_EQ(ring.pop_to(ring.next() + 1), 1U);
    ASSERT_EQ(ring.head(), static_cast<std::uint16_t>(i + 1));
  }
}

}  // namespace
}  // namespace millrace::host
