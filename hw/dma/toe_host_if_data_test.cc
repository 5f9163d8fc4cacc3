// SPDX-License-Identifier: Apache-2.0
// The host interface's data path: payload placement, what may be told when, reports and their room,
// payload reads, latencies and rates.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "hw/dma/host_if_bench.h"

namespace millrace::dma_test {
namespace {

using contract::CompletionEntry;
using contract::Counter;
using contract::Opcode;
using contract::Status;
using contract::TcpState;

constexpr std::uint8_t kEstablished = 1, kFinReceived = 2, kFinAcked = 4, kFinal = 8;
constexpr std::uint64_t kRing = Bench::kBase + 0x1400000;

RxJob payload(Bench& bench, std::uint16_t conn, std::uint32_t offset, unsigned len, int ring_log2) {
  RxJob j;
  j.conn = conn;
  j.has_frame = true;
  j.frame_start = static_cast<std::uint8_t>(54 + 4 * bench.chance(0, 20));
  j.skip = static_cast<std::uint16_t>(bench.chance(0, 3) ? 0 : bench.chance(1, 200));
  j.len = static_cast<std::uint16_t>(len);
  j.ring_page = (kRing + conn * 0x10000U) >> 12;
  j.ring_log2 = static_cast<std::uint8_t>(ring_log2);
  j.ring_offset = offset & ((1U << ring_log2) - 1);
  j.frame.resize(std::size_t{j.frame_start} + j.skip + len +
                 static_cast<unsigned>(bench.chance(0, 3) ? 0 : bench.chance(0, 150)));
  for (auto& byte : j.frame) byte = static_cast<std::uint8_t>(bench.random64());
  return j;
}

void place(std::vector<std::uint8_t>& model, const RxJob& job) {
  for (unsigned i = 0; i < job.len; ++i) {
    const std::uint64_t at =
        (job.ring_page << 12) - kRing + ((job.ring_offset + i) & ((1U << job.ring_log2) - 1));
    model[at] = job.frame[std::size_t{job.frame_start} + job.skip + i];
  }
}

void expect_memory(Bench& bench, const std::vector<std::uint8_t>& model) {
  const auto* memory = bench.at(kRing);
  if (std::memcmp(memory, model.data(), model.size()) == 0) return;
  for (std::size_t i = 0; i < model.size(); ++i) {
    ASSERT_EQ(memory[i], model[i]) << "byte " << i;
  }
}

std::vector<std::uint8_t> filled_model(Bench& bench) {
  std::vector<std::uint8_t> model(0x80000);
  for (auto& byte : model) byte = static_cast<std::uint8_t>(bench.random64());
  std::memcpy(bench.at(kRing), model.data(), model.size());
  return model;
}

TEST(ToeHostIfData, PlacesEveryAlignment) {
  auto bench = ready_bench(kFair);
  auto model = filled_model(*bench);
  // Each lane has 512 bytes of its own, so that no job hides another's mistake; every eighth lane
  // crosses a page, the first one the ring's end.
  for (unsigned source = 0; source < 64; ++source) {
    for (unsigned lane = 0; lane < 64; ++lane) {
      const unsigned len =
          (source + lane) % 3 == 0 ? 1U + lane % 5 : 1U + (source * 7 + lane * 13) % 200;
      auto job = payload(*bench, 0, lane * 512 + lane - 100, len, 15);
      job.frame_start = static_cast<std::uint8_t>(54 + source);
      job.skip = static_cast<std::uint16_t>(lane % 4 == 0 ? 64 : lane % 3);
      job.frame.resize(std::size_t{job.frame_start} + job.skip + len + (lane % 7 == 0 ? 100 : 0));
      for (auto& byte : job.frame) byte = static_cast<std::uint8_t>(bench->random64());
      place(model, job);
      bench->rx_jobs.push_back(job);
    }
    ASSERT_TRUE(bench->settle(20000));
    expect_memory(*bench, model);
  }
}

TEST(ToeHostIfData, PlacesRandomJobsInAnyWeather) {
  for (const auto& weather : {kFair, Weather{20, 1, 30}, kStorm}) {
    auto bench = ready_bench(weather);
    auto model = filled_model(*bench);
    for (int i = 0; i < 600; ++i) {
      const auto conn = static_cast<std::uint16_t>(bench->chance(0, 7));
      const int log2 = 12 + conn % 5;
      unsigned len = static_cast<unsigned>(bench->chance(1, bench->chance(0, 3) ? 1500 : 8960));
      len = std::min(len, 1U << log2);
      auto job = payload(*bench, conn, static_cast<std::uint32_t>(bench->random64()), len, log2);
      if (bench->chance(0, 7) == 0) job.len = 0;  // the whole frame is dropped
      place(model, job);
      bench->rx_jobs.push_back(std::move(job));
      if (bench->chance(0, 9) == 0) bench->rx_jobs.push_back(RxJob{});  // nothing to do at all
    }
    ASSERT_TRUE(bench->settle(400000));
    expect_memory(*bench, model);
  }
}

TEST(ToeHostIfData, TellsOnlyAfterTheWriteResponse) {
  auto bench = ready_bench(kFair);
  bench->open_reports.push_back(fresh(1));
  ASSERT_TRUE(bench->settle());
  bench->hold_b = true;
  auto job = payload(*bench, 1, 0, 300, 16);
  job.report = job.established = true;
  job.received = 300;
  bench->rx_jobs.push_back(job);
  auto bare = report(1, 301);  // no payload, but in order behind it
  bench->rx_jobs.push_back(bare);
  bench->clocks(500);
  const auto& cq = bench->Qp(0);
  for (const auto addr : bench->aw_addrs) {
    EXPECT_FALSE(addr >= cq.cq && addr < cq.cq + 4096) << "told before the response";
  }
  EXPECT_FALSE(bench->top().idle_o);
  EXPECT_FALSE(bench->top().irq_o);
  bench->hold_b = false;
  ASSERT_TRUE(bench->settle());
  const auto got = bench->poll(0);
  ASSERT_FALSE(got.empty());
  EXPECT_EQ(got.back().received_up_to, 301U);
  EXPECT_TRUE(bench->top().irq_o);
}

// Whatever a completion announces is in memory when the completion is, in a storm of everything at
// once.
TEST(ToeHostIfData, AnnouncedBytesAreInMemory) {
  auto bench = ready_bench(kStorm, 8, 5, 5);
  constexpr unsigned kConns = 32;
  constexpr std::uint64_t kArea = kRing;
  std::array<std::uint32_t, kConns> sent{}, told{};
  std::array<std::uint32_t, 8> posted{};
  auto pattern = [](unsigned conn, std::uint32_t i) {
    return static_cast<std::uint8_t>(i * 7 + conn * 31 + (i >> 8) + 1);
  };
  for (std::uint16_t c = 0; c < kConns; ++c) {
    bench->open_reports.push_back(fresh(c, c % 8));
    bench->owners[c] = {true, static_cast<std::uint8_t>(c + 1), static_cast<std::uint8_t>(c % 8)};
  }
  ASSERT_TRUE(bench->settle());
  auto drain = [&](int q) {
    for (const auto& e : bench->poll(q)) {
      const unsigned c = e.connection_id & 0xFFFF;
      ASSERT_EQ(static_cast<int>(c % 8), q);
      ASSERT_GE(e.received_up_to, told[c]);
      for (; told[c] < e.received_up_to; ++told[c]) {
        ASSERT_EQ(*bench->at(kArea + c * 0x4000U + (told[c] & 0x3FFF)), pattern(c, told[c]));
      }
    }
    bench->ring(q);
  };
  for (int i = 0; i < 1500; ++i) {
    const auto c = static_cast<std::uint16_t>(bench->chance(0, kConns - 1));
    auto job = payload(*bench, c, sent[c], static_cast<unsigned>(bench->chance(1, 400)), 14);
    job.ring_page = (kArea + c * 0x4000U) >> 12;
    if (sent[c] - told[c] + job.len > 0x4000) continue;
    for (unsigned k = 0; k < job.len; ++k) {
      job.frame[std::size_t{job.frame_start} + job.skip + k] = pattern(c, sent[c] + k);
    }
    sent[c] += job.len;
    job.report = true;
    job.received = sent[c];
    bench->rx_jobs.push_back(std::move(job));
    bench->clocks(bench->chance(0, 40));
    const int q = bench->chance(0, 7);
    if (bench->chance(0, 5) == 0) drain(q);
    if (static_cast<std::uint16_t>(bench->Qp(q).tail - bench->status_line(q)) < 20) {
      bench->post(q, update((static_cast<unsigned>(q) + 1) << 24 | static_cast<unsigned>(q),
                            ++posted[static_cast<std::size_t>(q)], 0));
    }
  }
  for (int round = 0; round < 6; ++round) {
    ASSERT_TRUE(bench->settle(200000));
    for (int q = 0; q < 8; ++q) drain(q);
  }
  EXPECT_EQ(told, sent);
  std::array<std::uint32_t, 8> seen{};
  for (const auto& t : bench->tx_hosts) ASSERT_EQ(t.offset, ++seen[t.conn]);
  EXPECT_EQ(seen, posted);
}

TEST(ToeHostIfData, FullRingLosesNothing) {
  auto bench = ready_bench(kFair, 2, 6, 4);
  for (std::uint16_t c = 0; c < 40; ++c) bench->open_reports.push_back(fresh(c, c == 39 ? 1 : 0));
  ASSERT_TRUE(bench->settle());
  for (std::uint16_t c = 0; c < 40; ++c) bench->rx_jobs.push_back(report(c, 100U + c));
  ASSERT_TRUE(bench->settle());  // idle, though reports wait: only the host can change that
  EXPECT_EQ(bench->counter(Counter::kCqStalls), 1U);
  EXPECT_EQ(bench->poll(1).size(), 1U) << "another queue pair is not held up";
  const auto written = bench->counter(Counter::kCqEntries) - 1;
  EXPECT_LE(written, 12U);  // a quarter is kept for responses
  for (std::uint16_t c = 0; c < 39; ++c) bench->rx_jobs.push_back(report(c, 200U + c));  // merge
  ASSERT_TRUE(bench->settle());
  bench->responses.push_back({0, 1, 2, 3, 4});
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->counter(Counter::kCqEntries) - 1, written + 1) << "responses have their reserve";
  std::map<unsigned, std::uint32_t> last;
  int entries = 0;
  for (int round = 0; round < 40; ++round) {
    for (const auto& e : bench->poll(0)) {
      if (e.kind == 1) last[e.connection_id & 0xFFFF] = e.received_up_to;
      ++entries;
    }
    bench->ring(0);
    ASSERT_TRUE(bench->settle());
  }
  ASSERT_EQ(last.size(), 39U);
  for (const auto& [conn, received] : last) EXPECT_EQ(received, 200 + conn);
  EXPECT_LE(entries, 39 + 1 + 12);
}

TEST(ToeHostIfData, ResponsesWaitForRoomAndAreNotLost) {
  auto bench = ready_bench(kStorm, 2, 4, 4);
  for (std::uint32_t i = 0; i < 60; ++i) bench->responses.push_back({0, 0, i, 0, 3});
  bench->clocks(5000);
  std::uint32_t next = 0;
  for (int round = 0; round < 20; ++round) {
    for (const auto& e : bench->poll(0)) EXPECT_EQ(e.connection_id, next++);
    bench->ring(0);
    bench->clocks(3000);
  }
  EXPECT_EQ(next, 60U);
}

TEST(ToeHostIfData, StateFollowsFromFacts) {
  struct Case {
    std::string steps;  // r: FIN received, s: FIN sent, a: FIN acknowledged
    TcpState state;
  };
  const Case cases[] = {{"", TcpState::kEstablished}, {"r", TcpState::kCloseWait},
                        {"s", TcpState::kFinWait1},   {"sa", TcpState::kFinWait2},
                        {"rs", TcpState::kLastAck},   {"sr", TcpState::kClosing},
                        {"sra", TcpState::kTimeWait}, {"sar", TcpState::kTimeWait}};
  auto bench = ready_bench(kFair);
  std::uint16_t conn = 0;
  for (const auto& c : cases) {
    bench->open_reports.push_back(fresh(++conn));
    ASSERT_TRUE(bench->settle());
    auto job = report(conn, 0);
    job.established = true;
    bench->rx_jobs.push_back(job);
    ASSERT_TRUE(bench->settle());
    for (const char step : c.steps) {
      if (step == 'r') {
        job.fin_received = true;
        bench->rx_jobs.push_back(job);
      } else {
        bench->tx_reports.push_back({conn, 0, true, step == 'a', false});
      }
      ASSERT_TRUE(bench->settle());
    }
    job.received = 5;
    bench->rx_jobs.push_back(job);
    ASSERT_TRUE(bench->settle());
    const auto got = bench->poll(0);
    bench->ring(0);
    ASSERT_FALSE(got.empty());
    EXPECT_EQ(got.back().state, u8(c.state)) << c.steps;
    EXPECT_EQ(got.back().flags, kEstablished | (job.fin_received ? kFinReceived : 0) |
                                    (c.steps.find('a') != std::string::npos ? kFinAcked : 0));
    const auto wanted =
        2U + (job.fin_received ? 1 : 0) + (c.steps.find('a') != std::string::npos ? 1 : 0);
    EXPECT_EQ(got.size(), wanted) << "a FIN sent is no news: " << c.steps;
  }
}

TEST(ToeHostIfData, ListenTellsTheIdentifierAndTheTupleLater) {
  auto bench = ready_bench(kFair);
  auto open = fresh(9, 0, TcpState::kListen);
  open.notify = true;
  open.remote_ip = open.remote_port = 0;
  bench->open_reports.push_back(open);
  ASSERT_TRUE(bench->settle());
  auto got = bench->poll(0);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].state, u8(TcpState::kListen));
  EXPECT_EQ(got[0].connection_id, 0x0A000009U);
  open.fresh = open.notify = false;
  open.state = TcpState::kSynReceived;
  open.remote_ip = 0x01020304;
  open.remote_port = 4242;
  bench->open_reports.push_back(open);
  ASSERT_TRUE(bench->settle());
  EXPECT_TRUE(bench->poll(0).empty());
  auto job = report(9, 0);
  job.established = true;
  bench->rx_jobs.push_back(job);
  ASSERT_TRUE(bench->settle());
  got = bench->poll(0);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].kind, u8(contract::CompletionKind::kPeer));
  EXPECT_EQ(got[1].remote_ip, 0x01020304U);
  EXPECT_EQ(got[1].remote_port, 4242U);
  EXPECT_EQ(got[1].cookie, 0xC0000009U);
}

