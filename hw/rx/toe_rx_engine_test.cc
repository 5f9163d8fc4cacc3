// SPDX-License-Identifier: Apache-2.0
// toe_rx_engine: RFC 9293's rules one by one, and random arrival orders against a byte model.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "hw/rx/rx_engine_bench.h"

namespace millrace {
namespace {

TEST(RxEngine, PassiveOpenReportsEstablished) {
  Bench bench;
  bench.control(kListen);
  bench.control(kSynCtl, kIrs);
  const Outcome out = bench.segment({.seq = kIrs + 1});
  ASSERT_TRUE(out.job);
  EXPECT_TRUE(out.job->established);
  EXPECT_EQ(out.job->received, 0U);
  EXPECT_TRUE(out.established);
}

TEST(RxEngine, ActiveOpenRefusedByRst) {
  Bench bench;
  bench.control(kActive);
  EXPECT_FALSE(bench.segment({.ack = kIss, .flags = kRst | kAck}).end_kind) << "wrong ack";
  const Outcome out = bench.segment({.ack = kIss + 1, .flags = kRst | kAck});
  ASSERT_TRUE(out.end_kind);
  EXPECT_EQ(*out.end_kind, kEndClosed);
  EXPECT_EQ(out.end_status, kRefused);
}

TEST(RxEngine, ActiveOpenAnswersBadAckWithRst) {
  Bench bench;
  bench.control(kActive);
  const Outcome out = bench.segment({.seq = kIrs, .ack = kIss + 7, .flags = kSyn | kAck});
  ASSERT_TRUE(out.rst_seq);
  EXPECT_EQ(*out.rst_seq, kIss + 7);
  EXPECT_EQ(out.rst_flags, kRst);
}

TEST(RxEngine, SimultaneousOpenEstablishes) {
  Bench bench;
  bench.control(kActive);
  EXPECT_EQ(bench.segment({.seq = kIrs, .flags = kSyn}).want_ack, kAckNow);
  const Outcome out = bench.segment({.seq = kIrs, .ack = kIss + 1, .flags = kSyn | kAck});
  EXPECT_TRUE(out.established);
  EXPECT_FALSE(out.challenge);
}

TEST(RxEngine, StraySegmentsGetRst) {
  Bench bench;
  Outcome out = bench.segment({.seq = 100, .ack = 77, .flags = kAck, .hit = false});
  ASSERT_TRUE(out.rst_seq);
  EXPECT_EQ(*out.rst_seq, 77U);
  EXPECT_EQ(out.rst_flags, kRst);
  out =
      bench.segment({.seq = 100, .ack = 55, .flags = kSyn | kFin | kAck, .len = 10, .hit = false});
  ASSERT_TRUE(out.rst_seq);
  EXPECT_EQ(*out.rst_seq, 55U);
  EXPECT_EQ(out.rst_flags, kRst);
  ASSERT_TRUE(out.job);
  EXPECT_TRUE(out.job->has_frame);
  EXPECT_EQ(out.job->len, 0);
  EXPECT_FALSE(bench.segment({.flags = kRst, .hit = false}).rst_seq);
  out = bench.segment({.flags = kSyn, .hit = false});
  EXPECT_TRUE(out.syn);
  EXPECT_FALSE(out.rst_seq);
}

TEST(RxEngine, DataInOrderIsPlacedAndAckDelayed) {
  Bench bench;
  bench.establish();
  const Outcome out = bench.segment({.seq = kIrs + 1, .len = 100});
  ASSERT_TRUE(out.job);
  EXPECT_EQ(out.job->len, 100);
  EXPECT_EQ(out.job->offset, 0U);
  EXPECT_EQ(out.job->received, 100U);
  EXPECT_EQ(out.want_ack, kAckDelayed);
}

TEST(RxEngine, OverlapIsTrimmedInFront) {
  Bench bench;
  bench.establish();
  bench.segment({.seq = kIrs + 1, .len = 100});
  const Outcome out = bench.segment({.seq = kIrs + 51, .len = 100});
  ASSERT_TRUE(out.job);
  EXPECT_EQ(out.job->skip, 50);
  EXPECT_EQ(out.job->len, 50);
  EXPECT_EQ(out.job->offset, 100U);
  EXPECT_EQ(out.job->received, 150U);
}

TEST(RxEngine, WindowTrimsTheBackAndReopensWhenConsumed) {
  Bench bench;
  bench.establish();
  Outcome out = bench.segment({.seq = kIrs + 1, .len = 5000});
  ASSERT_TRUE(out.job);
  EXPECT_EQ(out.job->len, 4096);
  EXPECT_EQ(out.job->received, 4096U);
  out = bench.segment({.seq = kIrs + 4097, .len = 1});
  EXPECT_EQ(out.job->len, 0);
  EXPECT_EQ(out.want_ack, kAckNow);
  EXPECT_TRUE(bench.consumed(96).to_tx);
  out = bench.segment({.seq = kIrs + 4097, .len = 200});
  EXPECT_EQ(out.job->len, 96);
  EXPECT_EQ(out.job->offset, 0U) << "the ring wraps";
}

TEST(RxEngine, ConsumedBeyondReceivedIsRefused) {
  Bench bench;
  bench.establish();
  bench.segment({.seq = kIrs + 1, .len = 10});
  const Outcome out = bench.consumed(11);
  ASSERT_TRUE(out.job);
  EXPECT_TRUE(out.job->bad_offset);
  EXPECT_FALSE(bench.consumed(10).job);
  EXPECT_FALSE(bench.consumed(5).to_tx) << "older offsets are harmless";
}

TEST(RxEngine, FinBeyondGapWaitsForTheGap) {
  Bench bench;
  bench.establish();
  Outcome out = bench.segment({.seq = kIrs + 11, .flags = kFin | kAck, .len = 10});
  ASSERT_TRUE(out.job);
  EXPECT_FALSE(out.job->report);
  EXPECT_EQ(out.want_ack, kAckNow);
  out = bench.segment({.seq = kIrs + 1, .len = 10});
  EXPECT_TRUE(out.job->fin);
  EXPECT_EQ(out.job->received, 20U);
  EXPECT_EQ(out.want_ack, kAckNow);
}

TEST(RxEngine, PeerClosesFirstEndsClosed) {
  Bench bench;
  bench.establish();
  Outcome out = bench.segment({.seq = kIrs + 1, .flags = kFin | kAck});
  EXPECT_TRUE(out.job->fin);
  bench.facts(kIss + 1, kIss + 2, true);  // then we send FIN: LAST-ACK
  out = bench.segment({.seq = kIrs + 2, .ack = kIss + 2});
  ASSERT_TRUE(out.end_kind);
  EXPECT_EQ(*out.end_kind, kEndClosed);
}

TEST(RxEngine, WeCloseFirstEndsInTimeWait) {
  Bench bench;
  bench.establish();
  bench.facts(kIss + 1, kIss + 2, true);
  Outcome out = bench.segment({.seq = kIrs + 1, .ack = kIss + 2});  // FIN-WAIT-2
  EXPECT_FALSE(out.end_kind);
  out = bench.segment({.seq = kIrs + 1, .ack = kIss + 2, .flags = kFin | kAck});
  ASSERT_TRUE(out.end_kind);
  EXPECT_EQ(*out.end_kind, kEndTimeWait);
  EXPECT_TRUE(out.job->detach);
  out = bench.segment({.seq = kIrs + 1, .ack = kIss + 2, .flags = kFin | kAck});
  EXPECT_EQ(out.want_ack, kAckNow) << "a FIN sent again is acknowledged again";
}

TEST(RxEngine, SimultaneousCloseGoesThroughClosing) {
  Bench bench;
  bench.establish();
  bench.facts(kIss + 1, kIss + 2, true);
  Outcome out = bench.segment({.seq = kIrs + 1, .ack = kIss + 1, .flags = kFin | kAck});
  EXPECT_FALSE(out.end_kind);
  out = bench.segment({.seq = kIrs + 2, .ack = kIss + 2});
  ASSERT_TRUE(out.end_kind);
  EXPECT_EQ(*out.end_kind, kEndTimeWait);
}

TEST(RxEngine, ResetMustBeExact) {
  Bench bench;
  bench.establish();
  EXPECT_TRUE(bench.segment({.seq = kIrs + 2, .flags = kRst}).challenge);
  EXPECT_FALSE(bench.segment({.seq = kIrs + 5000, .flags = kRst}).to_tx);
  EXPECT_TRUE(bench.segment({.seq = kIrs + 1, .flags = kSyn}).challenge);
  EXPECT_TRUE(bench.segment({.seq = kIrs + 1, .ack = kIss + 99, .len = 5}).challenge);
  const Outcome out = bench.segment({.seq = kIrs + 1, .flags = kRst});
  ASSERT_TRUE(out.end_kind);
  EXPECT_EQ(out.end_status, kReset);
}

TEST(RxEngine, ResetInSynReceivedEndsTheHandshake) {
  Bench bench;
  bench.control(kListen);
  bench.control(kSynCtl, kIrs);
  const Outcome out = bench.segment({.seq = kIrs + 1, .flags = kRst});
  ASSERT_TRUE(out.end_kind);
  EXPECT_EQ(*out.end_kind, kEndHandshake);
}

TEST(RxEngine, KillReportsFinal) {
  Bench bench;
  bench.establish();
  bench.segment({.seq = kIrs + 1, .len = 33});
  const Outcome out = bench.control(kKill, 0, kReset);
  ASSERT_TRUE(out.job);
  EXPECT_TRUE(out.job->final_report);
  EXPECT_EQ(out.job->status, kReset);
  EXPECT_EQ(out.job->received, 33U);
  EXPECT_FALSE(bench.segment({.seq = kIrs + 34, .len = 1}).to_tx);
}

TEST(RxEngine, FiveGapsExceedTheRecords) {
  Bench bench;
  bench.establish();
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_FALSE(bench.segment({.seq = kIrs + 11 + 20 * i, .len = 10}).exhausted);
  }
  EXPECT_TRUE(bench.segment({.seq = kIrs + 11 + 80, .len = 10}).exhausted);
  EXPECT_FALSE(bench.segment({.seq = kIrs + 21, .len = 10}).exhausted) << "joins two runs";
}

// Any arrival order, overlap and repetition: what is reported as received is what was placed.
TEST(RxEngine, RandomArrivalsRebuildTheStream) {
  const unsigned seed = 20261124;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    Bench bench;
    bench.establish();
    const std::uint32_t total = 4000;
    std::vector<bool> placed(total, false);
    std::uint32_t received = 0;
    int events = 0;
    while (received < total && ++events < 3000) {
      const std::uint32_t low = received > 300 ? received - 300 : 0;
      const std::uint32_t start =
          random() % 8 == 0 ? received : low + random() % std::min<std::uint32_t>(900, total - low);
      const std::uint32_t len = 1 + random() % std::min<std::uint32_t>(250, total - start);
      const Outcome out =
          bench.segment({.seq = kIrs + 1 + start, .len = static_cast<std::uint16_t>(len)});
      ASSERT_TRUE(out.job) << "the frame must be taken";
      ASSERT_TRUE(out.job->has_frame);
      ASSERT_LE(out.job->skip + out.job->len, static_cast<int>(len));
      for (std::uint32_t i = 0; i < out.job->len; ++i) {
        ASSERT_EQ((start + out.job->skip) & 4095U, out.job->offset);
        placed[start + out.job->skip + i] = true;
      }
      if (out.job->report) {
        ASSERT_GT(out.job->received, received);
        received = out.job->received;
      }
      const auto hole = std::find(placed.begin(), placed.end(), false) - placed.begin();
      ASSERT_EQ(received, static_cast<std::uint32_t>(hole)) << "event " << events;
    }
    EXPECT_EQ(received, total);
  }
}

}  // namespace
}  // namespace millrace
