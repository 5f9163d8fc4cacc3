// SPDX-License-Identifier: Apache-2.0
// toe_conn step by step, SYN cookies (RFC 4987 3.6): what is answered, what is believed, and that
// nobody else waits for it.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <utility>

#include "hw/conn/conn_fixture.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFinFlag = 1, kEceFlag = 64, kCwrFlag = 128;

class Cookie : public Conn {
 protected:
  Cookie() {
    bench->syn_cookies = 1;
    command(listener(kListen, 0, 443));
    forget();
  }

  // A SYN with everything a modern peer offers.
  static Segment rich_syn(const Tuple& tuple) {
    Segment s;
    s.tuple = tuple;
    s.seq = 0xabcd0123;
    s.wnd = 64240;
    s.flags = kSynFlag | kEceFlag | kCwrFlag;
    s.mss_valid = true;
    s.mss = 1460;
    s.ws_valid = true;
    s.ws = 7;
    s.sack_ok = true;
    s.ts_valid = true;
    s.ts_val = 0x55667788;
    return s;
  }

  // The answer to a SYN.
  Segment answer(const Segment& s) {
    rsts.clear();
    bench->syns.push_back(s);
    bench->settle();
    EXPECT_EQ(rsts.size(), 1u);
    return rsts.empty() ? Segment{} : rsts.back();
  }

  // The ACK of a SYN-ACK.
  static Segment ack_of(const Segment& syn, const Segment& syn_ack) {
    Segment s;
    s.tuple = syn.tuple;
    s.seq = syn.seq + 1;
    s.ack = syn_ack.seq + 1;
    s.wnd = 502;
    s.flags = kAckFlag;
    s.ts_valid = syn.ts_valid;
    s.ts_val = syn.ts_val + 9;
    s.ts_ecr = syn_ack.ts_val;
    return s;
  }

  void give(const Segment& s) {
    forget();
    bench->syns.push_back(s);
    bench->settle();
  }

  void expect_refused(const Segment& s) {
    give(s);
    EXPECT_TRUE(reports.empty());
    ASSERT_EQ(rsts.size(), 1u);
    EXPECT_EQ(rsts[0].flags, kRstFlag);
    EXPECT_EQ(rsts[0].seq, s.ack);
    EXPECT_EQ(rsts[0].wnd, 0u);
  }

  void accept(std::uint8_t ring_log2 = 12) {
    Command c = listener(kAccept, 0);
    c.rx_log2 = ring_log2;
    command(c);
  }

  const Tuple tuple = v4(kPeer, 1000, 443);
};

