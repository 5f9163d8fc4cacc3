// SPDX-License-Identifier: Apache-2.0
// toe_tx_engine: black holes and probes of the path MTU (RFC 4821), and the user timeout.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "hw/tx/toe_tx_engine_bench.h"

namespace millrace::tx_test {
namespace {

constexpr unsigned kFull = 1460, kSmall = 1360;
constexpr std::uint32_t kSecond = 1'000'000;

std::vector<unsigned> lengths(const std::vector<Sent>& sent) {
  std::vector<unsigned> out;
  for (const Sent& segment : sent) out.push_back(segment.len);
  return out;
}
using Lengths = std::vector<unsigned>;

// What leaves when nobody answers for 20 s: six timeouts.
std::vector<unsigned> unanswered(bool black_hole, std::uint32_t bytes) {
  Bench bench({.black_hole = black_hole, .mss = kFull});
  bench.establish();
  bench.host(bytes);
  bench.take();
  bench.advance(20 * kSecond);
  EXPECT_EQ(bench.count(kRto), 5U) << "retries_max of the bench";
  return lengths(bench.take());
}

TEST(TxSearch, FourTimeoutsAreABlackHole) {
  EXPECT_EQ(unanswered(true, 1460), (Lengths{1460, 1460, 1460, 1024, 512}));
  EXPECT_EQ(unanswered(true, 1000), (Lengths{1000, 1000, 1000, 1000, 730}));
  EXPECT_EQ(unanswered(true, 512), (Lengths{512, 512, 512, 512, 512})) << "not for its size";
  EXPECT_EQ(unanswered(false, 1460), (Lengths{1460, 1460, 1460, 1460, 1460}));
}

TEST(TxSearch, TransferGoesOnWithSmallerSegments) {
  Bench bench({.black_hole = true, .mss = kFull});
  bench.establish();
  bench.host(5 * kFull);
  bench.advance(3'100'000);
  auto sent = bench.take();
  ASSERT_EQ(sent.back().len, 1024);
  EXPECT_EQ(bench.count(kPmtuReduced), 1U);
  bench.ack({.ack = kIss + 1 + 1024});
  EXPECT_EQ(lengths(bench.take()), (Lengths{1024, 1024}));
}

TEST(TxSearch, ProgressBetweenTimeoutsIsNoBlackHole) {
  Bench bench({.black_hole = true, .mss = kFull});
  bench.establish();
  bench.host(2 * kFull);
  bench.advance(1'500'000);
  bench.ack({.ack = kIss + 1 + kFull});
  bench.advance(1'700'000);
  EXPECT_EQ(bench.take().back().len, kFull);
  EXPECT_EQ(bench.count(kPmtuReduced), 0U);
}

// An idle connection that a router told 1400 bytes, 610 s ago.
class Told : public Bench {
 public:
  explicit Told(bool black_hole, bool sack = true)
      : Bench({.sack = sack, .black_hole = black_hole, .mss = kFull}) {
    establish(60'000, 10'000);
    host(kFull);
    take();
    ack({.wnd = 1400, .valid = false, .icmp = true});
    EXPECT_EQ(lengths(take()), (Lengths{kSmall, 100}));
    EXPECT_EQ(count(kPmtuReduced), 1U);
    ack({.ack = kIss + 1 + kFull});
    advance(590 * kSecond);
    host(kFull + 6 * kSmall);
    EXPECT_EQ(lengths(take()), Lengths(6, kSmall)) << "not within ten minutes";
    ack({.ack = start});
    advance(20 * kSecond);
  }
  // The first byte of the segment after a probe of kFull and i - 1 of kSmall.
  std::uint32_t after(std::uint32_t i) const { return start + kFull + (i - 1) * kSmall; }
  const std::uint32_t start = kIss + 1 + kFull + 6 * kSmall;
};

TEST(TxSearch, ProbeThatArrivesRaisesTheSegmentSize) {
  Told bench(true);
  bench.host(60'000);
  auto sent = bench.take();
  EXPECT_EQ(sent.front().len, kFull);
  EXPECT_TRUE(
      std::all_of(sent.begin() + 1, sent.end(), [](const Sent& s) { return s.len == kSmall; }));
  bench.ack({.ack = bench.after(1)});
  sent = bench.take();
  EXPECT_EQ(lengths(sent), Lengths(sent.size(), kFull));
}

TEST(TxSearch, NoProbeWithoutPolicySackOrEnoughData) {
  for (int missing = 0; missing < 3; ++missing) {
    Told bench(missing != 0, missing != 1);
    bench.host(missing == 2 ? 2 * kFull + 9 * kSmall : 60'000);
    EXPECT_EQ(bench.take().front().len, kSmall) << missing;
  }
}

// Bytes in flight after a loss of the probe, and of the segment after next if `another`.
std::uint32_t flight_after_loss(Told& bench, bool another) {
  bench.host(60'000);
  EXPECT_EQ(bench.take().front().len, kFull);
  const std::uint32_t first = bench.after(another ? 2 : 1);
  for (std::uint32_t i = 0; i < 3; ++i) {
    bench.ack({.ack = bench.start, .sack = {{first, bench.after(i + (another ? 3 : 2))}}});
  }
  const auto again = bench.take();
  EXPECT_TRUE(std::ranges::any_of(again, [&](const Sent& s) {
    return s.seq == bench.start && s.len == kSmall;
  })) << "in segments of the size that is known";
  std::uint32_t end = bench.start;
  for (const Sent& segment : again) {
    const std::uint32_t past = segment.seq + segment.len;
    if (static_cast<std::int32_t>(past - end) > 0) end = past;
  }
  bench.ack({.ack = end});
  const auto sent = bench.take();
  EXPECT_EQ(sent.front().len, another ? kSmall : (kFull + kSmall) / 2) << "halfway is next";
  EXPECT_EQ(lengths({sent.begin() + 1, sent.end()}), Lengths(sent.size() - 1, kSmall));
  EXPECT_EQ(bench.count(kFast), 1U);
  return sent.empty() ? 0 : sent.back().seq + sent.back().len - end;
}

TEST(TxSearch, LossOfTheProbeAloneIsNoCongestion) {
  Told bench(true);
  EXPECT_GT(flight_after_loss(bench, false), 9 * kSmall);
}

TEST(TxSearch, LossOfTheProbeWithAnotherIsCongestion) {
  Told bench(true);
  const std::uint32_t flight = flight_after_loss(bench, true);
  EXPECT_GT(flight, 4 * kSmall);
  EXPECT_LE(flight, 5 * kSmall);
}

TEST(TxSearch, AnotherLossWhileTheProbeIsSentAgainIsCongestion) {
  Told bench(true);
  bench.host(60'000);
  bench.take();
  for (std::uint32_t i = 2; i <= 4; ++i) {
    bench.ack({.ack = bench.start, .sack = {{bench.after(1), bench.after(i)}}});
  }
  for (std::uint32_t i = 6; i <= 8; ++i) {  // the fifth segment is lost, too
    bench.ack({.ack = bench.start,
               .sack = {{bench.after(5), bench.after(i)}, {bench.after(1), bench.after(4)}}});
  }
  EXPECT_EQ(bench.count(kFast), 2U);
  const std::uint32_t end = bench.after(12);
  bench.ack({.ack = end});
  const auto sent = bench.take();
  ASSERT_FALSE(sent.empty());
  EXPECT_LE(sent.back().seq + sent.back().len - end, 6 * kSmall);
}

TEST(TxSearch, FailedProbeHasNoWindowToGiveBack) {
  constexpr unsigned kTimestamps = 12;
  Bench bench({.sack = true, .timestamps = true, .black_hole = true, .mss = kFull});
  bench.establish(60'000, 10'240);
  bench.host(kFull - kTimestamps);
  bench.take();
  bench.ack({.wnd = 1400, .valid = false, .icmp = true});
  const std::uint32_t start = kIss + 1 + kFull - kTimestamps;
  bench.ack({.ack = start});
  bench.advance(610 * kSecond);
  bench.take();
  bench.host(60'000);
  const auto sent = bench.take();
  ASSERT_EQ(sent.front().len, kFull - kTimestamps);
  bench.advance(10'240);
  for (std::size_t i = 2; i <= 4; ++i) {
    bench.ack({.ack = start, .sack = {{sent[1].seq, sent[i].seq}}});
  }
  bench.take();
  bench.ack({.ack = sent.back().seq + sent.back().len, .ts_ecr = sent.front().ts_val});
  EXPECT_EQ(bench.count(kUndone), 0U);
  EXPECT_GT(bench.take().size(), 5U);
}

// A path that takes `limit` bytes of payload, says nothing about more, and loses a fiftieth of what
// it takes; after each part of the stream nothing is sent for eleven minutes, until the search
// stands still.
void cross_narrow_path(unsigned seed, unsigned limit, bool sack) {
  SCOPED_TRACE(testing::Message() << "seed " << seed << ", limit " << limit << ", SACK " << sack);
  std::mt19937 random(seed);
  Bench bench({.sack = sack, .black_hole = true, .mss = kFull});
  bench.establish(60'000, 10'000);
  constexpr std::uint32_t kPart = 60'000, kParts = 6;
  Receiver receiver(kPart * kParts);
  unsigned longest = 0;
  for (std::uint32_t part = 1; part <= kParts; ++part) {
    bench.host(part * kPart);
    longest = 0;
    for (int steps = 0; receiver.next < part * kPart && steps < 5'000; ++steps) {
      const auto sent = bench.take();
      if (sent.empty()) bench.advance(50'000);
      for (const Sent& segment : sent) {
        const std::uint32_t first = segment.seq - kIss - 1;
        ASSERT_LE(first + segment.len, part * kPart);
        ASSERT_LE(segment.len, kFull);
        if (segment.len > limit || random() % 50 == 0) continue;
        longest = std::max<unsigned>(longest, segment.len);
        receiver.take(first, segment.len);
        bench.advance(50);
        bench.ack({.ack = kIss + 1 + receiver.next,
                   .sack = sack ? receiver.blocks()
                                : std::vector<std::pair<std::uint32_t, std::uint32_t>>{}});
      }
    }
    ASSERT_EQ(receiver.next, part * kPart);
    bench.advance(660 * kSecond);
  }
  EXPECT_GE(bench.count(kPmtuReduced), limit < kFull ? 1U : 0U);
  const unsigned expected = std::min(limit, kFull);
  if (sack) EXPECT_GE(longest + 16, expected);
}

TEST(TxSearch, NarrowAndLossyPathStopsNothing) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    for (const unsigned limit : {1100U, 1200U, 1300U, 1400U, kFull}) {
      cross_narrow_path(seed, limit, seed % 2 == 0);
    }
  }
}

TEST(TxUserTimeout, EndsAClosedWindowHoweverOftenProbesAreAnswered) {
  Bench bench;
  bench.user_timeout(3000);  // ticks of 1,024 us
  bench.establish(0);
  bench.host(500);
  const std::uint32_t start = bench.now();
  while (!bench.end_status && bench.now() - start < 10 * kSecond) {
    bench.advance(bench.deadline() - bench.now());
    bench.ack({.wnd = 0});
  }
  ASSERT_TRUE(bench.end_status);
  EXPECT_EQ(bench.count(kUserTimeouts), 1U);
  EXPECT_NEAR(bench.now() - start, 3000 * 1024, 2048);
}

TEST(TxUserTimeout, EndsASynThatNobodyAnswers) {
  Bench bench;
  bench.user_timeout(2000);
  bench.control(kActive);
  bench.advance(2000 * 1024 - 2048);
  EXPECT_FALSE(bench.end_status);
  bench.advance(4096);
  ASSERT_TRUE(bench.end_status);
  EXPECT_EQ(bench.take().size(), 2U);
}

}  // namespace
}  // namespace millrace::tx_test
