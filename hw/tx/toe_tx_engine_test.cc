// SPDX-License-Identifier: Apache-2.0
// toe_tx_engine: segmentation, windows, recovery and timers rule by rule in virtual time, and a
// lossy path against a model receiver.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "hw/tx/toe_tx_engine_bench.h"

namespace millrace::tx_test {
namespace {

TEST(TxEngine, SynIsSentAgainWithBackOffThenGivesUp) {
  Bench bench;
  bench.control(kActive);
  bench.advance(120'000'000);
  const auto sent = bench.take();
  ASSERT_EQ(sent.size(), 4U);
  EXPECT_EQ(sent[0].flags, kSyn);
  EXPECT_TRUE(sent[0].options);
  EXPECT_EQ(sent[0].seq, kIss);
  EXPECT_EQ(sent[1].at - sent[0].at, 1'000'000U);
  EXPECT_EQ(sent[2].at - sent[1].at, 2'000'000U);
  EXPECT_EQ(sent[3].at - sent[2].at, 4'000'000U);
  ASSERT_TRUE(bench.end_status);
  EXPECT_EQ(*bench.end_status, 3U);
}

TEST(TxEngine, SynAckCarriesWindowScaleOnlyIfOffered) {
  Bench bench(18);
  bench.control(kListen);
  bench.control(kSynCtl);
  const auto sent = bench.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].flags, kSyn | kAck);
  EXPECT_EQ(sent[0].ack, kIrs + 1);
  EXPECT_EQ(sent[0].ws, 3U);
  EXPECT_EQ(sent[0].wnd, 65535);
}

TEST(TxEngine, HandshakeOfActiveOpenEndsWithAck) {
  Bench bench;
  bench.control(kActive);
  bench.take();
  bench.ack({.seq = kIrs, .has_text = true, .established = true, .syn = true, .want = kAckNow});
  const auto sent = bench.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].flags, kAck);
  EXPECT_EQ(sent[0].seq, kIss + 1);
  EXPECT_FALSE(bench.armed());
}

TEST(TxEngine, InitialWindowThenSlowStart) {
  Bench bench;
  bench.establish();
  bench.host(40'000);
  auto sent = bench.take();
  ASSERT_EQ(sent.size(), 10U);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].len, kMss);
    EXPECT_EQ(sent[i].seq, static_cast<std::uint32_t>(kIss + 1 + i * kMss));
    EXPECT_EQ(sent[i].offset, i * kMss);
  }
  bench.ack({.ack = kIss + 1 + 2 * kMss});
  EXPECT_EQ(bench.take().size(), 3U) << "two left the window, one is growth per acknowledgement";
}

TEST(TxEngine, LastSegmentIsShortAndPushed) {
  Bench bench;
  bench.establish();
  bench.host(2500);
  const auto sent = bench.take();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[2].len, 500);
  EXPECT_EQ(sent[2].flags, kAck | kPsh);
  EXPECT_EQ(sent[1].flags, kAck);
}

TEST(TxEngine, FinFollowsTheLastByteAndIsReportedAcked) {
  Bench bench;
  bench.establish();
  bench.host(100, true);
  auto sent = bench.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].flags, kAck | kPsh | kFin);
  bench.ack({.ack = kIss + 1 + 101});
  ASSERT_FALSE(bench.reports.empty());
  EXPECT_EQ(bench.reports.back().acked, 100U);
  EXPECT_TRUE(bench.reports.back().fin_acked);
  EXPECT_FALSE(bench.armed());
  bench.host(100, true);
  EXPECT_TRUE(bench.take().empty()) << "the same again is harmless";
}

TEST(TxEngine, BadOffsetsAreRefusedAndChangeNothing) {
  Bench bench(12);
  bench.establish();
  bench.host(4097);
  ASSERT_EQ(bench.reports.size(), 1U);
  EXPECT_TRUE(bench.reports[0].bad_offset);
  EXPECT_TRUE(bench.take().empty());
  bench.host(4096);
  EXPECT_EQ(bench.reports.size(), 1U);
  EXPECT_FALSE(bench.take().empty());
  bench.host(50, true);
  EXPECT_EQ(bench.reports.size(), 1U) << "an older offset is ignored";
}

TEST(TxEngine, ThirdDuplicateAckRetransmits) {
  Bench bench;
  bench.establish();
  bench.host(10'000);
  bench.take();
  bench.ack({});
  bench.ack({});
  EXPECT_TRUE(bench.take().empty());
  bench.ack({});
  auto sent = bench.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].seq, kIss + 1);
  EXPECT_EQ(sent[0].len, kMss);
  bench.ack({.ack = kIss + 1 + 3 * kMss});  // partial: the fourth is lost too (RFC 6582)
  sent = bench.take();
  ASSERT_GE(sent.size(), 1U);
  EXPECT_EQ(sent[0].seq, kIss + 1 + 3 * kMss);
}

