// SPDX-License-Identifier: Apache-2.0
// Headers of segments sent by toe_wire: options, both address families, the 802.1Q tag, payload
// behind headers of every length.
#include "hw/wire/nd_model.h"
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

// The peer asks for our address and so tells its own.
void teach(WireBench& b, const Ipv6& peer) {
  const Ipv6 group = solicited_node(kOurIpv6);
  b.send_frame(build_nd({.to_mac = group_mac(group),
                         .from_mac = kPeerMac,
                         .from = peer,
                         .to = group,
                         .flags = 0,
                         .target = kOurIpv6,
                         .lladdr = kPeerMac}));
  b.run_until_idle();
}

TxSegment plain_segment(std::mt19937_64& r, std::uint16_t len) {
  TxSegment s;
  s.remote_port = static_cast<std::uint16_t>(r());
  s.local_port = static_cast<std::uint16_t>(r());
  s.seq = static_cast<std::uint32_t>(r());
  s.ack = static_cast<std::uint32_t>(r());
  s.wnd = static_cast<std::uint16_t>(r());
  s.flags = static_cast<std::uint8_t>(r());
  s.ecn = r() % 4;
  s.ring_log2 = 16 + static_cast<int>(r() % 9);
  s.ring_page = r() & 0xf'ffff'ffff;
  s.ring_offset = static_cast<std::uint32_t>(r() & 0xffffff);
  s.len = len;
  return s;
}

// Option set number `n` of 80: MSS, window scale, SACK-permitted, timestamps, blocks.
constexpr int kOptionSets = 80;
void set_options(TxSegment& s, int n, std::mt19937_64& r) {
  if (n & 1) s.mss = static_cast<std::uint16_t>(r());
  if (n & 2) s.ws = r() % 15;
  s.sack_ok = (n & 4) != 0;
  if (n & 8) s.ts = {static_cast<std::uint32_t>(r()), static_cast<std::uint32_t>(r())};
  for (int i = 0; i < n / 16; ++i) {
    s.sack.emplace_back(static_cast<std::uint32_t>(r()), static_cast<std::uint32_t>(r()));
  }
}

Bytes tcp_options(const Bytes& frame) {
  return {frame.begin() + 54, frame.begin() + 34 + (frame[46] >> 4) * 4};
}

// Byte for byte the SYN segments of the two systems, whatever each has switched on.
TEST(ToeTxHeader, SynLikeLinuxAndLikeFreeBsd) {
  struct Case {
    bool freebsd, ws, sack_ok, ts;
    Bytes want;
  };
  const Case cases[] = {
      {false, true, true, true, {2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7}},
      {true, true, true, true, {2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}},
      {false, true, true, false, {2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 7}},
      {true, true, true, false, {2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 0, 0}},
      {false, true, false, true, {2, 4, 5, 180, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7}},
      {true, true, false, true, {2, 4, 5, 180, 1, 3, 3, 7, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}},
      {false, true, false, false, {2, 4, 5, 180, 1, 3, 3, 7}},
      {true, true, false, false, {2, 4, 5, 180, 1, 3, 3, 7}},
      {true, false, true, true, {2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}},
  };
  for (const Case& c : cases) {
    WireBench b;
    b.teach(kPeerIp, kPeerMac);
    b.settings.option_order = c.freebsd;
    b.configure(true);
    TxSegment s = plain_segment(b.random(), 0);
    s.mss = 1460;
    if (c.ws) s.ws = 7;
    s.sack_ok = c.sack_ok;
    if (c.ts) s.ts = {0x01020304, 0x05060708};
    b.send_segment(s);
    b.run_until_idle();
    ASSERT_EQ(b.tx_frames.size(), 1u);
    EXPECT_EQ(tcp_options(b.tx_frames[0]), c.want) << c.freebsd << c.ws << c.sack_ok << c.ts;
    EXPECT_EQ(b.tx_frames[0], expected_frame(s, kPeerMac, b.settings));
  }
}

// Not of a SYN: timestamps, then up to three blocks beside them or four alone.
TEST(ToeTxHeader, AcknowledgementsCarryTimestampsAndBlocks) {
  WireBench b;
  b.teach(kPeerIp, kPeerMac);
  TxSegment s = plain_segment(b.random(), 0);
  s.ts = {0x01020304, 0x05060708};
  s.sack = {{0x11121314, 0x21222324}};
  b.send_segment(s);
  s.ts = {};
  b.send_segment(s);
  b.run_until_idle();
  ASSERT_EQ(b.tx_frames.size(), 2u);
  EXPECT_EQ(tcp_options(b.tx_frames[0]),
            (Bytes{1, 1, 8, 10, 1,    2,    3,    4,    5,    6,    7,    8,
                   1, 1, 5, 10, 0x11, 0x12, 0x13, 0x14, 0x21, 0x22, 0x23, 0x24}));
  EXPECT_EQ(tcp_options(b.tx_frames[1]),
            (Bytes{1, 1, 5, 10, 0x11, 0x12, 0x13, 0x14, 0x21, 0x22, 0x23, 0x24}));
}

