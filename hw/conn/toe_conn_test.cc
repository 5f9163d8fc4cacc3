// SPDX-License-Identifier: Apache-2.0
// toe_conn step by step: each way to begin and end a connection, with every word it says.
// toe_conn_random_test.cc does all of it at once.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "hw/conn/conn_bench.h"

namespace millrace {
namespace {

constexpr std::uint32_t kConnections = 64;
constexpr std::uint8_t kConnect = 2, kListen = 3, kAccept = 4, kUnlisten = 5, kAbort = 6;
constexpr std::uint8_t kOk = 0, kTimedOut = 3, kAborted = 4, kNoConnection = 5, kInUse = 6,
                       kBadListener = 11, kNoListener = 12, kListenerClosed = 13;
constexpr std::uint8_t kOpListen = 0, kOpActive = 1, kOpSyn = 2, kOpRelisten = 3, kOpKill = 4;
constexpr std::uint8_t kEndClosed = 0, kEndHandshake = 1, kEndTimeWait = 2;
constexpr std::uint8_t kSynFlag = 2, kRstFlag = 4, kAckFlag = 16;
constexpr std::uint32_t kPeer = 0x0a000002;

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
    bench->on_rst = [this](const Rst& w) { rsts.push_back(w); };
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
    c.remote_ip = kPeer;
    c.remote_port = remote_port;
    c.local_port = local_port;
    c.tx_page = 0x123456789abcd;
    c.rx_page = 0xdcba987654321;
    c.tx_log2 = 16;
    c.rx_log2 = 17;
    return c;
  }

  static Command listener(std::uint8_t opcode, std::uint32_t id, std::uint16_t port = 0) {
    Command c;
    c.opcode = opcode;
    c.qp = 3;
    c.id = id;
    c.cookie = 0x11570000 + id;
    c.local_port = port;
    c.rx_log2 = 12;
    c.tx_log2 = 13;
    return c;
  }

  void command(const Command& c) {
    bench->commands.push_back(c);
    bench->settle();
  }

  static Segment syn(std::uint16_t remote_port, std::uint16_t local_port) {
    Segment s;
    s.tuple = {kPeer, kLocalIp, remote_port, local_port};
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
  std::vector<Rst> rsts;
  std::vector<RxSegment> looked_up;
  std::vector<std::uint64_t> looked_up_clock;
};

TEST_F(Conn, ActiveOpenSaysEverything) {
  EXPECT_EQ(free_count(), kConnections);
  const std::uint64_t begin = bench->clock();
  command(connect(80, 5000));
  const Tuple tuple{kPeer, kLocalIp, 80, 5000};
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_TRUE(reports[0].fresh && reports[0].notify);
  EXPECT_EQ(reports[0].generation, 1);
  EXPECT_EQ(reports[0].qp, 5);
  EXPECT_EQ(reports[0].cookie, 0xc00c1e00u + 80);
  EXPECT_EQ(reports[0].state, 2);  // SYN-SENT
  EXPECT_EQ(reports[0].tuple, tuple);
  ASSERT_EQ(rx.size(), 1u);
  EXPECT_EQ(rx[0].op, kOpActive);
  EXPECT_EQ(rx[0].conn, reports[0].conn);
  EXPECT_EQ(rx[0].page, 0xdcba987654321u);
  EXPECT_EQ(rx[0].log2, 17);
  ASSERT_EQ(tx.size(), 1u);
  EXPECT_EQ(tx[0].op, kOpActive);
  EXPECT_EQ(tx[0].page, 0x123456789abcdu);
  EXPECT_EQ(tx[0].log2, 16);
  EXPECT_EQ(tx[0].rx_log2, 17);
  EXPECT_EQ(tx[0].iss, ConnBench::iss(tuple, bench->iss_clock));
  EXPECT_LE(done_clock - begin, 32u);
  EXPECT_TRUE(responses.empty());
  EXPECT_EQ(free_count(), kConnections - 1);
  const Owner owner = bench->owner(reports[0].conn);
  EXPECT_TRUE(owner.alive);
  EXPECT_EQ(owner.generation, 1);
  EXPECT_EQ(owner.qp, 5);
  EXPECT_EQ(bench->tuple(reports[0].conn), tuple);
  EXPECT_EQ(find(tuple), reports[0].conn);
  EXPECT_FALSE(find({kPeer, kLocalIp, 80, 5001}));
  EXPECT_EQ(bench->counters.active, 1u);

  command(connect(80, 5000));  // the tuple is taken
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, kInUse);
  EXPECT_EQ(responses[0].opcode, kConnect);
  EXPECT_EQ(responses[0].qp, 5);
  EXPECT_EQ(free_count(), kConnections - 1);
}