TEST(ToeHostIfData, FinalReportFreesTheIdentifierOnce) {
  auto bench = ready_bench(kFair);
  for (std::uint16_t c = 1; c < 4; ++c) bench->open_reports.push_back(fresh(c));
  ASSERT_TRUE(bench->settle());
  auto final = report(1, 7);
  final.final = true;
  final.status = u8(Status::kReset);
  bench->rx_jobs.push_back(final);
  ASSERT_TRUE(bench->settle());
  auto got = bench->poll(0);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].flags, kFinal);
  EXPECT_EQ(got[0].status, u8(Status::kReset));
  EXPECT_EQ(got[0].state, u8(TcpState::kClosed));
  EXPECT_EQ(bench->freed, std::vector<std::uint16_t>{1});
  bench->tx_reports.push_back({1, 99, true, true, false});  // late: changes nothing
  bench->rx_jobs.push_back(final);
  ASSERT_TRUE(bench->settle());
  EXPECT_TRUE(bench->poll(0).empty());
  EXPECT_EQ(bench->freed.size(), 1U);

  auto wait = report(2, 50);
  wait.detach = true;
  bench->rx_jobs.push_back(wait);
  ASSERT_TRUE(bench->settle());
  got = bench->poll(0);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].flags, kFinal);
  EXPECT_EQ(got[0].state, u8(TcpState::kTimeWait));
  EXPECT_EQ(bench->freed.size(), 1U);
  bench->rx_jobs.push_back(report(2, 51));
  final.conn = 2;
  bench->rx_jobs.push_back(final);
  ASSERT_TRUE(bench->settle());
  EXPECT_TRUE(bench->poll(0).empty());
  EXPECT_EQ(bench->freed, (std::vector<std::uint16_t>{1, 2}));

  wait.conn = final.conn = 3;  // both before the first is told: told once, freed once
  bench->rx_jobs.push_back(wait);
  bench->rx_jobs.push_back(final);
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->poll(0).size(), 1U);
  EXPECT_EQ(bench->freed, (std::vector<std::uint16_t>{1, 2, 3}));
  bench->open_reports.push_back(fresh(1));  // the identifier lives again
  ASSERT_TRUE(bench->settle());
  bench->tx_reports.push_back({1, 5, false, false, false});
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->poll(0).size(), 1U);
}

