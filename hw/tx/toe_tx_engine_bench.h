// SPDX-License-Identifier: Apache-2.0
// Drives one connection of toe_tx_engine in virtual time, for its tests. Not for use from other
// blocks.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "Vtoe_tx_engine_tb.h"
#include "hw/lib/covered_model.h"
#include "verilated.h"

namespace millrace::tx_test {

constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16;
constexpr unsigned kListen = 0, kActive = 1, kSynCtl = 2, kKill = 4;
constexpr unsigned kAckDelayed = 1, kAckNow = 2;
constexpr std::uint32_t kIss = 0xFFFFF000U;  // the stream wraps soon
constexpr std::uint32_t kIrs = 9000;
constexpr unsigned kMss = 1000;

struct Sent {
  std::uint32_t seq, ack;
  std::uint16_t wnd, len;
  unsigned flags, ws;
  bool options;
  std::uint32_t at, offset, ts_val;
  unsigned ecn;
};

struct Ack {
  std::uint32_t ack = kIss + 1;
  std::uint16_t wnd = 60000;
  std::uint32_t seq = kIrs + 1;
  bool has_text = false, established = false, syn = false, valid = true;
  unsigned want = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sack = {};
  std::optional<std::uint32_t> ts_ecr = std::nullopt;  // else that of now
  bool ece = false;
  bool icmp = false;  // of `seq`, with the MTU in `wnd`
};

struct Setup {
  unsigned ring_log2 = 16;
  bool sack = false, timestamps = false, ecn = false, black_hole = false;
  unsigned mss = kMss;
};

// What the engine counted, in the order of counts_o.
enum Count : std::uint8_t {
  kRetransmits,
  kRto,
  kFast,
  kSackRetransmits,
  kLossProbes,
  kUndone,
  kPmtuReduced,
  kUserTimeouts,
  kCounts
};

class Bench {
 public:
  explicit Bench(unsigned ring_log2 = 16) : Bench(Setup{.ring_log2 = ring_log2}) {}
  explicit Bench(const Setup& setup) : timestamps_(setup.timestamps) {
    dut_->cfg_mss_i = static_cast<std::uint16_t>(setup.mss);
    dut_->use_sack_i = setup.sack;
    dut_->use_ts_i = setup.timestamps;
    dut_->use_ecn_i = setup.ecn;
    dut_->black_hole_i = setup.black_hole;
    dut_->delayed_ack_us_i = 40000;
    dut_->opt_valid_i = 1;
    dut_->opt_mss_i = static_cast<std::uint16_t>(setup.mss);
    dut_->ring_log2_i = static_cast<std::uint8_t>(setup.ring_log2);
    window(kIrs + 1, kIrs + 1 + (1U << setup.ring_log2));
    dut_->seg_ready_i = 1;
    dut_->rst_ni = 0;
    for (int i = 0; i < 4; ++i) clock();
    dut_->rst_ni = 1;
    while (!dut_->ready_o) clock();
  }

  void window(std::uint32_t nxt, std::uint32_t edge) {
    dut_->rcv_nxt_i = nxt;
    dut_->rcv_edge_i = edge;
  }
  void user_timeout(std::uint32_t ticks) { dut_->user_timeout_i = ticks; }
  void delayed_ack(std::uint32_t us) { dut_->delayed_ack_us_i = us; }

  void control(unsigned op, bool reset = false) {
    dut_->ctl_valid_i = 1;
    dut_->ctl_op_i = op;
    dut_->iss_i = kIss;
    dut_->irs_i = kIrs;
    dut_->ctl_reset_i = reset;
    run([&] { return dut_->ctl_ready_o != 0; }, [&] { dut_->ctl_valid_i = 0; });
  }
  void host(std::uint32_t offset, bool fin = false) {
    dut_->host_valid_i = 1;
    dut_->offset_i = offset;
    dut_->fin_i = fin;
    run([&] { return dut_->host_ready_o != 0; }, [&] { dut_->host_valid_i = 0; });
  }
  // The same while the wire takes nothing; it does again with the next event.
  void host_while_stalled(std::uint32_t offset, int clocks) {
    dut_->seg_ready_i = 0;
    dut_->host_valid_i = 1;
    dut_->offset_i = offset;
    for (int i = 0; i < clocks; ++i) {
      clock();
      if (dut_->host_ready_o != 0) dut_->host_valid_i = 0;
    }
    dut_->seg_ready_i = 1;
  }
  void ack(const Ack& a) {
    dut_->rx_valid_i = 1;
    dut_->ack_valid_i = a.valid;
    dut_->has_text_i = a.has_text;
    dut_->established_i = a.established;
    dut_->syn_valid_i = a.syn;
    dut_->seq_i = a.seq;
    dut_->ack_i = a.ack;
    dut_->wnd_i = a.wnd;
    dut_->want_ack_i = static_cast<std::uint8_t>(a.want);
    dut_->sack_count_i = static_cast<std::uint8_t>(a.sack.size());
    for (std::size_t i = 0; i < a.sack.size(); ++i) {
      dut_->sack_i[2 * i] = a.sack[i].first;
      dut_->sack_i[2 * i + 1] = a.sack[i].second;
    }
    dut_->ts_valid_i = timestamps_;
    dut_->ts_ecr_i = a.ts_ecr.value_or(ts_now());
    dut_->ece_i = a.ece;
    dut_->icmp_i = a.icmp;
    run([&] { return dut_->rx_ready_o != 0; }, [&] { dut_->rx_valid_i = 0; });
  }

