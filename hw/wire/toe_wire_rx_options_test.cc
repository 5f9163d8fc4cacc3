// SPDX-License-Identifier: Apache-2.0
// TCP options on the way in: every layout, at which speed, and lists without sense.
#include <algorithm>

#include "hw/wire/rx_cases.h"
#include "hw/wire/wire_bench.h"

namespace millrace::sim {
namespace {

// Options of SYN segments.
struct OptionCase {
  Bytes options;
  bool good;
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> ws;
  bool sack_ok = false;
};

TEST(ToeWireRxOptions, OfSyn) {
  const OptionCase cases[] = {
      {{}, true, {}, {}},
      {{2, 4, 5, 180}, true, 1460, {}},
      {{2, 4, 0, 0}, true, 64, {}},  // raised to what still makes sense
      {{2, 4, 0, 63}, true, 64, {}},
      {{1, 2, 4, 0, 63, 1, 1, 1}, true, 64, {}},  // in a layout that is not a usual one
      {{1, 2, 4, 0, 65, 1, 1, 1}, true, 65, {}},
      {{2, 4, 5, 180, 1, 3, 3, 7}, true, 1460, 7},
      {{1, 3, 3, 20}, true, {}, 14},
      {{2, 4, 35, 0, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 14}, true, 0x2300, 14, true},
      {{0, 9, 9, 9}, true, {}, {}},
      {{1, 1, 1, 1}, true, {}, {}},
      {{1, 1, 1, 0}, true, {}, {}},
      {{254, 4, 1, 2, 0, 0, 0, 0}, true, {}, {}},
      {{2, 0, 5, 180}, false, {}, {}},
      {{2, 1, 5, 180}, false, {}, {}},
      {{2, 5, 5, 180}, false, {}, {}},
      {{1, 1, 1, 2}, false, {}, {}},
      {{1, 1, 3, 3}, false, {}, {}},
      {{8, 255, 0, 0}, false, {}, {}},
      {{8, 68, 0, 0}, false, {}, {}},
      {Bytes(40, 1), true, {}, {}},
  };
  for (std::size_t len : {0, 10, 300}) {
    WireBench b(3);
    b.seg_ready = 60;
    std::vector<RxSegment> want;
    std::size_t frames = 0;
    int bad = 0;
    // Twice around, good segments between, so that order and frames are seen to fit.
    for (int round = 0; round < 2; ++round) {
      for (const OptionCase& c : cases) {
        TcpHeader tcp = random_tcp(b.random());
        tcp.flags |= 2;
        tcp.options = c.options;
        b.send_frame(build_tcp(to_us(), tcp, random_bytes(b.random(), len)));
        RxSegment s = expected(to_us(), tcp, len);
        s.options.mss = c.mss;  // said here once more, so that the model is judged, too
        s.options.ws = c.ws;
        s.options.sack_ok = c.sack_ok;
        if (c.good) {
          want.push_back(s);
          frames += len > 0;
        } else {
          ++bad;
        }
        TcpHeader plain = random_tcp(b.random());
        b.send_frame(build_tcp(to_us(), plain, random_bytes(b.random(), len)));
        want.push_back(expected(to_us(), plain, len));
        frames += len > 0;
        while (b.beats_waiting() > 0) b.step();
        b.run(40);
      }
    }
    b.run_until_idle();
    EXPECT_EQ(b.rx_segments, want);
    EXPECT_EQ(b.counts["drop_tcp"], bad);
    EXPECT_EQ(b.fb_frames.size(), frames);
  }
}

// Layouts that data and acknowledgements have: one segment per clock, as frames allow.
TEST(ToeWireRxOptions, CommonLayoutsAtLineRate) {
  for (int layout = 1; layout < 9; ++layout) {
    WireBench b(layout);
    constexpr int kFrames = 300;
    std::vector<RxSegment> want;
    for (int i = 0; i < kFrames; ++i) {
      TcpHeader tcp = random_tcp(b.random());
      if (layout != 5 && layout < 8) append_timestamps(tcp.options, b.random());
      if (layout == 5) append_sack(tcp.options, 4, b.random());
      if (layout < 4 && layout > 1) append_sack(tcp.options, layout - 1, b.random());
      if (layout == 4) append_sack(tcp.options, 3, b.random());
      if (layout == 6) append_sack(tcp.options, 1 + i % 3, b.random());
      if (layout == 8) append_sack(tcp.options, 1 + i % 4, b.random());
      b.send_frame(build_tcp(to_us(), tcp, random_bytes(b.random(), i % 20)));
      want.push_back(expected(to_us(), tcp, i % 20));
      ASSERT_EQ(want.back().options.timestamps.has_value(), layout != 5 && layout < 8);
    }
    b.run_until_idle();
    EXPECT_EQ(b.rx_segments, want) << layout;
    const auto beats = b.beat_clocks.back() - b.beat_clocks.front();
    EXPECT_LE(b.rx_clocks.back() - b.rx_clocks.front(), beats + 2) << layout;
    EXPECT_EQ(b.counts["overrun"], 0);
  }
}

// SYN segments of a flood pass at the rate of the wire, so that they fill no queue.
TEST(ToeWireRxOptions, UsualSynsAtLineRate) {
  const Bytes layouts[] = {
      {2, 4, 5, 180},
      {2, 4, 5, 180, 1, 3, 3, 7},
      {2, 4, 5, 180, 1, 1, 4, 2},
      {2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 9},
      {2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2},
      {2, 4, 0x23, 0, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 20},
      {2, 4, 0, 1, 1, 3, 3, 6, 4, 2, 8, 10, 9, 8, 7, 6, 5, 4, 3, 2},
  };
  WireBench b;
  std::vector<RxSegment> want;
  for (int i = 0; i < 700; ++i) {
    TcpHeader tcp = random_tcp(b.random());
    tcp.flags = i % 2 ? 0x12 : 0x02;
    tcp.options = layouts[i % std::size(layouts)];
    b.send_frame(build_tcp(to_us(), tcp, {}));
    want.push_back(expected(to_us(), tcp, 0));
  }
  b.run_until_idle();
  EXPECT_EQ(b.rx_segments, want);
  EXPECT_LE(b.rx_clocks.back() - b.rx_clocks.front(),
            b.beat_clocks.back() - b.beat_clocks.front() + 2);
}

// One option as it should be, or with any length, or none that is known.
void append_option(Bytes& out, std::mt19937_64& r) {
  const int kinds[] = {2, 3, 4, 5, 8};
  const int lengths[] = {4, 3, 2, 10 + 8 * static_cast<int>(r() % 4), 10};
  const std::size_t which = r() % 7;
  if (which >= 5) {
    out.insert(out.end(), 1 + r() % 3, 1);
    return;
  }
  int kind = kinds[which];
  int length = lengths[which];
  if (r() % 8 == 0) kind = static_cast<int>(r() % 256);
  if (r() % 8 == 0) length = static_cast<int>(2 + r() % 14);
  if (r() % 64 == 0) length = static_cast<int>(r() % 256);
  append(out, static_cast<std::uint64_t>(kind), 1);
  if (kind < 2) return;
  append(out, static_cast<std::uint64_t>(length), 1);
  if (length > 2) append(out, random_bytes(r, static_cast<std::size_t>(length - 2)));
}

class OptionFuzz : public ::testing::TestWithParam<int> {};

TEST_P(OptionFuzz, AsTheModelSays) {
  WireBench b(GetParam());
  auto& r = b.random();
  b.seg_ready = GetParam() % 2 ? 100 : 70;
  std::vector<RxSegment> want;
  int bad = 0;
  for (int i = 0; i < 4000; ++i) {
    TcpHeader tcp = random_tcp(r);
    if (r() % 2 == 0) tcp.flags |= 2;
    const std::size_t words = r() % 11;
    if (r() % 16 == 0) {
      tcp.options = random_bytes(r, 40);
    } else {
      while (tcp.options.size() < 4 * words) append_option(tcp.options, r);
    }
    // A list cut short, or filled with NOPs or with the end.
    if (r() % 4 != 0) {
      while (tcp.options.size() % 4 != 0) tcp.options.push_back(r() % 2);
    }
    tcp.options.resize(std::min<std::size_t>(4 * words, tcp.options.size() / 4 * 4));
    const std::size_t len = r() % 3 == 0 ? r() % 100 : 0;
    const auto said = parse_options(tcp.options, tcp.flags & 2);
    b.send_frame(build_tcp(to_us(), tcp, random_bytes(r, len)));
    if (said) {
      want.push_back(expected(to_us(), tcp, len));
    } else {
      ++bad;
    }
    while (b.beats_waiting() > 0) b.step();
    for (int clocks = 0; static_cast<int>(b.rx_segments.size()) + b.counts["drop_tcp"] + 20 <
                         static_cast<int>(want.size()) + bad;) {
      b.step();
      ASSERT_LT(++clocks, 2000) << i;
    }
  }
  b.run_until_idle();
  EXPECT_EQ(b.counts["overrun"], 0);
  EXPECT_EQ(b.counts["drop_tcp"], bad);
  EXPECT_GT(bad, 100);
  ASSERT_EQ(b.rx_segments.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(b.rx_segments[i], want[i]) << i;
}
INSTANTIATE_TEST_SUITE_P(ToeWireRxOptions, OptionFuzz, ::testing::Range(1, 5));

}  // namespace
}  // namespace millrace::sim
