// SPDX-License-Identifier: Apache-2.0
// Frames of every kind, good and damaged, one after another: each must end as the model says.
#include <algorithm>
#include <set>

#include "hw/wire/rx_judge.h"
#include "hw/wire/rx_random.h"
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

const char* counter_of(const Judged& judged) {
  switch (judged.fate) {
    case Fate::kDropEth:
      return "drop_eth";
    case Fate::kDropIp:
      return "drop_ip";
    case Fate::kDropIp6:
      return "drop_ip6";
    case Fate::kDropTcp:
      return "drop_tcp";
    case Fate::kArp:
      return "arp";
    case Fate::kNd:
      return "nd";
    case Fate::kEcho:
      return "echo";
    default:
      return judged.segment.icmp ? "error" : "rx_tcp";
  }
}

std::string hex(const Bytes& frame) {
  std::string text;
  for (std::uint8_t octet : frame) {
    text += "0123456789abcdef"[octet >> 4];
    text += "0123456789abcdef"[octet & 15];
  }
  return text;
}

class WireFuzz : public ::testing::TestWithParam<int> {};

TEST_P(WireFuzz, EveryFrameEndsAsTheModelSays) {
  WireBench b(GetParam());
  auto& r = b.random();
  if (GetParam() % 3 == 0) b.settings.vlan = 0xe000;
  if (GetParam() % 4 == 1) b.settings.ipv6 = {};
  b.configure(true);
  b.run_until_idle();
  b.counts.clear();
  b.rx_gap = GetParam() % 2 ? 0 : 40;
  b.seg_ready = GetParam() % 5 ? 100 : 60;
  RandomFrames frames(r);
  std::map<std::string, int> want;
  std::set<std::string> kinds;
  for (int i = 0; i < 1500; ++i) {
    std::vector<Bytes> sent;
    std::vector<RxSegment> segments;
    std::vector<Bytes> stored;
    for (std::uint64_t n = 1 + r() % 4; n > 0; --n) {
      sent.push_back(frames.next());
      if (b.settings.vlan && sent.back().size() >= 12 && r() % 8)
        sent.back() = with_tag(sent.back(), 0x0000);
      const bool marked = r() % 64 == 0;
      const Judged judged = judge(sent.back(), b.settings, marked);
      b.send_frame(sent.back(), marked);
      ++want[counter_of(judged)];
      if (judged.fate != Fate::kSegment) continue;
      segments.push_back(judged.segment);
      if (judged.segment.len == 0) continue;
      stored.push_back(sent.back());
      if (sent.back()[12] == 0x81) {
        stored.back().erase(stored.back().begin() + 12, stored.back().begin() + 16);
      }
    }
    b.rx_segments.clear();
    b.fb_frames.clear();
    b.run_until_idle();
    std::string dump;
    for (const Bytes& frame : sent) dump += hex(frame) + "\n";
    ASSERT_EQ(b.rx_segments, segments) << dump;
    ASSERT_EQ(b.fb_frames.size(), stored.size()) << dump;
    for (std::size_t k = 0; k < stored.size(); ++k) {
      ASSERT_TRUE(std::equal(stored[k].begin(), stored[k].end(), b.fb_frames[k].begin())) << dump;
    }
    for (const auto& [name, count] : want) {
      if (name != "error") ASSERT_EQ(b.counts[name], count) << name << "\n" << dump;
      if (count > 0) kinds.insert(name);
    }
  }
  EXPECT_EQ(kinds.size(), 9u);
}
INSTANTIATE_TEST_SUITE_P(ToeWireRx, WireFuzz, ::testing::Range(1, 9));

}  // namespace
}  // namespace millrace::sim
