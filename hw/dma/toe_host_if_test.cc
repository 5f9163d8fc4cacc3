// SPDX-License-Identifier: Apache-2.0
// The host interface against a C++ AXI memory: registers, ring entries, refusals, completion order
// and room. This is also the contract test: every entry is written and read through the generated
// C++ structs.
#include <gtest/gtest.h>

#include <map>

#include "hw/dma/host_if_bench.h"

namespace millrace::dma_test {
namespace {

using contract::Access;
using contract::CompletionKind;
using contract::Counter;
using contract::Opcode;
using contract::Status;
using contract::TcpState;

constexpr std::uint8_t kEstablished = 1, kBadOffset = 16;  // completion_flag

TEST(ToeHostIf, RegistersKeepTheContract) {
  Bench bench(seed());
  for (const auto& reg : contract::kRegisters) {
    if (!reg.reset_known) continue;
    EXPECT_EQ(bench.read(reg.offset), reg.access == Access::kWriteOnly ? 0 : reg.reset) << reg.name;
  }
  EXPECT_EQ(bench.read(contract::kRegLimitConnections), 1024U);
  EXPECT_EQ(bench.read(contract::kRegLimitQueuePairs), 8U);
  std::map<std::uint32_t, std::uint32_t> want;
  for (const auto& reg : contract::kRegisters) {
    want[reg.offset] = bench.read(reg.offset);
    const auto value = static_cast<std::uint32_t>(bench.random64());
    if (reg.offset == contract::kRegQpCommit || reg.offset == contract::kRegRegionCommit) continue;
    bench.write(reg.offset, value);
    if (reg.access == Access::kReadWrite) want[reg.offset] = value;
    if (reg.access == Access::kWriteOnly) want[reg.offset] = 0;
  }
  for (const auto& reg : contract::kRegisters)
    EXPECT_EQ(bench.read(reg.offset), want[reg.offset]) << reg.name;
  EXPECT_EQ(bench.read(0x3FC), 0U);
  EXPECT_EQ(bench.read(0xFFC), 0U);
  EXPECT_EQ(bench.read(0x1000), 0U);
  EXPECT_EQ(bench.read(contract::kDoorbellBase), 0U);
}

TEST(ToeHostIf, StatusShowsTheCard) {
  Bench bench(seed());
  bench.top().now_us_i = 77;
  bench.top().free_connections_i = 99;
  EXPECT_EQ(bench.read(contract::kRegStatus), 3U);
  EXPECT_EQ(bench.read(contract::kRegNowUs), 77U);
  EXPECT_EQ(bench.read(contract::kRegFreeConnections), 99U);
  bench.top().ready_i = 0;
  bench.top().core_idle_i = 0;
  EXPECT_EQ(bench.read(contract::kRegStatus), 0U);
  bench.write(contract::kRegControl, 1);
  bench.clocks(4);
  EXPECT_EQ(Fields(bench.top().cfg_o).take(1), 0U);
  constexpr int kConfigBits = 1084;
  auto enabled = [&] {
    Fields all(bench.top().cfg_o);
    for (int i = 0; i < kConfigBits - 1; ++i) all.take(1);
    return all.take(1);
  };
  EXPECT_EQ(enabled(), 0U);
  bench.top().ready_i = 1;
  bench.clocks(2);
  EXPECT_EQ(enabled(), 1U);
}

TEST(ToeHostIf, EveryCounterCounts) {
  Bench bench(seed());
  for (std::size_t i = 0; i < contract::kCounters.size(); ++i) {
    if (i >= static_cast<std::size_t>(Counter::kSqEntries)) break;  // those are counted inside
    bench.top().cnt_i = QData{1} << i;
    bench.clocks(static_cast<int>(i) + 1);
    bench.top().cnt_i = 0;
    EXPECT_EQ(bench.counter(static_cast<Counter>(i)), i + 1) << contract::kCounters[i].name;
  }
}

TEST(ToeHostIf, EntriesReachTheFieldsTheyName) {
  auto bench = ready_bench(kFair, 2);
  bench->owners[0x0123] = {true, 0x9A, 1};
  auto upd = update(0x9A000123, 0xDEADBEEF, 0xCAFEF00D);
  upd.flags = 1;
  bench->post(1, upd);
  bench->post(1, open_entry(Opcode::kConnect));
  bench->post(1, open_entry(Opcode::kAccept));
  bench->post(1, contract::ListenEntry{u8(Opcode::kListen), 0, 8080, 0, 0x55667788, 0, 0, 0});
  bench->post(1, contract::ListenEntry{u8(Opcode::kUnlisten), 0, 0, 7, 0x99, 0, 0, 0});
  auto abort = update(0x9A000123, 0, 0);
  abort.opcode = u8(Opcode::kAbort);
  bench->post(1, abort);
  bench->post(1, contract::UpdateEntry{});  // nop
  bench->ring(1);
  ASSERT_TRUE(bench->settle());
  ASSERT_EQ(bench->tx_hosts.size(), 1U);
  ASSERT_EQ(bench->rx_hosts.size(), 1U);
  EXPECT_EQ(bench->tx_hosts[0].conn, 0x0123);
  EXPECT_EQ(bench->tx_hosts[0].offset, 0xDEADBEEF);
  EXPECT_TRUE(bench->tx_hosts[0].fin);
  EXPECT_FALSE(bench->tx_hosts[0].configure);
  EXPECT_EQ(bench->rx_hosts[0].offset, 0xCAFEF00D);
  ASSERT_EQ(bench->commands.size(), 5U);
  for (int i = 0; i < 2; ++i) {
    const auto& c = bench->commands[static_cast<std::size_t>(i)];
    EXPECT_EQ(c.opcode, u8(i ? Opcode::kAccept : Opcode::kConnect));
    EXPECT_EQ(c.qp, 1);
    EXPECT_EQ(c.id, 0x01020304U);
    EXPECT_EQ(c.cookie, 0x11223344U);
    EXPECT_EQ(c.remote_ip, mapped(0x0A000001));
    EXPECT_EQ(c.local_kind, 0);
    EXPECT_EQ(c.options, 0);
    EXPECT_EQ(c.cc, 1) << "the register's";
    EXPECT_EQ(c.remote_port, 0x1234);
    EXPECT_EQ(c.local_port, 0x5678);
    EXPECT_EQ(c.tx_page << 12, Bench::kBase + 0x1200000 + (5U << 14));
    EXPECT_EQ(c.rx_page << 12, Bench::kBase + 0x1200000 + (2U << 16));
    EXPECT_EQ(c.tx_log2, 14);
    EXPECT_EQ(c.rx_log2, 16);
  }
  EXPECT_EQ(bench->commands[2].local_port, 8080);
  EXPECT_EQ(bench->commands[2].cookie, 0x55667788U);
  EXPECT_EQ(bench->commands[3].id, 7U);
  EXPECT_EQ(bench->commands[4].id, 0x9A000123U);
  EXPECT_EQ(bench->commands[4].opcode, u8(Opcode::kAbort));
  EXPECT_EQ(bench->status_line(1), 7U);
  EXPECT_EQ(bench->counter(Counter::kSqEntries), 7U);
  EXPECT_EQ(bench->counter(Counter::kSqRefused), 0U);
}

TEST(ToeHostIf, CompletionCarriesEveryField) {
  auto bench = ready_bench(kFair, 4);
  bench->post(3, contract::UpdateEntry{});
  bench->ring(3);
  ASSERT_TRUE(bench->settle());
  bench->responses.push_back({3, u8(Status::kOk), 0x01020304, 0xAABBCCDD, u8(Opcode::kListen)});
  ASSERT_TRUE(bench->settle());
  auto got = bench->poll(3);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].kind, u8(CompletionKind::kResponse));
  EXPECT_EQ(got[0].status, u8(Status::kOk));
  EXPECT_EQ(got[0].connection_id, 0x01020304U);
  EXPECT_EQ(got[0].cookie, 0xAABBCCDDU);
  EXPECT_EQ(got[0].detail, u8(Opcode::kListen));
  EXPECT_EQ(got[0].sq_head, 1U);
  EXPECT_TRUE(bench->top().irq_o);
  bench->ring(3);
  bench->clocks(5);
  EXPECT_FALSE(bench->top().irq_o);

