// SPDX-License-Identifier: Apache-2.0
// Receive side of toe_wire: what passes, what is dropped and counted where, at which speed.
#include <algorithm>

#include "hw/wire/rx_cases.h"
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

// One wrong thing per name; the counter that must move.
struct Fault {
  const char* name;
  const char* counter;
};
constexpr Fault kFaults[] = {
    {"marked", "drop_eth"},       {"mac", "drop_eth"},           {"broadcast", "drop_eth"},
    {"ethertype", "drop_eth"},    {"version", "drop_ip"},        {"ihl_short", "drop_ip"},
    {"ihl_long", "drop_ip"},      {"ip_sum", "drop_ip"},         {"length_long", "drop_ip"},
    {"length_tiny", "drop_ip"},   {"more_fragments", "drop_ip"}, {"fragment", "drop_ip"},
    {"to_other", "drop_ip"},      {"from_multicast", "drop_ip"}, {"from_us", "drop_ip"},
    {"protocol", "drop_ip"},      {"tcp_sum", "drop_tcp"},       {"offset_small", "drop_tcp"},
    {"offset_large", "drop_tcp"}, {"length_short", "drop_tcp"}};

Bytes faulty(std::string_view fault, Ipv4Header ip, TcpHeader tcp, Bytes payload) {
  if (fault == "mac") ip.to_mac ^= 0x10;
  if (fault == "broadcast") ip.to_mac = kBroadcast;
  if (fault == "ethertype") ip.ether_type = 0x8847;
  if (fault == "version") ip.version = 6;
  if (fault == "ihl_short") ip.options = {}, ip.ihl_error = -1;
  if (fault == "ihl_long") ip.options = {}, tcp.options = {}, payload.clear(), ip.ihl_error = 10;
  if (fault == "ip_sum") ip.sum_error = 0x0100;
  if (fault == "length_long") ip.length_error = 1, payload.resize(64 + payload.size());
  if (fault == "length_tiny")
    ip.length_error = -static_cast<int>(tcp.options.size() + 21 + payload.size());
  if (fault == "more_fragments") ip.fragment = 0x2000;
  if (fault == "fragment") ip.fragment = 0x0001;
  if (fault == "to_other") ip.to ^= 4;
  if (fault == "from_multicast") ip.from = 0xe0000001;
  if (fault == "from_us") ip.from = kOurIp;
  if (fault == "tcp_sum") tcp.sum_error = 0x0004;
  if (fault == "offset_small") tcp.offset_error = -1 - static_cast<int>(tcp.options.size() / 4);
  if (fault == "offset_large") tcp.options = {}, payload.clear(), tcp.offset_error = 1;
  // The sum covers the shorter length, but a length of less than a header remains.
  if (fault == "length_short") tcp.options = {}, payload.clear(), ip.length_error = -1;
  if (fault == "protocol") return build_ipv4(ip, 17, payload);
  return build_tcp(ip, tcp, payload);
}

TEST(ToeWireRx, MinimumFramesAtLineRate) {
  WireBench b;
  constexpr int kFrames = 1000;
  std::vector<RxSegment> want;
  for (int i = 0; i < kFrames; ++i) {
    TcpHeader tcp = random_tcp(b.random());
    b.send_frame(build_tcp(to_us(), tcp, {}));
    want.push_back(expected(to_us(), tcp, 0));
  }
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments, want);
  ASSERT_EQ(b.rx_clocks.size(), kFrames);
  EXPECT_EQ(b.rx_clocks.back() - b.rx_clocks.front(), kFrames - 1);  // one segment per clock
  EXPECT_LE(b.rx_clocks.front() - b.beat_clocks.front(), 11u);
  std::printf("last beat to segment: %d clocks\n",
              static_cast<int>(b.rx_clocks.front() - b.beat_clocks.front()));
  EXPECT_TRUE(b.fb_frames.empty());
}

TEST(ToeWireRx, PayloadFramesAtLineRate) {
  WireBench b;
  std::vector<Bytes> want;
  for (int i = 0; i < 200; ++i) {
    want.push_back(
        build_tcp(to_us(), random_tcp(b.random()), random_bytes(b.random(), 1 + i % 10)));
    b.send_frame(want.back());
  }
  b.run_until_idle();
  ASSERT_EQ(b.fb_frames.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_TRUE(std::equal(want[i].begin(), want[i].end(), b.fb_frames[i].begin())) << i;
  }
  EXPECT_EQ(b.rx_clocks.back() - b.rx_clocks.front(), want.size() - 1);
}