TEST_F(Cookie, SynAckRemembersTheSynAndTheAckBringsItBack) {
  EXPECT_FALSE(bench->dut().stray_acks_o);
  const Segment syn = rich_syn(tuple);
  const Segment s = answer(syn);
  EXPECT_TRUE(reports.empty() && rx.empty() && tx.empty());
  EXPECT_EQ(s.tuple, tuple);
  EXPECT_EQ(s.flags, kSynFlag | kAckFlag | kEceFlag);
  EXPECT_EQ(s.seq, ConnBench::cookie(tuple, syn.seq, 5, true, 5));
  EXPECT_EQ(s.ack, syn.seq + 1);
  EXPECT_EQ(s.wnd, 4096);
  EXPECT_TRUE(s.mss_valid && s.ws_valid && s.sack_ok && s.ts_valid);
  EXPECT_EQ(s.mss, 1460);
  EXPECT_EQ(s.ws, 8);
  EXPECT_EQ(s.ts_val % 64, 32u + 16 + 7);
  const std::uint32_t ts_off = std::uint32_t{ConnBench::ts_off(tuple)} << 16;
  EXPECT_LE(s.ts_val - ts_off, bench->ts_clock);
  EXPECT_GT(s.ts_val - ts_off + 64, bench->ts_clock);
  EXPECT_EQ(s.ts_ecr, syn.ts_val);
  EXPECT_TRUE(bench->dut().stray_acks_o);
  EXPECT_EQ(bench->counters.cookies_sent, 1u);
  EXPECT_EQ(bench->counters.backlog_full, 0u);
  EXPECT_EQ(free_count(), kConnections);

  accept();
  const std::uint16_t conn = reports[0].conn;
  const Segment ack = ack_of(syn, s);
  const std::uint64_t begin = bench->clock();
  give(ack);
  EXPECT_LE(done_clock - begin, 36u);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].conn, conn);
  EXPECT_EQ(reports[0].tuple, tuple);
  EXPECT_EQ(reports[0].state, 3);
  ASSERT_EQ(rx.size(), 1u);
  EXPECT_EQ(rx[0].op, kOpSyn);
  EXPECT_TRUE(rx[0].open && rx[0].ts_on);
  EXPECT_EQ(rx[0].irs, syn.seq);
  EXPECT_EQ(rx[0].ts_val, ack.ts_val);
  ASSERT_EQ(tx.size(), 1u);
  EXPECT_EQ(tx[0].op, kOpSyn);
  EXPECT_TRUE(tx[0].open && tx[0].mss_valid && tx[0].ws_valid && tx[0].sack_ok && tx[0].ts_valid);
  EXPECT_TRUE(tx[0].ecn_ok);
  EXPECT_EQ(tx[0].iss, s.seq);
  EXPECT_EQ(tx[0].ts_off, ConnBench::ts_off(tuple));
  EXPECT_EQ(tx[0].irs, syn.seq);
  EXPECT_EQ(tx[0].wnd, 502);
  EXPECT_EQ(tx[0].mss, 1460);
  EXPECT_EQ(tx[0].ws, 7);
  EXPECT_EQ(tx[0].ts_val, ack.ts_val);
  EXPECT_TRUE(rsts.empty());
  EXPECT_EQ(bench->counters.cookies_taken, 1u);
  EXPECT_EQ(bench->counters.passive, 1u);
  EXPECT_EQ(find(tuple), conn);

  // Data that came before the connection was there are for the peer to repeat.
  give(ack);
  EXPECT_TRUE(reports.empty() && rx.empty() && tx.empty() && rsts.empty());
}

TEST_F(Cookie, WithoutTimestampsOnlyTheMssIsKept) {
  Segment syn = rich_syn(tuple);
  syn.ts_valid = false;
  const Segment s = answer(syn);
  EXPECT_EQ(s.flags, kSynFlag | kAckFlag);
  EXPECT_EQ(s.seq, ConnBench::cookie(tuple, syn.seq, 5, false, 5));
  EXPECT_TRUE(s.mss_valid);
  EXPECT_FALSE(s.ws_valid || s.sack_ok || s.ts_valid);
  accept();
  Segment ack = ack_of(syn, s);
  ack.ts_valid = true;  // never negotiated
  expect_refused(ack);
  ack.ts_valid = false;
  ack.flags |= kFinFlag;  // comes again
  give(ack);
  ASSERT_EQ(tx.size(), 1u);
  EXPECT_TRUE(tx[0].open && tx[0].mss_valid);
  EXPECT_FALSE(tx[0].ws_valid || tx[0].sack_ok || tx[0].ts_valid || tx[0].ecn_ok);
  EXPECT_FALSE(rx[0].ts_on);
}

TEST_F(Cookie, WhatIsForbiddenIsNotOfferedNorBelieved) {
  bench->use_ws = bench->use_sack = bench->ecn_accept = false;
  const Segment syn = rich_syn(tuple);
  const Segment s = answer(syn);
  EXPECT_TRUE(s.ts_valid);
  EXPECT_FALSE(s.ws_valid || s.sack_ok || (s.flags & kEceFlag));
  accept();
  Segment ack = ack_of(syn, s);
  ack.ts_ecr = (ack.ts_ecr & ~63u) | 32 | 16 | 7;
  give(ack);
  ASSERT_EQ(tx.size(), 1u);
  EXPECT_TRUE(tx[0].ts_valid);
  EXPECT_FALSE(tx[0].ws_valid || tx[0].sack_ok || tx[0].ecn_ok);

  bench->use_ts = false;
  const Segment bare = answer(rich_syn(v4(kPeer, 1001, 443)));
  EXPECT_FALSE(bare.ts_valid || bare.ws_valid || bare.sack_ok);
}

