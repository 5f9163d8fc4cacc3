// SPDX-License-Identifier: Apache-2.0
// Drives toe_rx_engine for its tests: one event at a time with all that comes of it, or segments
// without a pause. One connection; the transmit half's facts are set by hand.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "Vtoe_rx_engine_tb.h"
#include "hw/lib/covered_model.h"
#include "verilated.h"

namespace millrace {
inline constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16;
inline constexpr std::uint8_t kEce = 64, kCwr = 128;
inline constexpr unsigned kMarkEce = 4, kMarkCwr = 2, kMarkCe = 1;
inline constexpr unsigned kListen = 0, kActive = 1, kSynCtl = 2, kKill = 4;
inline constexpr unsigned kAckNone = 0, kAckDelayed = 1, kAckNow = 2;
inline constexpr unsigned kEndClosed = 0, kEndHandshake = 1, kEndTimeWait = 2, kEndAgain = 3;
inline constexpr unsigned kRefused = 1, kReset = 2, kUnreachable = 15;
inline constexpr std::uint32_t kIrs = 0xFFFFFF00U;  // the stream wraps soon
inline constexpr std::uint32_t kIss = 5000;
inline constexpr unsigned kRingLog2 = 12;

struct Segment {
  std::uint32_t seq = 0;
  std::uint32_t ack = kIss + 1;
  std::uint8_t flags = kAck;
  std::uint16_t len = 0;
  bool hit = true;
  std::optional<std::uint32_t> ts = std::nullopt;
  bool ce = false;
  unsigned sack_count = 0;
  bool icmp = false, hard = false;
  std::uint16_t wnd = 0;
};

// What the transmit engine sees of the record.
struct Copy {
  std::uint32_t rcv_nxt, rcv_edge, ts_recent;
  unsigned run_valid;
  std::array<std::uint32_t, 4> run_start, run_end;
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
  bool syn_valid = false, icmp = false, limited = false, paws = false, outside = false;
  bool icmp_error = false;
  unsigned marks = 0;  // kMarkEce, kMarkCwr, kMarkCe
  unsigned backlog_full = 0;
  std::uint16_t wnd = 0;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> dsack;
  std::optional<unsigned> end_kind;
  unsigned end_status = 0;
  bool syn = false;
  std::uint32_t syn_ack = 0;
  std::optional<std::uint32_t> rst_seq;
  std::uint32_t rst_ack = 0;
  unsigned rst_flags = 0;
};

class Bench {
 public:
  Bench() {
    dut_->snd_una_i = kIss;
    dut_->snd_max_i = kIss + 1;
    dut_->max_wnd_i = 65535;
    dut_->last_ack_i = kIrs + 1;
    dut_->challenge_rate_i = 0;
    dut_->use_ts_i = 1;
    dut_->tx_ready_i = 1;
    dut_->syn_ready_i = 1;
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

  Vtoe_rx_engine_tb& dut() { return *dut_; }
  std::function<void()> on_clock;  // called in every clock of burst()

  Copy copy() {
    clock();
    Copy out{dut_->rcv_nxt_o, dut_->rcv_edge_o, dut_->ts_recent_o, dut_->run_valid_o, {}, {}};
    for (unsigned i = 0; i < 4; ++i) {
      out.run_start[i] = dut_->run_start_o[i];
      out.run_end[i] = dut_->run_end_o[i];
    }
    return out;
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
    drive(seg);
    return run([&] { return dut_->seg_ready_o != 0; }, [&] { dut_->seg_valid_i = 0; });
  }

  // Passive open up to ESTABLISHED: RCV.NXT = kIrs + 1, SND.UNA = SND.MAX = kIss + 1.
  void establish(std::optional<std::uint32_t> ts = std::nullopt) {
    control(kListen);
    dut_->ctl_ts_on_i = ts.has_value();
    dut_->ts_val_i = ts.value_or(0);
    control(kSynCtl, kIrs);
    facts(kIss, kIss + 1);
    segment({.seq = kIrs + 1, .ts = ts});
    facts(kIss + 1, kIss + 1);
  }

  struct Burst {
    unsigned clocks = 0;  // in which segments were offered
    unsigned reports = 0;
    unsigned messages = 0;  // to the transmit engine, after merging
    std::uint32_t received = 0;
    std::uint32_t placed = 0;  // bytes
    unsigned strays = 0;       // jobs that do not continue the one before
  };

  // Offers the segments one after the other without a pause, and with `host_every` so many clocks
  // between two host events.
  Burst burst(const std::vector<Segment>& segments, unsigned host_every = 0) {
    Burst out;
    std::size_t next = 0;
    for (unsigned idle = 0; idle < 24; ++out.clocks) {
      if (next == segments.size()) ++idle;
      dut_->seg_valid_i = next < segments.size();
      if (dut_->seg_valid_i) drive(segments[next]);
      if (host_every != 0 && out.clocks % host_every == 0 && idle == 0) {
        dut_->host_valid_i = 1;
        dut_->offset_i = out.received;
      }
      dut_->clk_i = 0;
      dut_->eval();
      if (dut_->job_valid_o) {
        if (dut_->job_report_o) {
          ++out.reports;
          out.received = dut_->job_received_o;
        }
        if (dut_->job_offset_o != out.placed % (1U << kRingLog2)) ++out.strays;
        out.placed += dut_->job_len_o;
      }
      if (dut_->tx_valid_o) ++out.messages;
      if (on_clock) on_clock();
      const bool taken = dut_->seg_valid_i && dut_->seg_ready_o;
      const bool host_taken = dut_->host_valid_i && dut_->host_ready_o;
      dut_->clk_i = 1;
      dut_->eval();
      if (taken) ++next;
      if (host_taken) dut_->host_valid_i = 0;
    }
    out.clocks -= 24;
    EXPECT_EQ(dut_->idle_o != 0, dut_->tx_ready_i != 0 && dut_->syn_ready_i != 0);
    return out;
  }

  void clock() {
    dut_->clk_i = 0;
    dut_->eval();
    dut_->clk_i = 1;
    dut_->eval();
  }

  void refuse_messages(bool refuse) { dut_->tx_ready_i = refuse ? 0 : 1; }

 private:
  void drive(const Segment& seg) {
    dut_->hit_i = seg.hit;
    dut_->seq_i = seg.seq;
    dut_->ack_i = seg.ack;
    dut_->flags_i = seg.flags;
    dut_->len_i = seg.len;
    dut_->wnd_i = seg.wnd;
    dut_->ce_i = seg.ce;
    dut_->icmp_i = seg.icmp;
    dut_->icmp_hard_i = seg.hard;
    dut_->ts_valid_i = seg.ts.has_value();
    dut_->ts_val_i = seg.ts.value_or(0);
    dut_->sack_count_i = static_cast<std::uint8_t>(seg.sack_count);
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
      out.syn_valid = dut_->tx_syn_valid_o != 0;
      out.icmp = dut_->tx_icmp_o != 0;
      out.marks = dut_->tx_marks_o;
      out.wnd = dut_->tx_wnd_o;
      if (dut_->tx_dsack_o) out.dsack = {dut_->tx_dsack_start_o, dut_->tx_dsack_end_o};
    }
    if (dut_->end_valid_o) {
      out.end_kind = dut_->end_kind_o;
      out.end_status = dut_->end_status_o;
    }
    out.syn = out.syn || dut_->syn_valid_o != 0;
    if (dut_->syn_valid_o) out.syn_ack = dut_->syn_ack_o;
    if (dut_->rst_valid_o) {
      out.rst_seq = dut_->rst_seq_o;
      out.rst_ack = dut_->rst_ack_o;
      out.rst_flags = dut_->rst_flags_o;
    }
    out.challenge = out.challenge || dut_->challenge_o != 0;
    out.exhausted = out.exhausted || dut_->gaps_exhausted_o != 0;
    out.limited = out.limited || dut_->limited_o != 0;
    out.paws = out.paws || dut_->paws_o != 0;
    out.outside = out.outside || dut_->outside_o != 0;
    out.icmp_error = out.icmp_error || dut_->icmp_error_o != 0;
    out.backlog_full += dut_->backlog_full_o;
  }

  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Vtoe_rx_engine_tb> dut_ =
      std::make_unique<Covered<Vtoe_rx_engine_tb>>(context_.get());
};

}  // namespace millrace