TEST(ToeHostIfData, ReportsOfADisabledQueuePairVanishButFree) {
  auto bench = ready_bench(kFair);
  bench->open_reports.push_back(fresh(1));
  ASSERT_TRUE(bench->settle());
  bench->write(contract::kRegQpCommit, 0);
  auto final = report(1, 1);
  final.final = true;
  bench->rx_jobs.push_back(final);
  bench->responses.push_back({0, 0, 0, 0, 0});
  ASSERT_TRUE(bench->settle());
  EXPECT_TRUE(bench->poll(0).empty());
  EXPECT_EQ(bench->freed.size(), 1U);
}

TEST(ToeHostIfData, ReadsTheLinesThatCoverACommand) {
  for (const auto& weather : {kFair, kStorm}) {
    auto bench = ready_bench(weather);
    for (std::size_t i = 0; i < 0x40000; ++i)
      *bench->at(kRing + i) = static_cast<std::uint8_t>(bench->random64());
    std::vector<std::array<std::uint8_t, 64>> want;
    for (int i = 0; i < 300; ++i) {
      const auto addr = kRing + static_cast<std::uint64_t>(bench->chance(0, 0x30000));
      const auto len =
          static_cast<std::uint16_t>(bench->chance(0, bench->chance(0, 4) ? 1460 : 9000));
      bench->reads.push_back({addr, len});
      for (auto line = addr & ~63ULL; len > 0 && line < addr + len; line += 64) {
        std::memcpy(want.emplace_back().data(), bench->at(line), 64);
      }
      bench->post(0, contract::UpdateEntry{});  // submissions share the read channels
      if (i % 8 == 0) bench->ring(0);
      bench->clocks(bench->chance(0, 60));
    }
    bench->hold_outputs = true;  // the data queue fills; R must not be held up
    bench->clocks(2000);
    bench->hold_outputs = false;
    ASSERT_TRUE(bench->settle(200000));
    EXPECT_EQ(bench->read_lines, want);
  }
}