TEST_F(Cookie, SegmentSizesRoundDown) {
  const std::array<std::array<std::uint16_t, 2>, 12> cases{{{20, 64},
                                                            {64, 64},
                                                            {535, 64},
                                                            {536, 536},
                                                            {1219, 536},
                                                            {1220, 1220},
                                                            {1400, 1360},
                                                            {1459, 1440},
                                                            {1460, 1460},
                                                            {4035, 1460},
                                                            {8939, 4036},
                                                            {65535, 8940}}};
  std::uint16_t port = 2000;
  const auto opened_with = [&](const Segment& syn) -> std::uint16_t {
    const Segment s = answer(syn);
    accept();
    give(ack_of(syn, s));
    if (tx.size() != 1) return 0;
    EXPECT_TRUE(tx[0].open);
    return tx[0].mss;
  };
  for (const auto& [offered, kept] : cases) {
    Segment syn = rich_syn(v4(kPeer, ++port, 443));
    syn.mss = offered;
    EXPECT_EQ(opened_with(syn), kept) << offered;
  }
  // Defaults of RFC 9293 3.7.1.
  Segment syn = rich_syn(v4(kPeer, ++port, 443));
  syn.mss_valid = false;
  EXPECT_EQ(opened_with(syn), 536);
  syn.tuple = {0x20010db800000000, 1, 1, ++port, 443};
  EXPECT_EQ(opened_with(syn), 1220);
}

TEST_F(Cookie, ForgedOnesAreReset) {
  const Segment syn = rich_syn(tuple);
  const Segment s = answer(syn);
  accept();
  const Segment ack = ack_of(syn, s);
  for (int bit = 0; bit < 32; ++bit) {
    Segment forged = ack;
    forged.ack ^= 1u << bit;
    expect_refused(forged);
    forged = ack;
    forged.seq ^= 1u << bit;
    expect_refused(forged);
  }
  Segment forged = ack;
  forged.ts_valid = false;
  expect_refused(forged);
  forged = ack;
  forged.tuple.remote_port ^= 1;
  expect_refused(forged);
  forged = ack;
  forged.tuple.remote_hi ^= std::uint64_t{1} << 63;
  expect_refused(forged);
  forged = ack;
  forged.tuple.local_kind = 2;
  expect_refused(forged);
  forged = ack;
  forged.tuple.local_port = 80;  // nobody listens
  expect_refused(forged);
  EXPECT_EQ(bench->counters.cookies_taken, 0u);
  give(ack);
  EXPECT_EQ(bench->counters.cookies_taken, 1u);
}

TEST_F(Cookie, GoodForTheNextMinuteAndNoLonger) {
  bench->syn_cookies = 2;
  for (const std::uint16_t minute : {std::uint16_t{8}, std::uint16_t{0xffff}}) {
    bench->ticks = static_cast<std::uint32_t>(minute) << 16 | 0xffff;
    const Segment syn = rich_syn(v4(kPeer, minute, 443)), other = rich_syn(tuple);
    const Segment s = answer(syn), t = answer(other);
    accept();
    bench->ticks += 1;
    bench->tick(3);
    EXPECT_TRUE(bench->dut().stray_acks_o);
    give(ack_of(syn, s));
    EXPECT_EQ(tx.size(), 1u);
    accept();
    bench->ticks += 0xffff;
    bench->tick(3);
    EXPECT_TRUE(bench->dut().stray_acks_o);
    bench->ticks += 1;
    bench->tick(3);
    EXPECT_FALSE(bench->dut().stray_acks_o);
    // The minute's one bit is right again, the hash is not.
    expect_refused(ack_of(other, t));
    bench->ticks += 0x10000;
    expect_refused(ack_of(other, t));
  }
}