TEST(ToeWireRx, EveryFaultIsCountedOnce) {
  for (const Fault& fault : kFaults) {
    for (std::size_t len : {0, 1, 30, 200, 1460}) {
      WireBench b(7 + len);
      TcpHeader tcp = random_tcp(b.random());
      const Bytes payload = random_bytes(b.random(), len);
      b.send_frame(build_tcp(to_us(), tcp, payload));
      b.send_frame(faulty(fault.name, to_us(), tcp, payload), fault.name == std::string("marked"));
      b.send_frame(build_tcp(to_us(), tcp, payload));
      b.run_until_idle();
      EXPECT_EQ(b.counts[fault.counter], 1) << fault.name << " " << len;
      EXPECT_EQ(b.counts["rx_tcp"], 2) << fault.name << " " << len;
      EXPECT_EQ(b.counts["rx_frames"], 3) << fault.name << " " << len;
      EXPECT_EQ(b.fb_frames.size(), len == 0 ? 0u : 2u) << fault.name;
    }
  }
}

TEST(ToeWireRx, TruncatedFramesAreDropped) {
  WireBench b;
  int dropped = 0;
  for (std::size_t len : {20, 100, 1000}) {
    Bytes frame = build_tcp(to_us(), random_tcp(b.random()), random_bytes(b.random(), len));
    for (std::size_t keep : {frame.size() - 1, frame.size() - 10, std::size_t{34}, std::size_t{20},
                             std::size_t{14}, frame.size() / 2}) {
      b.send_frame(Bytes(frame.begin(), frame.begin() + keep));
      ++dropped;
    }
  }
  b.send_frame(Bytes(13, 0xff));
  b.send_frame(Bytes(1, 0));
  b.run_until_idle();
  EXPECT_EQ(b.counts["drop_ip"], dropped);
  EXPECT_EQ(b.counts["drop_eth"], 2);
  EXPECT_TRUE(b.rx_segments.empty());
}

// Unpadded frames come from a TAP.
TEST(ToeWireRx, UnpaddedFramePasses) {
  WireBench b;
  Bytes frame = build_tcp(to_us(), random_tcp(b.random()), {});
  frame.resize(54);
  b.send_frame(frame);
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments.size(), 1u);
}

class RandomRx : public ::testing::TestWithParam<int> {};

