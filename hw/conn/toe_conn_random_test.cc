// SPDX-License-Identifier: Apache-2.0
// toe_conn under everything at once: commands, SYNs, packets, ends from both engines, time, slow
// takers. A model follows what is said and refuses what cannot be; at the end all is free again.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "hw/conn/conn_bench.h"

namespace millrace {
namespace {

constexpr std::uint32_t kConnections = 64;
constexpr std::uint8_t kConnect = 2, kListen = 3, kAccept = 4, kUnlisten = 5, kAbort = 6;
constexpr std::uint8_t kEndTimeWait = 2;
constexpr std::uint8_t kListenerClosed = 13;
constexpr std::uint8_t kOpListen = 0, kOpActive = 1, kOpSyn = 2, kOpRelisten = 3, kOpKill = 4;
constexpr std::uint8_t kSynFlag = 2;
constexpr std::uint32_t kPeer = 0x0a000002;

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
    bench.on_rst = [this](const Rst&) { ++resets; };
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

  void send_command(Command c) {
    c.cookie = ++cookies;
    c.qp = static_cast<std::uint8_t>(pick(2));
    if (c.opcode == kUnlisten || c.opcode == kAccept) {
      if (const auto it = listeners.find(c.id); it != listeners.end()) c.qp = it->second.qp;
    }
    if (c.opcode == kAbort) c.qp = records[c.id & 0xffff].qp;
    c.remote_ip = kPeer;
    outstanding[c.cookie] = c;
    bench.commands.push_back(c);
  }

  void random_command() {
    Command c;
    const std::uint64_t kind = pick(100);
    if (kind < 35) {
      c.opcode = kConnect;
      c.remote_port = static_cast<std::uint16_t>(80 + pick(3));
      c.local_port = pick(2) ? 0 : static_cast<std::uint16_t>(2000 + pick(40));
    } else if (kind < 45) {
      c.opcode = kListen;
      c.local_port = static_cast<std::uint16_t>(100 + pick(4));
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
      s.tuple = {kPeer, kLocalIp, static_cast<std::uint16_t>(1000 + pick(60)),
                 static_cast<std::uint16_t>(100 + pick(5))};
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

  void random_end() {
    const auto conn = static_cast<std::uint16_t>(pick(kConnections));
    Record& r = records[conn];
    if (r.phase != Phase::kOpen) return;
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
        EXPECT_EQ(w.tuple, (Tuple{0, kLocalIp, 0, listeners[c.id].port}));
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
      EXPECT_EQ(w.iss, ConnBench::iss(records[w.conn].tuple, bench.iss_clock));
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
      listeners[w.id] = {c.local_port, c.qp, {}};
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
  std::uint32_t cookies = 0, segments = 0;
  std::uint8_t expected = 0;
  std::uint16_t expected_conn = 0;
  std::uint64_t hits = 0, misses = 0, opens = 0, relistens = 0, resets = 0, free_delay = 50,
                digest = 0;
};

struct Case {
  std::uint64_t seed;
  std::array<std::uint32_t, 4> hash_key;
};

void run(Model& m, int rounds) {
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    constexpr unsigned kReady[] = {100, 100, 60, 15};
    m.bench.ready_percent = kReady[m.pick(4)];
    m.bench.rx_ready_percent = kReady[m.pick(4)];
    m.bench.offer_percent = kReady[m.pick(4)];
    m.free_delay = m.pick(2) ? 30 : 2000;
    const std::uint64_t command_rate = m.pick(40), end_rate = m.pick(100);
    const std::uint64_t syn_rate = m.pick(30), packet_rate = m.pick(110);
    for (int i = 0; i < 2000; ++i) {
      if (m.pick(1000) < command_rate && m.bench.commands.size() < 8) m.random_command();
      if (m.pick(1000) < end_rate) m.random_end();
      if (m.pick(1000) < syn_rate) m.random_segment(true);
      if (m.pick(100) < packet_rate && m.bench.segments.size() < 50) m.random_segment(false);
      if (m.pick(10) == 0) m.bench.now += static_cast<std::uint32_t>(m.pick(8));
      m.step();
    }
    if (round % 10 == 9) {
      m.bench.ready_percent = m.bench.rx_ready_percent = 100;
      m.settle();
    }
  }
}

class ConnRandom : public testing::TestWithParam<Case> {};

TEST_P(ConnRandom, EverythingAtOnce) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam().seed);
  Model m(GetParam().seed, GetParam().hash_key);
  run(m, 60);
  m.finish();
  const Counters& c = m.bench.counters;
  std::cout << "seed " << GetParam().seed << ": active " << c.active << " passive " << c.passive
            << " closed " << c.closed << " recycled " << c.recycled << " relisten " << m.relistens
            << " backlog_full " << c.backlog_full << " resets " << m.resets << " hits " << m.hits
            << " misses " << m.misses << "\n";
  EXPECT_EQ(m.resets, c.no_listener);
  EXPECT_GT(m.hits, 100u);
}

constexpr std::array<std::uint32_t, 4> kKey = {0x6d5a56da, 0x255b0ec2, 0x4167253d, 0x43a38fb0};

TEST(ConnReset, WhatIsNotResetDoesNotMatter) {
  std::uint64_t first = 0;
  for (int seed = 1; seed <= 4; ++seed) {
    Verilated::threadContextp()->randReset(2);
    Verilated::threadContextp()->randSeed(seed);
    Model m(77, kKey);
    run(m, 10);
    m.finish();
    if (seed == 1) first = m.bench.counters.closed << 32 ^ m.digest;
    EXPECT_EQ(m.bench.counters.closed << 32 ^ m.digest, first) << "reset seed " << seed;
  }
  Verilated::threadContextp()->randReset(0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConnRandom,
                         testing::Values(Case{1, kKey}, Case{2, kKey}, Case{3, kKey}, Case{4, kKey},
                                         Case{5, kKey}, Case{6, kKey},
                                         // All tuples in one bucket, and in few.
                                         Case{7, {0, 0, 0, 0}}, Case{8, {0, 0, 1, 0x80000000}}),
                         [](const auto& info) { return "Seed" + std::to_string(info.param.seed); });

}  // namespace
}  // namespace millrace
