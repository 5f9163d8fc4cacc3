// SPDX-License-Identifier: Apache-2.0
// toe_rx_engine: opening, closing and TIME-WAIT in the cases that are rare, the limits of RFC 5961,
// ICMP errors (RFC 5927), and what goes to the connection manager.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "hw/rx/rx_engine_bench.h"

namespace millrace {
namespace {

TEST(RxOpen, DataOfASynAckAreTaken) {
  Bench bench;
  bench.control(kActive);
  const Outcome out = bench.segment({.seq = kIrs, .flags = kSyn | kAck, .len = 300});
  ASSERT_TRUE(out.job);
  EXPECT_TRUE(out.job->established);
  EXPECT_EQ(out.job->len, 300);
  EXPECT_EQ(out.job->skip, 0);
  EXPECT_EQ(out.job->offset, 0U);
  EXPECT_EQ(out.job->received, 300U);
  EXPECT_EQ(out.want_ack, kAckNow);
  const Copy copy = bench.copy();
  EXPECT_EQ(copy.rcv_nxt, kIrs + 301);
  EXPECT_EQ(copy.rcv_edge, kIrs + 1 + 4096);
  bench.facts(kIss + 1, kIss + 1);
  EXPECT_EQ(bench.segment({.seq = kIrs + 301, .len = 10}).job->offset, 300U);
}

TEST(RxOpen, DataOfASynAckAreTrimmedToTheRing) {
  Bench bench;
  bench.control(kActive);
  const Outcome out = bench.segment({.seq = kIrs, .flags = kSyn | kAck | kFin, .len = 5000});
  EXPECT_EQ(out.job->len, 4096);
  EXPECT_EQ(out.job->received, 4096U);
  EXPECT_FALSE(out.job->fin);
}

TEST(RxOpen, FinOfASynAckIsTaken) {
  for (const std::uint16_t len : {std::uint16_t{0}, std::uint16_t{100}, std::uint16_t{4096}}) {
    Bench bench;
    bench.control(kActive);
    const Outcome out = bench.segment({.seq = kIrs, .flags = kSyn | kAck | kFin, .len = len});
    EXPECT_TRUE(out.established);
    EXPECT_TRUE(out.job->fin);
    EXPECT_EQ(out.job->received, len);
    const Copy copy = bench.copy();
    EXPECT_EQ(copy.rcv_nxt, kIrs + 2 + len);
    EXPECT_GE(copy.rcv_edge - copy.rcv_nxt, 0U);
    EXPECT_LE(copy.rcv_edge - copy.rcv_nxt, 4096U);
  }
}

TEST(RxOpen, DataOfASynAloneWait) {
  Bench bench;
  bench.control(kActive);
  Outcome out = bench.segment({.seq = kIrs, .flags = kSyn, .len = 100});
  EXPECT_EQ(out.job->len, 0);
  EXPECT_EQ(bench.copy().rcv_nxt, kIrs + 1);
  out = bench.segment({.seq = kIrs, .ack = kIss + 1, .flags = kSyn | kAck, .len = 100});
  EXPECT_TRUE(out.established);
  EXPECT_TRUE(out.syn_valid) << "its window is not scaled";
  EXPECT_EQ(out.job->len, 100);
  EXPECT_EQ(out.job->received, 100U);
  EXPECT_EQ(out.want_ack, kAckNow);
}

TEST(RxOpen, ARepeatedSynIsNoAttack) {
  Bench bench;
  bench.dut().challenge_rate_i = 1;
  bench.control(kListen);
  bench.control(kSynCtl, kIrs);
  for (int i = 0; i < 3; ++i) {
    const Outcome out = bench.segment({.seq = kIrs, .flags = kSyn});
    EXPECT_EQ(out.want_ack, kAckNow);
    EXPECT_FALSE(out.challenge);
    EXPECT_FALSE(out.limited);
  }
}

TEST(RxOpen, ACookieOpensAtOnce) {
  Bench bench;
  bench.control(kListen);
  bench.dut().ctl_open_i = 1;
  const Outcome out = bench.control(kSynCtl, kIrs);
  ASSERT_TRUE(out.job);
  EXPECT_TRUE(out.job->report);
  EXPECT_TRUE(out.job->established);
  EXPECT_FALSE(out.job->fin);
  EXPECT_EQ(out.job->received, 0U);
  EXPECT_FALSE(out.to_tx);
  bench.facts(kIss + 1, kIss + 1);
  EXPECT_EQ(bench.segment({.seq = kIrs + 1, .len = 10}).job->received, 10U);
}

TEST(RxStray, AcksGoToTheManagerWhileItWantsThem) {
  Bench bench;
  bench.dut().stray_acks_i = 1;
  Outcome out = bench.segment({.seq = 1, .hit = false});
  EXPECT_TRUE(out.syn);
  EXPECT_FALSE(out.rst_seq);
  out = bench.segment({.seq = 1, .flags = kAck | kFin, .len = 5, .hit = false});
  EXPECT_TRUE(out.syn);
  EXPECT_EQ(out.job->len, 0);
  out = bench.segment({.seq = 1, .flags = kAck | kSyn, .hit = false});
  EXPECT_FALSE(out.syn);
  EXPECT_TRUE(out.rst_seq);
  EXPECT_FALSE(bench.segment({.seq = 1, .flags = kAck | kRst, .hit = false}).syn);
}

TEST(RxStray, SegmentsWithoutFlagsGoToTheManager) {
  Bench bench;
  for (const std::uint8_t flags : {std::uint8_t{0}, kFin}) {
    const Outcome out = bench.segment({.seq = 1, .flags = flags, .len = 7, .hit = false});
    EXPECT_TRUE(out.syn);
    EXPECT_FALSE(out.rst_seq);
    EXPECT_EQ(out.job->len, 0);
  }
}

TEST(RxStray, AFloodOfSynsHoldsNobodyUp) {
  Bench bench;
  bench.establish();
  bench.dut().syn_ready_i = 0;
  std::vector<Segment> flood;
  for (std::uint32_t i = 0; i < 40; ++i) {
    flood.push_back({.seq = i, .flags = kSyn, .hit = false});
    flood.push_back({.seq = kIrs + 1 + i * 10, .len = 10});
  }
  bench.dut().backlog_full_i = 1;  // the manager's own drops are counted along
  unsigned dropped = 0;
  bench.on_clock = [&] {
    dropped += bench.dut().backlog_full_o;
    bench.dut().backlog_full_i = 0;
  };
  const auto out = bench.burst(flood);
  EXPECT_EQ(out.received, 400U);
  EXPECT_LE(out.clocks, 80 * 2);
  EXPECT_EQ(dropped, 40U - 16 + 1);
}

TEST(RxClose, AFinBehindAFullWindowMovesTheEdge) {
  Bench bench;
  bench.establish();
  bench.segment({.seq = kIrs + 1, .len = 4096});
  EXPECT_TRUE(bench.segment({.seq = kIrs + 4097, .flags = kFin | kAck}).job->fin);
  const Copy copy = bench.copy();
  EXPECT_EQ(copy.rcv_nxt, kIrs + 4098);
  EXPECT_EQ(copy.rcv_edge, kIrs + 4098);
  EXPECT_TRUE(bench.segment({.seq = kIrs + 4098}).ack_valid) << "later ACKs are acceptable";
}

TEST(RxClose, AFinBeyondAGapAtTheEdgeMovesItToo) {
  Bench bench;
  bench.establish();
  bench.segment({.seq = kIrs + 2049, .flags = kFin | kAck, .len = 2048});
  EXPECT_TRUE(bench.segment({.seq = kIrs + 1, .len = 2048}).job->fin);
  const Copy copy = bench.copy();
  EXPECT_EQ(copy.rcv_nxt, kIrs + 4098);
  EXPECT_EQ(copy.rcv_edge, kIrs + 4098);
}

// We close first: TIME-WAIT, RCV.NXT = kIrs + 2.
void wait(Bench& bench, std::optional<std::uint32_t> ts = std::nullopt) {
  bench.establish(ts);
  bench.facts(kIss + 1, kIss + 2, true);
  const Outcome out =
      bench.segment({.seq = kIrs + 1, .ack = kIss + 2, .flags = kFin | kAck, .ts = ts});
  ASSERT_EQ(out.end_kind, kEndTimeWait);
}

TEST(RxTimeWait, AFinAgainBeginsItAnew) {
  Bench bench;
  wait(bench);
  const Outcome out = bench.segment({.seq = kIrs + 1, .ack = kIss + 2, .flags = kFin | kAck});
  EXPECT_EQ(out.end_kind, kEndAgain);
  EXPECT_EQ(out.want_ack, kAckNow);
  EXPECT_FALSE(bench.segment({.seq = kIrs + 2, .ack = kIss + 2}).end_kind) << "a pure ACK does not";
}

TEST(RxTimeWait, ANewSynGoesToTheManager) {
  for (const bool reuse : {false, true}) {
    Bench bench;
    wait(bench);
    bench.dut().reuse_i = reuse;
    Outcome out = bench.segment({.seq = kIrs + 3, .flags = kSyn});
    EXPECT_EQ(out.syn, reuse);
    if (reuse) EXPECT_EQ(out.syn_ack, kIss + 2) << "SND.MAX";
    EXPECT_EQ(out.challenge, !reuse);
    out = bench.segment({.seq = kIrs + 70000, .flags = kSyn});
    EXPECT_EQ(out.syn, reuse);
    EXPECT_EQ(out.outside, !reuse);
    EXPECT_FALSE(bench.segment({.seq = kIrs + 2, .flags = kSyn}).syn) << "not above RCV.NXT";
    EXPECT_FALSE(bench.segment({.seq = kIrs - 9, .flags = kSyn}).syn);
    EXPECT_FALSE(bench.segment({.seq = kIrs + 3, .flags = kSyn | kAck}).syn);
  }
}

// RFC 6191 2.
TEST(RxTimeWait, TimestampsSayWhetherASynIsNew) {
  Bench bench;
  wait(bench, 1000);
  bench.dut().reuse_i = 1;
  EXPECT_TRUE(bench.segment({.seq = kIrs - 9, .flags = kSyn, .ts = 1001}).syn);
  EXPECT_FALSE(bench.segment({.seq = kIrs - 9, .flags = kSyn, .ts = 1000}).syn);
  EXPECT_TRUE(bench.segment({.seq = kIrs + 3, .flags = kSyn, .ts = 1000}).syn);
  EXPECT_FALSE(bench.segment({.seq = kIrs + 3, .flags = kSyn, .ts = 999}).syn);
  EXPECT_TRUE(bench.segment({.seq = kIrs + 3, .flags = kSyn}).syn) << "without, numbers decide";
  EXPECT_FALSE(bench.segment({.seq = kIrs - 9, .flags = kSyn}).syn);
}

// RFC 5961 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK.
TEST(RxAckRange, ReachesBackByTheLargestWindow) {
  for (const std::uint32_t window : {1U, 1000U, 65535U, 1U << 30}) {
    Bench bench;
    bench.establish();
    bench.dut().max_wnd_i = window;
    EXPECT_FALSE(bench.segment({.seq = kIrs + 1, .ack = kIss + 1 - window}).challenge);
    EXPECT_TRUE(bench.segment({.seq = kIrs + 1, .ack = kIss - window}).challenge);
  }
}

TEST(RxZeroWindow, AcksAndResetsAreProcessed) {
  Bench bench;
  bench.establish();
  bench.segment({.seq = kIrs + 1, .len = 4096});
  bench.facts(kIss + 1, kIss + 101);
  Outcome out = bench.segment({.seq = kIrs + 4097, .ack = kIss + 51});
  EXPECT_TRUE(out.ack_valid);
  EXPECT_EQ(out.want_ack, kAckNone);
  out = bench.segment({.seq = kIrs + 4097, .ack = kIss + 61, .len = 100});
  EXPECT_TRUE(out.ack_valid) << "with data that find no room";
  EXPECT_EQ(out.job->len, 0);
  EXPECT_EQ(out.want_ack, kAckNow);
  EXPECT_FALSE(bench.segment({.seq = kIrs + 4098, .flags = kRst}).end_kind);
  EXPECT_EQ(bench.segment({.seq = kIrs + 4097, .flags = kRst}).end_kind, kEndClosed);
}

TEST(RxAcks, PureOnesAreNotAnsweredWhileARunWaits) {
  Bench bench;
  bench.establish();
  EXPECT_EQ(bench.segment({.seq = kIrs + 101, .len = 100}).want_ack, kAckNow);
  EXPECT_EQ(bench.segment({.seq = kIrs + 201}).want_ack, kAckNone);
  EXPECT_EQ(bench.segment({.seq = kIrs + 1}).want_ack, kAckNone);
  EXPECT_EQ(bench.segment({.seq = kIrs + 1, .len = 10}).want_ack, kAckNow) << "a gap is left";
}

// RFC 5961 7, for the whole card.
TEST(RxChallenge, TheirRateIsLimited) {
  Bench bench;
  bench.establish();
  bench.dut().challenge_rate_i = 3;
  for (int i = 0; i < 8; ++i) bench.clock();
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 5; ++i) {
      const Outcome out = bench.segment({.seq = kIrs + 2, .flags = kRst});
      EXPECT_EQ(out.challenge, i < 3);
      EXPECT_EQ(out.to_tx, i < 3);
      EXPECT_EQ(out.limited, i >= 3);
    }
    bench.dut().now_us_i += 999'999;
    EXPECT_TRUE(bench.segment({.seq = kIrs + 1, .flags = kSyn}).limited);
    bench.dut().now_us_i += 1;
    for (int i = 0; i < 4; ++i) bench.clock();
  }
  bench.dut().challenge_rate_i = 0;
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(bench.segment({.seq = kIrs + 2, .flags = kRst}).limited);
}