TEST(TxEngine, TimeoutGoesBackAndGivesUpAtLast) {
  Bench bench;
  bench.establish();
  bench.host(3000);
  bench.take();
  bench.advance(200'000);  // the handshake measured nearly nothing: the lower bound holds
  auto sent = bench.take();
  ASSERT_GE(sent.size(), 1U);
  EXPECT_EQ(sent[0].seq, kIss + 1);
  EXPECT_EQ(sent.size(), 1U) << "congestion window of one segment";
  bench.ack({.ack = kIss + 1 + kMss});
  sent = bench.take();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].seq, kIss + 1 + kMss);
  bench.advance(600'000'000);
  ASSERT_TRUE(bench.end_status);
  EXPECT_EQ(*bench.end_status, 3U);
  EXPECT_FALSE(bench.armed());
}

TEST(TxEngine, ZeroWindowIsProbedForever) {
  Bench bench;
  bench.establish(0);
  bench.host(500);
  EXPECT_TRUE(bench.take().empty());
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(bench.armed()) << i;
    bench.advance(bench.deadline() - bench.now());
    const auto sent = bench.take();
    ASSERT_EQ(sent.size(), 1U) << i;
    EXPECT_EQ(sent[0].len, 0);
    EXPECT_EQ(sent[0].seq, kIss);
    bench.ack({.wnd = 0});
  }
  EXPECT_FALSE(bench.end_status);
  bench.ack({.wnd = 1000});
  const auto sent = bench.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].len, 500);
}

// What waits for the wire says what was known when it was made.
TEST(TxEngine, AcknowledgementsDoNotGrowOldBehindABusyWire) {
  Bench bench;
  bench.establish();
  bench.host_while_stalled(10'000, 200);
  bench.window(kIrs + 1001, kIrs + 1001 + 65536);
  bench.ack({.seq = kIrs + 1, .has_text = true, .want = kAckDelayed});
  const auto sent = bench.take();
  ASSERT_EQ(sent.size(), 10U);
  const auto old = std::ranges::count(sent, kIrs + 1, &Sent::ack);
  EXPECT_GE(old, 1);
  EXPECT_LE(old, 3);
}

TEST(TxEngine, EverySecondSegmentIsAcknowledgedOrAfterADelay) {
  Bench bench;
  bench.establish();
  bench.ack({.has_text = true, .want = kAckDelayed});
  EXPECT_TRUE(bench.take().empty());
  bench.ack({.has_text = true, .want = kAckDelayed});
  EXPECT_EQ(bench.take().size(), 1U);
  bench.ack({.has_text = true, .want = kAckDelayed});
  bench.advance(39'999);
  EXPECT_TRUE(bench.take().empty());
  bench.advance(1);
  EXPECT_EQ(bench.take().size(), 1U);
  EXPECT_FALSE(bench.armed());
  bench.delayed_ack(0);
  bench.ack({.has_text = true, .want = kAckDelayed});
  EXPECT_EQ(bench.take().size(), 1U);
}

TEST(TxEngine, WindowUpdateWhenWorthIt) {
  Bench bench(14);
  bench.establish();
  bench.window(kIrs + 1 + 16384, kIrs + 1 + 16384);  // the ring is full
  bench.ack({.has_text = true, .want = kAckNow});
  auto sent = bench.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].wnd, 0);
  bench.window(kIrs + 1 + 16384, kIrs + 1 + 16384 + 1999);
  bench.ack({.valid = false});
  EXPECT_TRUE(bench.take().empty()) << "silly window";
  bench.window(kIrs + 1 + 16384, kIrs + 1 + 16384 + 2000);
  bench.ack({.valid = false});
  sent = bench.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].wnd, 2000);
}

TEST(TxEngine, KillWithResetSendsRst) {
  Bench bench;
  bench.establish();
  bench.control(kKill, true);
  const auto sent = bench.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].flags, kRst | kAck);
  EXPECT_EQ(sent[0].seq, kIss + 1);
  EXPECT_FALSE(bench.armed());
}

// A path that loses segments and acknowledgements: everything arrives, nothing outside the window.
TEST(TxEngine, LossyPathDeliversEverything) {
  const unsigned seed = 7;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 10; ++round) {
    Bench bench(16);
    bench.establish();
    const std::uint32_t total = 60'000;
    bench.host(total, true);
    std::vector<bool> got(total + 1, false);
    std::uint32_t next = 0;
    int steps = 0;
    while (!(next == total + 1 && !bench.reports.empty() && bench.reports.back().fin_acked) &&
           ++steps < 20'000) {
      const auto sent = bench.take();
      if (sent.empty()) {
        bench.advance(100'000);
        continue;
      }
      for (const Sent& seg : sent) {
        const std::uint32_t start = seg.seq - kIss - 1;
        ASSERT_LE(start + seg.len, total);
        if (random() % 10 == 0) continue;
        for (std::uint32_t i = 0; i < seg.len; ++i) got[start + i] = true;
        if ((seg.flags & kFin) != 0) {
          ASSERT_EQ(start + seg.len, total);
          got[total] = true;
        }
        while (next <= total && got[next]) ++next;
        bench.advance(50);
        if (random() % 10 != 0) bench.ack({.ack = kIss + 1 + next});
      }
    }
    EXPECT_EQ(next, total + 1) << "round " << round;
    EXPECT_FALSE(bench.end_status);
  }
}

}  // namespace
}  // namespace millrace::tx_test
