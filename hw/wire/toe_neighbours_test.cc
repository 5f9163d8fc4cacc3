// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery of toe_wire (RFC 4861 7.2), next hops of both families, and the cache's
// rules.
#include "hw/wire/nd_model.h"
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

TxSegment segment_to(const Ipv6& remote, int kind, std::mt19937_64& r, std::uint16_t len = 40) {
  TxSegment s;
  s.local_kind = kind;
  s.remote_ipv6 = remote;
  s.remote_port = static_cast<std::uint16_t>(r());
  s.seq = static_cast<std::uint32_t>(r());
  s.len = len;
  return s;
}

TEST(ToeNeighbours, SolicitsTheGroupThreeTimesThenDrops) {
  WireBench b;
  const std::uint32_t start = b.now_us;
  b.send_segment(segment_to(kPeerIpv6, kLocalIpv6, b.random()));
  b.run_until_idle();
  for (int second = 1; second <= 3; ++second) {
    ASSERT_EQ(b.deadline(), start + 1'000'000u * second);
    b.now_us = start + 1'000'000 * second - 1;
    b.run(50);
    EXPECT_EQ(b.counts["solicits"], second);
    EXPECT_EQ(b.counts["unresolved"], 0);
    b.now_us += 1;
    b.run(2);
    b.run_until_idle();
  }
  EXPECT_EQ(b.counts["unresolved"], 1);
  EXPECT_EQ(b.counts["arp_requests"], 0);
  EXPECT_EQ(b.deadline(), std::nullopt);
  EXPECT_EQ(b.tx_frames, std::vector<Bytes>(3, our_solicit(kPeerIpv6, kOurIpv6)));
}

// Which hop is asked for, and from which of our addresses (RFC 4861 5.2, 7.2.2).
TEST(ToeNeighbours, NextHops) {
  Ipv6 far = kPeerIpv6;
  far[7] ^= 1;  // the last bit of the prefix
  Ipv6 far_link = kPeerLink;
  far_link[5] = 1;  // still in fe80::/10
  struct Case {
    Ipv6 remote;
    int kind;
    Ipv6 hop, from;
  };
  const Case cases[] = {{kPeerIpv6, kLocalIpv6, kPeerIpv6, kOurIpv6},
                        {far, kLocalIpv6, kGatewayIpv6, kOurIpv6},
                        {kPeerLink, kLocalIpv6Link, kPeerLink, our_link_local()},
                        {kPeerLink, kLocalIpv6, kPeerLink, kOurIpv6},
                        {far_link, kLocalIpv6Link, far_link, our_link_local()}};
  for (bool tagged : {false, true}) {
    for (const Case& c : cases) {
      WireBench b;
      if (tagged) b.settings.vlan = 0x2064;
      b.configure(true);
      b.send_segment(segment_to(c.remote, c.kind, b.random()));
      b.run_until_idle();
      ASSERT_EQ(b.tx_frames.size(), 1u);
      EXPECT_EQ(b.tx_frames[0], our_solicit(c.hop, c.from, b.settings));
    }
  }
}

TEST(ToeNeighbours, PrefixOfAnyLength) {
  for (int length : {0, 1, 7, 8, 63, 64, 65, 127, 128}) {
    for (int bit : {0, 7, 62, 63, 64, 126, 127}) {
      WireBench b;
      b.settings.ipv6_prefix = static_cast<std::uint8_t>(length);
      b.settings.ipv6 = kOurIpv6;
      b.settings.ipv6[0] = 0x3f;  // far from fe80::/10 with any bit flipped
      b.configure(true);
      b.run(3);
      Ipv6 remote = b.settings.ipv6;
      remote[static_cast<std::size_t>(bit) / 8] ^= 0x80 >> bit % 8;
      b.send_segment(segment_to(remote, kLocalIpv6, b.random()));
      b.run_until_idle();
      ASSERT_EQ(b.tx_frames.size(), 1u);
      const Ipv6 hop = bit >= length ? remote : b.settings.ipv6_gateway;
      EXPECT_EQ(b.tx_frames[0], our_solicit(hop, b.settings.ipv6)) << length << " " << bit;
    }
  }
}

TEST(ToeNeighbours, NoRouteIsDroppedAtOnce) {
  WireBench b;
  b.settings.ipv6_gateway = kNoIpv6;
  b.settings.gateway = 0;
  b.configure(true);
  Ipv6 far = kPeerIpv6;
  far[0] = 0x26;
  b.send_segment(segment_to(far, kLocalIpv6, b.random()));
  TxSegment four = segment_to(far, kLocalIpv4, b.random());
  four.remote_ip = 0x08080808;
  b.send_segment(four);
  b.run_until_idle();
  EXPECT_EQ(b.counts["unresolved"], 2);
  EXPECT_TRUE(b.tx_frames.empty());
  EXPECT_EQ(b.deadline(), std::nullopt);
}