TEST_P(RandomRx, MixOfGoodAndBad) {
  WireBench b(GetParam());
  auto& r = b.random();
  b.rx_gap = GetParam() % 2 ? 30 : 0;
  b.seg_ready = 80;
  b.fb_ready = 90;
  std::vector<RxSegment> want;
  std::vector<Bytes> want_frames;
  std::map<std::string, int> counts;
  for (int i = 0; i < 1500; ++i) {
    const std::size_t len = r() % 3 == 0 ? r() % 8961 : (r() % 2 ? r() % 20 : r() % 1500);
    Ipv4Header ip = to_us();
    TcpHeader tcp = random_tcp(r);
    if (r() % 4 == 0) ip.options = random_bytes(r, 4 * (r() % 11));
    if (r() % 2 == 0) append_timestamps(tcp.options, r);
    if (r() % 4 == 0) append_sack(tcp.options, 1 + static_cast<int>(r() % 3), r);
    if (r() % 8 == 0) ip.trailer = r() % 100;
    ip.fragment = r() % 2 ? 0x4000 : 0;
    ip.id = static_cast<std::uint16_t>(r());
    ip.ttl = static_cast<std::uint8_t>(r());
    ip.tos = static_cast<std::uint8_t>(r());
    ip.from = 0x0a000000 + (r() & 0xffff00) + 7;
    const Bytes payload = random_bytes(r, len);
    if (r() % 3 == 0) {
      const Fault& f = kFaults[r() % std::size(kFaults)];
      ip.trailer = 0;
      if (ip.options.empty() || (f.name != std::string("ihl_long"))) {
        b.send_frame(faulty(f.name, ip, tcp, payload), f.name == std::string("marked"));
        ++counts[f.counter];
      }
    } else {
      const Bytes frame = build_tcp(ip, tcp, payload, static_cast<std::uint8_t>(r()));
      b.send_frame(frame);
      want.push_back(expected(ip, tcp, len));
      if (len > 0) want_frames.push_back(frame);
    }
    // At most what the card must be able to hold.
    int clocks = 0;
    while (b.beats_waiting() > 160 || want.size() - b.rx_segments.size() > 24 ||
           want_frames.size() - b.fb_frames.size() > 2) {
      b.step();
      ASSERT_LT(++clocks, 10000) << "something was lost before frame " << i;
    }
  }
  b.run_until_idle();
  EXPECT_EQ(b.counts["overrun"], 0);
  ASSERT_EQ(b.rx_segments.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(b.rx_segments[i], want[i]) << i;
  ASSERT_EQ(b.fb_frames.size(), want_frames.size());
  for (std::size_t i = 0; i < want_frames.size(); ++i) {
    const Bytes& frame = want_frames[i];
    ASSERT_TRUE(std::equal(frame.begin(), frame.end(), b.fb_frames[i].begin())) << i;
    ASSERT_EQ(b.fb_frames[i].size(), (frame.size() + 63) / 64 * 64);
  }
  for (const char* name : {"drop_eth", "drop_ip", "drop_tcp"}) {
    EXPECT_EQ(b.counts[name], counts[name]) << name;
  }
}
INSTANTIATE_TEST_SUITE_P(ToeWireRx, RandomRx, ::testing::Range(1, 5));

TEST(ToeWireRx, OverrunDropsWholeFramesAndRecovers) {
  for (std::size_t len : {0, 700, 8960}) {
    WireBench b(len + 1);
    b.seg_ready = 0;
    b.fb_ready = 0;
    std::vector<Bytes> sent;
    for (int i = 0; i < 100; ++i) {
      TcpHeader tcp = random_tcp(b.random());
      tcp.seq = i;
      sent.push_back(build_tcp(to_us(), tcp, random_bytes(b.random(), len)));
      b.send_frame(sent.back());
    }
    while (b.beats_waiting() > 0) b.step();
    b.run(20);
    b.seg_ready = 100;
    b.fb_ready = 50;
    b.run_until_idle();
    EXPECT_GT(b.counts["overrun"], 0);
    EXPECT_EQ(b.counts["overrun"] + b.counts["rx_tcp"], 100);
    EXPECT_GE(b.rx_segments.size(), len == 8960 ? 3u : 30u);
    if (len > 0) {
      ASSERT_EQ(b.fb_frames.size(), b.rx_segments.size());
      for (std::size_t i = 0; i < b.fb_frames.size(); ++i) {
        const Bytes& frame = sent[b.rx_segments[i].seq];
        EXPECT_TRUE(std::equal(frame.begin(), frame.end(), b.fb_frames[i].begin()));
      }
    }
    b.send_frame(sent[0]);
    b.run_until_idle();
    EXPECT_EQ(b.counts["overrun"] + b.counts["rx_tcp"], 101);
    EXPECT_EQ(b.rx_segments.back().seq, 0u);
  }
}

TEST(ToeWireRx, DisabledCardIsSilent) {
  WireBench b;
  b.configure(false);
  b.run(5);
  b.send_frame(build_tcp(to_us(), random_tcp(b.random()), random_bytes(b.random(), 100)));
  b.send_frame(build_arp(kBroadcast, 1, kPeerMac, kPeerIp, 0, kOurIp));
  b.send_frame(Bytes(5, 0));
  b.run_until_idle();
  EXPECT_TRUE(b.counts.empty());
  EXPECT_TRUE(b.tx_frames.empty());
}

TEST(ToeWireRx, IcmpEcho) {
  WireBench b;
  b.tx_ready = 70;
  int answered = 0;
  for (std::size_t len : {4, 5, 18, 19, 60, 100, 1000, 1472, 1475, 1476}) {
    const Bytes payload = random_bytes(b.random(), len);
    Ipv4Header ip = to_us();
    ip.id = 77;
    ip.trailer = len == 100 ? 40 : 0;
    b.send_frame(build_echo(ip, 8, payload));
    b.run_until_idle();
    const Ipv4Header back{
        .to_mac = kPeerMac, .from_mac = kOurMac, .from = kOurIp, .to = kPeerIp, .options = {}};
    ASSERT_EQ(b.tx_frames.size(), static_cast<std::size_t>(++answered));
    EXPECT_EQ(b.tx_frames.back(), build_echo(back, 0, payload)) << len;
  }
  // All zero but for the type: the sum of the answer is the other zero.
  b.send_frame(build_echo(to_us(), 8, Bytes(56, 0)));
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames.back()[36], 0xff);
  EXPECT_EQ(b.tx_frames.back()[37], 0xff);
  EXPECT_EQ(b.counts["echo"], 11);
  // Too long, wrong sum, an answer, a fragment, with options.
  b.send_frame(build_echo(to_us(), 8, Bytes(1477, 1)));
  b.send_frame(build_echo(to_us(), 8, Bytes(56, 1), 1));
  b.send_frame(build_echo(to_us(), 0, Bytes(56, 1)));
  Ipv4Header fragment = to_us();
  fragment.fragment = 0x2000;
  b.send_frame(build_echo(fragment, 8, Bytes(56, 1)));
  Ipv4Header options = to_us();
  options.options = Bytes(4, 1);
  b.send_frame(build_echo(options, 8, Bytes(56, 1)));
  b.run_until_idle();
  EXPECT_EQ(b.counts["drop_ip"], 5);
  EXPECT_EQ(b.tx_frames.size(), 11u);
}

}  // namespace
}  // namespace millrace::sim