TEST(ToeHostIfData, LatenciesAndRates) {
  auto bench = ready_bench(Weather{0, 1, 1}, 1, 10, 7);
  bench->owners[1] = {true, 1, 0};
  bench->post(0, update(0x01000001, 1, 1));
  bench->ring(0);
  ASSERT_TRUE(bench->settle());
  const auto bell = bench->first_ar - bench->doorbell_cycle;
  const auto exec = bench->tx_hosts[0].cycle - bench->first_sq_data;
  EXPECT_LE(bell, 5U);
  EXPECT_LE(exec, 5U);
  bench->open_reports.push_back(fresh(1));
  ASSERT_TRUE(bench->settle());
  bench->rx_jobs.push_back(report(1, 10));
  ASSERT_TRUE(bench->settle());
  const auto told = bench->last_aw - bench->job_cycle;
  EXPECT_LE(told, 14U);
  bench->tx_hosts.clear();
  for (std::uint32_t i = 0; i < 512; ++i) bench->post(0, update(0x01000001, i, i));
  bench->ring(0);
  ASSERT_TRUE(bench->settle());
  ASSERT_EQ(bench->tx_hosts.size(), 512U);
  const auto updates = bench->tx_hosts.back().cycle - bench->tx_hosts.front().cycle + 1;
  EXPECT_LE(updates, 512 * 5 / 4);
  for (int i = 0; i < 200; ++i)
    bench->rx_jobs.push_back(payload(*bench, 2, static_cast<unsigned>(i) * 1460, 1460, 16));
  std::uint64_t frame_beats = 0;
  for (auto& job : bench->rx_jobs) {
    job.skip = 0;
    job.frame_start = 54;
    job.frame.resize(1514);
    frame_beats += 24;
  }
  const auto before = bench->cycle();
  while (bench->w_beats == 0 || !bench->rx_jobs.empty()) bench->clock();
  ASSERT_TRUE(bench->settle());
  const auto clocks = bench->cycle() - before;
  EXPECT_LE(clocks, frame_beats + 60);
  std::printf(
      "doorbell to AR %llu, SQ data to tx_host %llu, job to completion AW %llu clocks; "
      "512 updates in %llu, %llu frame beats in %llu clocks\n",
      static_cast<unsigned long long>(bell), static_cast<unsigned long long>(exec),
      static_cast<unsigned long long>(told), static_cast<unsigned long long>(updates),
      static_cast<unsigned long long>(frame_beats), static_cast<unsigned long long>(clocks));
}

