// SPDX-License-Identifier: Apache-2.0
// IPv6 on the way in (RFC 8200): segments to both addresses, every fault, extension headers.
#include <algorithm>

#include "hw/wire/rx_cases.h"
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

Ipv6Header to_us6(std::mt19937_64& r) {
  return {.traffic_class = static_cast<std::uint8_t>(r()),
          .flow = static_cast<std::uint32_t>(r()),
          .hop_limit = static_cast<std::uint8_t>(r())};
}

TEST(ToeWireRx6, SegmentsToBothAddresses) {
  WireBench b;
  auto& r = b.random();
  std::vector<RxSegment> want;
  std::vector<Bytes> frames;
  for (std::size_t i = 0; i < 600; ++i) {
    Ipv6Header ip = to_us6(r);
    ip.trailer = i % 5 == 0 ? r() % 70 : 0;
    if (i % 3 == 0) {
      ip.to = link_local(kOurMac);
      ip.from = link_local(kPeerMac + i);
    }
    TcpHeader tcp = random_tcp(r);
    if (i % 2 == 0) append_timestamps(tcp.options, r);
    const std::size_t len = i % 4 == 0 ? r() % 1440 : r() % 90;
    frames.push_back(build_tcp6(ip, tcp, random_bytes(r, len)));
    b.send_frame(frames.back());
    want.push_back(expected6(ip, tcp, len));
    b.run_until_idle();
    ASSERT_EQ(b.rx_segments.size(), want.size()) << i;
    ASSERT_EQ(b.rx_segments.back(), want.back()) << i;
    if (len > 0) {
      const Bytes& stored = b.fb_frames.back();
      ASSERT_TRUE(std::equal(frames.back().begin(), frames.back().end(), stored.begin())) << i;
    }
  }
}

TEST(ToeWireRx6, MinimumFramesAtLineRate) {
  WireBench b;
  constexpr int kFrames = 500;
  std::vector<RxSegment> want;
  for (int i = 0; i < kFrames; ++i) {
    Ipv6Header ip = to_us6(b.random());
    TcpHeader tcp = random_tcp(b.random());
    if (i % 2 == 0) append_timestamps(tcp.options, b.random());
    if (i % 3 == 0) append_sack(tcp.options, 1, b.random());
    b.send_frame(build_tcp6(ip, tcp, {}));
    want.push_back(expected6(ip, tcp, 0));
  }
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments, want);
  EXPECT_LE(b.rx_clocks.back() - b.rx_clocks.front(), 2 * (kFrames - 1) + 2);
}

struct Fault {
  const char* name;
  const char* counter;
};
constexpr Fault kFaults[] = {
    {"marked", "drop_eth"},       {"mac", "drop_eth"},           {"broadcast", "drop_eth"},
    {"other_group", "drop_eth"},  {"group", "drop_ip6"},         {"version", "drop_ip6"},
    {"to_other", "drop_ip6"},     {"to_other_link", "drop_ip6"}, {"to_group", "drop_ip6"},
    {"to_all", "drop_ip6"},       {"from_group", "drop_ip6"},    {"from_us", "drop_ip6"},
    {"from_us_link", "drop_ip6"}, {"from_nobody", "drop_ip6"},   {"from_loopback", "drop_ip6"},
    {"from_mapped", "drop_ip6"},  {"length_long", "drop_ip6"},   {"length_zero", "drop_ip6"},
    {"protocol", "drop_ip6"},     {"fragment", "drop_ip6"},      {"security", "drop_ip6"},
    {"no_next", "drop_ip6"},      {"tcp_sum", "drop_tcp"},       {"offset_small", "drop_tcp"},
    {"offset_large", "drop_tcp"}, {"length_short", "drop_tcp"},
};

