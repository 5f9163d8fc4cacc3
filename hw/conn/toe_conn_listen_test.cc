// SPDX-License-Identifier: Apache-2.0
// toe_conn step by step, passive opens: listeners, the connections that wait in their lists, and
// what becomes of each SYN.

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

#include "hw/conn/conn_fixture.h"

namespace millrace {
namespace {

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
  EXPECT_EQ(reports[0].tuple, (Tuple{0, 0, 0, 0, 443}));
  EXPECT_EQ(rx[0].op, kOpListen);
  EXPECT_EQ(tx[0].op, kOpListen);
  EXPECT_EQ(tx[0].rx_log2, 12);
  EXPECT_EQ(tx[0].options, 2);
  EXPECT_EQ(tx[0].cc, 1);
  forget();

  const std::uint64_t begin = bench->clock();
  bench->syns.push_back(syn(1000, 443));
  bench->settle();
  EXPECT_LE(done_clock - begin, 32u);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_FALSE(reports[0].fresh || reports[0].notify);
  EXPECT_EQ(reports[0].state, 3);  // SYN-RECEIVED
  const Tuple tuple = v4(kPeer, 1000, 443);
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

TEST_F(Conn, SynQueueDropsWhatIsTooMuch) {
  bench->ready_percent = 0;  // the RST for the first blocks the manager
  for (int i = 0; i < 40; ++i) bench->syns.push_back(syn(1000 + i, 81));
  bench->tick(100);
  EXPECT_EQ(bench->counters.backlog_full, 40u - 33u);
  bench->ready_percent = 100;
  bench->settle();
  EXPECT_EQ(rsts.size(), 33u);
}

}  // namespace
}  // namespace millrace