// On the wire such a frame takes 2.84 clocks; here its payload lies across two lines of the ring.
TEST(ToeHostIfData, SmallFramesOffTheLinesTakeTwoClocks) {
  auto bench = ready_bench(Weather{0, 1, 1}, 1, 10, 7);
  bench->open_reports.push_back(fresh(1));
  ASSERT_TRUE(bench->settle());
  constexpr unsigned kFrames = 300;
  for (unsigned i = 0; i < kFrames; ++i) {
    auto job = payload(*bench, 2, 32 + i * 64, 64, 16);
    job.skip = 0;
    job.frame_start = 54;
    job.frame.resize(118);
    bench->rx_jobs.push_back(std::move(job));
  }
  const auto before = bench->cycle();
  ASSERT_TRUE(bench->settle());
  EXPECT_LE(bench->cycle() - before, kFrames * 2 + 60);
}

TEST(ToeHostIfData, ReportsOfManyConnectionsLeaveQuickly) {
  auto bench = ready_bench(Weather{0, 4, 4}, 1, 6, 15);
  for (std::uint16_t c = 0; c < 256; ++c) bench->open_reports.push_back(fresh(c));
  ASSERT_TRUE(bench->settle());
  for (std::uint16_t c = 0; c < 256; ++c) bench->rx_jobs.push_back(report(c, 1));
  const auto before = bench->cycle();
  ASSERT_TRUE(bench->settle());
  EXPECT_EQ(bench->poll(0).size(), 256U);
  std::printf("256 reports in %llu clocks\n",
              static_cast<unsigned long long>(bench->cycle() - before));
  EXPECT_LE(bench->cycle() - before, 256U * 4);
}

}  // namespace
}  // namespace millrace::dma_test