  bench->open_reports.push_back(fresh(0x321, 3));
  ASSERT_TRUE(bench->settle());
  EXPECT_TRUE(bench->poll(3).empty());
  auto job = report(0x321, 0x12345678);
  job.established = job.bad_offset = true;
  bench->rx_jobs.push_back(job);
  ASSERT_TRUE(bench->settle());
  bench->tx_reports.push_back({0x321, 0x9ABCDEF0, false, false, false});
  ASSERT_TRUE(bench->settle());
  got = bench->poll(3);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].flags, kEstablished | kBadOffset);
  EXPECT_EQ(got[0].acked_up_to, 0U);
  EXPECT_EQ(got[1].flags, kEstablished);
  EXPECT_EQ(got[1].kind, u8(CompletionKind::kReport));
  EXPECT_EQ(got[1].state, u8(TcpState::kEstablished));
  EXPECT_EQ(got[1].connection_id, 0x22000321U);
  EXPECT_EQ(got[1].cookie, 0xC0000321U);
  EXPECT_EQ(got[1].received_up_to, 0x12345678U);
  EXPECT_EQ(got[1].acked_up_to, 0x9ABCDEF0U);
  EXPECT_EQ(got[1].remote_ip, 0x0A0B0321U);
  EXPECT_EQ(got[1].remote_port, 1000 + 0x321);
  EXPECT_EQ(got[1].local_port, 80);
  EXPECT_EQ(bench->counter(Counter::kCqEntries), 3U);
}

