// SPDX-License-Identifier: Apache-2.0
// Echo replies of toe_wire: both families, with and without 802.1Q tag, at every length.
#include "hw/wire/nd_model.h"
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

struct EchoShape {
  const char* name;
  int local_kind;
  bool tagged;
};

class EchoShapes : public ::testing::TestWithParam<EchoShape> {
 protected:
  static void prepare(WireBench& b) {
    if (GetParam().tagged) b.settings.vlan = 0x6123;
    b.settings.time_to_live = 61;
    b.configure(true);
    b.run(3);
  }
  static bool six() { return GetParam().local_kind != kLocalIpv4; }
  // An echo request to us, or what we must reply; `fill` in the padding, `trailer` behind it.
  static Bytes packet(bool request, const Bytes& payload, const Settings& settings,
                      std::size_t trailer = 0, std::uint8_t fill = 0) {
    const bool link = GetParam().local_kind == kLocalIpv6Link;
    const Ipv6 own = link ? our_link_local() : settings.ipv6;
    const Ipv6 peer = link ? kPeerLink : kPeerIpv6;
    Bytes frame;
    append(frame, request ? kOurMac : kPeerMac, 6), append(frame, request ? kPeerMac : kOurMac, 6);
    append_tag(frame, settings);
    append(frame, six() ? 0x86dd : 0x0800, 2);
    Bytes addresses;
    if (six()) {
      append(addresses, request ? peer : own), append(addresses, request ? own : peer);
    } else {
      append(addresses, request ? kPeerIp : kOurIp, 4);
      append(addresses, request ? kOurIp : kPeerIp, 4);
    }
    Bytes body;
    append(body, six() ? (request ? 128 : 129) : (request ? 8 : 0), 1), append(body, 0, 3);
    append(body, payload);
    Bytes pseudo;
    if (six()) append(pseudo, addresses), append(pseudo, body.size(), 4), append(pseudo, 58, 4);
    const std::uint16_t sum = checksum(body, static_cast<std::uint16_t>(~checksum(pseudo)));
    body[2] = static_cast<std::uint8_t>(sum >> 8), body[3] = static_cast<std::uint8_t>(sum);
    Bytes ip;
    const std::uint8_t ttl = request ? 7 : settings.time_to_live;
    if (six()) {
      append(ip, request ? 0x60312345 : 0x60000000, 4), append(ip, body.size(), 2);
      append(ip, 58, 1), append(ip, ttl, 1);
    } else {
      append(ip, request ? 0x4503 : 0x4500, 2), append(ip, 20 + body.size(), 2);
      append(ip, request ? 0x12344000 : 0x4000, 4), append(ip, ttl, 1), append(ip, 1, 1);
      const std::uint16_t s = checksum(addresses, static_cast<std::uint16_t>(~checksum(ip)));
      append(ip, s, 2);
    }
    append(ip, addresses);
    append(frame, ip), append(frame, body);
    frame.insert(frame.end(), trailer, fill);
    if (frame.size() < 60) frame.resize(60, fill);
    return frame;
  }
};

TEST_P(EchoShapes, EveryLengthWithAndWithoutTrailer) {
  for (std::size_t trailer : {0, 1, 4, 70, 200}) {
    WireBench b(trailer + 1);
    prepare(b);
    b.tx_ready = trailer == 4 ? 60 : 100;
    std::vector<Bytes> want;
    for (std::size_t len = 4; len < 200; ++len) {
      Bytes payload(len);
      for (auto& octet : payload) octet = static_cast<std::uint8_t>(b.random()());
      b.send_frame(packet(true, payload, b.settings, trailer, 0xa5));
      want.push_back(packet(false, payload, b.settings));
      b.run_until_idle();
    }
    ASSERT_EQ(b.tx_frames.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(b.tx_frames[i], want[i]) << i;
    EXPECT_EQ(b.counts["echo"], static_cast<int>(want.size()));
  }
}

TEST_P(EchoShapes, FullLengthBackToBack) {
  WireBench b;
  prepare(b);
  std::vector<Bytes> want;
  for (std::size_t len : {1452u - (six() ? 20u : 0u), 40u, 18u, 1400u}) {
    const Bytes payload(len, static_cast<std::uint8_t>(len));
    b.send_frame(packet(true, payload, b.settings));
    want.push_back(packet(false, payload, b.settings));
  }
  b.run_until_idle();
  EXPECT_EQ(b.tx_frames, want);
}

INSTANTIATE_TEST_SUITE_P(ToeIcmpEcho, EchoShapes,
                         ::testing::Values(EchoShape{"Ipv4", kLocalIpv4, false},
                                           EchoShape{"Ipv4Tagged", kLocalIpv4, true},
                                           EchoShape{"Ipv6", kLocalIpv6, false},
                                           EchoShape{"Ipv6Link", kLocalIpv6Link, false},
                                           EchoShape{"Ipv6Tagged", kLocalIpv6, true},
                                           EchoShape{"Ipv6LinkTagged", kLocalIpv6Link, true}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace millrace::sim