TEST_F(Conn, CloseFreesOnlyWhenTheReporterIsDone) {
  auto_free = false;
  command(connect(80, 5000));
  const std::uint16_t conn = reports[0].conn;
  const std::uint64_t begin = bench->clock();
  bench->rx_ends.push_back({kEndClosed, conn, kTimedOut});
  bench->tx_ends.push_back({kEndClosed, conn, kOk});  // both ask; the first counts
  bench->settle();
  ASSERT_EQ(rx.size(), 2u);
  EXPECT_EQ(rx[1].op, kOpKill);
  EXPECT_EQ(rx[1].status, kTimedOut);
  EXPECT_TRUE(rx[1].notify);
  ASSERT_EQ(tx.size(), 2u);
  EXPECT_EQ(tx[1].op, kOpKill);
  EXPECT_FALSE(tx[1].reset);
  EXPECT_LE(done_clock - begin, 32u);
  EXPECT_FALSE(bench->owner(conn).alive);
  EXPECT_FALSE(find({kPeer, kLocalIp, 80, 5000}));
  EXPECT_EQ(free_count(), kConnections - 1);
  EXPECT_EQ(bench->counters.closed, 0u);
  bench->freed.push_back(conn);
  bench->settle();
  EXPECT_EQ(free_count(), kConnections);
  EXPECT_EQ(bench->counters.closed, 1u);
}

// A packet that was looked up may not meet the identifier's next connection.
TEST_F(Conn, IdentifierStaysTakenWhilePacketsNameIt) {
  command(connect(80, 5000));
  Segment s;
  s.tuple = reports[0].tuple;
  bench->rx_ready_percent = 0;
  bench->segments.push_back(s);
  bench->tick(10);
  bench->rx_ends.push_back({kEndClosed, reports[0].conn, kOk});
  bench->tick(100);
  EXPECT_EQ(rx.back().op, kOpKill);
  EXPECT_TRUE(bench->freed.empty());
  EXPECT_EQ(free_count(), kConnections - 1);
  bench->rx_ready_percent = 100;
  bench->settle();
  EXPECT_EQ(looked_up.size(), 1u);
  EXPECT_EQ(free_count(), kConnections);
}

// Nor may an end that was asked for.
TEST_F(Conn, IdentifierStaysTakenWhileEndsNameIt) {
  command(connect(80, 5000));
  const std::uint16_t conn = reports[0].conn;
  for (int i = 0; i < 30; ++i) bench->tx_ends.push_back({kEndClosed, 60, kOk});
  bench->tx_ends.push_back({kEndClosed, conn, kOk});
  bench->tick(29);
  bench->rx_ends.push_back({kEndClosed, conn, kOk});
  bench->tick(40);
  EXPECT_EQ(rx.back().op, kOpKill);
  EXPECT_TRUE(bench->freed.empty());
  EXPECT_EQ(free_count(), kConnections - 1);
  bench->settle();
  EXPECT_EQ(free_count(), kConnections);
}

TEST_F(Conn, EphemeralPortsFollowRfc6056AndAvoidListeners) {
  const std::uint16_t base = ConnBench::port_base(kPeer, 80);
  const auto nth = [&](int n) {
    return static_cast<std::uint16_t>(0x8000 | ((base + n) & 0x7fff));
  };
  command(listener(kListen, 0, nth(1)));
  command(connect(80, nth(2)));
  forget();
  command(connect(80, 0));
  const std::uint64_t begin = bench->clock();
  command(connect(80, 0));
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].tuple.local_port, nth(0));
  EXPECT_EQ(reports[1].tuple.local_port, nth(3));
  EXPECT_LE(done_clock - begin, 64u);  // two candidates in vain
  const std::uint64_t second = bench->clock();
  command(connect(81, 0));  // another base, the same counter
  EXPECT_EQ(reports[2].tuple.local_port, 0x8000 | ((ConnBench::port_base(kPeer, 81) + 4) & 0x7fff));
  EXPECT_LE(done_clock - second, 32u);
}