// A budget known to all would tell others' sequence numbers: a large one is not the same each time.
TEST(RxChallenge, ALargeRateIsBlurred) {
  Bench bench;
  bench.establish();
  bench.dut().secret_i = 0x1234'5678;
  bench.dut().challenge_rate_i = 128;
  for (int i = 0; i < 8; ++i) bench.clock();
  std::vector<unsigned> sent;
  for (int second = 0; second < 6; ++second) {
    unsigned count = 0;
    bench.on_clock = [&] { count += bench.dut().challenge_o; };
    bench.burst(std::vector<Segment>(140, {.seq = kIrs + 2, .flags = kRst}));
    sent.push_back(count);
    EXPECT_LE(count, 128U);
    EXPECT_GE(count, 96U);
    bench.dut().now_us_i += 1'000'000;
    for (int i = 0; i < 4; ++i) bench.clock();
  }
  std::sort(sent.begin(), sent.end());
  EXPECT_GE(std::unique(sent.begin(), sent.end()) - sent.begin(), 4);
}

TEST(RxIcmp, SoftErrorsGoToTheTransmitEngine) {
  Bench bench;
  bench.establish();
  bench.facts(kIss + 1001, kIss + 3001);
  for (const bool hard : {false, true}) {
    const Outcome out =
        bench.segment({.seq = kIss + 2001, .icmp = true, .hard = hard, .wnd = 1400});
    EXPECT_TRUE(out.icmp_error);
    EXPECT_TRUE(out.icmp);
    EXPECT_EQ(out.wnd, 1400);
    EXPECT_FALSE(out.ack_valid);
    EXPECT_EQ(out.want_ack, kAckNone);
    EXPECT_FALSE(out.end_kind);
    EXPECT_FALSE(out.job);
  }
  EXPECT_TRUE(bench.segment({.seq = kIrs + 1, .len = 10}).ack_valid) << "and it lives";
}