TEST(ToeNeighbours, ASegmentThatFindsNoPlaceStillAsks) {
  WireBench b;
  for (int i = 0; i < 17; ++i) {
    TxSegment s = segment_to(kPeerIpv6, kLocalIpv4, b.random(), 0);
    s.remote_ip = kPeerIp + i;
    b.send_segment(s);
  }
  b.run_until_idle();
  EXPECT_EQ(b.counts["unresolved"], 1);
  EXPECT_EQ(b.counts["arp_requests"], 17);
}

// All of an IPv4 network of 256, and nothing forgotten.
TEST(ToeNeighbours, HoldsANetwork) {
  WireBench b;
  for (std::uint32_t host = 2; host < 255; ++host) b.teach(0x0a000000 + host, kPeerMac + host);
  b.counts.clear();
  b.tx_frames.clear();
  std::vector<Bytes> want;
  for (std::uint32_t host = 2; host < 255; ++host) {
    TxSegment s = segment_to(kPeerIpv6, kLocalIpv4, b.random(), 0);
    s.remote_ip = 0x0a000000 + host;
    b.send_segment(s);
    want.push_back(expected_frame(s, kPeerMac + host));
  }
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames, want);
  EXPECT_EQ(b.counts["arp_requests"], 0);
}

// A neighbour that stopped answering: three questions to it alone, then to everybody, and segments
// wait (RFC 1122 2.3.2.1).
TEST(ToeNeighbours, ForgetsWhoDoesNotAnswer) {
  WireBench b;
  b.teach(kPeerIp, kPeerMac);
  b.now_us += b.settings.arp_age_us + 2048;
  const TxSegment s = segment_to(kPeerIpv6, kLocalIpv4, b.random(), 0);
  const Bytes poll = build_arp(kPeerMac, 1, kOurMac, kOurIp, kPeerMac, kPeerIp);
  const Bytes question = build_arp(kBroadcast, 1, kOurMac, kOurIp, 0, kPeerIp);
  for (int i = 0; i < 4; ++i) {
    b.tx_frames.clear();
    b.send_segment(s);
    b.run_until_idle();
    b.send_segment(s);  // within the second: no further question
    b.run_until_idle();
    ASSERT_EQ(b.tx_frames.size(), i < 3 ? 3u : 2u);
    EXPECT_EQ(std::ranges::count(b.tx_frames, i < 3 ? poll : question), 1);
    if (i < 3) b.now_us += 1'000'000;
  }
  // The second segment of the last round waits for the answer.
  b.tx_frames.clear();
  b.teach(kPeerIp, kPeerMac + 1);
  EXPECT_EQ(b.tx_frames, std::vector<Bytes>{expected_frame(s, kPeerMac + 1)});
}

// ARP packets of others correct what is known and teach nothing else (RFC 826).
TEST(ToeNeighbours, GratuitousArpMovesAKnownNeighbour) {
  WireBench b;
  b.teach(kPeerIp, kPeerMac);
  b.send_frame(build_arp(kBroadcast, 1, kPeerMac + 7, kPeerIp, 0, kPeerIp));
  b.send_frame(build_arp(kBroadcast, 1, kPeerMac + 8, kPeerIp + 1, 0, kPeerIp + 1));
  b.run_until_idle();
  const TxSegment s = segment_to(kPeerIpv6, kLocalIpv4, b.random(), 0);
  TxSegment other = s;
  other.remote_ip = kPeerIp + 1;
  b.send_segment(s);
  b.send_segment(other);
  b.run_until_idle();
  ASSERT_EQ(b.tx_frames.size(), 2u);
  EXPECT_EQ(std::ranges::count(b.tx_frames, expected_frame(s, kPeerMac + 7)), 1);
  EXPECT_EQ(b.counts["arp_requests"], 1);
}

// The cache forgets everything with the card's enable bit.
TEST(ToeNeighbours, DisablingForgets) {
  WireBench b;
  b.teach(kPeerIp, kPeerMac);
  b.configure(false);
  b.run_until_idle();
  b.configure(true);
  b.run_until_idle();
  b.tx_frames.clear();
  b.send_segment(segment_to(kPeerIpv6, kLocalIpv4, b.random(), 0));
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames, std::vector<Bytes>{build_arp(kBroadcast, 1, kOurMac, kOurIp, 0, kPeerIp)});
}

}  // namespace
}  // namespace millrace::sim