TEST_F(Conn, PassiveOpenFromListToListAgain) {
  command(listener(kListen, 0, 443));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, kOk);
  const std::uint32_t id = responses[0].id;
  command(listener(kAccept, id));
  command(listener(kAccept, id));
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].state, 1);  // LISTEN
  EXPECT_TRUE(reports[0].fresh && reports[0].notify);
  EXPECT_EQ(reports[0].tuple, (Tuple{0, kLocalIp, 0, 443}));
  EXPECT_EQ(rx[0].op, kOpListen);
  EXPECT_EQ(tx[0].op, kOpListen);
  EXPECT_EQ(tx[0].rx_log2, 12);
  forget();

  const std::uint64_t begin = bench->clock();
  bench->syns.push_back(syn(1000, 443));
  bench->settle();
  EXPECT_LE(done_clock - begin, 32u);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_FALSE(reports[0].fresh || reports[0].notify);
  EXPECT_EQ(reports[0].state, 3);  // SYN-RECEIVED
  const Tuple tuple{kPeer, kLocalIp, 1000, 443};
  EXPECT_EQ(reports[0].tuple, tuple);
  const std::uint16_t conn = reports[0].conn;
  ASSERT_EQ(tx.size(), 1u);
  EXPECT_EQ(rx[0].op, kOpSyn);
  EXPECT_EQ(rx[0].irs, 0xabcd0000u + 1000);
  EXPECT_EQ(tx[0].op, kOpSyn);
  EXPECT_EQ(tx[0].conn, conn);
  EXPECT_EQ(tx[0].irs, 0xabcd0000u + 1000);
  EXPECT_EQ(tx[0].wnd, 5555);
  EXPECT_TRUE(tx[0].mss_valid && tx[0].ws_valid);
  EXPECT_EQ(tx[0].mss, 1400);
  EXPECT_EQ(tx[0].ws, 9);
  EXPECT_EQ(tx[0].iss, ConnBench::iss(tuple, bench->iss_clock));
  EXPECT_EQ(find(tuple), conn);

  bench->syns.push_back(syn(1000, 443));  // duplicate: nothing happens
  bench->settle();
  EXPECT_EQ(reports.size(), 1u);
  EXPECT_TRUE(rsts.empty());

  forget();
  bench->tx_ends.push_back({kEndHandshake, conn, kTimedOut});
  bench->settle();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].state, 1);
  EXPECT_FALSE(reports[0].fresh || reports[0].notify);
  EXPECT_EQ(rx[0].op, kOpRelisten);
  EXPECT_EQ(tx[0].op, kOpRelisten);
  EXPECT_FALSE(find(tuple));
  EXPECT_TRUE(bench->owner(conn).alive);

  // The other one is now the head; then this one; then the backlog is empty.
  forget();
  for (std::uint16_t port = 1; port <= 3; ++port) bench->syns.push_back(syn(port, 443));
  bench->settle();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_NE(reports[0].conn, conn);
  EXPECT_EQ(reports[1].conn, conn);
  EXPECT_EQ(bench->counters.backlog_full, 1u);
  EXPECT_EQ(bench->counters.passive, 3u);

  // Established ones live on after unlisten; a handshake that fails then ends.
  forget();
  command(listener(kUnlisten, id));
  EXPECT_EQ(responses[0].status, kOk);
  EXPECT_TRUE(rx.empty());
  bench->rx_ends.push_back({kEndHandshake, conn, 2});
  bench->settle();
  ASSERT_EQ(rx.size(), 1u);
  EXPECT_EQ(rx[0].op, kOpKill);
  EXPECT_EQ(rx[0].status, 2);
}

TEST_F(Conn, ReusedListenerIsNotTheOldOne) {
  command(listener(kListen, 0, 443));
  command(listener(kAccept, 0));
  bench->syns.push_back(syn(1000, 443));
  bench->settle();
  command(listener(kUnlisten, 0));
  command(listener(kListen, 0, 443));
  EXPECT_EQ(responses.back().id, 0u);
  rx.clear();
  bench->rx_ends.push_back({kEndHandshake, reports[0].conn, 2});
  bench->settle();
  ASSERT_EQ(rx.size(), 1u);
  EXPECT_EQ(rx[0].op, kOpKill);
}

