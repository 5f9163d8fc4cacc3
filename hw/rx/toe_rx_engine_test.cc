// SPDX-License-Identifier: Apache-2.0
// toe_rx_engine: RFC 9293's rules one by one, and random arrival orders against a byte model.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "Vtoe_rx_engine_tb.h"
#include "verilated.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16;
constexpr unsigned kListen = 0, kActive = 1, kSynCtl = 2, kKill = 4;
constexpr unsigned kAckNone = 0, kAckDelayed = 1, kAckNow = 2;
constexpr unsigned kEndClosed = 0, kEndHandshake = 1, kEndTimeWait = 2;
constexpr unsigned kRefused = 1, kReset = 2;
constexpr std::uint32_t kIrs = 0xFFFFFF00U;  // the stream wraps soon
constexpr std::uint32_t kIss = 5000;
constexpr unsigned kRingLog2 = 12;

struct Segment {
  std::uint32_t seq = 0;
  std::uint32_t ack = kIss + 1;
  std::uint8_t flags = kAck;
  std::uint16_t len = 0;
  bool hit = true;
};

struct Job {
  bool has_frame, report, established, fin, bad_offset, detach, final_report;
  std::uint16_t skip, len;
  std::uint32_t offset, received;
  unsigned status;
};

struct Outcome {
  std::optional<Job> job;
  bool to_tx = false, ack_valid = false, established = false, challenge = false, exhausted = false;
  unsigned want_ack = kAckNone;
  std::optional<unsigned> end_kind;
  unsigned end_status = 0;
  bool syn = false;
  std::optional<std::uint32_t> rst_seq;
  std::uint32_t rst_ack = 0;
  unsigned rst_flags = 0;
};

class Bench {
 public:
  Bench() {
    dut_->snd_una_i = kIss;
    dut_->snd_max_i = kIss + 1;
    dut_->rst_ni = 0;
    for (int i = 0; i < 4; ++i) clock();
    dut_->rst_ni = 1;
    for (int i = 0; i < 4; ++i) clock();
  }

  void facts(std::uint32_t una, std::uint32_t max, bool fin_sent = false) {
    dut_->snd_una_i = una;
    dut_->snd_max_i = max;
    dut_->fin_sent_i = fin_sent;
  }

  Outcome control(unsigned op, std::uint32_t irs = 0, unsigned status = 0) {
    dut_->ctl_valid_i = 1;
    dut_->ctl_op_i = op;
    dut_->irs_i = irs;
    dut_->ring_log2_i = kRingLog2;
    dut_->status_i = status;
    return run([&] { return dut_->ctl_ready_o != 0; }, [&] { dut_->ctl_valid_i = 0; });
  }

  Outcome consumed(std::uint32_t offset) {
    dut_->host_valid_i = 1;
    dut_->offset_i = offset;
    return run([&] { return dut_->host_ready_o != 0; }, [&] { dut_->host_valid_i = 0; });
  }

  Outcome segment(const Segment& seg) {
    dut_->seg_valid_i = 1;
    dut_->hit_i = seg.hit;
    dut_->seq_i = seg.seq;
    dut_->ack_i = seg.ack;
    dut_->flags_i = seg.flags;
    dut_->len_i = seg.len;
    return run([&] { return dut_->seg_ready_o != 0; }, [&] { dut_->seg_valid_i = 0; });
  }

  // Passive open up to ESTABLISHED: RCV.NXT = kIrs + 1, SND.UNA = SND.MAX = kIss + 1.
  void establish() {
    control(kListen);
    control(kSynCtl, kIrs);
    facts(kIss, kIss + 1);
    segment({.seq = kIrs + 1});
    facts(kIss + 1, kIss + 1);
  }

 private:
  void clock() {
    dut_->clk_i = 0;
    dut_->eval();
    dut_->clk_i = 1;
    dut_->eval();
  }

  template <class Taken, class Clear>
  Outcome run(Taken taken, Clear clear) {
    Outcome out;
    bool waiting = true;
    for (int i = 0; i < 24; ++i) {
      dut_->clk_i = 0;
      dut_->eval();
      collect(out);
      const bool now = waiting && taken();
      dut_->clk_i = 1;
      dut_->eval();
      if (now) {
        waiting = false;
        clear();
      }
    }
    EXPECT_FALSE(waiting) << "event never taken";
    EXPECT_TRUE(dut_->idle_o);
    return out;
  }

  void collect(Outcome& out) {
    if (dut_->job_valid_o) {
      EXPECT_FALSE(out.job) << "two jobs for one event";
      out.job = Job{dut_->job_has_frame_o != 0,
                    dut_->job_report_o != 0,
                    dut_->job_established_o != 0,
                    dut_->job_fin_o != 0,
                    dut_->job_bad_offset_o != 0,
                    dut_->job_detach_o != 0,
                    dut_->job_final_o != 0,
                    dut_->job_skip_o,
                    dut_->job_len_o,
                    dut_->job_offset_o,
                    dut_->job_received_o,
                    dut_->job_status_o};
    }
    if (dut_->tx_valid_o) {
      out.to_tx = true;
      out.ack_valid = dut_->tx_ack_valid_o != 0;
      out.established = dut_->tx_established_o != 0;
      out.want_ack = dut_->tx_want_ack_o;
    }
    if (dut_->end_valid_o) {
      out.end_kind = dut_->end_kind_o;
      out.end_status = dut_->end_status_o;
    }
    out.syn = out.syn || dut_->syn_valid_o != 0;
    if (dut_->rst_valid_o) {
      out.rst_seq = dut_->rst_seq_o;
      out.rst_ack = dut_->rst_ack_o;
      out.rst_flags = dut_->rst_flags_o;
    }
    out.challenge = out.challenge || dut_->challenge_o != 0;
    out.exhausted = out.exhausted || dut_->gaps_exhausted_o != 0;
  }

  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Vtoe_rx_engine_tb> dut_ = std::make_unique<Vtoe_rx_engine_tb>(context_.get());
};

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
  out = bench.segment({.seq = 100, .flags = kFin, .len = 10, .hit = false});
  ASSERT_TRUE(out.rst_seq);
  EXPECT_EQ(out.rst_ack, 111U);
  EXPECT_EQ(out.rst_flags, kRst | kAck);
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
  EXPECT_FALSE(out.end_kind);
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