  // Passive open up to ESTABLISHED with a scaled window of `wnd`; what was sent is forgotten.
  // `rtt_us` is what the handshake measures.
  void establish(std::uint16_t wnd = 60000, std::uint32_t rtt_us = 0) {
    control(kListen);
    control(kSynCtl);
    now_ += rtt_us;
    ack({.wnd = wnd, .established = true});
    take();
    reports.clear();
  }

  // Moves time on; timers fire when due.
  void advance(std::uint32_t us) {
    const std::uint32_t end = now_ + us;
    while (armed_ && static_cast<std::int32_t>(deadline_ - end) <= 0) {
      now_ = static_cast<std::int32_t>(deadline_ - now_) > 0 ? deadline_ : now_;
      armed_ = false;
      dut_->fire_valid_i = 1;
      run([&] { return dut_->fire_ready_o != 0; }, [&] { dut_->fire_valid_i = 0; });
    }
    now_ = end;
  }

  std::vector<Sent> take() {
    std::vector<Sent> out;
    out.swap(sent_);
    return out;
  }
  std::uint32_t now() const { return now_; }
  std::uint32_t ts_now() const { return now_ >> 10; }
  unsigned count(Count which) const { return counts_[which]; }
  bool armed() const { return armed_; }
  std::uint32_t deadline() const { return deadline_; }

  struct Report {
    std::uint32_t acked;
    bool fin_acked, bad_offset;
  };
  std::vector<Report> reports;
  std::optional<unsigned> end_status;

 private:
  void clock() {
    dut_->now_us_i = now_;
    dut_->clk_i = 0;
    dut_->eval();
    if (dut_->rst_ni && dut_->ready_o) collect();
    dut_->clk_i = 1;
    dut_->eval();
  }

  template <class Taken, class Clear>
  void run(Taken taken, Clear clear) {
    bool waiting = true;
    int quiet = 0;
    for (int i = 0; i < 4000 && quiet < 12; ++i) {
      dut_->now_us_i = now_;
      dut_->clk_i = 0;
      dut_->eval();
      collect();
      const bool now = waiting && taken();
      quiet = !waiting && dut_->idle_o ? quiet + 1 : 0;
      dut_->clk_i = 1;
      dut_->eval();
      if (now) {
        waiting = false;
        clear();
      }
    }
    ASSERT_FALSE(waiting) << "event never taken";
    ASSERT_GE(quiet, 12) << "never idle";
  }

  void collect() {
    if (dut_->seg_valid_o && dut_->seg_ready_i) {
      sent_.push_back({dut_->seg_seq_o, dut_->seg_ack_o, dut_->seg_wnd_o, dut_->seg_len_o,
                       dut_->seg_flags_o, dut_->seg_ws_o, dut_->seg_options_o != 0, now_,
                       dut_->seg_offset_o, dut_->seg_ts_val_o, dut_->seg_ecn_o});
    }
    for (unsigned i = 0; i < kCounts; ++i) counts_[i] += (dut_->counts_o >> i) & 1U;
    if (dut_->set_valid_o) {
      armed_ = dut_->set_armed_o != 0;
      deadline_ = dut_->set_deadline_us_o;
    }
    if (dut_->report_valid_o) {
      reports.push_back(
          {dut_->report_acked_o, dut_->report_fin_acked_o != 0, dut_->report_bad_offset_o != 0});
    }
    if (dut_->end_valid_o) end_status = dut_->end_status_o;
  }

  bool timestamps_;
  std::array<unsigned, kCounts> counts_{};
  std::uint32_t now_ = 1000;
  bool armed_ = false;
  std::uint32_t deadline_ = 0;
  std::vector<Sent> sent_;
  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Vtoe_tx_engine_tb> dut_ =
      std::make_unique<Covered<Vtoe_tx_engine_tb>>(context_.get());
};

// The receiver of RFC 2018: remembers all, says the newest run first.
class Receiver {
 public:
  explicit Receiver(std::uint32_t total) : got_(total + 1) {}
  void take(std::uint32_t first, std::uint32_t bytes) {
    std::fill_n(got_.begin() + first, bytes, true);
    while (next < got_.size() && got_[next]) ++next;
    newest_ = first;
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks() const {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
    for (std::uint32_t i = next; i < got_.size() && out.size() < 4;) {
      while (i < got_.size() && !got_[i]) ++i;
      std::uint32_t end = i;
      while (end < got_.size() && got_[end]) ++end;
      if (end == i) break;
      const bool newest = newest_ >= i && newest_ < end;
      out.insert(newest ? out.begin() : out.end(), {kIss + 1 + i, kIss + 1 + end});
      i = end;
    }
    if (out.size() > 3) out.resize(3);
    return out;
  }
  std::uint32_t next = 0;

 private:
  std::vector<bool> got_;
  std::uint32_t newest_ = 0;
};

}  // namespace millrace::tx_test
