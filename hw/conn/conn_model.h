// SPDX-License-Identifier: Apache-2.0
// The model that toe_conn_random_test.cc drives a toe_conn with: it draws requests, follows what is
// said and refuses what cannot be.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "hw/conn/conn_fixture.h"

namespace millrace {

enum class Phase { kFree, kListen, kOpen, kKilled };

struct Record {
  Phase phase = Phase::kFree;
  Tuple tuple;
  std::uint8_t generation = 0, qp = 0;
  bool passive = false, rx_asked = false, tx_asked = false;
  bool wait_asked = false;  // TIME-WAIT, since the identifier was given
  std::uint32_t listener = 0;
  std::uint64_t since = 0;           // clock of the report that put the tuple into the table
  std::vector<Tuple> foretold_hits;  // found before the report said so
  bool foretold_end = false;         // not found any more, before the kill said so
};

struct Removed {
  Tuple tuple;
  std::uint16_t conn;
  std::uint64_t clock;
};

class Model {
 public:
  Model(std::uint64_t seed, std::array<std::uint32_t, 4> hash_key) : bench(hash_key) {
    bench.random.seed(seed);
    bench.on_segment_taken = [this](const Segment& s) { taken_at[s.seq] = bench.clock(); };
    bench.on_rx_segment = [this](const RxSegment& w) { rx_segment(w); };
    bench.on_open_report = [this](const OpenReport& w) { open_report(w); };
    bench.on_rx_ctl = [this](const RxCtl& w) { rx_ctl(w); };
    bench.on_tx_ctl = [this](const TxCtl& w) { tx_ctl(w); };
    bench.on_response = [this](const Response& w) { response(w); };
    bench.on_rst = [this](const Segment& w) { segment_sent(w); };
  }