TEST_F(Cookie, AckWithoutConnectionInListenMayComeAgain) {
  const Segment syn = rich_syn(tuple);
  const Segment ack = ack_of(syn, answer(syn));
  give(ack);
  EXPECT_TRUE(reports.empty() && rsts.empty());
  EXPECT_EQ(bench->counters.backlog_full, 1u);
  accept();
  give(ack);
  EXPECT_EQ(bench->counters.cookies_taken, 1u);
}

// Strangers take three quarters of the backlog, the rest is for those who come back with a cookie.
TEST_F(Cookie, QuarterOfTheBacklogIsKeptForCookies) {
  for (int i = 0; i < 8; ++i) accept();
  forget();
  for (std::uint16_t port = 1; port <= 6; ++port) {
    give(rich_syn(v4(kPeer, port, 443)));
    EXPECT_EQ(tx.size(), 1u);  // an ordinary handshake
  }
  EXPECT_EQ(bench->counters.cookies_sent, 0u);
  for (std::uint16_t port = 10; port < 30; ++port) answer(rich_syn(v4(kPeer, port, 443)));
  EXPECT_EQ(bench->counters.cookies_sent, 20u);
  EXPECT_EQ(bench->counters.backlog_full, 0u);
  for (std::uint16_t port = 40; port <= 41; ++port) {
    const Segment syn = rich_syn(v4(kPeer, port, 443));
    give(ack_of(syn, answer(syn)));
  }
  EXPECT_EQ(bench->counters.cookies_taken, 2u);
}

// A bad cookie may be later data of a peer whose good one nobody could take: no RST then.
TEST_F(Cookie, LaterDataOfAPeerAreNotRefused) {
  const Segment syn = rich_syn(tuple);
  const Segment ack = ack_of(syn, answer(syn));
  Segment later = ack;
  later.seq += 1448;
  give(later);
  EXPECT_TRUE(rsts.empty());
  accept();
  expect_refused(later);
  using Kind = std::pair<int, int>;  // bytes and flags
  for (const auto& [len, flags] : {Kind{1448, kAckFlag}, Kind{0, kAckFlag | kFinFlag}}) {
    later.len = static_cast<std::uint16_t>(len);
    later.flags = static_cast<std::uint8_t>(flags);
    give(later);
    EXPECT_TRUE(rsts.empty()) << len;
  }
  give(ack);
  EXPECT_EQ(bench->counters.cookies_taken, 1u);
}

// What its peer had under way when the connection ended opens no second one with the same numbers.
TEST_F(Cookie, OpensOneConnection) {
  const Segment syn = rich_syn(tuple);
  const Segment ack = ack_of(syn, answer(syn));
  accept();
  give(ack);
  ASSERT_EQ(bench->counters.cookies_taken, 1u);
  ASSERT_EQ(reports.size(), 1u);
  Command abort = listener(kAbort, reports[0].conn | reports[0].generation << 24);
  command(abort);
  accept();
  Segment data = ack;
  data.len = 14;
  data.flags = kAckFlag | kFinFlag;
  expect_refused(ack);
  expect_refused(data);
  EXPECT_EQ(bench->counters.cookies_taken, 1u);
  // A new SYN has another number, and so another cookie.
  Segment again = rich_syn(tuple);
  again.seq += 1000;
  bench->syn_cookies = 2;
  give(ack_of(again, answer(again)));
  EXPECT_EQ(bench->counters.cookies_taken, 2u);
}

TEST_F(Cookie, PolicyNeverAndAlways) {
  bench->syn_cookies = 0;
  give(rich_syn(tuple));
  EXPECT_TRUE(rsts.empty());
  EXPECT_EQ(bench->counters.backlog_full, 1u);
  bench->syn_cookies = 2;
  accept();
  forget();
  const Segment s = answer(rich_syn(tuple));
  EXPECT_EQ(s.flags, kSynFlag | kAckFlag | kEceFlag);
  EXPECT_TRUE(reports.empty());
  bench->syn_cookies = 1;
  give(rich_syn(tuple));
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_FALSE(rx[0].open || tx[0].open);
  EXPECT_EQ(tx[0].iss, ConnBench::iss(tuple, bench->iss_clock));
}

