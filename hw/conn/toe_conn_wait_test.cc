// SPDX-License-Identifier: Apache-2.0
// toe_conn step by step: TIME-WAIT, its restart and its early end by a new SYN (RFC 6191), and what
// comes to a port without SYN or ACK.

#include <gtest/gtest.h>

#include <cstdint>

#include "hw/conn/conn_fixture.h"

namespace millrace {
namespace {

class Wait : public Conn {
 protected:
  // A connection in TIME-WAIT with this tuple.
  std::uint16_t wait(std::uint16_t remote_port, std::uint16_t local_port) {
    command(connect(remote_port, local_port));
    const std::uint16_t conn = reports.back().conn;
    bench->rx_ends.push_back({kEndTimeWait, conn, kOk});
    bench->settle();
    return conn;
  }

  void again(std::uint16_t conn) {
    bench->rx_ends.push_back({kEndTimeWaitAgain, conn, kOk});
    bench->settle();
  }

  void pass(std::uint32_t us) {
    bench->now += us;
    bench->settle();
  }
};

TEST_F(Wait, FinAgainRestartsIt) {
  bench->now = 0xffffff00;  // across the wrap
  const std::uint16_t conn = wait(80, 5000), other = wait(80, 5001);
  forget();
  pass(600);
  again(conn);
  pass(399);
  EXPECT_TRUE(rx.empty());
  pass(1);
  ASSERT_EQ(rx.size(), 1u);
  EXPECT_EQ(rx[0].conn, other);
  pass(599);
  EXPECT_EQ(rx.size(), 1u);
  EXPECT_TRUE(find(v4(kPeer, 80, 5000)));
  pass(1);
  ASSERT_EQ(rx.size(), 2u);
  EXPECT_EQ(rx[1].conn, conn);
  EXPECT_EQ(rx[1].op, kOpKill);
  EXPECT_EQ(free_count(), kConnections);
  EXPECT_FALSE(bench->dut().deadline_valid_o);
}

TEST_F(Wait, RestartMeansOnlyConnectionsThatWait) {
  command(connect(80, 5000));
  again(reports[0].conn);
  again(63);  // free
  EXPECT_FALSE(bench->dut().deadline_valid_o);
  EXPECT_TRUE(bench->owner(reports[0].conn).alive);
  pass(5000);
  EXPECT_EQ(rx.size(), 1u);
}

// More restarts than their queues hold, and more than the queue of all waits.
TEST_F(Wait, FloodOfFinsIsHarmless) {
  const std::uint16_t conn = wait(80, 5000);
  forget();
  for (int i = 0; i < 3000; ++i) {
    bench->rx_ends.push_back({kEndTimeWaitAgain, conn, kOk});
    if (i % 3 == 0) bench->rx_ends.push_back({kEndTimeWaitAgain, 9, kOk});
  }
  command(connect(80, 6000));
  const std::uint16_t open = reports[0].conn;
  bench->settle();
  EXPECT_EQ(rx.size(), 1u);
  wait(80, 7000);  // there is room for others
  EXPECT_EQ(rx.size(), 2u);
  pass(1000);
  ASSERT_EQ(rx.size(), 4u);
  EXPECT_EQ(rx[2].conn, conn);
  EXPECT_TRUE(bench->owner(open).alive);
  EXPECT_EQ(free_count(), kConnections - 1);
  EXPECT_FALSE(bench->dut().deadline_valid_o);
}

TEST_F(Wait, NewSynTakesItsPlace) {
  command(listener(kListen, 0, 443));
  for (const std::uint32_t ahead : {0u, 0x40000000u}) {
    command(listener(kAccept, 0));
    const std::uint16_t fresh = reports.back().conn;
    const std::uint16_t old = wait(1000, 443);
    forget();
    const Tuple tuple = v4(kPeer, 1000, 443);
    const std::uint32_t iss = ConnBench::iss(tuple, bench->iss_clock);
    Segment s = syn(1000, 443);
    s.ack = iss + ahead;  // SND.MAX of the old one
    bench->syns.push_back(s);
    const std::uint64_t begin = bench->clock();
    bench->settle();
    EXPECT_LE(done_clock - begin, 64u);
    ASSERT_EQ(rx.size(), 2u);
    EXPECT_EQ(rx[0].op, kOpKill);
    EXPECT_EQ(rx[0].conn, old);
    EXPECT_EQ(rx[0].status, kOk);
    EXPECT_FALSE(tx[0].reset);
    EXPECT_EQ(rx[1].op, kOpSyn);
    EXPECT_EQ(rx[1].conn, fresh);
    EXPECT_EQ(rx[1].irs, s.seq);
    ASSERT_EQ(tx.size(), 2u);
    EXPECT_EQ(tx[1].iss, s.ack + 0x10000) << "beyond all that the old one sent";
    EXPECT_FALSE(tx[1].open);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].tuple, tuple);
    EXPECT_EQ(find(tuple), fresh);
    // The old one's wait is over, the new one's has not begun.
    rx.clear();
    pass(5000);
    EXPECT_TRUE(rx.empty());
    EXPECT_FALSE(bench->dut().deadline_valid_o);
    bench->rx_ends.push_back({kEndClosed, fresh, kOk});
    bench->settle();
    EXPECT_EQ(free_count(), kConnections);
  }
  EXPECT_EQ(bench->counters.reused, 2u);
  EXPECT_EQ(bench->counters.passive, 2u);
}