Bytes faulty(std::string_view fault, Ipv6Header ip, TcpHeader tcp, Bytes payload) {
  if (fault == "mac") ip.to_mac ^= 0x10;
  if (fault == "broadcast") ip.to_mac = kBroadcast;
  if (fault == "other_group") ip.to_mac = 0x3333'0000'0002;
  if (fault == "group") ip.to_mac = group_mac(solicited_node(kOurIpv6));
  if (fault == "version") ip.version = 4;
  if (fault == "to_other") ip.to[9] ^= 4;
  if (fault == "to_other_link") ip.to = link_local(kPeerMac);
  if (fault == "to_group") ip.to = solicited_node(kOurIpv6), ip.to_mac = group_mac(ip.to);
  if (fault == "to_all") ip.to = kAllNodes;
  if (fault == "from_group") ip.from[0] = 0xff;
  if (fault == "from_us") ip.from = kOurIpv6;
  if (fault == "from_us_link") ip.from = link_local(kOurMac);
  if (fault == "from_nobody") ip.from = {};
  if (fault == "from_loopback") ip.from = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (fault == "from_mapped") ip.from = mapped(kPeerIp);
  if (fault == "length_long") ip.length_error = 1, payload.resize(64 + payload.size());
  if (fault == "fragment") ip.extensions = {{44, Bytes(7, 0)}};
  if (fault == "security") ip.extensions = {{51, Bytes(15, 0)}};
  if (fault == "no_next") ip.extensions = {{59, Bytes(7, 0)}};
  if (fault == "tcp_sum") tcp.sum_error = 0x0400;
  if (fault == "offset_small") tcp.offset_error = -1 - static_cast<int>(tcp.options.size() / 4);
  if (fault == "offset_large") tcp.options = {}, payload.clear(), tcp.offset_error = 1;
  if (fault == "length_short") tcp.options = {}, payload.clear(), ip.length_error = -1;
  if (fault == "length_zero")
    ip.length_error = -static_cast<int>(20 + tcp.options.size() + payload.size());
  if (fault == "protocol") return build_ipv6(ip, 17, payload.empty() ? Bytes(8) : payload);
  return build_tcp6(ip, tcp, payload);
}

TEST(ToeWireRx6, EveryFaultIsCountedOnce) {
  for (const Fault& fault : kFaults) {
    for (std::size_t len : {0, 1, 30, 200, 1440}) {
      WireBench b(7 + len);
      const Ipv6Header ip = to_us6(b.random());
      TcpHeader tcp = random_tcp(b.random());
      const Bytes payload = random_bytes(b.random(), len);
      b.send_frame(build_tcp6(ip, tcp, payload));
      b.send_frame(faulty(fault.name, ip, tcp, payload), fault.name == std::string("marked"));
      b.send_frame(build_tcp6(ip, tcp, payload));
      b.run_until_idle();
      EXPECT_EQ(b.counts[fault.counter], 1) << fault.name << " " << len;
      EXPECT_EQ(b.counts["rx_tcp"], 2) << fault.name << " " << len;
      EXPECT_EQ(b.counts["rx_frames"], 3) << fault.name << " " << len;
      EXPECT_EQ(b.fb_frames.size(), len == 0 ? 0u : 2u) << fault.name;
    }
  }
}

// An IPv4 segment and one behind extension headers are cut likewise.
TEST(ToeWireRx6, EveryPrefixOfAFrameIsDropped) {
  for (int kind = 0; kind < 3; ++kind) {
    WireBench b(kind + 1);
    TcpHeader tcp = random_tcp(b.random());
    append_timestamps(tcp.options, b.random());
    Ipv6Header ip6 = to_us6(b.random());
    Bytes frame = build_tcp(to_us(), tcp, random_bytes(b.random(), 60));
    if (kind == 1) ip6.extensions = {{60, Bytes(15, 0)}, {43, Bytes(7, 0)}};
    if (kind == 1) ip6.extensions[0].body[0] = 1;
    if (kind > 0) frame = build_tcp6(ip6, tcp, random_bytes(b.random(), 60));
    for (std::size_t keep = 1; keep < frame.size(); ++keep) {
      b.send_frame(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(keep)));
    }
    b.send_frame(frame);
    b.run_until_idle();
    EXPECT_EQ(b.counts["drop_eth"], 13) << kind;
    EXPECT_EQ(b.counts[kind > 0 ? "drop_ip6" : "drop_ip"], static_cast<int>(frame.size()) - 14)
        << kind;
    EXPECT_EQ(b.rx_segments.size(), 1u) << kind;
    EXPECT_EQ(b.fb_frames.size(), 1u) << kind;
  }
}