TEST_F(Conn, UnlistenKillsInOrderAndRefusesStrangers) {
  command(listener(kListen, 0, 7));
  for (int i = 0; i < 5; ++i) command(listener(kAccept, 0));
  Command strange = listener(kAccept, 0);
  strange.qp = 4;
  command(strange);
  strange.opcode = kUnlisten;
  command(strange);
  command(listener(kAccept, 1));
  command(listener(kUnlisten, 64));
  ASSERT_EQ(responses.size(), 5u);
  for (int i = 1; i < 5; ++i) EXPECT_EQ(responses[i].status, kBadListener);
  EXPECT_EQ(free_count(), kConnections - 5);
  rx.clear();
  // Abort the first, a middle and the last one out of the list.
  for (const int i : {2, 0, 4}) {
    Command abort = listener(kAbort, reports[i].conn | 1u << 24);
    command(abort);
    ASSERT_FALSE(rx.empty());
    EXPECT_EQ(rx.back().op, kOpKill);
    EXPECT_EQ(rx.back().conn, reports[i].conn);
    EXPECT_EQ(rx.back().status, kAborted);
    EXPECT_FALSE(tx.back().reset);
  }
  rx.clear();
  command(listener(kAccept, 0));
  rx.clear();
  command(listener(kUnlisten, 0));
  ASSERT_EQ(rx.size(), 3u);
  EXPECT_EQ(rx[0].conn, reports[1].conn);
  EXPECT_EQ(rx[1].conn, reports[3].conn);
  EXPECT_EQ(rx[2].conn, reports[5].conn);
  for (const RxCtl& w : rx) EXPECT_EQ(w.status, kListenerClosed);
  EXPECT_EQ(free_count(), kConnections);
}

TEST_F(Conn, ListenersRunOutAndPortsAreUnique) {
  for (int i = 0; i < 64; ++i) command(listener(kListen, 0, 100 + i));
  command(listener(kListen, 0, 130));
  command(listener(kListen, 0, 300));
  ASSERT_EQ(responses.size(), 66u);
  std::set<std::uint32_t> ids;
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(responses[i].status, kOk);
    ids.insert(responses[i].id);
  }
  EXPECT_EQ(ids.size(), 64u);
  EXPECT_EQ(responses[64].status, kInUse);
  EXPECT_EQ(responses[65].status, kNoListener);
  command(listener(kUnlisten, 33));
  command(listener(kListen, 0, 300));
  EXPECT_EQ(responses.back().status, kOk);
  EXPECT_EQ(responses.back().id, 33u);
}

TEST_F(Conn, SynToClosedPortIsReset) {
  Segment s = syn(1000, 81);
  s.len = 10;
  bench->syns.push_back(s);
  s.flags |= kRstFlag;
  bench->syns.push_back(s);
  bench->settle();
  ASSERT_EQ(rsts.size(), 1u);
  EXPECT_EQ(rsts[0].tuple, s.tuple);
  EXPECT_EQ(rsts[0].seq, 0u);
  EXPECT_EQ(rsts[0].ack, s.seq + 11);
  EXPECT_EQ(rsts[0].flags, kRstFlag | kAckFlag);
  EXPECT_EQ(bench->counters.no_listener, 1u);
}

TEST_F(Conn, AbortResetsAndIgnoresStaleNames) {
  command(connect(80, 5000));
  const std::uint16_t conn = reports[0].conn;
  Command abort = listener(kAbort, conn | 2u << 24);  // wrong generation
  abort.qp = 5;
  command(abort);
  EXPECT_EQ(rx.size(), 1u);
  abort.id = conn | 1u << 24;
  command(abort);
  ASSERT_EQ(rx.size(), 2u);
  EXPECT_EQ(rx[1].status, kAborted);
  EXPECT_TRUE(tx[1].reset);
  EXPECT_EQ(free_count(), kConnections);
  command(abort);
  EXPECT_EQ(rx.size(), 2u);
}

TEST_F(Conn, TimeWaitEndsByTimeAndGoesStaleByAbort) {
  command(connect(80, 5000));
  command(connect(80, 5001));
  for (const OpenReport& r : reports) bench->tx_ends.push_back({kEndTimeWait, r.conn, 0});
  bench->settle();
  EXPECT_EQ(rx.size(), 2u);
  EXPECT_TRUE(bench->dut().deadline_valid_o);
  EXPECT_EQ(bench->dut().deadline_us_o, bench->now + bench->time_wait_us);
  EXPECT_TRUE(find({kPeer, kLocalIp, 80, 5000}));
  Command abort = listener(kAbort, reports[0].conn | 1u << 24);
  abort.qp = 5;
  command(abort);
  EXPECT_EQ(rx.size(), 3u);
  bench->now += bench->time_wait_us - 1;
  bench->settle();
  EXPECT_EQ(rx.size(), 3u);
  bench->now += 1;
  bench->settle();
  ASSERT_EQ(rx.size(), 4u);
  EXPECT_EQ(rx[3].conn, reports[1].conn);
  EXPECT_EQ(rx[3].status, kOk);
  EXPECT_FALSE(bench->dut().deadline_valid_o);
  EXPECT_EQ(free_count(), kConnections);
}