// RFC 5927 4.1: only what is in flight can have met an error.
TEST(RxIcmp, ErrorsAboutOtherNumbersAreForged) {
  Bench bench;
  bench.establish();
  bench.facts(kIss + 1001, kIss + 3001);
  for (const std::uint32_t seq : {kIss + 1000, kIss + 3001, kIss + 90000}) {
    const Outcome out = bench.segment({.seq = seq, .icmp = true});
    EXPECT_TRUE(out.icmp_error);
    EXPECT_FALSE(out.to_tx);
  }
  EXPECT_TRUE(bench.segment({.seq = kIss + 1001, .icmp = true}).icmp);
  EXPECT_TRUE(bench.segment({.seq = kIss + 3000, .icmp = true}).icmp);
}

TEST(RxIcmp, HardErrorsEndAnActiveHandshake) {
  Bench bench;
  bench.control(kActive);
  EXPECT_FALSE(bench.segment({.seq = kIss + 1, .icmp = true, .hard = true}).end_kind);
  EXPECT_FALSE(bench.segment({.seq = kIss, .icmp = true}).end_kind) << "a soft one";
  const Outcome out = bench.segment({.seq = kIss, .icmp = true, .hard = true});
  EXPECT_EQ(out.end_kind, kEndClosed);
  EXPECT_EQ(out.end_status, kUnreachable);
  EXPECT_FALSE(out.to_tx);
}