TEST(ToeWireRx6, WithoutAnAddressOnlyTheLinkLocalOne) {
  WireBench b;
  b.settings.ipv6 = {};
  b.configure(true);
  b.run_until_idle();
  Ipv6Header ip;
  b.send_frame(build_tcp6(ip, random_tcp(b.random()), {}));
  ip.to = {};
  b.send_frame(build_tcp6(ip, random_tcp(b.random()), {}));
  ip.to = link_local(kOurMac);
  b.send_frame(build_tcp6(ip, random_tcp(b.random()), {}));
  b.run_until_idle();
  EXPECT_EQ(b.counts["drop_ip6"], 2);
  ASSERT_EQ(b.rx_segments.size(), 1u);
  EXPECT_EQ(b.rx_segments[0].local_kind, 2);
}

// ---- extension headers
// ---------------------------------------------------------------------------

// Options that fill `bytes`: padding and unknown ones that a node skips (RFC 8200 4.2).
Bytes random_options(std::mt19937_64& r, std::size_t bytes) {
  Bytes out;
  while (out.size() < bytes) {
    const std::size_t room = bytes - out.size();
    if (room < 2 || r() % 4 == 0) {
      out.push_back(0);
      continue;
    }
    const std::size_t len = r() % (room - 1);
    append(out, r() % 2 ? 1 : 2 + r() % 62, 1);
    append(out, len, 1);
    append(out, random_bytes(r, len));
  }
  return out;
}

Extension random_extension(std::mt19937_64& r, std::uint8_t type, std::size_t units) {
  Extension e{type, {static_cast<std::uint8_t>(units - 1)}};
  if (type == 43) {
    append(e.body, r() % 256, 1);
    append(e.body, 0, 1);  // no segments left
    append(e.body, random_bytes(r, 8 * units - 4));
  } else {
    append(e.body, random_options(r, 8 * units - 2));
  }
  return e;
}

// Up to four headers of up to 64 bytes in all.
std::vector<Extension> random_chain(std::mt19937_64& r) {
  std::vector<Extension> chain;
  std::size_t room = 8;
  const std::size_t count = 1 + r() % 4;
  for (std::size_t i = 0; i < count && room > 0; ++i) {
    const std::size_t units = 1 + r() % (r() % 2 ? 1 : room);
    std::uint8_t type = r() % 2 ? 60 : 43;
    if (i == 0 && r() % 2) type = 0;
    chain.push_back(random_extension(r, type, units));
    room -= units;
  }
  return chain;
}

class Extensions6 : public ::testing::TestWithParam<int> {};

TEST_P(Extensions6, Walked) {
  WireBench b(GetParam());
  auto& r = b.random();
  b.rx_gap = GetParam() % 2 ? 0 : 30;
  for (int i = 0; i < 500; ++i) {
    Ipv6Header ip = to_us6(r);
    ip.extensions = random_chain(r);
    TcpHeader tcp = random_tcp(r);
    if (r() % 2) tcp.options = {2, 4, 5, 180, 1, 1, 1, 1}, tcp.flags |= 2;
    if (r() % 4 == 0) append_sack(tcp.options, 3, r);
    const std::size_t len = r() % 3 == 0 ? r() % 1300 : r() % 3;
    const Bytes payload = random_bytes(r, len);
    const Bytes frame = build_tcp6(ip, tcp, payload);
    const auto before = b.rx_segments.size();
    const auto frames = b.fb_frames.size();
    TcpHeader other = tcp;
    other.sum_error = static_cast<std::uint16_t>(1u << (r() % 16));
    b.send_frame(build_tcp6(ip, other, payload));
    b.send_frame(frame);
    b.send_frame(build_tcp(to_us(), tcp, {}));
    b.run_until_idle();
    ASSERT_EQ(b.counts["drop_tcp"], i + 1);
    ASSERT_EQ(b.rx_segments.size(), before + 2) << i;
    ASSERT_EQ(b.rx_segments[before], expected6(ip, tcp, len)) << i;
    ASSERT_EQ(b.fb_frames.size(), frames + (len > 0)) << i;
    if (len > 0) {
      ASSERT_TRUE(std::equal(frame.begin(), frame.end(), b.fb_frames.back().begin())) << i;
    }
  }
  EXPECT_EQ(b.counts["drop_ip6"], 0);
}
INSTANTIATE_TEST_SUITE_P(ToeWireRx6, Extensions6, ::testing::Range(1, 5));

