// SPDX-License-Identifier: Apache-2.0
// The host interface: IPv6 addresses of connects, options of connections, who took a passive one.
#include <gtest/gtest.h>

#include <cstring>

#include "hw/dma/host_if_bench.h"

namespace millrace::dma_test {
namespace {

using contract::CompletionKind;
using contract::Counter;
using contract::Opcode;
using contract::Status;
using contract::TcpState;

constexpr std::uint8_t kOnIpv6 = 0x02;  // submission_flag
constexpr std::uint8_t kLocalIpv4 = 0, kLocalGlobal = 1, kLocalLink = 2;
constexpr Ip6 kGlobalPeer{0x2001'0DB8'0001'0002, 0x0003'0004'0005'0006};
constexpr Ip6 kLinkPeer{0xFE80'0000'0000'0000, 0x0200'5EFF'FE00'5301};

contract::OpenEntry connect_v6() {
  auto e = open_entry(Opcode::kConnect);
  e.flags = kOnIpv6;
  return e;
}

contract::OptionsEntry set_entry(std::uint32_t id, std::uint8_t options, std::uint8_t cc) {
  contract::OptionsEntry e{};
  e.opcode = u8(Opcode::kSet);
  e.options = options;
  e.congestion_control = cc;
  e.connection_id = id;
  e.cookie = 0x5E70C00C;
  e.user_timeout = 0x12345678;
  return e;
}

contract::PeerEntry as_peer(const contract::CompletionEntry& entry) {
  contract::PeerEntry peer;
  static_assert(sizeof(peer) == sizeof(entry));
  std::memcpy(&peer, &entry, sizeof(peer));
  return peer;
}

void give_global_address(Bench& bench) {
  bench.write(contract::kRegIpv60, 0x2001'0DB8);
  bench.write(contract::kRegIpv63, 1);
}

// The one answer to what was posted to queue pair 0 last.
std::uint8_t refusal_of(Bench& bench, Opcode opcode, std::uint32_t cookie) {
  bench.ring(0);
  EXPECT_TRUE(bench.settle());
  const auto got = bench.poll(0);
  if (got.size() != 1) return 0;
  EXPECT_EQ(got[0].kind, u8(CompletionKind::kResponse));
  EXPECT_EQ(got[0].detail, u8(opcode));
  EXPECT_EQ(got[0].cookie, cookie);
  return got[0].status;
}

// Every policy register arrives in its field of toe_pkg::config_t, and in no other.
TEST(ToeHostIfPolicy, RegistersReachTheCard) {
  Bench bench(seed());
  for (const auto& reg : contract::kRegisters) {
    const bool commits =
        reg.offset >= contract::kRegRegionBaseLo && reg.offset <= contract::kRegQpCommit;
    if (reg.access == contract::Access::kReadOnly || commits) continue;
    bench.write(reg.offset, 0);
  }
  bench.write(contract::kRegMss, 64);  // no less, whatever is written
  bench.clocks(3);
  struct Field {  // of config_t, lowest first
    int bits;
    std::uint32_t reg;
    int shift;
  };
  using namespace contract;
  std::vector<Field> fields;
  for (const auto reg : {kRegIpv6Gateway3, kRegIpv6Gateway2, kRegIpv6Gateway1, kRegIpv6Gateway0}) {
    fields.push_back({32, reg, 0});
  }
  fields.push_back({8, kRegIpv6PrefixLength, 0});
  for (const auto reg : {kRegIpv63, kRegIpv62, kRegIpv61, kRegIpv60})
    fields.push_back({32, reg, 0});
  for (const Field& field :
       {Field{16, kRegVlan, 0}, Field{1, kRegVlan, 31}, Field{8, kRegTimeToLive, 0},
        Field{16, kRegPmtuFloor, 0}, Field{2, kRegSynCookies, 0},
        Field{32, kRegChallengeAckRate, 0}, Field{32, kRegUserTimeout, 0},
        Field{8, kRegKeepaliveProbes, 0}, Field{32, kRegKeepaliveInterval, 0},
        Field{32, kRegKeepaliveIdle, 0}, Field{5, kRegTimestampShift, 0},
        Field{4, kRegDupAckThreshold, 0}, Field{1, kRegCongestionControl, 4},
        Field{2, kRegCongestionControl, 0}}) {
    fields.push_back(field);
  }
  for (int bit = 7; bit >= 0; --bit) fields.push_back({1, kRegTcpOptions, bit});
  for (const auto reg : {kRegHashKey0, kRegHashKey1, kRegHashKey2, kRegHashKey3, kRegSecret0,
                         kRegSecret1, kRegSecret2, kRegSecret3, kRegArpAgeUs, kRegTimeWaitUs}) {
    fields.push_back({32, reg, 0});
  }
  for (const Field& field :
       {Field{8, kRegSynRetriesMax, 0}, Field{8, kRegRetriesMax, 0}, Field{32, kRegRtoMaxUs, 0},
        Field{32, kRegRtoMinUs, 0}, Field{32, kRegRtoInitialUs, 0}, Field{20, kRegDelayedAckUs, 0},
        Field{8, kRegInitialWindow, 0}, Field{16, kRegMss, 0}, Field{32, kRegGateway, 0},
        Field{32, kRegNetmask, 0}, Field{32, kRegIpv4, 0}, Field{32, kRegMacLo, 0},
        Field{16, kRegMacHi, 0}, Field{1, kRegControl, 0}}) {
    fields.push_back(field);
  }
  for (const Field& changed : fields) {
    const std::uint32_t quiet = changed.reg == kRegMss ? 64 : 0;
    const std::uint32_t value = changed.reg == kRegMss ? 4321 : 0x0102'0401U >> (32 - changed.bits);
    const std::uint32_t wanted = changed.bits == 2 ? 2 : value | 1;
    bench.write(changed.reg, wanted << changed.shift);
    bench.clocks(3);
    Fields all(bench.top().cfg_o);
    for (const Field& field : fields) {
      const bool same = field.reg == changed.reg && field.shift == changed.shift;
      const std::uint32_t rest = field.reg == kRegMss ? 64 : 0;
      EXPECT_EQ(all.take(field.bits), same ? wanted : rest) << changed.reg << " " << field.reg;
    }
    bench.write(changed.reg, quiet);
    bench.clocks(3);
  }
}

TEST(ToeHostIfPolicy, ConnectsGoToTheAddressNamedLast) {
  auto bench = ready_bench(kStorm, 3);
  give_global_address(*bench);
  bench->post(1, address_entry(kLinkPeer));
  bench->post(1, connect_v6());
  bench->post(1, address_entry(kGlobalPeer));
  bench->post(1, connect_v6());
  bench->post(1, open_entry(Opcode::kConnect));  // IPv4 in between
  bench->post(1, connect_v6());
  bench->ring(1);
  ASSERT_TRUE(bench->settle());
  ASSERT_EQ(bench->commands.size(), 4U);
  const Ip6 want[] = {kLinkPeer, kGlobalPeer, mapped(0x0A000001), kGlobalPeer};
  const std::uint8_t kind[] = {kLocalLink, kLocalGlobal, kLocalIpv4, kLocalGlobal};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(bench->commands[i].remote_ip, want[i]) << i;
    EXPECT_EQ(bench->commands[i].local_kind, kind[i]) << i;
    EXPECT_EQ(bench->commands[i].remote_port, 0x1234) << i;
  }
  EXPECT_EQ(bench->counter(Counter::kSqRefused), 0U);
  EXPECT_EQ(bench->counter(Counter::kSqEntries), 6U);
  EXPECT_TRUE(bench->poll(1).empty());
}

TEST(ToeHostIfPolicy, WithoutAGlobalAddressTheLinkLocalOneServes) {
  auto bench = ready_bench(kFair);
  bench->post(0, address_entry(kGlobalPeer));
  bench->post(0, connect_v6());
  bench->ring(0);
  ASSERT_TRUE(bench->settle());
  ASSERT_EQ(bench->commands.size(), 1U);
  EXPECT_EQ(bench->commands[0].local_kind, kLocalLink);
}

TEST(ToeHostIfPolicy, OnlyTheQueuePairsOwnAddressCounts) {
  auto bench = ready_bench(kFair, 2);
  bench->post(1, address_entry(kGlobalPeer));
  bench->ring(1);
  ASSERT_TRUE(bench->settle());
  bench->post(0, connect_v6());
  EXPECT_EQ(refusal_of(*bench, Opcode::kConnect, 0x11223344), u8(Status::kBadAddress));
  EXPECT_TRUE(bench->commands.empty());
  bench->post(1, connect_v6());
  bench->ring(1);
  ASSERT_TRUE(bench->settle());
  ASSERT_EQ(bench->commands.size(), 1U);
  bench->open_qp(1, 6, 7);  // a new owner knows no address
  bench->post(1, connect_v6());
  bench->ring(1);
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->commands.size(), 1U);
  EXPECT_EQ(bench->counter(Counter::kSqRefused), 2U);
}

TEST(ToeHostIfPolicy, RefusesAddressesThatNoHostHas) {
  auto bench = ready_bench(kFair);
  const Ip6 bad[] = {{},
                     {0, 1},
                     {0xFF02'0000'0000'0000, 1},
                     {0xFFFF'FFFF'FFFF'FFFF, 0xFFFF'FFFF'FFFF'FFFF},
                     mapped(0x0A000001)};
  std::uint32_t refused = 0;
  for (const Ip6& address : bad) {
    bench->post(0, address_entry(kGlobalPeer));
    bench->post(0, address_entry(address));
    EXPECT_EQ(refusal_of(*bench, Opcode::kAddress, 0x0ADD0E55), u8(Status::kBadAddress));
    bench->post(0, connect_v6());  // not to the address before
    EXPECT_EQ(refusal_of(*bench, Opcode::kConnect, 0x11223344), u8(Status::kBadAddress));
    refused += 2;
  }
  EXPECT_TRUE(bench->commands.empty());
  EXPECT_EQ(bench->counter(Counter::kSqRefused), refused);
}

// RFC 9293 MUST-46.
TEST(ToeHostIfPolicy, RefusesIpv4AddressesThatNoHostHas) {
  auto bench = ready_bench(kFair);
  bench->write(contract::kRegIpv4, 0x0A01'0203);
  bench->write(contract::kRegNetmask, 0xFFFF'FF00);
  for (const std::uint32_t ip :
       {0U, 0x0000'0005U, 0x7F00'0001U, 0xE000'0001U, 0xFFFF'FFFFU, 0xF000'0001U, 0x0A01'02FFU}) {
    auto e = open_entry(Opcode::kConnect);
    e.remote_ip = ip;
    bench->post(0, e);
    EXPECT_EQ(refusal_of(*bench, Opcode::kConnect, 0x11223344), u8(Status::kBadAddress)) << ip;
  }
  EXPECT_TRUE(bench->commands.empty());
  for (const std::uint32_t ip : {0x0A01'02FEU, 0x0A01'03FFU, 0x8000'0001U, 0xDFFF'FFFFU}) {
    auto e = open_entry(Opcode::kConnect);
    e.remote_ip = ip;
    bench->post(0, e);
    bench->ring(0);
    ASSERT_TRUE(bench->settle());
    EXPECT_EQ(bench->commands.back().remote_ip, mapped(ip)) << ip;
  }
  EXPECT_EQ(bench->commands.size(), 4U);
  // An accept names no address, and a link of two hosts has no broadcast address (RFC 3021).
  auto accept = open_entry(Opcode::kAccept);
  accept.remote_ip = 0;
  bench->post(0, accept);
  bench->write(contract::kRegNetmask, 0xFFFF'FFFE);
  auto e = open_entry(Opcode::kConnect);
  e.remote_ip = 0x0A01'0203;
  bench->post(0, e);
  bench->ring(0);
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->commands.size(), 6U);
}

TEST(ToeHostIfPolicy, OptionsComeWithTheOpen) {
  auto bench = ready_bench(kFair);
  bench->write(contract::kRegCongestionControl, 2);
  for (const auto opcode : {Opcode::kConnect, Opcode::kAccept}) {
    for (std::uint8_t cc = 0; cc < 4; ++cc) {
      auto e = open_entry(opcode);
      e.options = static_cast<std::uint8_t>(7 - cc);
      e.congestion_control = cc;
      bench->post(0, e);
      bench->ring(0);
      ASSERT_TRUE(bench->settle());
      EXPECT_EQ(bench->commands.back().options, 7 - cc);
      EXPECT_EQ(bench->commands.back().cc, cc == 0 ? 2 : cc - 1);
    }
  }
  bench->write(contract::kRegCongestionControl, 3);  // there is none: CUBIC
  bench->post(0, open_entry(Opcode::kConnect));
  bench->ring(0);
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->commands.back().cc, 1);
  const auto sent = bench->commands.size();
  for (const auto opcode : {Opcode::kConnect, Opcode::kAccept}) {
    auto e = open_entry(opcode);
    e.options = 0x08;
    bench->post(0, e);
    EXPECT_EQ(refusal_of(*bench, opcode, e.cookie), u8(Status::kBadOption));
    e.options = 0;
    e.congestion_control = 4;
    bench->post(0, e);
    EXPECT_EQ(refusal_of(*bench, opcode, e.cookie), u8(Status::kBadOption));
  }
  EXPECT_EQ(bench->commands.size(), sent);
  EXPECT_EQ(bench->counter(Counter::kSqRefused), 4U);
}

TEST(ToeHostIfPolicy, SetGoesToTheTransmitEngineAlone) {
  for (const auto& weather : {kFair, kStorm}) {
    auto bench = ready_bench(weather);
    bench->owners[5] = {true, 9, 0};
    for (std::uint8_t cc = 0; cc < 4; ++cc) {
      bench->post(0, update(0x09000005, cc, cc));
      bench->post(0, set_entry(0x09000005, static_cast<std::uint8_t>(cc + 4), cc));
    }
    bench->ring(0);
    ASSERT_TRUE(bench->settle());
    EXPECT_EQ(bench->rx_hosts.size(), 4U);
    ASSERT_EQ(bench->tx_hosts.size(), 8U);
    for (std::size_t i = 0; i < 8; ++i) {
      const auto& h = bench->tx_hosts[i];
      EXPECT_EQ(h.conn, 5);
      EXPECT_EQ(h.configure, i % 2 == 1);
      EXPECT_FALSE(h.fin);
      if (!h.configure) continue;
      const auto cc = static_cast<int>(i / 2);
      EXPECT_EQ(h.options, cc + 4);
      EXPECT_EQ(h.cc, cc == 0 ? 1 : cc - 1);
      EXPECT_EQ(h.user_timeout, 0x12345678U);
    }
  }
}

TEST(ToeHostIfPolicy, RefusesBadOptions) {
  auto bench = ready_bench(kFair, 2);
  bench->owners[5] = {true, 9, 0};
  const std::pair<Status, contract::OptionsEntry> bad[] = {
      {Status::kBadConnection, set_entry(0x08000005, 1, 0)},
      {Status::kBadConnection, set_entry(0x09000006, 1, 0)},
      {Status::kBadOption, set_entry(0x09000005, 0x08, 0)},
      {Status::kBadOption, set_entry(0x09000005, 0x80, 0)},
      {Status::kBadOption, set_entry(0x09000005, 1, 4)},
      {Status::kBadOption, set_entry(0x09000005, 1, 0xFF)},
  };
  for (const auto& [status, entry] : bad) {
    bench->post(0, entry);
    EXPECT_EQ(refusal_of(*bench, Opcode::kSet, 0x5E70C00C), u8(status));
  }
  bench->post(1, set_entry(0x09000005, 1, 0));  // another queue pair's
  bench->ring(1);
  ASSERT_TRUE(bench->settle());
  EXPECT_TRUE(bench->tx_hosts.empty());
  EXPECT_EQ(bench->counter(Counter::kSqRefused), 7U);
}

// Takes connection `conn` of queue pair 0 to ESTABLISHED from LISTEN.
void take(Bench& bench, std::uint16_t conn, const Ip6& remote) {
  auto open = fresh(conn, 0, TcpState::kListen);
  open.remote_ip = open.remote_port = 0;
  open.notify = true;
  bench.open_reports.push_back(open);
  ASSERT_TRUE(bench.settle());
  auto syn = fresh(conn, 0, TcpState::kSynReceived);
  syn.fresh = false;
  syn.remote_ip6 = remote;
  bench.open_reports.push_back(syn);
  ASSERT_TRUE(bench.settle());
  auto job = report(conn, 0);
  job.established = true;
  bench.rx_jobs.push_back(job);
}

TEST(ToeHostIfPolicy, ThePeerIsNamedOnceBeforeItsConnectionIsEstablished) {
  auto bench = ready_bench(kFair);
  take(*bench, 7, kGlobalPeer);
  ASSERT_TRUE(bench->settle());
  take(*bench, 8, {});
  ASSERT_TRUE(bench->settle());
  bench->rx_jobs.push_back(report(7, 100));
  ASSERT_TRUE(bench->settle());
  const auto got = bench->poll(0);
  ASSERT_EQ(got.size(), 7U);
  EXPECT_EQ(got[0].kind, u8(CompletionKind::kReport));
  EXPECT_EQ(got[0].state, u8(TcpState::kListen));
  const auto peer = as_peer(got[1]);
  EXPECT_EQ(peer.kind, u8(CompletionKind::kPeer));
  EXPECT_EQ(peer.flags, 0);
  EXPECT_EQ(peer.family, 6);
  EXPECT_EQ(peer.cookie, 0xC0000007U);
  EXPECT_EQ(peer.remote_port, 1007);
  EXPECT_EQ(peer.local_port, 80);
  EXPECT_EQ(peer.address_0, 0x2001'0DB8U);
  EXPECT_EQ(peer.address_1, 0x0001'0002U);
  EXPECT_EQ(peer.address_2, 0x0003'0004U);
  EXPECT_EQ(peer.address_3, 0x0005'0006U);
  EXPECT_EQ(peer.sq_head, 0);
  EXPECT_EQ(got[2].kind, u8(CompletionKind::kReport));
  EXPECT_EQ(got[2].flags, 1);
  EXPECT_EQ(got[2].remote_ip, 0U) << "an IPv6 peer has no IPv4 address";
  EXPECT_EQ(got[2].remote_port, 1007);
  const auto ipv4 = as_peer(got[4]);
  EXPECT_EQ(ipv4.kind, u8(CompletionKind::kPeer));
  EXPECT_EQ(ipv4.family, 4);
  EXPECT_EQ(ipv4.address_0, 0U);
  EXPECT_EQ(ipv4.address_2, 0xFFFFU);
  EXPECT_EQ(ipv4.address_3, 0x0A0B0008U);
  EXPECT_EQ(got[5].remote_ip, 0x0A0B0008U);
  EXPECT_EQ(got[6].received_up_to, 100U) << "told once, nothing but reports follows";
}

// A connection that is over before the host reads anything is still named first, and its
// identifier comes back once, after the last report.
TEST(ToeHostIfPolicy, ThePeerOfAnEndedConnectionIsNamedFirst) {
  auto bench = ready_bench(kFair, 1, 6, 4);
  for (std::uint32_t i = 0; i < 13; ++i) bench->responses.push_back({0, 0, i, i, 3});
  ASSERT_TRUE(bench->settle());  // no room for reports
  take(*bench, 9, kLinkPeer);
  auto end = report(9, 5);
  end.final = true;
  end.status = u8(Status::kReset);
  bench->rx_jobs.push_back(end);
  bench->clocks(300);
  EXPECT_TRUE(bench->freed.empty());
  EXPECT_EQ(bench->poll(0).size(), 13U);
  bench->ring(0);
  ASSERT_TRUE(bench->settle());
  const auto got = bench->poll(0);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].kind, u8(CompletionKind::kPeer));
  EXPECT_EQ(as_peer(got[0]).address_0, 0xFE80'0000U);
  EXPECT_EQ(got[1].kind, u8(CompletionKind::kReport));
  EXPECT_EQ(got[1].flags, 1 | 8);
  EXPECT_EQ(got[1].status, u8(Status::kReset));
  EXPECT_EQ(bench->freed, std::vector<std::uint16_t>{9});
}

// Many passive connections, a small ring and a slow host: every peer is named exactly once, before
// its connection's first report that says established.
TEST(ToeHostIfPolicy, EveryPeerIsNamedOnceUnderPressure) {
  auto bench = ready_bench(kStorm, 1, 6, 4);
  constexpr std::uint16_t kConns = 60;
  std::vector<int> peers(kConns), established(kConns);
  std::uint16_t next = 0;
  for (int turn = 0; turn < 40000 && (next < kConns || !bench->settle(1)); ++turn) {
    if (next < kConns && bench->chance(0, 60) == 0) {
      auto open = fresh(next, 0, TcpState::kListen);
      bench->open_reports.push_back(open);
      open.fresh = false;
      open.state = TcpState::kSynReceived;
      open.remote_ip6 = {0x2001'0DB8'0000'0000, next + 1U};
      bench->open_reports.push_back(open);
      bench->clocks(40);  // the handshake takes longer than the reports of the manager
      auto job = report(next, 0);
      job.established = true;
      bench->rx_jobs.push_back(job);
      ++next;
    }
    if (next > 0 && bench->chance(0, 5) == 0) {
      bench->tx_reports.push_back({static_cast<std::uint16_t>(bench->chance(0, next - 1)),
                                   static_cast<std::uint32_t>(turn), false, false, false});
    }
    bench->clocks(4);
    if (bench->chance(0, 9) != 0) continue;
    for (const auto& entry : bench->poll(0)) {
      const auto conn = static_cast<std::size_t>(entry.cookie & 0xFFFF);
      ASSERT_LT(conn, kConns);
      if (entry.kind == u8(CompletionKind::kPeer)) {
        EXPECT_EQ(as_peer(entry).address_3, conn + 1);
        EXPECT_EQ(established[conn], 0);
        ++peers[conn];
      } else if ((entry.flags & 1) != 0) {
        EXPECT_EQ(peers[conn], 1) << conn;
        ++established[conn];
      }
    }
    bench->ring(0);
  }
  for (std::size_t conn = 0; conn < kConns; ++conn) {
    EXPECT_EQ(peers[conn], 1) << conn;
    EXPECT_GE(established[conn], 1) << conn;
  }
}

}  // namespace
}  // namespace millrace::dma_test
