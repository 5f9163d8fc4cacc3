// SPDX-License-Identifier: Apache-2.0
// How far toe_wire reads ahead: the MAC never waits for payload, and payload hardly for the MAC.
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

constexpr double kMacRate = 50;  // 100 Gb/s at 250 MHz

TxSegment segment(int number, std::uint16_t len) {
  TxSegment s;
  s.seq = static_cast<std::uint32_t>(number);
  s.ring_log2 = 24;
  s.ring_offset = static_cast<std::uint32_t>(number * len + 13);
  s.len = len;
  return s;
}

double frame_clocks(std::uint16_t len) { return (len + 54 + 24) / kMacRate; }

struct Pace {
  double clocks_per_frame;
  std::uint64_t longest;  // from the segment to its frame's first beat
};

// Of segments first to last.
Pace pace(const WireBench& b, std::size_t first, std::size_t last) {
  Pace pace{double(b.tx_last_clocks[last] - b.tx_last_clocks[first]) / double(last - first), 0};
  for (std::size_t i = first; i <= last; ++i) {
    pace.longest = std::max(pace.longest, b.tx_first_clocks[i] - b.seg_clocks[i]);
  }
  return pace;
}

// The frame in front may be on its way to the MAC, and one more is there before it must be.
std::uint64_t bound(std::uint64_t latency, std::uint16_t len) {
  return latency * 64 / 50 + static_cast<std::uint64_t>(2 * frame_clocks(len)) + len / 64 + 80;
}

class ReadAhead : public ::testing::TestWithParam<std::pair<int, int>> {};

TEST_P(ReadAhead, HidesTheLatencyAndNoMore) {
  const auto [latency, len] = GetParam();
  WireBench b;
  b.teach(kPeerIp, kPeerMac);
  b.mac_rate = kMacRate;
  b.latency = static_cast<std::uint64_t>(latency);
  const int count = len > 4000 ? 200 : 1000;
  for (int i = 0; i < count; ++i) b.send_segment(segment(i, static_cast<std::uint16_t>(len)));
  b.run_until_idle();
  ASSERT_EQ(b.tx_frames.size(), static_cast<std::size_t>(count));
  const Pace steady = pace(b, static_cast<std::size_t>(count) / 2, b.tx_frames.size() - 1);
  const double wire = frame_clocks(static_cast<std::uint16_t>(len));
  EXPECT_LE(steady.clocks_per_frame, wire * 1.005);
  EXPECT_LE(steady.longest, bound(b.latency, static_cast<std::uint16_t>(len)));
  std::printf("latency %d, payload %d: %.2f clocks per frame, %d at most to its first beat\n",
              latency, len, steady.clocks_per_frame, static_cast<int>(steady.longest));
}
INSTANTIATE_TEST_SUITE_P(ToeTxBudget, ReadAhead,
                         ::testing::Values(std::pair{5, 1448}, std::pair{20, 1448},
                                           std::pair{180, 1448}, std::pair{250, 1448},
                                           std::pair{20, 536}, std::pair{250, 536},
                                           std::pair{20, 8948}, std::pair{180, 8948},
                                           std::pair{250, 8948}));

TEST(ToeTxBudget, FollowsTheLatency) {
  WireBench b;
  b.teach(kPeerIp, kPeerMac);
  b.mac_rate = kMacRate;
  std::size_t sent = 0;
  for (const int latency : {250, 20, 250, 5}) {
    b.latency = static_cast<std::uint64_t>(latency);
    for (int i = 0; i < 300; ++i) b.send_segment(segment(i, 1448));
    b.run_until_idle();
    sent += 300;
    ASSERT_EQ(b.tx_frames.size(), sent);
    const Pace steady = pace(b, sent - 100, sent - 1);
    EXPECT_LE(steady.clocks_per_frame, frame_clocks(1448) * 1.005) << latency;
    EXPECT_LE(steady.longest, bound(b.latency, 1448)) << latency;
  }
}

// Segments whose next hop is silent are parked: they take nothing from others.
TEST(ToeTxBudget, ParkedAndDroppedSegmentsDoNotCount) {
  WireBench b;
  b.teach(kPeerIp + 1, kPeerMac);
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 20; ++i) b.send_segment(segment(i, 8960));  // to kPeerIp
    b.run_until_idle();
    EXPECT_EQ(b.counts["unresolved"], 4 + 20 * round);  // 16 are parked
  }
  b.tx_frames.clear();
  for (int i = 0; i < 50; ++i) {
    TxSegment s = segment(i, 1448);
    s.remote_ip = kPeerIp + 1;
    b.send_segment(s);
  }
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames.size(), 50u);
  // Those that were parked come all at once; then it goes on.
  b.teach(kPeerIp, kPeerMac);
  EXPECT_EQ(b.tx_frames.size(), 66u);
  for (int i = 0; i < 50; ++i) b.send_segment(segment(i, 8960));
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames.size(), 116u);
}

}  // namespace
}  // namespace millrace::sim
