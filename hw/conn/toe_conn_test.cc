// SPDX-License-Identifier: Apache-2.0
// toe_conn step by step: each way to begin and end a connection, with every word it says.
// Listeners are in toe_conn_listen_test.cc; toe_conn_random_test.cc does all of it at once.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "hw/conn/conn_fixture.h"

namespace millrace {
namespace {

TEST_F(Conn, ActiveOpenSaysEverything) {
  EXPECT_EQ(free_count(), kConnections);
  const std::uint64_t begin = bench->clock();
  command(connect(80, 5000));
  const Tuple tuple = v4(kPeer, 80, 5000);
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
  EXPECT_EQ(tx[0].options, 5);
  EXPECT_EQ(tx[0].cc, 2);
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
  EXPECT_FALSE(find(v4(kPeer, 80, 5001)));
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
  ASSERT_EQ(tx.size(), 2u);
  EXPECT_EQ(tx[1].op, kOpKill);
  EXPECT_FALSE(tx[1].reset);
  EXPECT_LE(done_clock - begin, 32u);
  EXPECT_FALSE(bench->owner(conn).alive);
  EXPECT_FALSE(find(v4(kPeer, 80, 5000)));
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
  const std::uint16_t base = ConnBench::port_base(v4(kPeer, 80, 0));
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
  EXPECT_EQ(reports[2].tuple.local_port,
            0x8000 | ((ConnBench::port_base(v4(kPeer, 81, 0)) + 4) & 0x7fff));
  EXPECT_LE(done_clock - second, 32u);
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

// The host was told of the end when TIME-WAIT began, so its abort is late and changes nothing.
TEST_F(Conn, TimeWaitEndsByTimeAndNotByAbort) {
  command(connect(80, 5000));
  command(connect(80, 5001));
  EXPECT_TRUE(bench->owner(reports[0].conn).alive);
  for (const OpenReport& r : reports) bench->tx_ends.push_back({kEndTimeWait, r.conn, 0});
  bench->settle();
  EXPECT_EQ(rx.size(), 2u);
  EXPECT_FALSE(bench->owner(reports[0].conn).alive);
  EXPECT_TRUE(bench->dut().deadline_valid_o);
  EXPECT_EQ(bench->dut().deadline_us_o, bench->now + bench->time_wait_us);
  EXPECT_TRUE(find(v4(kPeer, 80, 5000)));
  Command abort = listener(kAbort, reports[0].conn | 1u << 24);
  abort.qp = 5;
  command(abort);
  EXPECT_EQ(rx.size(), 2u);
  EXPECT_TRUE(find(v4(kPeer, 80, 5000)));
  bench->now += bench->time_wait_us - 1;
  bench->settle();
  EXPECT_EQ(rx.size(), 2u);
  bench->now += 1;
  bench->settle();
  ASSERT_EQ(rx.size(), 4u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(rx[2 + i].conn, reports[i].conn);
    EXPECT_EQ(rx[2 + i].status, kOk);
  }
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
    s.tuple = v4(kPeer, 80, static_cast<std::uint16_t>(5000 + i % 2));
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

}  // namespace
}  // namespace millrace
