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

// While the wire takes nothing, no question is lost.
TEST(ToeNeighbours, QuestionsWaitForTheWire) {
  WireBench b;
  b.tx_ready = 0;
  std::vector<Bytes> want;
  for (std::uint32_t i = 0; i < 16; ++i) {
    TxSegment s = segment_to(kPeerIpv6, kLocalIpv4, b.random(), 0);
    s.remote_ip = kPeerIp + i;
    b.send_segment(s);
    want.push_back(build_arp(kBroadcast, 1, kOurMac, kOurIp, 0, kPeerIp + i));
  }
  b.run(500);
  b.tx_ready = 100;
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames, want);
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

// Neither questions nor answers that nobody asked for keep segments from leaving.
TEST(ToeNeighbours, FloodsDoNotStopSegments) {
  for (int operation : {1, 2}) {
    WireBench b;
    b.teach(kPeerIp, kPeerMac);
    const std::uint64_t start = b.clock;
    constexpr int kSegments = 1000;
    for (int i = 0; i < kSegments; ++i) {
      b.send_segment(segment_to(kPeerIpv6, kLocalIpv4, b.random(), 0));
      const auto stranger = static_cast<std::uint32_t>(b.random()() % 240 + 3);
      b.send_frame(build_arp(operation == 1 ? kBroadcast : kOurMac, operation,
                             kPeerMac + 2 * stranger, 0x0a000000 + stranger, kOurMac, kOurIp));
    }
    while (b.counts["tx_tcp"] < kSegments) b.step();
    EXPECT_LE(b.clock - start, operation == 1 ? 2u * kSegments : kSegments * 3u / 2);
    EXPECT_EQ(b.counts["unresolved"], 0);
    b.run_until_idle();
  }
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

// ---- what comes in ------------------------------------------------------------------------------

NdMessage solicit_of_peer(const Ipv6& target, const Ipv6& from) {
  const Ipv6 group = solicited_node(target);
  return {.to_mac = group_mac(group),
          .from_mac = kPeerMac,
          .from = from,
          .to = group,
          .flags = 0,
          .target = target,
          .lladdr = kPeerMac};
}
NdMessage advert_of_peer(const Ipv6& address, std::uint32_t flags, std::uint64_t mac = kPeerMac) {
  return {.to_mac = kOurMac,
          .from_mac = mac,
          .from = address,
          .to = kOurIpv6,
          .type = 136,
          .flags = flags,
          .target = address,
          .lladdr = mac};
}
Bytes our_advert(const Ipv6& target, const Ipv6& to, std::uint64_t to_mac, std::uint32_t flags,
                 const Settings& settings) {
  return build_nd({.to_mac = to_mac,
                   .from_mac = kOurMac,
                   .from = target,
                   .to = to,
                   .type = 136,
                   .flags = flags,
                   .target = target,
                   .lladdr = kOurMac},
                  settings);
}
Bytes poll_of(const Ipv6& address, std::uint64_t mac) {
  return build_nd({.to_mac = mac,
                   .from_mac = kOurMac,
                   .from = kOurIpv6,
                   .to = address,
                   .flags = 0,
                   .target = address,
                   .lladdr = kOurMac});
}

TEST(ToeNeighbours, AnswersSolicitations) {
  for (bool tagged : {false, true}) {
    WireBench b;
    if (tagged) b.settings.vlan = 0x3007;
    b.configure(true);
    b.run(3);
    std::vector<Bytes> want;
    for (const Ipv6& own : {kOurIpv6, our_link_local()}) {
      for (const Ipv6& peer : {kPeerIpv6, kPeerLink}) {
        NdMessage m = solicit_of_peer(own, peer);
        b.send_frame(build_nd(m, b.settings));  // multicast
        b.run_until_idle();
        want.push_back(our_advert(own, peer, kPeerMac, kNdSolicited | kNdOverride, b.settings));
        m.to_mac = kOurMac, m.to = own, m.lladdr = {};  // unicast, as a poll
        m.from_mac = kPeerMac + 1;
        b.send_frame(build_nd(m, b.settings));
        b.run_until_idle();
        want.push_back(our_advert(own, peer, kPeerMac + 1, kNdSolicited | kNdOverride, b.settings));
      }
      // Somebody wants our address: said to all (RFC 4861 7.2.4, RFC 4862 5.4.3).
      NdMessage m = solicit_of_peer(own, kNoIpv6);
      m.lladdr = {};
      b.send_frame(build_nd(m, b.settings));
      b.run_until_idle();
      want.push_back(our_advert(own, kAllNodes, kAllNodesMac, kNdOverride, b.settings));
    }
    b.send_frame(build_nd(solicit_of_peer(kPeerIpv6, kPeerLink), b.settings));  // not ours
    b.run_until_idle();
    EXPECT_EQ(b.tx_frames, want);
  }
}

TEST(ToeNeighbours, LearnsFromASolicitationAndProvesItLater) {
  WireBench b;
  b.send_frame(build_nd(solicit_of_peer(kOurIpv6, kPeerIpv6)));
  b.run_until_idle();
  b.tx_frames.clear();
  const TxSegment s = segment_to(kPeerIpv6, kLocalIpv6, b.random());
  b.send_segment(s);
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames, std::vector<Bytes>{expected_frame(s, kPeerMac)});
  b.tx_frames.clear();
  b.now_us += 5'002'000;  // DELAY is over
  b.send_segment(s);
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames,  // the payload takes longer
            (std::vector<Bytes>{poll_of(kPeerIpv6, kPeerMac), expected_frame(s, kPeerMac)}));
  b.send_frame(build_nd(advert_of_peer(kPeerIpv6, kNdSolicited)));
  b.run_until_idle();
  b.tx_frames.clear();
  b.now_us += b.settings.arp_age_us - 2048;  // REACHABLE
  b.send_segment(s);
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames, std::vector<Bytes>{expected_frame(s, kPeerMac)});
}

