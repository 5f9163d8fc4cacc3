// SPDX-License-Identifier: Apache-2.0
// Transmit side of toe_wire: frames byte for byte, speed, ARP and parked segments.
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

TxSegment random_segment(std::mt19937_64& r, std::uint16_t len) {
  TxSegment s;
  s.remote_port = static_cast<std::uint16_t>(r());
  s.local_port = static_cast<std::uint16_t>(r());
  s.seq = static_cast<std::uint32_t>(r());
  s.ack = static_cast<std::uint32_t>(r());
  s.wnd = static_cast<std::uint16_t>(r());
  s.flags = static_cast<std::uint8_t>(r());
  s.ring_log2 = 14 + static_cast<int>(r() % 11);
  s.ring_page = r() & 0xf'ffff'ffff;
  s.ring_offset = static_cast<std::uint32_t>(r() & 0xffffff);
  s.len = len;
  return s;
}

Bytes arp_question(std::uint32_t ip) {
  Bytes frame = build_arp(kBroadcast, 1, kOurMac, kOurIp, 0, ip);
  return frame;
}

TEST(ToeWireTx, EveryAlignment) {
  WireBench b;
  b.teach(kPeerIp, kPeerMac);
  std::vector<Bytes> want;
  for (std::uint16_t len : {1, 2, 6, 10, 11, 63, 64, 65, 74, 75, 128, 200}) {
    for (std::uint32_t at = 0; at < 64; ++at) {
      TxSegment s = random_segment(b.random(), len);
      s.ring_offset = 4096 + at;
      if (at % 4 == 1) s.mss = 1460;
      if (at % 4 >= 2) s.ws = at % 15;
      if (at % 4 == 3) s.mss = 8960;
      b.send_segment(s);
      want.push_back(expected_frame(s, kPeerMac));
    }
  }
  b.run_until_idle();
  ASSERT_EQ(b.tx_frames.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(b.tx_frames[i], want[i]) << i;
}

TEST(ToeWireTx, WrapAtTheEndOfTheRing) {
  WireBench b;
  b.teach(kPeerIp, kPeerMac);
  std::vector<Bytes> want;
  int commands = 0;
  for (int i = 0; i < 400; ++i) {
    TxSegment s = random_segment(b.random(), static_cast<std::uint16_t>(1 + b.random()() % 300));
    s.ring_log2 = 12 + static_cast<int>(b.random()() % 13);
    const std::uint32_t before = b.random()() % (s.len + 20u);  // bytes in front of the end
    s.ring_offset = (1u << s.ring_log2) - before;
    commands += before > 0 && before < s.len ? 2 : 1;
    b.send_segment(s);
    want.push_back(expected_frame(s, kPeerMac));
  }
  b.run_until_idle();
  ASSERT_EQ(b.tx_frames.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(b.tx_frames[i], want[i]) << i;
  EXPECT_EQ(b.commands, commands);
}

class RandomTx : public ::testing::TestWithParam<int> {};

TEST_P(RandomTx, LengthsAndBackPressure) {
  WireBench b(GetParam());
  b.teach(kPeerIp, kPeerMac);
  const bool slow = GetParam() % 2 == 0;
  b.tx_ready = slow ? 40 : 95;
  b.cmd_ready = slow ? 90 : 60;
  b.line_valid = GetParam() % 3 == 0 ? 50 : 100;
  std::vector<Bytes> want;
  for (int i = 0; i < 250; ++i) {
    auto& r = b.random();
    const auto len = static_cast<std::uint16_t>(r() % 4 == 0 ? 0
                                                : r() % 3    ? r() % 1500
                                                             : r() % 8961);
    TxSegment s = random_segment(r, len);
    b.send_segment(s);
    want.push_back(expected_frame(s, kPeerMac));
  }
  b.run_until_idle();
  ASSERT_EQ(b.tx_frames.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(b.tx_frames[i], want[i]) << i;
  EXPECT_EQ(b.counts["tx_tcp"], 250);
  EXPECT_EQ(b.counts["tx_frames"], 250 + b.counts["arp_requests"]);
}
INSTANTIATE_TEST_SUITE_P(ToeWireTx, RandomTx, ::testing::Range(1, 7));

TEST(ToeWireTx, Speed) {
  {
    WireBench b;
    b.teach(kPeerIp, kPeerMac);
    for (int i = 0; i < 500; ++i) b.send_segment(random_segment(b.random(), 0));
    b.run_until_idle();
    ASSERT_EQ(b.tx_first_clocks.size(), 500u);
    EXPECT_EQ(b.tx_first_clocks.back() - b.tx_first_clocks.front(), 499u);
    EXPECT_LE(b.tx_first_clocks.front() - b.seg_clocks.front(), 10u);
    std::printf("segment to first beat: %d clocks\n",
                static_cast<int>(b.tx_first_clocks.front() - b.seg_clocks.front()));
  }
  for (const auto& [len, beats] : {std::pair{64, 3}, {1460, 25}, {8960, 142}}) {
    WireBench b;
    b.teach(kPeerIp, kPeerMac);
    for (int i = 0; i < 100; ++i) {
      TxSegment s = random_segment(b.random(), static_cast<std::uint16_t>(len));
      s.ring_log2 = 24;
      s.ring_offset = static_cast<std::uint32_t>(i * len);
      b.send_segment(s);
    }
    b.run_until_idle();
    ASSERT_EQ(b.tx_last_clocks.size(), 100u);
    const double clocks = double(b.tx_last_clocks.back() - b.tx_last_clocks.front()) / 99;
    EXPECT_LE(clocks, beats) << len;
    std::printf("payload %d: %.2f clocks per frame\n", len, clocks);
  }
}

TEST(ToeWireArp, AnnouncesAnswersAndLearns) {
  WireBench b;
  b.configure(false);
  b.run(5);
  b.configure(true);
  b.run_until_idle();
  ASSERT_EQ(b.tx_frames.size(), 1u);
  EXPECT_EQ(b.tx_frames[0], arp_question(kOurIp));
  b.send_frame(build_arp(kBroadcast, 1, kPeerMac, kPeerIp, 0, kOurIp));
  b.run_until_idle();
  ASSERT_EQ(b.tx_frames.size(), 2u);
  EXPECT_EQ(b.tx_frames[1], build_arp(kPeerMac, 2, kOurMac, kOurIp, kPeerMac, kPeerIp));
  // Learned from the question: no question of ours.
  TxSegment s = random_segment(b.random(), 100);
  b.send_segment(s);
  b.run_until_idle();
  ASSERT_EQ(b.tx_frames.size(), 3u);
  EXPECT_EQ(b.tx_frames[2], expected_frame(s, kPeerMac));
  // Not for us, malformed, foreign MAC address.
  b.counts.clear();
  b.send_frame(build_arp(kBroadcast, 1, kPeerMac, kPeerIp, 0, kOurIp + 1));
  Bytes bad = build_arp(kBroadcast, 1, kPeerMac, kPeerIp, 0, kOurIp);
  bad[14] = 9;
  b.send_frame(bad);
  b.send_frame(build_arp(kOurMac ^ 4, 1, kPeerMac, kPeerIp, 0, kOurIp));
  b.send_frame(Bytes(bad.begin(), bad.begin() + 41));
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames.size(), 3u);
  EXPECT_EQ(b.counts["arp"], 1);
  EXPECT_EQ(b.counts["drop_eth"], 3);
}

TEST(ToeWireArp, GatewayForOtherNetworks) {
  WireBench b;
  TxSegment s = random_segment(b.random(), 10);
  s.remote_ip = 0x08080808;
  b.send_segment(s);
  b.run_until_idle();
  ASSERT_EQ(b.tx_frames.size(), 1u);
  EXPECT_EQ(b.tx_frames[0], arp_question(kGateway));
  b.teach(kGateway, 0x020304050607);
  ASSERT_EQ(b.tx_frames.size(), 2u);
  EXPECT_EQ(b.tx_frames[1], expected_frame(s, 0x020304050607));
}

TEST(ToeWireArp, ParkedSegmentsKeepTheirOrderAndAreOvertaken) {
  WireBench b;
  b.teach(kPeerIp + 1, kPeerMac + 1);
  std::vector<TxSegment> late;
  std::vector<Bytes> want;
  for (int i = 0; i < 8; ++i) {
    late.push_back(random_segment(b.random(), static_cast<std::uint16_t>(i * 100)));
    b.send_segment(late.back());
    TxSegment now = random_segment(b.random(), 20);
    now.remote_ip = kPeerIp + 1;
    b.send_segment(now);
    want.push_back(expected_frame(now, kPeerMac + 1));
  }
  b.run_until_idle();
  std::erase(b.tx_frames, arp_question(kPeerIp));
  EXPECT_EQ(b.tx_frames, want);
  EXPECT_EQ(b.counts["arp_requests"], 1);  // eight wishes, one question
  b.tx_frames.clear();
  want.clear();
  // The answer arrives while further segments come, at every distance.
  b.send_frame(build_arp(kOurMac, 2, kPeerMac, kPeerIp, kOurMac, kOurIp));
  for (int i = 0; i < 30; ++i) {
    late.push_back(random_segment(b.random(), 0));
    b.send_segment(late.back());
    b.step();
  }
  b.run_until_idle();
  std::size_t dropped = b.counts["unresolved"];
  for (const TxSegment& s : late) want.push_back(expected_frame(s, kPeerMac));
  EXPECT_EQ(b.tx_frames.size() + dropped, want.size());
  std::size_t at = 0;  // in order
  for (const Bytes& frame : b.tx_frames) {
    while (at < want.size() && want[at] != frame) ++at;
    ASSERT_LT(at++, want.size());
  }
}

TEST(ToeWireArp, AsksThreeTimesThenDrops) {
  WireBench b;
  TxSegment s = random_segment(b.random(), 0);
  const std::uint32_t start = b.now_us;
  b.send_segment(s);
  b.run_until_idle();
  EXPECT_EQ(b.counts["arp_requests"], 1);
  for (int second = 1; second <= 3; ++second) {
    ASSERT_EQ(b.deadline(), start + 1'000'000u * second);
    b.now_us = start + 1'000'000 * second - 1;
    b.run(50);
    EXPECT_EQ(b.counts["arp_requests"], second);
    EXPECT_EQ(b.counts["unresolved"], 0);
    b.now_us += 1;
    b.run(2);
    b.run_until_idle();
  }
  EXPECT_EQ(b.counts["arp_requests"], 3);
  EXPECT_EQ(b.counts["unresolved"], 1);
  EXPECT_EQ(b.deadline(), std::nullopt);
  EXPECT_EQ(b.tx_frames, std::vector<Bytes>(3, arp_question(kPeerIp)));
}

TEST(ToeWireArp, FullParkingDropsAndTwoAddressesResolveApart) {
  WireBench b;
  std::vector<Bytes> first, second;
  for (int i = 0; i < 20; ++i) {
    TxSegment s = random_segment(b.random(), 0);
    s.remote_ip = kPeerIp + i % 2;
    b.send_segment(s);
    if (i < 16) (i % 2 ? second : first).push_back(expected_frame(s, kPeerMac + i % 2));
  }
  b.run_until_idle();
  EXPECT_EQ(b.counts["unresolved"], 4);
  EXPECT_EQ(b.counts["arp_requests"], 2);
  b.tx_frames.clear();
  b.teach(kPeerIp + 1, kPeerMac + 1);
  EXPECT_EQ(b.tx_frames, second);
  b.tx_frames.clear();
  b.teach(kPeerIp, kPeerMac);
  EXPECT_EQ(b.tx_frames, first);
  EXPECT_EQ(b.deadline(), std::nullopt);
}

TEST(ToeWireArp, RefreshesButKeepsUsing) {
  WireBench b;
  b.teach(kPeerIp, kPeerMac);
  b.now_us += b.settings.arp_age_us + 10;
  for (int i = 0; i < 5; ++i) b.send_segment(random_segment(b.random(), 0));
  b.run_until_idle();
  EXPECT_EQ(b.counts["tx_tcp"], 5);
  EXPECT_EQ(b.counts["arp_requests"], 1);
  b.now_us += 1'000'000;
  b.send_segment(random_segment(b.random(), 0));
  b.run_until_idle();
  EXPECT_EQ(b.counts["arp_requests"], 2);
  b.teach(kPeerIp, kPeerMac + 5);
  TxSegment s = random_segment(b.random(), 0);
  b.send_segment(s);
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames.back(), expected_frame(s, kPeerMac + 5));
  EXPECT_EQ(b.counts["arp_requests"], 2);
}

TEST(ToeWireTx, DisabledCardSendsNothing) {
  WireBench b;
  b.send_segment(random_segment(b.random(), 0));
  b.run_until_idle();
  b.tx_frames.clear();
  b.configure(false);
  b.run(100);
  b.send_segment(random_segment(b.random(), 0));
  b.run_until_idle();
  EXPECT_TRUE(b.tx_frames.empty());
  EXPECT_EQ(b.deadline(), std::nullopt);
}

}  // namespace
}  // namespace millrace::sim