  void step() {
    for (std::size_t i = 0; i < to_free.size();) {
      if (to_free[i].second <= bench.clock()) {
        records[to_free[i].first].phase = Phase::kFree;
        bench.freed.push_back(to_free[i].first);
        to_free.erase(to_free.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
    bench.tick();
  }

  void settle() {
    for (int limit = 40000;; --limit) {
      step();
      ASSERT_GT(limit, 0) << "never idle";
      if (bench.dut().idle_o && to_free.empty() && bench.commands.empty() && bench.syns.empty() &&
          bench.segments.empty() && bench.rx_ends.empty() && bench.tx_ends.empty() &&
          bench.freed.empty()) {
        return;
      }
    }
  }

  std::uint64_t pick(std::uint64_t n) { return bench.random() % n; }

  // An address among few: IPv4, IPv6 that differ by what a hash might overlook.
  Tuple remote() {
    switch (pick(4)) {
      case 0:
        return {0x20010db800000000, 1 + pick(2), 1, 0, 0};
      case 1:
        return {0x20010db800000000, std::uint64_t{1} << 63 | 1, 1, 0, 0};
      case 2:
        return {0xfe80000000000000, 1, 2, 0, 0};
      default:
        return v4(kPeer, 0, 0);
    }
  }

  void send_command(Command c) {
    c.cookie = ++cookies;
    c.qp = static_cast<std::uint8_t>(pick(2));
    if (c.opcode == kUnlisten || c.opcode == kAccept) {
      if (const auto it = listeners.find(c.id); it != listeners.end()) c.qp = it->second.qp;
    }
    if (c.opcode == kAbort) c.qp = records[c.id & 0xffff].qp;
    const Tuple peer = remote();
    c.tuple.remote_hi = peer.remote_hi;
    c.tuple.remote_lo = peer.remote_lo;
    c.tuple.local_kind = peer.local_kind;
    outstanding[c.cookie] = c;
    bench.commands.push_back(c);
  }

  void random_command() {
    Command c;
    const std::uint64_t kind = pick(100);
    if (kind < 35) {
      c.opcode = kConnect;
      c.tuple.remote_port = static_cast<std::uint16_t>(80 + pick(3));
      c.tuple.local_port = pick(2) ? 0 : static_cast<std::uint16_t>(2000 + pick(40));
    } else if (kind < 45) {
      c.opcode = kListen;
      c.tuple.local_port = static_cast<std::uint16_t>(100 + pick(4));
    } else if (kind < 80) {
      c.opcode = kAccept;
      c.id = static_cast<std::uint32_t>(pick(5));
    } else if (kind < 83) {
      c.opcode = kUnlisten;
      c.id = static_cast<std::uint32_t>(pick(5));
    } else {
      c.opcode = kAbort;
      const std::uint32_t conn = static_cast<std::uint32_t>(pick(kConnections));
      c.id = conn | static_cast<std::uint32_t>(records[conn].generation) << 24;
    }
    send_command(c);
  }

  void random_segment(bool syn) {
    Segment s;
    s.seq = ++segments;
    if (syn) {
      s.flags = kSynFlag;
      s.tuple = remote();
      s.tuple.remote_port = static_cast<std::uint16_t>(1000 + pick(20));
      s.tuple.local_port = static_cast<std::uint16_t>(100 + pick(5));
    } else {
      const Record& r = records[pick(kConnections)];
      s.tuple = r.tuple;
    }
    bench.segments.push_back(s);
    if (syn && pick(3) == 0) {
      s.seq = ++segments;
      bench.segments.push_back(s);
    }
  }

  // The ACK of a cookie that was sent, or of none.
  void random_ack() {
    Segment s;
    s.flags = kAckFlag;
    s.seq = ++segments;
    s.ack = static_cast<std::uint32_t>(bench.random());
    s.tuple = remote();
    s.tuple.remote_port = static_cast<std::uint16_t>(1000 + pick(20));
    s.tuple.local_port = static_cast<std::uint16_t>(100 + pick(5));
    if (pick(4) != 0 && !cookies_out.empty()) {
      auto it = cookies_out.begin();
      std::advance(it, pick(cookies_out.size()));
      s.tuple = it->first;
      s.ack = it->second.seq + 1;
      s.seq = it->second.ack;
    }
    bench.syns.push_back(s);
  }

  // A SYN that may follow a connection in TIME-WAIT, with that one's SND.MAX.
  void random_reuse() {
    const Record& r = records[pick(kConnections)];
    if (r.phase != Phase::kOpen || !r.wait_asked) return;
    Segment s;
    s.flags = kSynFlag;
    s.tuple = r.tuple;
    s.seq = ++segments;
    s.ack = static_cast<std::uint32_t>(bench.random());
    old_ends[s.seq] = s.ack;
    bench.syns.push_back(s);
  }

  void segment_sent(const Segment& w) {
    if (w.flags == 4) {
      ++acks_refused;
    } else if (w.flags & kSynFlag) {
      EXPECT_EQ(w.seq, ConnBench::cookie(w.tuple, w.ack - 1, bench.ticks >> 16, false,
                                         w.tuple.local_kind == 0 ? 1 : 2));
      EXPECT_EQ(bench.syn_cookies, 1u);
      cookies_out[w.tuple] = w;
      if (cookies_out.size() > 20) cookies_out.erase(cookies_out.begin());
    } else {
      ++resets;
    }
  }

  void random_end() {
    const auto conn = static_cast<std::uint16_t>(pick(kConnections));
    Record& r = records[conn];
    if (r.phase != Phase::kOpen) return;
    if (r.wait_asked && pick(4) == 0) bench.rx_ends.push_back({kEndTimeWaitAgain, conn, 0});
    const bool rx = pick(2);
    bool& asked = rx ? r.rx_asked : r.tx_asked;
    if (asked) return;
    asked = true;
    End end;
    end.conn = conn;
    end.kind = static_cast<std::uint8_t>(pick(3));
    end.status = static_cast<std::uint8_t>(pick(4));
    r.wait_asked |= end.kind == kEndTimeWait;
    (rx ? bench.rx_ends : bench.tx_ends).push_back(end);
  }

  void rx_segment(const RxSegment& w) {
    note(w.seq, w.hit ? w.conn : 0xffff);
    const std::uint64_t taken = taken_at[w.seq];
    taken_at.erase(w.seq);
    const auto in = table.find(w.tuple);
    if (w.hit) {
      ++hits;
      if (in != table.end() && in->second == w.conn) return;
      const bool just_removed = std::any_of(removed.begin(), removed.end(), [&](const Removed& r) {
        return r.tuple == w.tuple && r.conn == w.conn && r.clock >= taken;
      });
      if (!just_removed) records[w.conn].foretold_hits.push_back(w.tuple);
      return;
    }
    ++misses;
    if (in != table.end() && records[in->second].since < taken) {
      records[in->second].foretold_end = true;
    }
    if (w.seq != 0) {
      Segment s;
      s.tuple = w.tuple;
      s.seq = w.seq;
      s.flags = kSynFlag;
      if (w.tuple.local_port < 200) bench.syns.push_back(s);
    }
  }

  void leave_table(std::uint16_t conn) {
    Record& r = records[conn];
    EXPECT_TRUE(r.foretold_hits.empty())
        << "hit of a tuple that connection " << conn << " never had";
    r.foretold_end = false;
    if (const auto it = table.find(r.tuple); it != table.end() && it->second == conn) {
      table.erase(it);
      removed.push_back({r.tuple, conn, bench.clock()});
      if (removed.size() > 200) removed.erase(removed.begin());
    }
  }

  void enter_table(std::uint16_t conn, const Tuple& tuple) {
    Record& r = records[conn];
    for (const Tuple& t : r.foretold_hits) EXPECT_EQ(t, tuple) << "wrong connection";
    r.foretold_hits.clear();
    EXPECT_FALSE(r.foretold_end);
    EXPECT_FALSE(table.contains(tuple)) << "tuple given twice";
    table[tuple] = conn;
    r.tuple = tuple;
    r.since = bench.clock();
    r.phase = Phase::kOpen;
    r.rx_asked = r.tx_asked = false;
  }

  void open_report(const OpenReport& w) {
    ASSERT_LT(w.conn, kConnections);
    Record& r = records[w.conn];
    if (w.fresh) {
      EXPECT_EQ(r.phase, Phase::kFree);
      EXPECT_EQ(w.generation, static_cast<std::uint8_t>(r.generation + 1));
      ASSERT_TRUE(outstanding.contains(w.cookie));
      const Command c = outstanding[w.cookie];
      outstanding.erase(w.cookie);
      EXPECT_EQ(w.qp, c.qp);
      r.generation = w.generation;
      r.qp = w.qp;
      r.passive = w.state == 1;
      r.wait_asked = false;
      if (r.passive) {
        EXPECT_EQ(c.opcode, kAccept);
        ASSERT_TRUE(listeners.contains(c.id));
        EXPECT_EQ(w.tuple, (Tuple{0, 0, 0, 0, listeners[c.id].port}));
        r.listener = c.id;
        to_listen(w.conn);
        expected = kOpListen;
      } else {
        EXPECT_EQ(c.opcode, kConnect);
        EXPECT_EQ(w.state, 2);
        enter_table(w.conn, w.tuple);
        expected = kOpActive;
      }
    } else if (w.state == 3) {
      EXPECT_EQ(r.phase, Phase::kListen);
      auto& list = listeners[r.listener].list;
      ASSERT_FALSE(list.empty());
      EXPECT_EQ(list.front(), w.conn) << "not the first of the list";
      EXPECT_EQ(listeners[r.listener].port, w.tuple.local_port);
      list.pop_front();
      enter_table(w.conn, w.tuple);
      expected = kOpSyn;
    } else {
      EXPECT_EQ(r.phase, Phase::kOpen);
      EXPECT_TRUE(r.passive);
      leave_table(w.conn);
      to_listen(w.conn);
      ++relistens;
      expected = kOpRelisten;
    }
    expected_conn = w.conn;
  }

  void to_listen(std::uint16_t conn) {
    records[conn].phase = Phase::kListen;
    records[conn].tuple = {};
    listeners[records[conn].listener].list.push_back(conn);
  }

  void rx_ctl(const RxCtl& w) {
    if (w.op != kOpKill) {
      EXPECT_EQ(w.op, expected);
      EXPECT_EQ(w.conn, expected_conn);
      return;
    }
    Record& r = records[w.conn];
    EXPECT_TRUE(r.phase == Phase::kListen || r.phase == Phase::kOpen);
    if (r.phase == Phase::kListen) {
      auto& list = w.status == kListenerClosed ? closing : listeners[r.listener].list;
      const auto it = std::find(list.begin(), list.end(), w.conn);
      ASSERT_NE(it, list.end());
      if (w.status == kListenerClosed) {
        EXPECT_EQ(it, list.begin());
      }
      list.erase(it);
    } else {
      leave_table(w.conn);
    }
    r.phase = Phase::kKilled;
    expected = kOpKill;
    expected_conn = w.conn;
  }

  void tx_ctl(const TxCtl& w) {
    note(w.conn, w.op);
    EXPECT_EQ(w.op, expected);
    EXPECT_EQ(w.conn, expected_conn);
    if (w.op == kOpActive || w.op == kOpSyn) {
      const Tuple& tuple = records[w.conn].tuple;
      EXPECT_EQ(w.ts_off, ConnBench::ts_off(tuple));
      const std::uint32_t floor = old_ends.contains(w.irs) ? old_ends[w.irs] + 0x10000 : 0x10000;
      if (w.open) {
        EXPECT_EQ(w.iss, ConnBench::cookie(tuple, w.irs, bench.ticks >> 16, false,
                                           tuple.local_kind == 0 ? 1 : 2));
        ++cookie_opens;
      } else if (const std::uint32_t iss = ConnBench::iss(tuple, bench.iss_clock); w.iss != iss) {
        EXPECT_EQ(w.iss, floor) << "neither the clock's number nor beyond the old connection";
        EXPECT_EQ(w.op, kOpSyn);
        EXPECT_GT(static_cast<std::int32_t>(floor - iss), 0);
        ++floors;
      }
      ++opens;
    }
    if (w.op == kOpKill) to_free.emplace_back(w.conn, bench.clock() + 1 + pick(free_delay));
  }

  void response(const Response& w) {
    note(w.id, w.status);
    ASSERT_TRUE(outstanding.contains(w.cookie));
    const Command c = outstanding[w.cookie];
    outstanding.erase(w.cookie);
    EXPECT_EQ(w.opcode, c.opcode);
    ++statuses[{c.opcode, w.status}];
    if (c.opcode == kListen && w.status == 0) {
      EXPECT_FALSE(listeners.contains(w.id));
      listeners[w.id] = {c.tuple.local_port, c.qp, {}};
    } else if (c.opcode == kUnlisten && w.status == 0) {
      EXPECT_TRUE(closing.empty());
      ASSERT_TRUE(listeners.contains(c.id));
      closing = listeners[c.id].list;
      listeners.erase(c.id);
    }
  }

  // What was said so far, as one number.
  void note(std::uint64_t a, std::uint64_t b) {
    digest = (digest ^ a ^ b << 32 ^ bench.clock() << 20) * 0x9e3779b97f4a7c15;
    digest ^= digest >> 29;
  }

  // Ends all and compares with the beginning.
  void finish() {
    bench.ready_percent = bench.rx_ready_percent = bench.offer_percent = 100;
    ASSERT_NO_FATAL_FAILURE(settle());
    while (!listeners.empty()) {
      Command c;
      c.opcode = kUnlisten;
      c.id = listeners.begin()->first;
      send_command(c);
      ASSERT_NO_FATAL_FAILURE(settle());
    }
    for (std::uint16_t conn = 0; conn < kConnections; ++conn) {
      const Owner owner = bench.owner(conn);
      const bool open = records[conn].phase == Phase::kOpen;
      EXPECT_TRUE(owner.alive ? open : !open || records[conn].wait_asked) << conn;
      EXPECT_EQ(owner.generation, records[conn].generation);
      if (records[conn].phase != Phase::kOpen) continue;
      EXPECT_EQ(bench.tuple(conn), records[conn].tuple);
      bench.rx_ends.push_back({0, conn, 0});
    }
    ASSERT_NO_FATAL_FAILURE(settle());
    bench.now += bench.time_wait_us + 1;
    ASSERT_NO_FATAL_FAILURE(settle());
    EXPECT_EQ(bench.dut().free_count_o, kConnections);
    EXPECT_FALSE(bench.dut().deadline_valid_o);
    EXPECT_TRUE(table.empty());
    EXPECT_TRUE(closing.empty());
    for (const Record& r : records) {
      EXPECT_TRUE(r.foretold_hits.empty());
      EXPECT_FALSE(r.foretold_end);
    }
    // An abort that names nobody any more is the only command that is not answered.
    for (const auto& [cookie, c] : outstanding) EXPECT_EQ(c.opcode, kAbort);
    EXPECT_EQ(bench.counters.active + bench.counters.passive, opens);
    EXPECT_EQ(bench.counters.cookies_taken, cookie_opens);
    EXPECT_GE(bench.counters.reused, floors);
  }

  struct Listener {
    std::uint16_t port = 0;
    std::uint8_t qp = 0;
    std::deque<std::uint16_t> list;
  };

  ConnBench bench;
  std::vector<Record> records = std::vector<Record>(kConnections);
  std::map<Tuple, std::uint16_t> table;
  std::map<std::uint32_t, Listener> listeners;
  std::map<std::uint32_t, Command> outstanding;
  std::map<std::pair<int, int>, std::uint64_t> statuses;
  std::map<std::uint32_t, std::uint64_t> taken_at;
  std::deque<std::uint16_t> closing;
  std::vector<Removed> removed;
  std::vector<std::pair<std::uint16_t, std::uint64_t>> to_free;
  std::map<Tuple, Segment> cookies_out;
  std::map<std::uint32_t, std::uint32_t> old_ends;  // SND.MAX by SEG.SEQ of a SYN that follows
  std::uint32_t cookies = 0, segments = 0;
  std::uint8_t expected = 0;
  std::uint16_t expected_conn = 0;
  std::uint64_t hits = 0, misses = 0, opens = 0, relistens = 0, resets = 0, acks_refused = 0,
                cookie_opens = 0, floors = 0, free_delay = 50, digest = 0;
};

}  // namespace millrace