TEST(ToeNeighbours, AdvertisementLetsWaitingSegmentsGo) {
  for (int kind : {kLocalIpv6, kLocalIpv6Link}) {
    const Ipv6 peer = kind == kLocalIpv6 ? kPeerIpv6 : kPeerLink;
    WireBench b;
    std::vector<Bytes> want;
    for (int i = 0; i < 12; ++i) {
      TxSegment s = segment_to(peer, kind, b.random(), static_cast<std::uint16_t>(i * 50));
      b.send_segment(s);
      want.push_back(expected_frame(s, kPeerMac));
    }
    b.run_until_idle();
    EXPECT_EQ(b.counts["solicits"], 1);
    b.tx_frames.clear();
    NdMessage m = advert_of_peer(peer, kNdSolicited | kNdOverride);
    if (kind == kLocalIpv6Link) m.to = our_link_local();
    NdMessage bare = m;
    bare.lladdr = {};
    b.send_frame(build_nd(bare));  // names no MAC address: nothing comes of it
    b.run_until_idle();
    EXPECT_TRUE(b.tx_frames.empty());
    b.send_frame(build_nd(m));
    b.run_until_idle();
    EXPECT_EQ(b.tx_frames, want);
    EXPECT_EQ(b.deadline(), std::nullopt);
  }
}

// RFC 4861 7.2.5.
TEST(ToeNeighbours, AdvertisementsAboutAKnownNeighbour) {
  struct Case {
    const char* name;
    std::uint32_t flags;
    std::uint64_t mac;
    std::uint64_t then;  // the MAC address used afterwards
    bool polls;          // and whether the next use asks
  };
  const Case cases[] = {
      {"same", kNdOverride, kPeerMac, kPeerMac, false},
      {"overrides", kNdOverride, kPeerMac + 1, kPeerMac + 1, false},
      {"overrides, proven", kNdOverride | kNdSolicited, kPeerMac + 1, kPeerMac + 1, false},
      {"another", 0, kPeerMac + 1, kPeerMac, true},
      {"another, solicited", kNdSolicited, kPeerMac + 1, kPeerMac, true},
  };
  for (const Case& c : cases) {
    WireBench b;
    const TxSegment s = segment_to(kPeerIpv6, kLocalIpv6, b.random());
    b.send_segment(s);
    b.run_until_idle();
    b.send_frame(build_nd(advert_of_peer(kPeerIpv6, kNdSolicited)));
    b.run_until_idle();
    NdMessage m = advert_of_peer(kPeerIpv6, c.flags, c.mac);
    if (c.flags == kNdOverride) m.to = kAllNodes, m.to_mac = kAllNodesMac;  // unsolicited
    b.send_frame(build_nd(m));
    b.run_until_idle();
    b.tx_frames.clear();
    b.send_segment(s);
    b.run_until_idle();
    ASSERT_EQ(b.tx_frames.size(), c.polls ? 2u : 1u) << c.name;
    EXPECT_EQ(b.tx_frames.back(), expected_frame(s, c.then)) << c.name;
    if (c.polls) EXPECT_EQ(b.tx_frames[0], poll_of(kPeerIpv6, c.then)) << c.name;
  }
}

