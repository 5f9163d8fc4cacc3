// SPDX-License-Identifier: Apache-2.0
// toe_rx_engine under segments of one connection that follow each other without a pause.

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "hw/rx/rx_engine_bench.h"

namespace millrace {
namespace {

std::vector<Segment> stream(unsigned count, std::uint16_t len) {
  std::vector<Segment> segments;
  for (unsigned i = 0; i < count; ++i) segments.push_back({.seq = kIrs + 1 + i * len, .len = len});
  return segments;
}

// A frame with 64 bytes of payload takes 2.84 clocks of a 100 Gb/s line at 250 MHz.
TEST(RxEngine, OneConnectionTakesASegmentEverySecondClock) {
  Bench bench;
  bench.establish();
  const auto out = bench.burst(stream(60, 64));
  EXPECT_LE(out.clocks, 60 * 2);
  EXPECT_EQ(out.reports, 60U);
  EXPECT_EQ(out.received, 60U * 64);
  EXPECT_EQ(out.placed, 60U * 64);
  EXPECT_EQ(out.strays, 0U);
}

// The window's edge moves on in flight too: the ring of 4096 bytes is passed six times.
TEST(RxEngine, ConsumingKeepsUpWithTheStream) {
  Bench bench;
  bench.establish();
  const auto out = bench.burst(stream(384, 64), 16);
  EXPECT_LE(out.clocks, 384 * 5 / 2);
  EXPECT_EQ(out.received, 384U * 64);
  EXPECT_EQ(out.placed, 384U * 64);
  EXPECT_EQ(out.strays, 0U);
}

TEST(RxEngine, SuccessorsSeeAGapAndItsEnd) {
  Bench bench;
  bench.establish();
  auto segments = stream(40, 64);
  std::swap(segments[10], segments[13]);
  std::swap(segments[20], segments[21]);
  const auto out = bench.burst(segments);
  EXPECT_LE(out.clocks, 40 * 5 / 2);
  EXPECT_EQ(out.received, 40U * 64);
}

// While the transmit engine is busy a stream becomes one message, and nothing stops.
TEST(RxEngine, MessagesOfOneConnectionMerge) {
  Bench bench;
  bench.establish();
  bench.refuse_messages(true);
  auto out = bench.burst(stream(50, 64));
  EXPECT_EQ(out.received, 50U * 64);
  bench.refuse_messages(false);
  out = bench.burst({});
  EXPECT_EQ(out.messages, 1U);
}

// Repeated pure acknowledgements are counted by the transmit engine: none may be lost.
TEST(RxEngine, DuplicateAcksDoNotMerge) {
  Bench bench;
  bench.establish();
  bench.refuse_messages(true);
  bench.burst(std::vector<Segment>(4, {.seq = kIrs + 1}));
  bench.refuse_messages(false);
  EXPECT_EQ(bench.burst({}).messages, 4U);
}

}  // namespace
}  // namespace millrace
