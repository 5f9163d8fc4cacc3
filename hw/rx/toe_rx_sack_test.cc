// SPDX-License-Identifier: Apache-2.0
// toe_rx_engine: what the transmit engine is told of data beyond gaps (RFC 2018), of data received
// twice (RFC 2883) and of congestion marks (RFC 3168), also when messages merge.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "hw/rx/rx_engine_bench.h"

namespace millrace {
namespace {

using Range = std::pair<std::uint32_t, std::uint32_t>;  // of stream offsets

Segment data(std::uint32_t from, std::uint32_t to) {
  return {.seq = kIrs + 1 + from, .len = static_cast<std::uint16_t>(to - from)};
}

std::vector<Range> runs(Bench& bench) {
  const Copy copy = bench.copy();
  std::vector<Range> out;
  for (unsigned i = 0; i < 4; ++i) {
    if ((copy.run_valid >> i & 1U) == 0) continue;
    EXPECT_EQ(out.size(), i) << "a free slot before a used one";
    out.emplace_back(copy.run_start[i] - kIrs - 1, copy.run_end[i] - kIrs - 1);
  }
  return out;
}

std::optional<Range> twice(const Outcome& out) {
  if (!out.dsack) return std::nullopt;
  return Range{out.dsack->first - kIrs - 1, out.dsack->second - kIrs - 1};
}

// RFC 2018 4: the first block holds the segment that came last, then the other blocks in the order
// in which they were reported.
TEST(RxSack, TheRunThatChangedLastComesFirst) {
  Bench bench;
  bench.establish();
  bench.segment(data(100, 200));
  bench.segment(data(300, 400));
  bench.segment(data(500, 600));
  EXPECT_EQ(runs(bench), (std::vector<Range>{{500, 600}, {300, 400}, {100, 200}}));
  bench.segment(data(200, 210));
  EXPECT_EQ(runs(bench), (std::vector<Range>{{100, 210}, {500, 600}, {300, 400}}));
  bench.segment(data(700, 800));
  EXPECT_EQ(runs(bench), (std::vector<Range>{{700, 800}, {100, 210}, {500, 600}, {300, 400}}));
  bench.segment(data(900, 950));  // no room
  EXPECT_EQ(runs(bench), (std::vector<Range>{{700, 800}, {100, 210}, {500, 600}, {300, 400}}));
  bench.segment(data(400, 500));
  EXPECT_EQ(runs(bench), (std::vector<Range>{{300, 600}, {700, 800}, {100, 210}}));
  bench.segment(data(0, 100));
  EXPECT_EQ(runs(bench), (std::vector<Range>{{300, 600}, {700, 800}}));
  bench.segment(data(350, 360));  // nothing new, yet it came last
  bench.segment(data(750, 760));
  EXPECT_EQ(runs(bench), (std::vector<Range>{{700, 800}, {300, 600}}));
}

TEST(RxSack, DataBelowRcvNxtAreReportedTwice) {
  Bench bench;
  bench.establish();
  EXPECT_FALSE(bench.segment(data(0, 1000)).dsack);
  Outcome out = bench.segment(data(200, 300));
  EXPECT_EQ(twice(out), (Range{200, 300})) << "outside the window";
  EXPECT_EQ(out.want_ack, kAckNow);
  EXPECT_EQ(twice(bench.segment(data(900, 1000))), (Range{900, 1000}));
  out = bench.segment(data(900, 1100));
  EXPECT_EQ(twice(out), (Range{900, 1000})) << "up to what is new";
  EXPECT_EQ(out.want_ack, kAckNow);
  EXPECT_FALSE(bench.segment(data(1100, 1200)).dsack);
  EXPECT_FALSE(bench.segment({.seq = kIrs}).dsack) << "no data at all";
}

TEST(RxSack, DataInsideARunAreReportedTwice) {
  Bench bench;
  bench.establish();
  bench.segment(data(100, 200));
  bench.segment(data(400, 500));
  bench.segment(data(700, 800));
  EXPECT_EQ(twice(bench.segment(data(120, 180))), (Range{120, 180}));
  EXPECT_EQ(twice(bench.segment(data(150, 250))), (Range{150, 200}));
  EXPECT_EQ(twice(bench.segment(data(50, 150))), (Range{100, 150}));
  EXPECT_FALSE(bench.segment(data(250, 260)).dsack) << "only next to one";
  EXPECT_EQ(twice(bench.segment(data(300, 900))), (Range{400, 500})) << "the first of two";
  EXPECT_EQ(twice(bench.segment(data(0, 300))), (Range{50, 260})) << "while it fills the gap";
}

TEST(RxSack, ResetsAndSynsReportNothing) {
  Bench bench;
  bench.establish();
  bench.segment(data(0, 1000));
  EXPECT_FALSE(bench.segment({.seq = kIrs + 1, .flags = kRst | kAck, .len = 10}).dsack);
  EXPECT_FALSE(bench.segment({.seq = kIrs, .flags = kSyn | kAck, .len = 10}).dsack);
}

// Everything at random against a model of bytes and of the order of runs.
TEST(RxSack, RandomArrivalsAgreeWithAModel) {
  const unsigned seed = 20261128;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 30; ++round) {
    Bench bench;
    bench.establish();
    std::vector<Range> model;  // the newest first
    std::uint32_t next = 0;
    for (int i = 0; i < 150 && next < 3800; ++i) {
      const std::uint32_t low = next > 200 ? next - 200 : 0;
      const std::uint32_t from = random() % 9 == 0 ? next : low + random() % 700;
      const std::uint32_t to = std::min<std::uint32_t>(from + 1 + random() % 150, 4096);
      if (from >= to) continue;
      const Outcome out = bench.segment(data(from, to));
      std::optional<Range> want;
      if (from < next) {
        want = Range{from, std::min(to, next)};
      } else {
        for (const auto& [start, end] : model) {
          const Range both{std::max(from, start), std::min(to, end)};
          if (both.first < both.second && (!want || both < *want)) want = both;
        }
      }
      ASSERT_EQ(twice(out), want) << "event " << i << " " << from << ":" << to;
      if (to > next) {
        Range all{std::max(from, next), to};
        std::vector<Range> rest;
        for (const auto& run : model) {
          if (run.first <= all.second && run.second >= all.first) {
            all = {std::min(all.first, run.first), std::max(all.second, run.second)};
          } else {
            rest.push_back(run);
          }
        }
        if (all.first == next) {
          next = all.second;
          model = rest;
        } else if (rest.size() < 4) {
          model = rest;
          model.insert(model.begin(), all);
        }
      }
      ASSERT_EQ(runs(bench), model) << "event " << i;
      ASSERT_EQ(bench.copy().rcv_nxt, kIrs + 1 + next);
    }
  }
}

TEST(RxEcn, MarksGoWithWhatIsAccepted) {
  Bench bench;
  bench.establish();
  const std::uint8_t all = kAck | kEce | kCwr;
  EXPECT_EQ(bench.segment({.seq = kIrs + 1, .flags = all, .len = 10, .ce = true}).marks,
            kMarkEce | kMarkCwr | kMarkCe);
  EXPECT_EQ(bench.segment({.seq = kIrs + 11, .ce = true}).marks, 0U) << "no data";
  EXPECT_EQ(bench.segment({.seq = kIrs + 1, .len = 10, .ce = true}).marks, 0U) << "no new data";
  EXPECT_EQ(bench.segment({.seq = kIrs + 31, .len = 10, .ce = true}).marks, kMarkCe)
      << "beyond a gap";
  EXPECT_EQ(bench.segment({.seq = kIrs - 90, .flags = all, .len = 10, .ce = true}).marks, 0U)
      << "outside the window";
  EXPECT_EQ(bench.segment({.seq = kIrs + 11, .ack = kIss + 9, .flags = all, .len = 1}).marks, 0U)
      << "acknowledges what was never sent";
}

TEST(RxEcn, FlagsOfASynAckArePassedOn) {
  Bench bench;
  bench.control(kActive);
  const Outcome out = bench.segment({.seq = kIrs, .flags = kSyn | kAck | kEce});
  EXPECT_TRUE(out.syn_valid);
  EXPECT_EQ(out.marks, kMarkEce);
}

// Messages that wait, and how many of them are left when the transmit engine comes to them.
unsigned messages(std::vector<Segment> segments) {
  Bench bench;
  bench.establish();
  bench.segment(data(0, 1000));
  bench.refuse_messages(true);
  bench.burst(segments);
  bench.refuse_messages(false);
  return bench.burst({}).messages;
}

Segment marked(Segment segment, std::uint8_t flags, bool ce, unsigned sack_count = 0) {
  segment.flags |= flags;
  segment.ce = ce;
  segment.sack_count = sack_count;
  return segment;
}

TEST(RxMerge, ReportsOfDataReceivedTwiceStaySeparate) {
  EXPECT_EQ(messages({data(100, 200), data(300, 400), data(500, 600)}), 3U);
  EXPECT_EQ(messages({data(1000, 1100), data(300, 400), data(1100, 1200)}), 1U) << "one is kept";
}

TEST(RxMerge, TheOneReportOfDataReceivedTwiceSurvives) {
  Bench bench;
  bench.establish();
  bench.segment(data(0, 1000));
  bench.refuse_messages(true);
  bench.burst({data(300, 400), data(1000, 1100), data(1100, 1200)});
  bench.dut().eval();
  EXPECT_TRUE(bench.dut().tx_dsack_o);
  EXPECT_EQ(bench.dut().tx_dsack_start_o, kIrs + 301);
  EXPECT_EQ(bench.dut().tx_dsack_end_o, kIrs + 401);
  EXPECT_EQ(bench.dut().tx_want_ack_o, kAckNow);
}

TEST(RxMerge, ChangesOfMarksStaySeparate) {
  const Segment a = data(1000, 1100), b = data(1100, 1200), c = data(1200, 1300);
  EXPECT_EQ(messages({a, b, c}), 1U);
  EXPECT_EQ(messages({marked(a, 0, true), marked(b, 0, true), marked(c, 0, true)}), 1U);
  EXPECT_EQ(messages({a, marked(b, 0, true), c}), 3U);
  EXPECT_EQ(messages({a, marked(b, kEce, false), marked(c, kEce, false)}), 2U);
  EXPECT_EQ(messages({a, marked(b, kCwr, false), c}), 3U);
}

TEST(RxMerge, SelectiveAcksAreNotLost) {
  const Segment a = data(1000, 1100), b = data(1100, 1200);
  EXPECT_EQ(messages({marked(a, 0, false, 1), b}), 2U);
  EXPECT_EQ(messages({marked(a, 0, false, 1), marked(b, 0, false, 2)}), 2U);
  EXPECT_EQ(messages({a, marked(b, 0, false, 1)}), 1U) << "the newer one has them";
}

}  // namespace
}  // namespace millrace
