// SPDX-License-Identifier: Apache-2.0
// What toe_rx_parse tells of neighbour discovery messages (RFC 4861 7.1), and of no others.
#include <gtest/gtest.h>

#include <memory>

#include "Vtoe_rx_parse.h"
#include "hw/wire/nd_model.h"
#include "hw/wire/rx_judge.h"
#include "hw/wire/rx_random.h"

namespace millrace::sim {
namespace {

class ParseBench {
 public:
  explicit ParseBench(int seed) : random(seed) {
    context_.randReset(2);
    context_.randSeed(seed);
    top_ = std::make_unique<Vtoe_rx_parse>(&context_);
    top_->rst_ni = 0;
    top_->enable_i = 1;
    top_->mac_i = kOurMac;
    top_->ipv4_i = kOurIp;
    top_->vlan_on_i = 0;
    top_->vlan_id_i = 0;
    for (int w = 0; w < 4; ++w) {
      top_->ipv6_i[w] = 0;
      for (int i = 0; i < 4; ++i) {
        top_->ipv6_i[w] |= std::uint32_t{kOurIpv6[15 - 4 * w - i]} << (8 * i);
      }
    }
    top_->s_axis_tvalid_i = 0;
    step();
    step();
    top_->rst_ni = 1;
  }
  ~ParseBench() { top_->final(); }

  void send(const Bytes& frame) {
    for (std::size_t at = 0; at < frame.size(); at += 64) {
      const std::size_t n = std::min<std::size_t>(64, frame.size() - at);
      for (int w = 0; w < 16; ++w) top_->s_axis_tdata_i[w] = static_cast<std::uint32_t>(random());
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t shift = 8 * (i % 4);
        top_->s_axis_tdata_i[i / 4] &= ~(0xffu << shift);
        top_->s_axis_tdata_i[i / 4] |= std::uint32_t{frame[at + i]} << shift;
      }
      top_->s_axis_tkeep_i = n == 64 ? ~0ull : (1ull << n) - 1;
      top_->s_axis_tlast_i = at + n == frame.size();
      top_->s_axis_tuser_i = 0;
      top_->s_axis_tvalid_i = 1;
      step();
    }
    top_->s_axis_tvalid_i = 0;
  }
  void drain() {
    while (top_->busy_o) step();
    step();
  }

  std::vector<NdSeen> seen;
  std::mt19937_64 random;

 private:
  template <typename Wide>
  static Ipv6 address(const Wide& wide) {
    Ipv6 a{};
    for (int i = 0; i < 16; ++i) {
      a[15 - i] = static_cast<std::uint8_t>(wide[i / 4] >> (8 * (i % 4)));
    }
    return a;
  }
  void step() {
    top_->clk_i = 0;
    top_->eval();
    if (top_->rst_ni && top_->ok_nd_o) {
      NdSeen nd{.solicit = top_->nd_solicit_o != 0,
                .source = address(top_->nd_source_ip_o),
                .source_mac = top_->nd_source_mac_o,
                .target = address(top_->nd_target_ip_o),
                .target_kind = top_->nd_target_kind_o,
                .lladdr = {},
                .router = top_->nd_router_o != 0,
                .solicited = top_->nd_solicited_o != 0,
                .override_flag = top_->nd_override_o != 0,
                .multicast = top_->nd_multicast_o != 0};
      if (top_->nd_lladdr_valid_o) nd.lladdr = top_->nd_lladdr_o;
      seen.push_back(nd);
    }
    top_->clk_i = 1;
    top_->eval();
  }

  VerilatedContext context_;
  std::unique_ptr<Vtoe_rx_parse> top_;
};

TEST(ToeRxParse, SolicitationAndAdvertisement) {
  ParseBench b(1);
  const Ipv6 group = solicited_node(kOurIpv6);
  b.send(build_nd({.to_mac = group_mac(group),
                   .from_mac = kPeerMac,
                   .from = kPeerIpv6,
                   .to = group,
                   .target = kOurIpv6,
                   .lladdr = 0x0202'0304'0506}));
  b.send(build_nd({.to_mac = kOurMac,
                   .from_mac = kPeerMac,
                   .from = kPeerLink,
                   .to = link_local(kOurMac),
                   .type = 136,
                   .flags = 0xc000'0000,
                   .target = kPeerLink,
                   .lladdr = {}}));
  // Is the address free? (RFC 4862 5.4)
  b.send(build_nd({.to_mac = group_mac(solicited_node(link_local(kOurMac))),
                   .from_mac = kPeerMac,
                   .from = {},
                   .to = solicited_node(link_local(kOurMac)),
                   .target = link_local(kOurMac),
                   .lladdr = {}}));
  b.drain();
  ASSERT_EQ(b.seen.size(), 3u);
  EXPECT_EQ(b.seen[0], (NdSeen{.solicit = true,
                               .source = kPeerIpv6,
                               .source_mac = kPeerMac,
                               .target = kOurIpv6,
                               .target_kind = 1,
                               .lladdr = 0x0202'0304'0506,
                               .multicast = true}));
  EXPECT_EQ(b.seen[1], (NdSeen{.source = kPeerLink,
                               .source_mac = kPeerMac,
                               .target = kPeerLink,
                               .lladdr = {},
                               .router = true,
                               .solicited = true}));
  EXPECT_EQ(b.seen[2], (NdSeen{.solicit = true,
                               .source_mac = kPeerMac,
                               .target = link_local(kOurMac),
                               .target_kind = 2,
                               .lladdr = {},
                               .multicast = true}));
}

class ParseFuzz : public ::testing::TestWithParam<int> {};

TEST_P(ParseFuzz, NeighbourDiscoveryAsTheModelSays) {
  ParseBench b(GetParam());
  RandomFrames frames(b.random);
  std::vector<NdSeen> want;
  for (int i = 0; i < 6000; ++i) {
    const Bytes frame = frames.next();
    const Judged judged = judge(frame, {});
    b.send(frame);
    if (judged.fate == Fate::kNd) want.push_back(judged.nd);
  }
  b.drain();
  EXPECT_GT(want.size(), 300u);
  ASSERT_EQ(b.seen.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(b.seen[i], want[i]) << i;
}
INSTANTIATE_TEST_SUITE_P(ToeRxParse, ParseFuzz, ::testing::Range(1, 5));

}  // namespace
}  // namespace millrace::sim