TEST_F(Conn, TimeWaitIsRecycledWhenNoneIsFree) {
  for (std::uint32_t i = 0; i < kConnections; ++i) command(connect(80, 5000 + i));
  EXPECT_EQ(free_count(), 0u);
  command(connect(80, 4000));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, kNoConnection);
  bench->rx_ends.push_back({kEndTimeWait, reports[7].conn, 0});
  bench->rx_ends.push_back({kEndTimeWait, reports[9].conn, 0});
  bench->settle();
  command(connect(80, 4000));
  EXPECT_EQ(bench->counters.recycled, 1u);
  ASSERT_EQ(reports.size(), kConnections + 1);
  EXPECT_EQ(reports.back().conn, reports[7].conn);
  EXPECT_EQ(reports.back().generation, 2);
  // The identifier does not come back in time: refused, and the rest goes on meanwhile.
  auto_free = false;
  bench->commands.push_back(connect(80, 4001));
  bench->tick(300);
  EXPECT_EQ(bench->counters.recycled, 2u);
  EXPECT_EQ(responses.size(), 1u);
  bench->syns.push_back(syn(9, 9));
  bench->tick(40);
  EXPECT_EQ(rsts.size(), 1u);
  bench->settle();
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(responses[1].status, kNoConnection);
}

TEST_F(Conn, LookupTakesOnePerClockWithinFive) {
  command(connect(80, 5000));
  forget();
  constexpr int kMany = 500;
  Segment s;
  for (int i = 0; i < kMany; ++i) {
    s.tuple = {kPeer, kLocalIp, 80, static_cast<std::uint16_t>(5000 + i % 2)};
    s.seq = i;
    bench->segments.push_back(s);
  }
  looked_up_clock.clear();
  const std::uint64_t begin = bench->clock();
  bench->settle();
  ASSERT_EQ(looked_up.size(), static_cast<std::size_t>(kMany));
  for (int i = 0; i < kMany; ++i) {
    ASSERT_EQ(looked_up[i].seq, static_cast<std::uint32_t>(i));
    ASSERT_EQ(looked_up[i].hit, i % 2 == 0);
  }
  EXPECT_LE(looked_up_clock.front() - (begin + 1), 5u);
  EXPECT_EQ(looked_up_clock.back() - looked_up_clock.front(), kMany - 1u);
}

TEST_F(Conn, AllTuplesInOneBucket) {
  bench = std::make_unique<ConnBench>(std::array<std::uint32_t, 4>{});  // everything hashes to 0
  attach();
  for (int round = 0; round < 3; ++round) {
    forget();
    for (int i = 0; i < 20; ++i) command(connect(80, 5000 + i));
    ASSERT_EQ(reports.size(), 16u);  // four ways of two tables, and the stash
    EXPECT_EQ(responses.size(), 4u);
    for (const Response& r : responses) EXPECT_EQ(r.status, kNoConnection);
    for (const OpenReport& r : reports) EXPECT_EQ(find(r.tuple), r.conn);
    std::vector<OpenReport> open = reports;
    std::shuffle(open.begin(), open.end(), bench->random);
    while (!open.empty()) {
      bench->rx_ends.push_back({kEndClosed, open.back().conn, 0});
      bench->settle();
      EXPECT_FALSE(find(open.back().tuple));
      open.pop_back();
      for (const OpenReport& r : open) EXPECT_EQ(find(r.tuple), r.conn);
    }
    EXPECT_EQ(free_count(), kConnections);
  }
}

TEST_F(Conn, SynQueueDropsWhatIsTooMuch) {
  bench->ready_percent = 0;  // the RST for the first blocks the manager
  for (int i = 0; i < 40; ++i) bench->syns.push_back(syn(1000 + i, 81));
  bench->tick(100);
  EXPECT_EQ(bench->counters.backlog_full, 40u - 17u);
  bench->ready_percent = 100;
  bench->settle();
  EXPECT_EQ(rsts.size(), 17u);
}

}  // namespace
}  // namespace millrace
