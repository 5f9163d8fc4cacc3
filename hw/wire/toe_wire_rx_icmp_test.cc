// SPDX-License-Identifier: Apache-2.0
// ICMP errors about segments of ours: which are hard, what they say of the MTU, which are void.
#include "hw/wire/rx_cases.h"
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

// A segment that we sent, as a router quotes it.
struct Sent {
  Ipv4Header ip4{
      .to_mac = kPeerMac, .from_mac = kOurMac, .from = kOurIp, .to = 0xc0000201, .options = {}};
  Ipv6Header ip6{.to_mac = kPeerMac, .from_mac = kOurMac, .from = kOurIpv6, .to = kPeerIpv6};
  TcpHeader tcp{
      .from_port = 8080, .to_port = 40001, .seq = 0xfedcba98, .flags = 0x18, .options = {}};
  std::size_t length = 1460;
};

Bytes error4(const Sent& sent, std::uint8_t type, std::uint8_t code, std::uint32_t rest,
             std::size_t quoted = 28, std::uint16_t sum_error = 0) {
  Bytes body;
  append(body, rest, 4);
  append(body, packet_of(build_tcp(sent.ip4, sent.tcp, Bytes(sent.length, 1)), quoted));
  return build_icmp(to_us(), type, code, body, sum_error);
}

Bytes error6(const Sent& sent, std::uint8_t type, std::uint8_t code, std::uint32_t rest,
             std::size_t quoted = 48, std::uint16_t sum_error = 0) {
  Bytes body;
  append(body, rest, 4);
  append(body, packet_of(build_tcp6(sent.ip6, sent.tcp, Bytes(sent.length, 1)), quoted));
  return build_icmp6({}, type, code, body, sum_error);
}

RxSegment reported(const Sent& sent, bool hard, std::uint16_t mtu) {
  return {.icmp = true,
          .hard = hard,
          .remote = mapped(sent.ip4.to),
          .remote_port = sent.tcp.to_port,
          .local_port = sent.tcp.from_port,
          .seq = sent.tcp.seq,
          .wnd = mtu,
          .options = {}};
}
RxSegment reported6(const Sent& sent, bool hard, std::uint16_t mtu) {
  RxSegment s = reported(sent, hard, mtu);
  s.remote = sent.ip6.to;
  s.local_kind = sent.ip6.from == kOurIpv6 ? 1 : 2;
  return s;
}

TEST(ToeWireRxIcmp, ErrorsOfIpv4) {
  WireBench b;
  const Sent sent;
  std::vector<RxSegment> want;
  for (std::uint8_t code = 0; code < 16; ++code) {
    b.send_frame(error4(sent, 3, code, code == 4 ? 1400 : 0, 28 + 50 * code));
    want.push_back(reported(sent, code == 2 || code == 3, code == 4 ? 1400 : 0));
  }
  for (std::uint8_t type : {11, 12}) {
    b.send_frame(error4(sent, type, 0, 0x14000000));
    want.push_back(reported(sent, false, 0));
  }
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments, want);
  EXPECT_EQ(b.counts["rx_frames"], 18);
  EXPECT_EQ(b.counts["rx_tcp"], 0);
  EXPECT_TRUE(b.fb_frames.empty());
}

TEST(ToeWireRxIcmp, ErrorsOfIpv6) {
  WireBench b;
  std::vector<RxSegment> want;
  for (bool link : {false, true}) {
    Sent sent;
    if (link) sent.ip6.from = link_local(kOurMac), sent.ip6.to = link_local(kPeerMac);
    for (std::uint8_t code = 0; code < 8; ++code) {
      b.send_frame(error6(sent, 1, code, 0));
      want.push_back(reported6(sent, code == 1 || code == 4, 0));
    }
    for (std::uint8_t type : {3, 4}) {
      b.send_frame(error6(sent, type, 1, 40));
      want.push_back(reported6(sent, false, 0));
    }
    for (std::uint32_t mtu : {1280u, 1499u, 65535u, 65536u, 0x80000000u}) {
      b.send_frame(error6(sent, 2, 0, mtu, 1200));
      want.push_back(reported6(sent, false, static_cast<std::uint16_t>(std::min(mtu, 65535u))));
    }
  }
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments, want);
  EXPECT_EQ(b.counts["drop_ip6"], 0);
}