// Claims of another do not stop a neighbour that fell silent from being given up.
TEST(ToeNeighbours, ClaimsOfAnotherDoNotRestartTheQuestions) {
  WireBench b;
  b.send_frame(build_nd(solicit_of_peer(kOurIpv6, kPeerIpv6)));
  b.run_until_idle();
  b.now_us += 6'000'000;
  const TxSegment s = segment_to(kPeerIpv6, kLocalIpv6, b.random(), 0);
  for (int i = 0; i < 4; ++i) {
    b.tx_frames.clear();
    b.send_segment(s);
    b.run_until_idle();
    const Bytes question = i < 3 ? poll_of(kPeerIpv6, kPeerMac) : our_solicit(kPeerIpv6, kOurIpv6);
    EXPECT_EQ(std::ranges::count(b.tx_frames, question), 1) << i;
    EXPECT_EQ(b.tx_frames.size(), 2u) << i;
    b.send_frame(build_nd(advert_of_peer(kPeerIpv6, 0, kPeerMac + 1)));
    b.run_until_idle();
    b.now_us += 1'000'000;
  }
}

TEST(ToeNeighbours, UnaskedAdvertisementsTeachNothing) {
  WireBench b;
  b.send_frame(build_nd(advert_of_peer(kPeerIpv6, kNdOverride)));
  b.send_frame(build_nd(advert_of_peer(kOurIpv6, kNdOverride)));
  b.run_until_idle();
  b.send_segment(segment_to(kPeerIpv6, kLocalIpv6, b.random()));
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames, std::vector<Bytes>{our_solicit(kPeerIpv6, kOurIpv6)});
}

// Neighbours come, go, move and answer at random; what is sent goes to where the neighbour is, and
// waits for nothing but an answer.
class RandomNeighbours : public ::testing::TestWithParam<int> {};

TEST_P(RandomNeighbours, EverySegmentArrivesOnceAtItsNeighbour) {
  WireBench b(GetParam());
  auto& r = b.random();
  constexpr int kHosts = 40;
  std::vector<Ipv6> hosts(kHosts, kPeerIpv6);
  for (auto& host : hosts) {
    for (std::size_t i = 8; i < 16; ++i) host[i] = static_cast<std::uint8_t>(r());
  }
  auto mac_of = [](int i) { return kPeerMac + 0x100 * static_cast<std::uint64_t>(i + 1); };
  std::map<Bytes, int> wanted;
  std::vector<Bytes> sent;
  std::size_t answered = 0;
  for (int step = 0; step < 1500; ++step) {
    const int i = static_cast<int>(r() % kHosts);
    if (r() % 4 == 0) {
      TxSegment s = segment_to(hosts[i], kLocalIpv6, r, static_cast<std::uint16_t>(r() % 100));
      s.ack = static_cast<std::uint32_t>(step);
      if (i % 2) {
        s.local_kind = kLocalIpv4;
        s.remote_ip = kPeerIp + static_cast<std::uint32_t>(i);
      }
      ++wanted[expected_frame(s, mac_of(i))];
      b.send_segment(s);
    }
    b.run(static_cast<int>(r() % 20));
    // Neighbours answer what they see.
    for (; answered < b.tx_frames.size(); ++answered) {
      const Bytes& frame = b.tx_frames[answered];
      for (int h = 0; h < kHosts; ++h) {
        if (h % 2 == 0 && frame == our_solicit(hosts[h], kOurIpv6)) {
          b.send_frame(build_nd(advert_of_peer(hosts[h], kNdSolicited, mac_of(h))));
        } else if (h % 2 && frame == build_arp(kBroadcast, 1, kOurMac, kOurIp, 0,
                                               kPeerIp + static_cast<std::uint32_t>(h))) {
          b.send_frame(build_arp(kOurMac, 2, mac_of(h), kPeerIp + static_cast<std::uint32_t>(h),
                                 kOurMac, kOurIp));
        }
      }
    }
  }
  b.run_until_idle();
  for (const Bytes& frame : b.tx_frames) {
    const auto found = wanted.find(frame);
    if (found != wanted.end() && --found->second == 0) wanted.erase(found);
  }
  EXPECT_TRUE(wanted.empty()) << wanted.size();
  EXPECT_EQ(b.counts["unresolved"], 0);
  EXPECT_LE(b.counts["solicits"], kHosts / 2);
  EXPECT_LE(b.counts["arp_requests"], kHosts / 2);
}
INSTANTIATE_TEST_SUITE_P(ToeNeighbours, RandomNeighbours, ::testing::Range(1, 7));

}  // namespace
}  // namespace millrace::sim