TEST_F(Wait, IssFollowsTheClockWhenThatIsAhead) {
  command(listener(kListen, 0, 443));
  command(listener(kAccept, 0));
  wait(1000, 443);
  forget();
  Segment s = syn(1000, 443);
  const std::uint32_t iss = ConnBench::iss(s.tuple, bench->iss_clock);
  s.ack = iss - 0x20000;
  bench->syns.push_back(s);
  bench->settle();
  ASSERT_EQ(tx.size(), 2u);
  EXPECT_EQ(tx[1].iss, iss);
}

TEST_F(Wait, SynChangesNothingWithoutAConnectionToTakeIt) {
  bench->syn_cookies = 1;
  wait(1000, 443);
  const auto expect_kept = [&] {
    forget();
    bench->syns.push_back(syn(1000, 443));
    bench->settle();
    EXPECT_TRUE(rx.empty() && rsts.empty());
    EXPECT_TRUE(find(v4(kPeer, 1000, 443)));
  };
  expect_kept();  // nobody listens
  EXPECT_EQ(bench->counters.backlog_full, 0u);
  command(listener(kListen, 0, 443));
  expect_kept();  // none in LISTEN: no cookie either, whose number would not be beyond the old ones
  EXPECT_EQ(bench->counters.backlog_full, 1u);
  command(listener(kAccept, 0));
  bench->time_wait_reuse = false;
  expect_kept();
  bench->time_wait_reuse = true;
  command(connect(1001, 443));
  bench->syns.push_back(syn(1001, 443));  // not in TIME-WAIT
  rx.clear();
  bench->settle();
  EXPECT_TRUE(rx.empty());
  EXPECT_EQ(bench->counters.reused, 0u);
}

TEST_F(Wait, FullQueueGivesUpItsOldest) {
  bench->time_wait_us = 1000000;
  command(listener(kListen, 0, 443));
  // Entries of waits that ended by reuse fill the queue.
  for (std::uint32_t i = 0; i + 1 < kConnections; ++i) {
    wait(1000, 443);
    command(listener(kAccept, 0));
    bench->syns.push_back(syn(1000, 443));
    bench->settle();
    bench->rx_ends.push_back({kEndClosed, reports.back().conn, kOk});
    bench->settle();
  }
  EXPECT_EQ(free_count(), kConnections);
  for (std::uint16_t i = 0; i < 10; ++i) wait(2000, 443 + i);
  for (std::uint16_t i = 0; i < 10; ++i) EXPECT_TRUE(find(v4(kPeer, 2000, 443 + i))) << i;
  pass(1000000);
  EXPECT_EQ(free_count(), kConnections);
}