// Routers of before RFC 1191 say 0: the plateau below what the segment had.
TEST(ToeWireRxIcmp, PlateausForOldRouters) {
  WireBench b;
  const std::pair<std::size_t, std::uint16_t> cases[] = {
      {41, 68},     {68, 68},     {69, 68},     {296, 68},    {297, 296},
      {508, 296},   {509, 508},   {1006, 508},  {1007, 1006}, {1492, 1006},
      {1493, 1492}, {1500, 1492}, {2002, 1492}, {2003, 2002}, {4352, 2002},
      {4353, 4352}, {8166, 4352}, {8167, 8166}, {9000, 8166}};
  std::vector<RxSegment> want;
  for (const auto& [total, plateau] : cases) {
    Sent sent;
    sent.length = total - 40;
    b.send_frame(error4(sent, 3, 4, 0));
    want.push_back(reported(sent, false, plateau));
  }
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments, want);
}

TEST(ToeWireRxIcmp, VoidErrorsAreDropped) {
  WireBench b;
  const Sent sent;
  int dropped = 0;
  auto void4 = [&](const Bytes& frame) { b.send_frame(frame), ++dropped; };
  void4(error4(sent, 3, 1, 0, 28, 0x0100));  // sum
  void4(error4(sent, 3, 1, 0, 27));          // quotes too little
  void4(error4(sent, 3, 16, 0));
  void4(error4(sent, 4, 0, 0));  // source quench (RFC 6633)
  void4(error4(sent, 5, 0, 0));  // redirect
  void4(error4(sent, 0, 0, 0));  // echo reply
  Sent other = sent;
  other.ip4.from ^= 1;
  void4(error4(other, 3, 1, 0));
  other = sent, other.ip4.fragment = 0x0001;
  void4(error4(other, 3, 1, 0));
  other = sent, other.ip4.options = Bytes(4, 1);
  void4(error4(other, 3, 1, 0, 60));
  other = sent, other.ip4.length_error = -1461;
  void4(error4(other, 3, 1, 0));
  Ipv4Header udp = sent.ip4;
  Bytes body(4);
  append(body, packet_of(build_ipv4(udp, 17, Bytes(60, 1)), 60));
  void4(build_icmp(to_us(), 3, 3, body));
  b.run_until_idle();
  EXPECT_EQ(b.counts["drop_ip"], dropped);

  int dropped6 = 0;
  auto void6 = [&](const Bytes& frame) { b.send_frame(frame), ++dropped6; };
  void6(error6(sent, 1, 0, 0, 48, 0x0001));
  void6(error6(sent, 1, 0, 0, 47));
  void6(error6(sent, 2, 0, 1279));  // RFC 8201 4
  void6(error6(sent, 2, 0, 0));
  void6(error6(sent, 0, 0, 0));
  void6(error6(sent, 5, 0, 0));
  void6(error6(sent, 129, 0, 0));
  other = sent, other.ip6.from[15] ^= 1;
  void6(error6(other, 1, 0, 0));
  other = sent, other.ip6.version = 4;
  void6(error6(other, 1, 0, 0));
  other = sent, other.ip6.extensions = {{60, Bytes(7, 0)}};
  void6(error6(other, 1, 0, 0, 100));
  other = sent, other.ip6.length_error = -1461;
  void6(error6(other, 1, 0, 0));
  body.resize(4);
  append(body, packet_of(build_tcp6(sent.ip6, sent.tcp, {}), 60));
  Ipv6Header to_all{.to = kAllNodes};
  void6(build_icmp6(to_all, 1, 0, body));
  Ipv6Header extended{.extensions = {{60, Bytes(7, 0)}}};
  void6(build_icmp6(extended, 1, 0, body));
  b.run_until_idle();
  EXPECT_EQ(b.counts["drop_ip6"], dropped6);
  EXPECT_TRUE(b.rx_segments.empty());
}

// Between data they keep their place.
TEST(ToeWireRxIcmp, InOrderWithSegments) {
  WireBench b;
  b.seg_ready = 60;
  std::vector<RxSegment> want;
  std::size_t frames = 0;
  for (int i = 0; i < 300; ++i) {
    Sent sent;
    sent.tcp.seq = static_cast<std::uint32_t>(i);
    sent.length = 100;
    TcpHeader tcp = random_tcp(b.random());
    const auto len = static_cast<std::size_t>(i % 3 * 40);
    if (i % 4 == 0) {
      b.send_frame(error4(sent, 3, 3, 0));
      want.push_back(reported(sent, true, 0));
    } else {
      b.send_frame(build_tcp(to_us(), tcp, random_bytes(b.random(), len)));
      want.push_back(expected(to_us(), tcp, len));
      frames += len > 0;
    }
    while (b.beats_waiting() > 0 || want.size() - b.rx_segments.size() > 24) b.step();
  }
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments, want);
  EXPECT_EQ(b.fb_frames.size(), frames);
}

}  // namespace
}  // namespace millrace::sim
