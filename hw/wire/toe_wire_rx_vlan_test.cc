// SPDX-License-Identifier: Apache-2.0
// 802.1Q tags and frames of every length up to 9,018 bytes on the way in.
#include <algorithm>

#include "hw/wire/rx_cases.h"
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

// What must come out of a frame with a tag is what comes out of one without.
void send_and_expect(WireBench& b, const Bytes& frame, std::uint16_t tci, const RxSegment& want,
                     bool stored) {
  const auto segments = b.rx_segments.size();
  const auto frames = b.fb_frames.size();
  b.send_frame(with_tag(frame, tci));
  b.run_until_idle();
  ASSERT_EQ(b.rx_segments.size(), segments + 1);
  ASSERT_EQ(b.rx_segments.back(), want);
  ASSERT_EQ(b.fb_frames.size(), frames + stored);
  if (stored) {
    ASSERT_TRUE(std::equal(frame.begin(), frame.end(), b.fb_frames.back().begin()));
    ASSERT_EQ(b.fb_frames.back().size(), (frame.size() + 63) / 64 * 64);
  }
}

TEST(ToeWireRxVlan, EveryLengthAroundBeats) {
  for (bool priority : {false, true}) {
    WireBench b;
    b.rx_gap = priority ? 0 : 40;
    if (!priority) b.settings.vlan = 0x6123;
    b.configure(true);
    b.run_until_idle();
    for (std::size_t len = 0; len < 220; ++len) {
      TcpHeader tcp = random_tcp(b.random());
      if (len % 2) append_timestamps(tcp.options, b.random());
      // Priority and drop eligibility do not matter.
      const auto tci = static_cast<std::uint16_t>((priority ? 0 : 0x123) | (len & 15) << 12);
      const Bytes payload = random_bytes(b.random(), len);
      send_and_expect(b, build_tcp(to_us(), tcp, payload), tci, expected(to_us(), tcp, len),
                      len > 0);
      const Ipv6Header ip;
      send_and_expect(b, build_tcp6(ip, tcp, payload), tci, expected6(ip, tcp, len), len > 0);
    }
  }
}

TEST(ToeWireRxVlan, TaggedFramesAtLineRate) {
  WireBench b;
  constexpr int kFrames = 300;
  std::vector<RxSegment> want;
  for (int i = 0; i < kFrames; ++i) {
    TcpHeader tcp = random_tcp(b.random());
    Bytes frame = build_tcp(to_us(), tcp, random_bytes(b.random(), i % 12));
    want.push_back(expected(to_us(), tcp, i % 12));
    b.send_frame(i % 3 == 0 ? frame : with_tag(frame, 0));
  }
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments, want);
  EXPECT_LE(b.rx_clocks.back() - b.rx_clocks.front(),
            b.beat_clocks.back() - b.beat_clocks.front() + 1);
}

TEST(ToeWireRxVlan, ForeignTagsAreDropped) {
  WireBench b;
  const Bytes frame = build_tcp(to_us(), random_tcp(b.random()), {});
  b.send_frame(with_tag(frame, 1));
  b.send_frame(with_tag(frame, 0xf800));
  b.send_frame(with_tag(frame, 0, 0x88a8));       // a provider's tag
  b.send_frame(with_tag(with_tag(frame, 0), 0));  // two
  b.run_until_idle();
  EXPECT_EQ(b.counts["drop_eth"], 4);
  b.settings.vlan = 0x0042;
  b.configure(true);
  b.run_until_idle();
  b.send_frame(frame);
  b.send_frame(with_tag(frame, 0));
  b.send_frame(with_tag(frame, 0x0043));
  b.send_frame(with_tag(frame, 0x0142));
  b.run_until_idle();
  EXPECT_EQ(b.counts["drop_eth"], 8);
  EXPECT_TRUE(b.rx_segments.empty());
  b.send_frame(with_tag(frame, 0x0042));
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments.size(), 1u);
}

TEST(ToeWireRxVlan, TruncatedFrames) {
  WireBench b;
  const Bytes frame = with_tag(build_tcp(to_us(), random_tcp(b.random()), Bytes(90, 1)), 0);
  for (std::size_t keep = 1; keep < frame.size(); ++keep) {
    b.send_frame(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(keep)));
  }
  b.run_until_idle();
  EXPECT_EQ(b.counts["drop_eth"], 17);
  EXPECT_EQ(b.counts["drop_ip"], static_cast<int>(frame.size()) - 18);
  EXPECT_TRUE(b.rx_segments.empty());
}

// The MAC's mark comes with the frame's last beat, which a tag may empty.
TEST(ToeWireRxVlan, MarkOnABeatThatTheTagEmptied) {
  WireBench b;
  for (std::size_t len = 50; len < 80; ++len) {
    b.send_frame(with_tag(build_tcp(to_us(), random_tcp(b.random()), Bytes(len, 1)), 0), true);
  }
  b.run_until_idle();
  EXPECT_EQ(b.counts["drop_eth"], 30);
}

TEST(ToeWireRxVlan, ArpWithTag) {
  WireBench b;
  b.settings.vlan = 0x0042;
  b.configure(true);
  b.run_until_idle();
  b.send_frame(with_tag(build_arp(kOurMac, 2, kPeerMac, kPeerIp, kOurMac, kOurIp), 0x42));
  b.run_until_idle();
  EXPECT_EQ(b.counts["arp"], 1);
}

// 9,000 bytes of datagram, 14 of Ethernet, 4 of tag.
TEST(ToeWireRxVlan, JumboFrames) {
  WireBench b;
  b.fb_ready = 90;
  for (int i = 0; i < 20; ++i) {
    TcpHeader tcp = random_tcp(b.random());
    append_timestamps(tcp.options, b.random());
    const std::size_t len = 8948 - (i % 7);
    const Bytes payload = random_bytes(b.random(), len);
    const Bytes frame = build_tcp(to_us(), tcp, payload);
    ASSERT_LE(frame.size() + 4, 9018u);
    send_and_expect(b, frame, 0, expected(to_us(), tcp, len), true);
    Ipv6Header ip;
    const Bytes shorter(payload.begin(), payload.end() - 20);
    send_and_expect(b, build_tcp6(ip, tcp, shorter), 0, expected6(ip, tcp, len - 20), true);
  }
  // As many at once as the buffer holds, at the rate of the wire.
  b.fb_ready = 100;
  std::vector<RxSegment> want;
  b.rx_segments.clear();
  for (int i = 0; i < 30; ++i) {
    TcpHeader tcp = random_tcp(b.random());
    b.send_frame(build_tcp(to_us(), tcp, Bytes(8960, 7)));
    want.push_back(expected(to_us(), tcp, 8960));
  }
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments, want);
  EXPECT_EQ(b.counts["overrun"], 0);
}

}  // namespace
}  // namespace millrace::sim