TEST_F(Wait, NeitherSynNorAckIsForAListener) {
  command(listener(kListen, 0, 443));
  command(listener(kAccept, 0));
  forget();
  Segment s = syn(1000, 443);
  s.flags = 0;
  s.len = 7;
  bench->syns.push_back(s);  // RFC 9293 3.10.7.2, fourth
  bench->settle();
  EXPECT_TRUE(rsts.empty() && reports.empty());
  s.tuple.local_port = 444;
  bench->syns.push_back(s);  // CLOSED: 3.10.7.1
  bench->settle();
  ASSERT_EQ(rsts.size(), 1u);
  EXPECT_EQ(rsts[0].flags, kRstFlag | kAckFlag);
  EXPECT_EQ(rsts[0].ack, s.seq + 7);
  EXPECT_EQ(bench->counters.no_listener, 0u);
}

TEST_F(Wait, UnreachableEndsWithItsStatus) {
  command(connect(80, 5000));
  command(connect(80, 5001));
  rx.clear();
  bench->tx_ends.push_back({kEndClosed, reports[0].conn, kUnreachable});
  bench->rx_ends.push_back({kEndHandshake, reports[1].conn, kUnreachable});
  bench->settle();
  ASSERT_EQ(rx.size(), 2u);
  for (const RxCtl& w : rx) {
    EXPECT_EQ(w.op, kOpKill);
    EXPECT_EQ(w.status, kUnreachable);
  }
}

TEST_F(Wait, OneListenerTakesBothFamilies) {
  command(listener(kListen, 0, 443));
  const Tuple tuples[] = {{0x20010db800000000, 0x1, 1, 1000, 443},
                          {0xfe80000000000000, 0x1, 2, 1000, 443},
                          v4(kPeer, 1000, 443)};
  for (const Tuple& t : tuples) {
    command(listener(kAccept, 0));
    forget();
    Segment s = syn(1000, 443);
    s.tuple = t;
    bench->syns.push_back(s);
    bench->settle();
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].tuple, t);
    EXPECT_EQ(tx[0].iss, ConnBench::iss(t, bench->iss_clock));
    EXPECT_EQ(bench->tuple(reports[0].conn), t);
    EXPECT_EQ(find(t), reports[0].conn);
    // Back in LISTEN nothing of the address is left.
    if (t.local_kind == 2) {
      bench->rx_ends.push_back({kEndHandshake, reports[0].conn, kOk});
      bench->settle();
      EXPECT_EQ(reports.back().tuple, (Tuple{0, 0, 0, 0, 443}));
    }
  }
}

TEST_F(Wait, ConnectsOverIpv6WithPortsFromTheWholeAddress) {
  Command c = connect(80, 0);
  c.tuple = {0x20010db800000000, 0x1, 1, 80, 0};
  std::uint16_t tried = 0;
  for (const int bit : {0, 1, 31, 32, 63}) {
    for (const bool high : {false, true}) {
      Command d = c;
      (high ? d.tuple.remote_hi : d.tuple.remote_lo) ^= std::uint64_t{1} << bit;
      forget();
      command(d);
      ASSERT_EQ(reports.size(), 1u);
      EXPECT_EQ(reports[0].tuple.local_port,
                0x8000 | ((ConnBench::port_base(d.tuple) + tried++) & 0x7fff));
      d.tuple.local_port = reports[0].tuple.local_port;
      EXPECT_EQ(reports[0].tuple, d.tuple);
      EXPECT_EQ(tx[0].iss, ConnBench::iss(d.tuple, bench->iss_clock));
      EXPECT_EQ(find(d.tuple), reports[0].conn);
    }
  }
}

}  // namespace
}  // namespace millrace