// A flow whose hash is 0 has a label all the same (RFC 6437 3).
TEST(ToeTxHeader, NoFlowLabelIsZero) {
  WireBench b;
  teach(b, kPeerIpv6);
  b.tx_frames.clear();
  TxSegment s = plain_segment(b.random(), 0);
  s.local_kind = kLocalIpv6;
  s.remote_port = s.local_port = 0;
  const std::uint32_t fold = model_flow_fold(s);
  s.local_port = static_cast<std::uint16_t>(fold);
  s.remote_port = static_cast<std::uint16_t>(fold >> 16);
  ASSERT_EQ(model_flow_fold(s), 0u);
  b.send_segment(s);
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames, std::vector<Bytes>{expected_frame(s, kPeerMac)});
}

struct Shape {
  const char* name;
  int local_kind;
  bool freebsd;
  bool tagged;
};

class TxShapes : public ::testing::TestWithParam<Shape> {
 protected:
  // The bench knows the peer, and from now on frames have the shape.
  static void prepare(WireBench& b) {
    b.teach(kPeerIp, kPeerMac);
    for (const Ipv6& peer : {kPeerIpv6, kPeerLink}) teach(b, peer);
    b.tx_frames.clear();
    b.tx_last_clocks.clear();
    b.settings.option_order = GetParam().freebsd;
    if (GetParam().tagged) b.settings.vlan = 0xa123;
    b.settings.time_to_live = 63;
    b.configure(true);
    b.run(5);
  }
  static void set_kind(TxSegment& s) {
    s.local_kind = GetParam().local_kind;
    if (s.local_kind == kLocalIpv6Link) s.remote_ipv6 = kPeerLink;
  }
  static void expect(const WireBench& b, const std::vector<Bytes>& want) {
    ASSERT_EQ(b.tx_frames.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(b.tx_frames[i], want[i]) << i;
  }
};

TEST_P(TxShapes, EveryOptionSetWithEveryFewBytes) {
  WireBench b;
  prepare(b);
  std::vector<Bytes> want;
  for (int n = 0; n < kOptionSets; ++n) {
    for (std::uint16_t len : {0, 1, 2, 5, 6, 7, 9, 10, 11, 63, 64, 65, 128, 200}) {
      TxSegment s = plain_segment(b.random(), len);
      set_kind(s);
      set_options(s, n, b.random());
      if (s.option_bytes() > 40) continue;
      b.send_segment(s);
      want.push_back(expected_frame(s, kPeerMac, b.settings));
    }
  }
  b.run_until_idle();
  expect(b, want);
}

TEST_P(TxShapes, RandomMixUnderBackPressure) {
  for (int seed = 1; seed <= 3; ++seed) {
    WireBench b(seed);
    prepare(b);
    b.tx_ready = seed == 1 ? 100 : 60;
    b.cmd_ready = seed == 2 ? 50 : 95;
    b.line_valid = seed == 3 ? 50 : 100;
    std::vector<Bytes> want;
    for (int i = 0; i < 150; ++i) {
      auto& r = b.random();
      const auto len = r() % 3 == 0 ? 0 : (r() % 8 == 0 ? r() % 8961 : r() % 1500);
      TxSegment s = plain_segment(r, static_cast<std::uint16_t>(len));
      set_kind(s);
      do {
        s.mss = {}, s.ws = {}, s.ts = {}, s.sack.clear();
        set_options(s, static_cast<int>(r() % kOptionSets), r);
      } while (s.option_bytes() > 40);
      b.send_segment(s);
      want.push_back(expected_frame(s, kPeerMac, b.settings));
    }
    b.run_until_idle();
    expect(b, want);
  }
}

// A frame takes as many clocks as it has beats.
TEST_P(TxShapes, LineRate) {
  for (int n : {0, 8, 24, 56}) {  // none, timestamps, with one block, with three
    for (std::uint16_t len : {0, 64, 1440, 8948}) {
      WireBench b;
      prepare(b);
      std::vector<Bytes> want;
      for (int i = 0; i < 60; ++i) {
        TxSegment s = plain_segment(b.random(), len);
        set_kind(s);
        s.ring_log2 = 24;
        s.ring_offset = 4096 + 64 * (i % 7);
        set_options(s, n, b.random());
        b.send_segment(s);
        want.push_back(expected_frame(s, kPeerMac, b.settings));
      }
      b.run_until_idle();
      expect(b, want);
      const auto beats = (want[0].size() + 63) / 64;
      const double clocks = double(b.tx_last_clocks.back() - b.tx_last_clocks.front()) / 59;
      EXPECT_LE(clocks, double(beats) + 0.05) << n << " " << len;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(ToeTxHeader, TxShapes,
                         ::testing::Values(Shape{"Ipv4", kLocalIpv4, false, false},
                                           Shape{"Ipv4FreeBsd", kLocalIpv4, true, false},
                                           Shape{"Ipv4Tagged", kLocalIpv4, false, true},
                                           Shape{"Ipv6", kLocalIpv6, false, false},
                                           Shape{"Ipv6FreeBsdTagged", kLocalIpv6, true, true},
                                           Shape{"Ipv6Link", kLocalIpv6Link, false, false}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace millrace::sim
