// SPDX-License-Identifier: Apache-2.0
// toe_rx_engine: timestamps and PAWS (RFC 7323 3 to 5).

#include <gtest/gtest.h>

#include <vector>

#include "hw/rx/rx_engine_bench.h"

namespace millrace {
namespace {

constexpr std::uint32_t kTs = 0xFFFFFFF0U;  // wraps soon

// Established with timestamps; TS.Recent = kTs, nothing received, Last.ACK.sent = RCV.NXT.
void establish(Bench& bench) {
  bench.establish(kTs);
  bench.dut().last_ack_i = kIrs + 1;
}

TEST(RxTimestamps, PassiveOpenTakesTheSynsTimestamp) {
  Bench bench;
  bench.control(kListen);
  bench.dut().ctl_ts_on_i = 1;
  bench.dut().ts_val_i = 77;
  bench.control(kSynCtl, kIrs);
  EXPECT_EQ(bench.copy().ts_recent, 77U);
  const Outcome out = bench.segment({.seq = kIrs + 1, .ts = 76});
  EXPECT_TRUE(out.paws);
  EXPECT_FALSE(out.established);
}

TEST(RxTimestamps, ActiveOpenUsesThemIfBothDo) {
  for (const bool ours : {false, true}) {
    for (const bool theirs : {false, true}) {
      Bench bench;
      bench.dut().use_ts_i = ours;
      bench.control(kActive);
      Segment syn_ack{.seq = kIrs, .flags = kSyn | kAck};
      if (theirs) syn_ack.ts = 500;
      EXPECT_TRUE(bench.segment(syn_ack).established);
      bench.facts(kIss + 1, kIss + 1);
      Segment old{.seq = kIrs + 1, .len = 10};
      if (theirs) old.ts = 499;
      EXPECT_EQ(bench.segment(old).paws, ours && theirs);
    }
  }
}

TEST(RxTimestamps, AnOlderOneIsOutsideTheWindow) {
  Bench bench;
  establish(bench);
  const Outcome out = bench.segment({.seq = kIrs + 1, .len = 10, .ts = kTs - 1});
  EXPECT_TRUE(out.paws);
  EXPECT_FALSE(out.outside) << "counted once";
  EXPECT_EQ(out.want_ack, kAckNow);
  EXPECT_FALSE(out.ack_valid);
  ASSERT_TRUE(out.job);
  EXPECT_EQ(out.job->len, 0);
  EXPECT_FALSE(out.dsack);
  EXPECT_EQ(bench.segment({.seq = kIrs + 1, .len = 10, .ts = kTs}).job->len, 10) << "equal is good";
  EXPECT_EQ(bench.segment({.seq = kIrs + 11, .len = 10, .ts = 5}).job->len, 10) << "wraps";
}

TEST(RxTimestamps, ResetsAreExempt) {
  for (const bool with : {false, true}) {
    Bench bench;
    establish(bench);
    Segment reset{.seq = kIrs + 1, .flags = kRst};
    if (with) reset.ts = kTs - 1;
    EXPECT_EQ(bench.segment(reset).end_kind, kEndClosed);
  }
}

// RFC 7323 3.2: dropped in silence, and the connection goes on.
TEST(RxTimestamps, SegmentsWithoutOneAreDroppedInSilence) {
  Bench bench;
  establish(bench);
  const Outcome out = bench.segment({.seq = kIrs + 1, .len = 10});
  EXPECT_TRUE(out.paws);
  EXPECT_FALSE(out.to_tx);
  EXPECT_EQ(out.job->len, 0);
  EXPECT_FALSE(bench.segment({.seq = kIrs - 50, .len = 10}).to_tx) << "outside the window too";
  EXPECT_TRUE(bench.segment({.seq = kIrs + 1, .flags = kSyn}).challenge) << "a peer without memory";
  EXPECT_EQ(bench.segment({.seq = kIrs + 1, .len = 10, .ts = kTs}).job->len, 10);
}

TEST(RxTimestamps, UnnegotiatedOnesAreIgnored) {
  Bench bench;
  bench.establish();
  EXPECT_EQ(bench.segment({.seq = kIrs + 1, .len = 10, .ts = 9}).job->len, 10);
  EXPECT_EQ(bench.segment({.seq = kIrs + 11, .len = 10, .ts = 8}).job->len, 10);
  EXPECT_EQ(bench.segment({.seq = kIrs + 21, .len = 10}).job->len, 10);
}

// RFC 7323 4.3: the timestamp of the first segment since the last acknowledgement.
TEST(RxTimestamps, RecentIsTheFirstSinceTheLastAck) {
  Bench bench;
  establish(bench);
  bench.segment({.seq = kIrs + 1, .len = 10, .ts = kTs + 1});
  EXPECT_EQ(bench.copy().ts_recent, kTs + 1);
  bench.segment({.seq = kIrs + 11, .len = 10, .ts = kTs + 2});
  EXPECT_EQ(bench.copy().ts_recent, kTs + 1) << "the acknowledgement is still to come";
  bench.dut().last_ack_i = kIrs + 21;
  bench.segment({.seq = kIrs + 21, .len = 10, .ts = kTs + 3});
  EXPECT_EQ(bench.copy().ts_recent, kTs + 3);
}

TEST(RxTimestamps, DataBeyondAGapDoNotCount) {
  Bench bench;
  establish(bench);
  bench.segment({.seq = kIrs + 11, .len = 10, .ts = kTs + 1});
  EXPECT_EQ(bench.copy().ts_recent, kTs);
  bench.segment({.seq = kIrs + 1, .len = 10, .ts = kTs + 2});
  EXPECT_EQ(bench.copy().ts_recent, kTs + 2) << "what fills it does";
}

TEST(RxTimestamps, RejectedSegmentsDoNotCount) {
  Bench bench;
  establish(bench);
  bench.segment({.seq = kIrs + 9000, .len = 10, .ts = kTs + 1});                // outside
  bench.segment({.seq = kIrs + 1, .ack = kIss + 99, .len = 1, .ts = kTs + 2});  // ACK of nothing
  bench.segment({.seq = kIrs + 1, .flags = kSyn, .ts = kTs + 3});
  EXPECT_EQ(bench.copy().ts_recent, kTs);
  bench.segment({.seq = kIrs + 1, .ts = kTs + 4});
  EXPECT_EQ(bench.copy().ts_recent, kTs + 4) << "a pure acknowledgement does";
}

// Last.ACK.sent comes late from the transmit engine: the segment that begins there is gone.
TEST(RxTimestamps, AMissedBeginIsMadeUpFor) {
  Bench bench;
  establish(bench);
  bench.segment({.seq = kIrs + 1, .len = 10, .ts = kTs + 1});
  bench.segment({.seq = kIrs + 11, .len = 10, .ts = kTs + 2});
  bench.dut().last_ack_i = kIrs + 11;  // of the first
  bench.segment({.seq = kIrs + 21, .len = 10, .ts = kTs + 3});
  EXPECT_EQ(bench.copy().ts_recent, kTs + 3);
  bench.segment({.seq = kIrs + 31, .len = 10, .ts = kTs + 4});
  EXPECT_EQ(bench.copy().ts_recent, kTs + 3) << "once";
}

constexpr std::uint32_t kDay = 84375000;  // ticks of 1,024 us

// RFC 7323 5.5: after 24 days the clock of the peer may have wrapped.
TEST(RxTimestamps, RecentIsInvalidAfter24Days) {
  for (const std::uint32_t days : {23U, 25U, 60U}) {
    Bench bench;
    bench.dut().now_ticks_i = 0xF0000000U;
    establish(bench);
    std::uint64_t now = 0xF0000000U;
    for (std::uint32_t day = 0; day < days; ++day) {
      now += kDay;
      bench.dut().now_ticks_i = static_cast<std::uint32_t>(now);
      bench.clock();
    }
    bench.clock();
    const Outcome out = bench.segment({.seq = kIrs + 1, .len = 10, .ts = kTs - 1000});
    EXPECT_EQ(out.paws, days < 24) << days << " days";
    EXPECT_EQ(bench.copy().ts_recent, days < 24 ? kTs : kTs - 1000);
  }
}

// The newest TS.Recent is handed on like RCV.NXT.
TEST(RxTimestamps, AStreamKeepsItsRate) {
  Bench bench;
  establish(bench);
  std::vector<Segment> segments;
  for (std::uint32_t i = 0; i < 60; ++i) {
    // Every fifth is old by one tick against its predecessor, and comes again at once.
    if (i % 5 == 4) segments.push_back({.seq = kIrs + 1 + i * 64, .len = 64, .ts = kTs + i - 2});
    segments.push_back({.seq = kIrs + 1 + i * 64, .len = 64, .ts = kTs + i});
  }
  bench.dut().last_ack_i = kIrs + 1 + 60 * 64;  // all of them count
  const auto out = bench.burst(segments);
  EXPECT_LE(out.clocks, 72 * 2);
  EXPECT_EQ(out.received, 60U * 64);
  EXPECT_EQ(out.placed, 60U * 64);
  EXPECT_EQ(bench.copy().ts_recent, kTs + 59);
}

}  // namespace
}  // namespace millrace