struct Refusal {
  Status status;
  contract::OpenEntry entry;
  bool wrong_phase = false;
};

std::vector<Refusal> all_refusals() {
  std::vector<Refusal> all;
  auto open = [&](Status status, auto change) {
    for (const auto opcode : {Opcode::kConnect, Opcode::kAccept}) {
      auto e = open_entry(opcode);
      change(e);
      all.push_back({status, e});
    }
  };
  auto named = [&](Status status, std::uint32_t id, Opcode opcode) {
    contract::OpenEntry e{};
    e.opcode = u8(opcode);
    e.listener_id = id;
    all.push_back({status, e});
  };
  open(Status::kBadRegion, [](auto& e) { e.tx_region = 3; });   // never registered
  open(Status::kBadRegion, [](auto& e) { e.rx_region = 1; });   // another queue pair's
  open(Status::kBadRegion, [](auto& e) { e.rx_region = 16; });  // no such region
  open(Status::kBadRegion, [](auto& e) { e.tx_region = 2; });   // removed
  open(Status::kBadSlot, [](auto& e) { e.tx_slot = 512; });     // 2048 pages = 512 slots of 16 KiB
  open(Status::kBadSlot, [](auto& e) { e.rx_slot = 0xFFFFFFFF; });
  open(Status::kBadSlot, [](auto& e) { e.tx_size_log2 = 11; });
  open(Status::kBadSlot, [](auto& e) { e.rx_size_log2 = 25; });
  open(Status::kBadSlot, [](auto& e) { e.rx_size_log2 = 24; });  // larger than the region
  for (const auto opcode : {Opcode::kUpdate, Opcode::kAbort, Opcode::kSet}) {
    named(Status::kBadConnection, 0x05000007, opcode);  // stale generation
    named(Status::kBadConnection, 0x04000008, opcode);  // not alive
    named(Status::kBadConnection, 0x04000009, opcode);  // another queue pair's
    named(Status::kBadConnection, 0x04000407, opcode);  // beyond the card's connections
  }
  named(Status::kBadListener, 0, Opcode::kListen);  // port 0
  for (int opcode = 9; opcode < 256; opcode += 31)
    named(Status::kBadOpcode, 1, static_cast<Opcode>(opcode));
  for (int opcode = 0; opcode < 9; ++opcode) {
    named(Status::kBadPhase, 0x04000007, static_cast<Opcode>(opcode));
    all.back().wrong_phase = true;
  }
  return all;
}