TEST_F(Cookie, WindowIsThatOfTheSmallestRing) {
  const auto window = [&](std::uint16_t port) {
    return answer(rich_syn(v4(kPeer, port, 443))).wnd;
  };
  const auto use_one = [&](std::uint8_t ring_log2, std::uint16_t port) {
    accept(ring_log2);
    give(rich_syn(v4(kPeer, port, 443)));
    EXPECT_EQ(reports.size(), 1u);
  };
  use_one(24, 1);
  EXPECT_EQ(window(2), 65535);
  use_one(14, 3);
  EXPECT_EQ(window(4), 1 << 14);
  use_one(20, 5);
  EXPECT_EQ(window(6), 1 << 14);
}

TEST_F(Cookie, BothFamiliesAndAllAddressBits) {
  const std::array<Tuple, 4> tuples{{{0x20010db800000000, 0x1, 1, 1000, 443},
                                     {0xfe80000000000000, 0x1, 2, 1000, 443},
                                     {0x20010db800000000, 0x1, 2, 1000, 443},
                                     v4(kPeer, 1000, 443)}};
  for (const Tuple& t : tuples) {
    const Segment syn = rich_syn(t);
    const Segment s = answer(syn);
    EXPECT_EQ(s.seq, ConnBench::cookie(t, syn.seq, 5, true, 5));
    EXPECT_EQ(s.mss, t.local_kind == 0 ? 1460 : 1440);
    accept();
    give(ack_of(syn, s));
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].tuple, t);
  }
  for (const Tuple& t : tuples) EXPECT_TRUE(find(t));
}

// SYNs in every clock, more than can be answered: packets of connections go on at one a clock but
// for the lookup's own rule (a request waits for three at most), ends are served, ACKs of cookies
// get through, and what is too much is counted.
TEST_F(Cookie, FloodDelaysNobody) {
  command(connect(80, 5000));
  command(connect(80, 5001));
  accept();
  const std::uint16_t conn = reports[0].conn, other = reports[1].conn;
  const Segment mine = rich_syn(tuple);
  bench->syn_cookies = 2;
  const Segment ack = ack_of(mine, answer(mine));
  const std::uint64_t sent_before = bench->counters.cookies_sent;
  forget();
  looked_up_clock.clear();
  constexpr int kClocks = 6000;
  Segment packet;
  packet.tuple = v4(kPeer, 80, 5000);
  const std::uint64_t begin = bench->clock();
  for (int i = 0; i < kClocks; ++i) {
    bench->syns.push_back(i == 3000 ? ack : rich_syn({0, static_cast<unsigned>(i), 1, 7, 443}));
    bench->segments.push_back(packet);
    if (i == 2000) bench->tx_ends.push_back({kEndClosed, other, kTimedOut});
    bench->tick();
    if (i == 3300) {
      EXPECT_EQ(bench->counters.cookies_taken, 1u);
    }
    if (i == 2300) {
      ASSERT_EQ(rx.size(), 1u);
      EXPECT_EQ(rx[0].conn, other);
      EXPECT_EQ(rx[0].op, kOpKill);
    }
  }
  for (const RxSegment& w : looked_up) ASSERT_TRUE(w.hit && w.conn == conn);
  EXPECT_GT(looked_up.size(), kClocks * 19 / 20u);
  const std::uint64_t clocks = bench->clock() - begin;
  const std::uint64_t sent = bench->counters.cookies_sent - sent_before;
  EXPECT_GT(sent, clocks / 32);
  EXPECT_GT(bench->counters.backlog_full, kClocks - sent - 40);
  bench->settle();
  EXPECT_EQ(bench->counters.cookies_sent - sent_before + bench->counters.backlog_full,
            kClocks - 1u);
}

}  // namespace
}  // namespace millrace