TEST(RxIcmp, HardErrorsEndAPassiveHandshake) {
  Bench bench;
  bench.control(kListen);
  bench.control(kSynCtl, kIrs);
  const Outcome out = bench.segment({.seq = kIss, .icmp = true, .hard = true});
  EXPECT_EQ(out.end_kind, kEndHandshake);
  EXPECT_EQ(out.end_status, kUnreachable);
}

TEST(RxIcmp, NothingAnswersThem) {
  Bench bench;
  Outcome out = bench.segment({.flags = 0xFF, .hit = false, .icmp = true});
  EXPECT_FALSE(out.rst_seq);
  EXPECT_FALSE(out.syn);
  EXPECT_FALSE(out.icmp_error) << "names no connection";
  wait(bench);
  EXPECT_FALSE(bench.segment({.seq = kIss + 1, .icmp = true, .hard = true}).to_tx);
}

// An error in the midst of a stream, which the short cut must not take for a segment.
TEST(RxIcmp, AStreamGoesOn) {
  Bench bench;
  bench.establish();
  bench.facts(kIss + 1, kIss + 1001);
  std::vector<Segment> segments;
  for (std::uint32_t i = 0; i < 20; ++i) {
    segments.push_back({.seq = kIrs + 1 + i * 64, .len = 64});
    segments.push_back({.seq = kIss + 1 + i, .icmp = true, .wnd = 1400});
  }
  EXPECT_EQ(bench.burst(segments).received, 20U * 64);
}

}  // namespace
}  // namespace millrace