TEST(ToeHostIf, RefusesEveryBadEntryAndGoesOn) {
  for (const auto& weather : {kFair, kStorm}) {
    auto bench = ready_bench(weather, 2);
    bench->region(1, Bench::kBase + 0x1200000, 16, 0x0001);
    bench->region(2, Bench::kBase + 0x1200000, 16, 0xFFFF);
    bench->region(2, Bench::kBase + 0x1200000, 0, 0xFFFF);
    bench->owners[7] = {true, 4, 1};
    bench->owners[8] = {false, 4, 1};
    bench->owners[9] = {true, 4, 0};
    bench->owners[0x407] = {true, 4, 1};
    std::uint32_t sent = 0, refused = 0;
    for (const auto& refusal : all_refusals()) {
      bench->post(1, refusal.entry, refusal.wrong_phase);
      ++sent;
      bench->post(1, update(0x04000007, sent, sent));
      bench->ring(1);
      ASSERT_TRUE(bench->settle());
      const auto got = bench->poll(1);
      ASSERT_EQ(got.size(), 1U) << "opcode " << int{refusal.entry.opcode};
      EXPECT_EQ(got[0].status, u8(refusal.status));
      EXPECT_EQ(got[0].kind, u8(CompletionKind::kResponse));
      EXPECT_EQ(got[0].connection_id, refusal.entry.listener_id);
      EXPECT_EQ(got[0].detail, refusal.entry.opcode);
      const int opcode = refusal.entry.opcode;
      const bool names = opcode >= 2 && opcode <= 8 && opcode != u8(Opcode::kAbort);
      EXPECT_EQ(got[0].cookie, names ? refusal.entry.cookie : 0);
      ++refused;
      ASSERT_EQ(bench->tx_hosts.size(), sent);
      EXPECT_EQ(bench->tx_hosts.back().offset, sent);
    }
    EXPECT_TRUE(bench->commands.empty());
    EXPECT_EQ(bench->counter(Counter::kSqRefused), refused);
    EXPECT_EQ(bench->counter(Counter::kSqEntries), 2 * refused);
  }
}

TEST(ToeHostIf, AcceptsTheLastSlotOfARegion) {
  auto bench = ready_bench(kFair);
  auto e = open_entry(Opcode::kConnect);
  e.tx_slot = 511;
  e.rx_size_log2 = 12;
  e.rx_slot = 2047;
  bench->post(0, e);
  bench->ring(0);
  ASSERT_TRUE(bench->settle());
  ASSERT_EQ(bench->commands.size(), 1U);
  EXPECT_EQ(bench->commands[0].tx_page << 12, Bench::kBase + 0x1200000 + (511U << 14));
  EXPECT_EQ(bench->commands[0].rx_page << 12, Bench::kBase + 0x1200000 + (2047U << 12));
}

