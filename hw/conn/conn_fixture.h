// SPDX-License-Identifier: Apache-2.0
// What the step by step tests of toe_conn share: contract values, requests, the words heard.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "hw/conn/conn_bench.h"

namespace millrace {

inline constexpr std::uint32_t kConnections = 64;
inline constexpr std::uint8_t kConnect = 2, kListen = 3, kAccept = 4, kUnlisten = 5, kAbort = 6;
inline constexpr std::uint8_t kOk = 0, kTimedOut = 3, kAborted = 4, kNoConnection = 5, kInUse = 6,
                              kBadListener = 11, kNoListener = 12, kListenerClosed = 13,
                              kUnreachable = 15;
inline constexpr std::uint8_t kOpListen = 0, kOpActive = 1, kOpSyn = 2, kOpRelisten = 3,
                              kOpKill = 4;
inline constexpr std::uint8_t kEndClosed = 0, kEndHandshake = 1, kEndTimeWait = 2,
                              kEndTimeWaitAgain = 3;
inline constexpr std::uint8_t kSynFlag = 2, kRstFlag = 4, kAckFlag = 16;
inline constexpr std::uint32_t kPeer = 0x0a000002;

/// A toe_conn that keeps every word it says.
class Conn : public testing::Test {
 protected:
  Conn() { attach(); }

  void attach() {
    bench->on_open_report = [this](const OpenReport& w) { reports.push_back(w); };
    bench->on_rx_ctl = [this](const RxCtl& w) { rx.push_back(w); };
    bench->on_tx_ctl = [this](const TxCtl& w) {
      tx.push_back(w);
      done_clock = bench->clock();
      if (w.op == kOpKill && auto_free) bench->freed.push_back(w.conn);
    };
    bench->on_response = [this](const Response& w) { responses.push_back(w); };
    bench->on_rst = [this](const Segment& w) { rsts.push_back(w); };
    bench->on_rx_segment = [this](const RxSegment& w) {
      looked_up.push_back(w);
      looked_up_clock.push_back(bench->clock());
    };
  }

  void forget() {
    reports.clear();
    rx.clear();
    tx.clear();
    responses.clear();
    rsts.clear();
    looked_up.clear();
  }

  static Command connect(std::uint16_t remote_port, std::uint16_t local_port) {
    Command c;
    c.opcode = kConnect;
    c.qp = 5;
    c.cookie = 0xc00c1e00 + remote_port;
    c.tuple = v4(kPeer, remote_port, local_port);
    c.tx_page = 0x123456789abcd;
    c.rx_page = 0xdcba987654321;
    c.tx_log2 = 16;
    c.rx_log2 = 17;
    c.options = 5;
    c.cc = 2;
    return c;
  }

  static Command listener(std::uint8_t opcode, std::uint32_t id, std::uint16_t port = 0) {
    Command c;
    c.opcode = opcode;
    c.qp = 3;
    c.id = id;
    c.cookie = 0x11570000 + id;
    c.tuple.local_port = port;
    c.rx_log2 = 12;
    c.tx_log2 = 13;
    c.options = 2;
    c.cc = 1;
    return c;
  }

  void command(const Command& c) {
    bench->commands.push_back(c);
    bench->settle();
  }

  static Segment syn(std::uint16_t remote_port, std::uint16_t local_port) {
    Segment s;
    s.tuple = v4(kPeer, remote_port, local_port);
    s.seq = 0xabcd0000 + remote_port;
    s.wnd = 5555;
    s.flags = kSynFlag;
    s.mss_valid = true;
    s.mss = 1400;
    s.ws_valid = true;
    s.ws = 9;
    return s;
  }

  std::optional<std::uint16_t> find(const Tuple& tuple) {
    Segment s;
    s.tuple = tuple;
    looked_up.clear();
    bench->segments.push_back(s);
    bench->settle();
    if (looked_up.size() != 1 || !looked_up[0].hit) return {};
    return looked_up[0].conn;
  }

  std::uint32_t free_count() { return bench->dut().free_count_o; }

  std::unique_ptr<ConnBench> bench = std::make_unique<ConnBench>();
  bool auto_free = true;
  std::uint64_t done_clock = 0;
  std::vector<OpenReport> reports;
  std::vector<RxCtl> rx;
  std::vector<TxCtl> tx;
  std::vector<Response> responses;
  std::vector<Segment> rsts;
  std::vector<RxSegment> looked_up;
  std::vector<std::uint64_t> looked_up_clock;
};

}  // namespace millrace
