// SPDX-License-Identifier: Apache-2.0
// Drives a Verilated toe_conn: streams in, streams out, packed structs as C++ structs. What comes
// out goes to the test's callbacks.

#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "Vtoe_conn.h"
#include "hw/conn/packed.h"
#include "hw/conn/siphash_model.h"
#include "hw/lib/covered_model.h"
#include "verilated.h"

namespace millrace {

struct Segment {
  Tuple tuple;
  std::uint32_t seq = 0, ack = 0;
  std::uint16_t wnd = 0;
  std::uint8_t flags = 0;
  std::uint16_t len = 0;
  bool mss_valid = false;
  std::uint16_t mss = 0;
  bool ws_valid = false;
  std::uint8_t ws = 0;
  bool sack_ok = false, ts_valid = false;
  std::uint32_t ts_val = 0, ts_ecr = 0;
};

struct Command {
  std::uint8_t opcode = 0, qp = 0;
  std::uint32_t id = 0, cookie = 0;
  Tuple tuple;
  std::uint64_t tx_page = 0, rx_page = 0;
  std::uint8_t tx_log2 = 0, rx_log2 = 0;
  std::uint8_t options = 0, cc = 0;
};

struct End {
  std::uint8_t kind = 0;
  std::uint16_t conn = 0;
  std::uint8_t status = 0;
};

struct RxSegment {
  bool hit = false;
  std::uint16_t conn = 0;
  Tuple tuple;
  std::uint32_t seq = 0;
};

struct RxCtl {
  std::uint8_t op = 0;
  std::uint16_t conn = 0;
  std::uint64_t page = 0;
  std::uint8_t log2 = 0;
  std::uint32_t irs = 0;
  bool ts_on = false;
  std::uint32_t ts_val = 0;
  std::uint8_t status = 0;
  bool open = false;
};

struct TxCtl {
  std::uint8_t op = 0;
  std::uint16_t conn = 0;
  std::uint64_t page = 0;
  std::uint8_t log2 = 0, rx_log2 = 0;
  std::uint32_t iss = 0, irs = 0;
  std::uint16_t wnd = 0;
  bool mss_valid = false;
  std::uint16_t mss = 0;
  bool ws_valid = false;
  std::uint8_t ws = 0;
  bool sack_ok = false, ts_valid = false;
  std::uint32_t ts_val = 0;
  bool ecn_ok = false;
  bool reset = false, open = false;
  std::uint16_t ts_off = 0;
  std::uint8_t options = 0, cc = 0;
};

struct OpenReport {
  std::uint16_t conn = 0;
  bool fresh = false;
  std::uint8_t generation = 0, qp = 0;
  std::uint32_t cookie = 0;
  std::uint8_t state = 0;
  bool notify = false;
  Tuple tuple;
};

struct Response {
  std::uint8_t qp = 0, status = 0;
  std::uint32_t id = 0, cookie = 0;
  std::uint8_t opcode = 0;
};

struct Owner {
  bool alive = false;
  std::uint8_t generation = 0, qp = 0;
};

struct Counters {
  std::uint64_t active = 0, passive = 0, closed = 0, no_listener = 0, backlog_full = 0,
                recycled = 0, reused = 0, cookies_sent = 0, cookies_taken = 0;
};

inline constexpr SipKey kSecret{0x0123456789abcdef, 0xfedcba9876543210};

class ConnBench {
 public:
  explicit ConnBench(std::array<std::uint32_t, 4> hash_key = {0x6d5a56da, 0x255b0ec2, 0x4167253d,
                                                              0x43a38fb0});

  // One clock: queued inputs are offered, outputs taken (with probability ready_percent each).
  void tick();
  void tick(int clocks) {
    for (; clocks > 0; --clocks) tick();
  }
  // Runs until everything queued is done and the card is idle.
  void settle(int limit = 20000);

  Owner owner(std::uint16_t conn);
  Tuple tuple(std::uint16_t conn);

  static std::uint32_t iss(const Tuple& tuple, std::uint32_t clock);
  static std::uint16_t ts_off(const Tuple& tuple);
  static std::uint16_t port_base(const Tuple& tuple);
  static std::uint32_t cookie(const Tuple& tuple, std::uint32_t irs, std::uint16_t minute,
                              bool timestamps, unsigned mss_index);

  Vtoe_conn& dut() { return *dut_; }
  std::uint64_t clock() const { return clock_; }

  std::deque<Segment> segments, syns;
  std::deque<Command> commands;
  std::deque<End> rx_ends, tx_ends;
  std::deque<std::uint16_t> freed;

  // Called for each word taken, in the clock in which it is taken.
  std::function<void(const Segment&)> on_segment_taken;
  std::function<void(const RxSegment&)> on_rx_segment;
  std::function<void(const RxCtl&)> on_rx_ctl;
  std::function<void(const TxCtl&)> on_tx_ctl;
  std::function<void(const OpenReport&)> on_open_report;
  std::function<void(const Response&)> on_response;
  std::function<void(const Segment&)> on_rst;  // RST, or SYN-ACK with a cookie

  std::uint32_t now = 1000, iss_clock = 0x12345678, time_wait_us = 1000;
  std::uint32_t ticks = 0x00050000, ts_clock = 0x00abcd00;
  bool use_ts = true, use_ws = true, use_sack = true, ecn_accept = true, time_wait_reuse = true;
  unsigned syn_cookies = 0;
  unsigned ready_percent = 100, rx_ready_percent = 100, offer_percent = 100;
  std::mt19937_64 random{1};
  bool rst_ready = true;
  Counters counters;

 private:
  void drive();
  void take();
  bool chance(unsigned percent) { return percent >= 100 || random() % 100 < percent; }

  std::unique_ptr<Vtoe_conn> dut_ = std::make_unique<Covered<Vtoe_conn>>();
  std::array<std::uint32_t, 4> hash_key_;
  std::uint64_t clock_ = 0;
};

}  // namespace millrace