TEST(ToeHostIf, IgnoresNonsenseDoorbells) {
  auto bench = ready_bench(kFair, 1, 4, 7);
  bench->owners[1] = {true, 1, 0};
  bench->doorbell(0, 17, 0);      // more than the ring
  bench->doorbell(0, 0xFFFF, 0);  // backwards
  bench->doorbell(5, 1, 0);       // not open
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->counter(Counter::kSqRefused), 3U);
  EXPECT_EQ(bench->counter(Counter::kSqEntries), 0U);
  for (std::uint32_t i = 0; i < 16; ++i) bench->post(0, update(0x01000001, i, i));
  bench->ring(0);
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->tx_hosts.size(), 16U);
  bench->doorbell(0, 12, 0);  // moves back
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->counter(Counter::kSqRefused), 4U);
  EXPECT_EQ(bench->tx_hosts.size(), 16U);
}

// Entries whose owner does not look at what it is told are left unfetched in time: their refusals
// must not wait for room, for those of all queue pairs pass the same place.
TEST(ToeHostIf, WhoReadsNoCompletionsHoldsUpNobody) {
  for (int first = 0; first < 12; ++first) {
    const auto bench = ready_bench({0, 60, 60}, 2, 5, 5);
    auto bad = update(0, 0, 0);
    bad.opcode = 200;
    for (int i = 0; i < 32; ++i) {
      bench->post(0, bad);
      if (i == first) {
        bench->ring(0);
        ASSERT_TRUE(bench->settle());
      }
    }
    bench->ring(0);
    EXPECT_TRUE(bench->settle()) << first;
    bench->post(1, bad);
    bench->ring(1);
    bench->clocks(1000);
    EXPECT_EQ(bench->poll(1).size(), 1U) << first;
    std::size_t answered = 0;
    for (int i = 0; i < 8; ++i) {
      answered += bench->poll(0).size();
      bench->ring(0);
      ASSERT_TRUE(bench->settle());
    }
    EXPECT_EQ(answered, 32U) << first;
  }
}

TEST(ToeHostIf, NothingIsFetchedWhileDisabled) {
  auto bench = ready_bench(kFair);
  bench->write(contract::kRegControl, 0);
  bench->owners[1] = {true, 1, 0};
  bench->post(0, update(0x01000001, 1, 1));
  bench->ring(0);
  bench->clocks(100);
  EXPECT_TRUE(bench->tx_hosts.empty());
  EXPECT_TRUE(bench->top().idle_o);
  bench->write(contract::kRegControl, 1);
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->tx_hosts.size(), 1U);
}

// A sleeper cannot miss an entry: only the entry's own acknowledgement takes the interrupt away.
TEST(ToeHostIf, InterruptLastsUntilTheHeadIsAnnounced) {
  auto bench = ready_bench(kFair, 4);
  for (std::uint32_t i = 0; i < 2; ++i) bench->responses.push_back({3, 0, i, i, 3});
  ASSERT_TRUE(bench->settle());
  for (const std::uint16_t head : {0, 1}) {
    bench->doorbell(3, 0, head);
    bench->clocks(8);
    EXPECT_TRUE(bench->top().irq_o) << "acknowledged " << head << " of 2";
  }
  bench->doorbell(3, 0, 2);
  bench->clocks(8);
  EXPECT_FALSE(bench->top().irq_o);
  bench->responses.push_back({1, 0, 1, 1, 3});
  ASSERT_TRUE(bench->settle());
  bench->doorbell(3, 0, 2);
  bench->clocks(8);
  EXPECT_TRUE(bench->top().irq_o) << "another queue pair's doorbell";
}

TEST(ToeHostIf, InterruptForgetsWhatWasUnderWayBeforeACommit) {
  auto bench = ready_bench(kFair, 4);
  bench->hold_b = true;
  bench->responses.push_back({3, 0, 1, 1, 3});
  bench->clocks(200);
  bench->open_qp(3, 5, 6);
  bench->hold_b = false;
  ASSERT_TRUE(bench->settle());
  EXPECT_FALSE(bench->top().irq_o);
  bench->responses.push_back({3, 0, 2, 2, 3});
  ASSERT_TRUE(bench->settle());
  EXPECT_TRUE(bench->top().irq_o);
}