TEST(ToeWireRx6, ExtensionsThatAreRefused) {
  WireBench b;
  auto& r = b.random();
  auto options = [](Bytes list) {
    list.insert(list.begin(), static_cast<std::uint8_t>((list.size() + 2) / 8 - 1));
    return list;
  };
  const Bytes pad = options({1, 4, 0, 0, 0, 0});
  const std::vector<Extension> cases[] = {
      {{60, pad}, {0, pad}},          // hop-by-hop not first
      {{43, {0, 0, 1, 0, 0, 0, 0}}},  // segments left
      {{60, pad}, {43, {0, 0, 1, 0, 0, 0, 0}}},
      {{60, pad}, {60, pad}, {43, {0, 0, 9, 0, 0, 0, 0}}},
      {{60, pad}, {60, pad}, {60, pad}, {43, {0, 0, 9, 0, 0, 0, 0}}},
      {{60, pad}, {44, Bytes(7, 0)}},                           // fragment
      {{60, pad}, {60, pad}, {60, pad}, {60, pad}, {60, pad}},  // one more than four
      {{60, options(Bytes(70, 0))}},                            // longer than 64
      {{60, options(Bytes(30, 0))}, {60, options(Bytes(38, 0))}},
      {{60, {255, 0, 0, 0, 0, 0, 0}}},         // beyond the packet
      {{60, options({0x42, 4, 0, 0, 0, 0})}},  // options to discard for
      {{60, options({0, 0x80, 3, 0, 0, 0})}},
      {{0, options({0xc2, 4, 0, 1, 0, 0})}},  // jumbogram
      {{60, pad}, {60, options({0, 0, 0xff, 2, 0, 0})}},
      {{60, options({1, 5, 0, 0, 0, 0})}},  // beyond the header
      {{60, options({0, 0, 0, 0, 2, 1})}},
      {{60, options({0, 0, 0, 0, 0, 1})}, {60, pad}},  // no length
  };
  int refused = 0;
  for (const auto& chain : cases) {
    for (std::size_t len : {0, 200}) {
      Ipv6Header ip = to_us6(r);
      ip.extensions = chain;
      b.send_frame(build_tcp6(ip, random_tcp(r), random_bytes(r, len)));
      b.run_until_idle();
      EXPECT_EQ(b.counts["drop_ip6"], ++refused) << "case " << (refused - 1) / 2;
    }
  }
  b.send_frame(build_tcp6(to_us6(r), random_tcp(r), random_bytes(r, 10)));
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments.size(), 1u);
  EXPECT_EQ(b.fb_frames.size(), 1u);
  EXPECT_EQ(b.counts["rx_frames"], refused + 1);
}

// Extension headers whose packet ends before they do: the length below zero.
TEST(ToeWireRx6, PacketThatEndsWithinItsExtensions) {
  WireBench b;
  Ipv6Header ip;
  ip.extensions = {{60, Bytes(23, 0)}};
  ip.extensions[0].body[0] = 2;
  for (int cut = 1; cut <= 43; ++cut) {
    ip.length_error = -cut;
    b.send_frame(build_tcp6(ip, random_tcp(b.random()), {}));
  }
  b.run_until_idle();
  EXPECT_EQ(b.counts["drop_ip6"], 23);
  EXPECT_EQ(b.counts["drop_tcp"], 20);
  EXPECT_TRUE(b.rx_segments.empty());
}

}  // namespace
}  // namespace millrace::sim
