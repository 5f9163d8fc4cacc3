// SPDX-License-Identifier: Apache-2.0
// toe_tx_engine: what SACK, loss probes, timestamps and ECN bring to loss recovery and to the
// congestion window, rule by rule; and a lossy path against a model receiver with SACK.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "hw/tx/toe_tx_engine_bench.h"

namespace millrace::tx_test {
namespace {

constexpr std::uint32_t kRtt = 10'240;  // ten ticks of the timestamp clock
constexpr unsigned kEce = 0x40, kCwr = 0x80;
constexpr unsigned kEct0 = 2, kNotEct = 0;

// The first byte of segment `i`.
std::uint32_t at(std::uint32_t i) { return kIss + 1 + i * kMss; }

std::vector<std::uint32_t> numbers(const std::vector<Sent>& sent) {
  std::vector<std::uint32_t> out;
  for (const Sent& segment : sent) out.push_back((segment.seq - kIss - 1) / kMss);
  return out;
}
using Numbers = std::vector<std::uint32_t>;

// A connection with the initial window of ten segments in flight, and more to send.
class Flight : public Bench {
 public:
  explicit Flight(const Setup& setup) : Bench(setup) {
    establish(60'000, kRtt);
    host(60'000);
    sent = take();
    EXPECT_EQ(sent.size(), 10U);
    advance(kRtt);
  }
  std::vector<Sent> sent;
};

TEST(TxRecovery, HolesGoAgainOnceAndAsThePipeAllows) {
  Flight bench({.sack = true});  // 0 and 4 are lost
  bench.ack({.sack = {{at(1), at(2)}}});
  EXPECT_EQ(numbers(bench.take()), Numbers{10}) << "limited transmit";
  bench.ack({.sack = {{at(1), at(3)}}});
  EXPECT_EQ(numbers(bench.take()), Numbers{11});
  bench.ack({.sack = {{at(1), at(4)}}});
  EXPECT_EQ(numbers(bench.take()), Numbers{0}) << "the first at once, whatever the pipe holds";
  for (std::uint32_t end : {6U, 7U, 8U}) {
    bench.ack({.sack = {{at(5), at(end)}, {at(1), at(4)}}});
    EXPECT_TRUE(bench.take().empty()) << "half a window of 10 is still in the pipe: " << end;
  }
  bench.ack({.sack = {{at(5), at(9)}, {at(1), at(4)}}});
  EXPECT_EQ(numbers(bench.take()), Numbers{4});
  bench.ack({.ack = at(4), .sack = {{at(5), at(9)}}});
  EXPECT_EQ(numbers(bench.take()), Numbers{12});
  bench.ack({.ack = at(12)});
  EXPECT_EQ(numbers(bench.take()), (Numbers{13, 14, 15, 16})) << "half a window";
  EXPECT_EQ(bench.count(kFast), 1U);
  EXPECT_EQ(bench.count(kSackRetransmits), 2U);
  EXPECT_EQ(bench.count(kRto), 0U);
}

TEST(TxRecovery, TwoSegmentsAboveMakeNoHole) {
  Bench bench({.sack = true});
  bench.establish(60'000, kRtt);
  bench.host(3 * kMss);
  bench.take();
  bench.ack({.sack = {{at(1), at(2)}}});
  bench.ack({.sack = {{at(1), at(3)}}});
  EXPECT_TRUE(bench.take().empty());
}

TEST(TxRecovery, ThreeSegmentsAboveInOneAcknowledgementMakeAHole) {
  for (const std::uint32_t end : {3U, 4U}) {
    Flight bench({.sack = true});
    bench.ack({.sack = {{at(1), at(end)}}});
    const auto sent = numbers(bench.take());
    EXPECT_EQ(std::ranges::count(sent, 0U), end == 4 ? 1 : 0) << "IsLost(), RFC 6675 4";
  }
}

TEST(TxRecovery, LostRetransmissionIsSeenByWhatWasSentAfterIt) {
  Flight bench({.sack = true});
  for (std::uint32_t end = 2; end <= 12; ++end) bench.ack({.sack = {{at(1), at(end)}}});
  auto sent = numbers(bench.take());
  EXPECT_EQ(std::ranges::count(sent, 0U), 1);
  EXPECT_EQ(sent.back(), 15U) << "new data follow the retransmission";
  bench.ack({.sack = {{at(1), at(13)}}});
  bench.ack({.sack = {{at(1), at(14)}}});
  sent = numbers(bench.take());
  EXPECT_EQ(std::ranges::count(sent, 0U), 0) << "two segments may be early";
  bench.ack({.sack = {{at(1), at(15)}}});
  sent = numbers(bench.take());
  EXPECT_EQ(std::ranges::count(sent, 0U), 1);
  EXPECT_EQ(bench.count(kRto), 0U);
}

TEST(TxRecovery, NewDataAreTheBetterProbe) {
  Flight bench({.sack = true});
  bench.advance(30'000);  // SRTT and four times RTTVAR: 10 and 20 ms
  EXPECT_EQ(numbers(bench.take()), Numbers{10}) << "beyond the congestion window, RFC 8985 7.3";
  EXPECT_EQ(bench.count(kLossProbes), 1U);
}

// Three segments, of which the last is lost and probed for; then ten more.
class Tail : public Bench {
 public:
  Tail() : Bench({.sack = true}) {
    establish(60'000, kRtt);
    host(3 * kMss);
    take();
    advance(kRtt);
    ack({.ack = at(2)});
    advance(60'000);
    EXPECT_TRUE(take().empty()) << "the acknowledgement may be delayed by 40 ms";
    advance(10'000);
    EXPECT_EQ(numbers(take()), Numbers{2});
    EXPECT_EQ(count(kLossProbes), 1U);
    ack({.ack = at(3)});
  }
  // How many segments may be in flight once ten more were acknowledged from the first on.
  std::size_t window(bool dsack = false) {
    host(60 * kMss);
    EXPECT_EQ(take().size(), 10U);
    Ack first{.ack = at(4)};
    if (dsack) first.sack = {{at(2), at(3)}};
    ack(first);
    ack({.ack = at(13)});
    const auto sent = take();
    return sent.empty() ? 0 : (sent.back().seq + sent.back().len - at(13)) / kMss;
  }
};

TEST(TxRecovery, ProbeThatRepairedALossHalvesTheWindow) {
  Tail bench;
  EXPECT_EQ(bench.window(), 5U) << "RFC 8985 7.4.2";
  EXPECT_EQ(bench.count(kRto), 0U);
}

TEST(TxRecovery, ProbeForWhatWasOnlyLateLeavesTheWindow) {
  Tail bench;
  bench.ack({.ack = at(3), .sack = {{at(2), at(3)}}});  // D-SACK: both arrived
  EXPECT_GT(bench.window(), 10U);
}

TEST(TxRecovery, DsackBesideNewDataSaysTheSame) {
  Tail bench;
  EXPECT_GT(bench.window(true), 10U);
}

// The timeout after data that were sent three times, acknowledged with the echo `ecr`.
std::uint32_t timeout_after_backoff(bool timestamps, std::int32_t older) {
  Bench bench({.timestamps = timestamps});
  bench.establish(60'000, kRtt);
  bench.host(100);
  bench.advance(600'000);
  const auto sent = bench.take();
  EXPECT_EQ(sent.size(), 3U);
  bench.advance(kRtt);
  bench.ack({.ack = kIss + 101, .ts_ecr = sent.back().ts_val - static_cast<std::uint32_t>(older)});
  bench.host(200);
  return bench.deadline() - bench.now();
}

TEST(TxRecovery, TimestampMeasuresWhereKarnForbidsIt) {
  EXPECT_EQ(timeout_after_backoff(true, 0), 200'000U) << "RFC 7323 4.1";
  EXPECT_EQ(timeout_after_backoff(true, -20'000), 800'000U) << "an echo of the future is none";
  EXPECT_EQ(timeout_after_backoff(false, 0), 800'000U) << "RFC 6298 5.5";
}

TEST(TxRecovery, SpuriousRecoveryIsUndone) {
  for (const bool spurious : {true, false}) {
    Flight bench({.timestamps = true, .mss = kMss + 12});
    for (int i = 0; i < 3; ++i) bench.ack({});
    const auto again = bench.take();
    ASSERT_EQ(again.size(), 3U) << "two by limited transmit, the lost one";
    EXPECT_EQ(again.back().seq, at(0));
    bench.advance(kRtt);
    bench.ack(
        {.ack = at(12), .ts_ecr = spurious ? bench.sent.front().ts_val : again.back().ts_val});
    EXPECT_EQ(bench.take().size(), spurious ? 10U : 5U) << "RFC 3522, RFC 4015";
    EXPECT_EQ(bench.count(kUndone), spurious ? 1U : 0U);
  }
}

TEST(TxRecovery, SpuriousTimeoutIsUndone) {
  for (const bool spurious : {true, false}) {
    Flight bench({.timestamps = true, .mss = kMss + 12});
    bench.advance(200'000);
    const auto again = bench.take();
    ASSERT_EQ(numbers(again), Numbers{0});
    bench.ack(
        {.ack = at(1), .ts_ecr = spurious ? bench.sent.front().ts_val : again.front().ts_val});
    EXPECT_EQ(numbers(bench.take()), spurious ? Numbers{10} : (Numbers{1, 2}));
    EXPECT_EQ(bench.count(kUndone), spurious ? 1U : 0U);
  }
}

TEST(TxRecovery, EceHalvesTheWindowOnceInARoundTrip) {
  Flight bench({.ecn = true});
  EXPECT_EQ(bench.sent.front().ecn, kEct0);
  bench.ack({.ack = at(1), .ece = true});
  bench.ack({.ack = at(2), .ece = true});
  bench.ack({.ack = at(5), .ece = true});
  EXPECT_TRUE(bench.take().empty()) << "five are in flight, half of the window";
  bench.ack({.ack = at(6), .ece = true});
  auto sent = bench.take();
  ASSERT_EQ(numbers(sent), Numbers{10});
  EXPECT_EQ(sent[0].flags & (kCwr | kEce), kCwr);
  bench.ack({.ack = at(7)});
  sent = bench.take();
  ASSERT_EQ(numbers(sent), Numbers{11});
  EXPECT_EQ(sent[0].flags & kCwr, 0U);
  bench.ack({.ack = at(10), .ece = true});  // the window after the first mark begins
  EXPECT_TRUE(bench.take().empty()) << "2,500 bytes, of which 2,000 are in flight";
  bench.advance(300'000);
  sent = bench.take();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.front().seq, at(10));
  EXPECT_EQ(sent.front().ecn, kNotEct) << "RFC 3168 6.1.5";
}

TEST(TxRecovery, EceMeansNothingUnlessAgreed) {
  Flight bench({.ecn = false});
  EXPECT_EQ(bench.sent.front().ecn, kNotEct);
  bench.ack({.ack = at(2), .ece = true});
  EXPECT_EQ(bench.take().size(), 3U);
}

void cross_lossy_path(unsigned seed, bool timestamps) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  Bench bench({.sack = true, .timestamps = timestamps});
  bench.establish(60'000, kRtt);
  constexpr std::uint32_t kTotal = 60'000;
  bench.host(kTotal);
  Receiver receiver(kTotal);
  for (int steps = 0; receiver.next < kTotal && steps < 20'000; ++steps) {
    const auto sent = bench.take();
    if (sent.empty()) bench.advance(5'000);
    for (const Sent& segment : sent) {
      const std::uint32_t first = segment.seq - kIss - 1;
      ASSERT_LE(first + segment.len, kTotal);
      if (random() % 10 == 0) continue;
      receiver.take(first, segment.len);
      bench.advance(50);
      if (random() % 10 == 0) continue;
      bench.ack(
          {.ack = kIss + 1 + receiver.next, .sack = receiver.blocks(), .ts_ecr = segment.ts_val});
    }
  }
  EXPECT_EQ(receiver.next, kTotal);
  EXPECT_FALSE(bench.end_status);
  // Every tenth of 60 is lost; selective retransmission sends little else again.
  EXPECT_LT(bench.count(kRetransmits), 30U);
}

TEST(TxRecovery, LossyPathWithSackDeliversEverythingWithFewRetransmissions) {
  for (unsigned seed = 1; seed <= 10; ++seed) cross_lossy_path(seed, seed % 2 == 0);
}

}  // namespace
}  // namespace millrace::tx_test
