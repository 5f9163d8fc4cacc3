// SPDX-License-Identifier: Apache-2.0
// Drives toe_cc for its tests: events in, the latest answer of each connection kept.

#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>

#include "Vtoe_cc_tb.h"
#include "hw/lib/covered_model.h"
#include "verilated.h"

namespace millrace {

inline constexpr unsigned kCcReset = 0, kCcAck = 1, kCcLoss = 2, kCcTimeout = 3, kCcUndo = 4,
                          kCcIdle = 5;
inline constexpr unsigned kNewReno = 0, kCubic = 1, kDctcp = 2;
inline constexpr std::uint32_t kNever = 0xFFFFFFFF;

struct CcEvent {
  unsigned op = kCcAck;
  unsigned conn = 3;
  unsigned cc = kCubic;
  bool slow = false;
  std::uint32_t cwnd = 0;
  std::uint32_t mss = 1460;
  std::uint32_t acked = 0;
  std::uint32_t flight = 0xFFFFFF;
  bool ece = false;
  std::uint32_t una = 1'000'000;
  std::uint32_t nxt = 1'000'000;
  std::uint32_t rtt_us = 0;
};

struct CcAnswer {
  std::uint32_t step = 0;
  std::uint32_t alpha = 1024;
};

class CcBench {
 public:
  CcBench() {
    dut_->answer_ready_i = 1;
    dut_->rst_ni = 0;
    for (int i = 0; i < 4; ++i) clock();
    dut_->rst_ni = 1;
    clock();
  }

  void set_time_us(std::uint64_t us) { dut_->now_us_i = static_cast<std::uint32_t>(us); }
  void hold_answers(bool hold) { dut_->answer_ready_i = hold ? 0 : 1; }

  // Offers one event for one clock, without waiting for what comes of it.
  void offer(const CcEvent& event) {
    dut_->valid_i = 1;
    dut_->conn_i = event.conn;
    dut_->op_i = event.op;
    dut_->cc_i = event.cc;
    dut_->slow_i = event.slow;
    dut_->cwnd_i = event.cwnd;
    dut_->mss_i = event.mss;
    dut_->acked_i = event.acked;
    dut_->flight_i = event.flight;
    dut_->ece_i = event.ece;
    dut_->una_i = event.una;
    dut_->nxt_i = event.nxt;
    dut_->srtt_i = event.rtt_us * 8;
    clock();
    dut_->valid_i = 0;
  }

  // Clocks until everything is done.
  void settle() {
    for (int i = 0; i < 400; ++i) {
      clock();
      if (dut_->idle_o) return;
    }
    if (dut_->answer_ready_i) ADD_FAILURE() << "never idle";
  }

  // The connection's answer after one event.
  CcAnswer step(const CcEvent& event) {
    offer(event);
    settle();
    return answers_[event.conn];
  }

  void clock() {
    dut_->clk_i = 0;
    dut_->eval();
    if (dut_->answer_valid_o && dut_->answer_ready_i) {
      ++told_;
      answers_[dut_->answer_conn_o] = {dut_->answer_step_o, dut_->answer_alpha_o};
    }
    dut_->clk_i = 1;
    dut_->eval();
  }

  const CcAnswer& answer(unsigned conn) { return answers_[conn]; }
  int told() const { return told_; }

 private:
  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Vtoe_cc_tb> dut_ = std::make_unique<Covered<Vtoe_cc_tb>>(context_.get());
  std::map<unsigned, CcAnswer> answers_;
  int told_ = 0;
};

}  // namespace millrace