TEST(ToeHostIf, CommitStartsTheQueuePairAfresh) {
  auto bench = ready_bench(kFair);
  bench->owners[1] = {true, 1, 0};
  bench->hold_outputs = true;  // entries pile up inside
  for (std::uint32_t i = 0; i < 40; ++i) bench->post(0, update(0x01000001, i, i));
  bench->ring(0);
  bench->clocks(200);
  bench->open_qp(0, 5, 6);
  bench->clocks(3);
  bench->hold_outputs = false;
  ASSERT_TRUE(bench->settle());
  const auto before = bench->tx_hosts.size();
  EXPECT_LE(before, 2U);  // those that had already left the queue
  for (std::uint32_t i = 0; i < 7; ++i) bench->post(0, update(0x01000001, 1000 + i, i));
  bench->ring(0);
  ASSERT_TRUE(bench->settle());
  ASSERT_EQ(bench->tx_hosts.size(), before + 7);
  EXPECT_EQ(bench->tx_hosts.back().offset, 1006U);
  EXPECT_EQ(bench->status_line(0), 7U);
  bench->responses.push_back({0, 0, 1, 2, 3});
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->poll(0).size(), 1U);
}

// Every entry of every queue pair arrives once and in its queue pair's order, whatever the weather.
TEST(ToeHostIf, ManyQueuePairsManyLapsNothingLost) {
  for (const auto& weather : {kFair, kStorm}) {
    auto bench = ready_bench(weather, 8, 4, 7);
    for (int q = 1; q < 8; q += 2) bench->open_qp(q, 4 + q, 7);
    for (std::uint16_t q = 0; q < 8; ++q)
      bench->owners[q] = {true, 3, static_cast<std::uint8_t>(q)};
    std::array<std::uint32_t, 8> posted{};
    for (int round = 0; round < 400; ++round) {
      const int q = bench->chance(0, 7);
      const auto at = static_cast<std::size_t>(q);
      const auto room = (1U << bench->Qp(q).sq_log2) -
                        static_cast<std::uint16_t>(bench->Qp(q).tail - bench->status_line(q));
      const auto count = static_cast<unsigned>(bench->chance(0, 20));
      for (unsigned i = 0; i < std::min(room, count); ++i) {
        ++posted[at];
        bench->post(q, update(0x03000000U + static_cast<unsigned>(q), posted[at], ~posted[at]));
      }
      bench->ring(q);
      bench->clocks(bench->chance(0, 30));
    }
    ASSERT_TRUE(bench->settle());
    std::array<std::uint32_t, 8> tx_seen{}, rx_seen{};
    for (const auto& t : bench->tx_hosts) ASSERT_EQ(t.offset, ++tx_seen[t.conn]);
    for (const auto& r : bench->rx_hosts) ASSERT_EQ(r.offset, ~++rx_seen[r.conn]);
    EXPECT_EQ(tx_seen, posted);
    EXPECT_EQ(rx_seen, posted);
    for (int q = 0; q < 8; ++q) EXPECT_EQ(bench->status_line(q), bench->Qp(q).tail) << q;
    EXPECT_EQ(bench->counter(Counter::kSqRefused), 0U);
    EXPECT_EQ(bench->read(contract::kRegStatus), 3U);
  }
}

TEST(ToeHostIf, DmaErrorIsSticky) {
  auto bench = ready_bench(kFair);
  bench->bad_b = true;
  bench->responses.push_back({0, 0, 0, 0, 0});
  ASSERT_TRUE(bench->settle());
  bench->bad_b = false;
  EXPECT_EQ(bench->read(contract::kRegStatus), 7U);
  auto other = ready_bench(kFair);
  other->bad_r = true;
  other->reads.push_back({Bench::kBase + 4096, 64});
  ASSERT_TRUE(other->settle());
  EXPECT_EQ(other->read(contract::kRegStatus), 7U);
}

}  // namespace
}  // namespace millrace::dma_test
