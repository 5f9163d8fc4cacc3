// SPDX-License-Identifier: Apache-2.0
// The link: times, faults, order and that a seed decides everything.

#include "sim/wire/link.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace millrace::sim {
namespace {

constexpr std::uint64_t kFrameGapNs = 100;

Frame make_frame(std::uint32_t number, std::size_t bytes = 256) {
  Frame frame;
  frame.bytes.assign(bytes, std::byte{0});
  frame.bytes[12] = std::byte{0x08};  // IPv4
  for (int i = 0; i < 4; ++i) frame.bytes[20 + i] = static_cast<std::byte>(number >> (8 * i));
  return frame;
}

std::uint32_t number_of(const Frame& frame) {
  std::uint32_t number = 0;
  for (int i = 0; i < 4; ++i)
    number |= std::to_integer<std::uint32_t>(frame.bytes[20 + i]) << (8 * i);
  return number;
}

struct Arrival {
  std::uint64_t time_ns;
  std::vector<std::byte> bytes;
  bool bad_fcs;
  bool operator==(const Arrival&) const = default;
};

std::vector<Arrival> send_many(Link& link, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    Frame frame = make_frame(i);
    link.end(0).send(i * kFrameGapNs, frame);
  }
  std::vector<Arrival> arrivals;
  Frame frame;
  while (link.end(1).next_arrival_ns() != kNever) {
    const std::uint64_t at = link.end(1).next_arrival_ns();
    EXPECT_FALSE(link.end(1).receive(at - 1, frame));
    EXPECT_TRUE(link.end(1).receive(at, frame));
    arrivals.push_back({at, frame.bytes, frame.bad_fcs});
  }
  return arrivals;
}

TEST(Link, FrameArrivesAfterItsLineTimeAndTheDelay) {
  LinkOptions options;
  options.delay_ns = 500;
  Link link(options);
  Frame frame = make_frame(7, 1000);
  link.end(0).send(100, frame);
  // (1000 + 24) bytes at 100 Gb/s take 81.92 ns.
  EXPECT_EQ(link.end(1).next_arrival_ns(), 100u + 81u + 500u);
  EXPECT_EQ(link.end(0).next_arrival_ns(), kNever);
}

TEST(Link, MacHoldsBackWhenItsFifoIsFull) {
  Link link({});
  int sent = 0;
  while (link.end(0).ready(0) && sent < 100) {
    Frame frame = make_frame(sent++, 1500);
    link.end(0).send(0, frame);
  }
  EXPECT_EQ(sent, 3);  // 4 KiB and the one that passes it
  EXPECT_TRUE(link.end(0).ready(1000));
}

TEST(Link, NarrowPlaceDropsWhatItsQueueCannotHold) {
  LinkOptions options;
  options.rate_gbps = 1;
  options.queue_bytes = 10'000;
  Link link(options);
  const auto arrivals = send_many(link, 200);
  EXPECT_GT(link.counters().overflowed, 0u);
  EXPECT_EQ(arrivals.size() + link.counters().overflowed, 200u);
  for (std::size_t i = 1; i < arrivals.size(); ++i) {
    EXPECT_GE(arrivals[i].time_ns - arrivals[i - 1].time_ns, 2239u);  // 280 bytes at 1 Gb/s
  }
}

TEST(Link, SameSeedSameDeliveriesOtherSeedOthers) {
  LinkOptions options;
  options.loss = 0.05;
  options.reorder = 0.05;
  options.duplicate = 0.05;
  options.corrupt = 0.05;
  options.seed = 42;
  Link a(options);
  Link b(options);
  options.seed = 43;
  Link c(options);
  const auto of_a = send_many(a, 2000);
  EXPECT_TRUE(of_a == send_many(b, 2000));
  EXPECT_FALSE(of_a == send_many(c, 2000));
}

TEST(Link, FaultsHappenAsOftenAsAskedAndAreCounted) {
  LinkOptions options;
  options.loss = 0.1;
  options.reorder = 0.1;
  options.duplicate = 0.1;
  options.corrupt = 0.1;
  Link link(options);
  const auto arrivals = send_many(link, 10'000);
  const LinkCounters& counters = link.counters();
  EXPECT_EQ(counters.frames, 10'000u);
  EXPECT_NEAR(static_cast<double>(counters.lost), 1000, 150);
  EXPECT_NEAR(static_cast<double>(counters.reordered), 900, 150);
  EXPECT_NEAR(static_cast<double>(counters.duplicated), 900, 150);
  EXPECT_NEAR(static_cast<double>(counters.corrupted), 900, 150);
  EXPECT_EQ(arrivals.size(), 10'000u - counters.lost + counters.duplicated);
  EXPECT_EQ(counters.delivered, arrivals.size());
}

TEST(Link, CorruptionFlipsOneBitAndMarksOnlyWhatHasNoChecksum) {
  LinkOptions options;
  options.corrupt = 1;
  Link link(options);
  Frame ip = make_frame(0);
  const std::vector<std::byte> before = ip.bytes;
  link.end(0).send(0, ip);
  Frame arp = make_frame(0);
  arp.bytes[13] = std::byte{0x06};
  link.end(0).send(1000, arp);
  Frame frame;
  ASSERT_TRUE(link.end(1).receive(1'000'000, frame));
  int flipped = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    flipped += __builtin_popcount(std::to_integer<unsigned>(before[i] ^ frame.bytes[i]));
  }
  EXPECT_EQ(flipped, 1);
  EXPECT_FALSE(frame.bad_fcs);
  ASSERT_TRUE(link.end(1).receive(1'000'000, frame));
  EXPECT_TRUE(frame.bad_fcs);
}

TEST(Link, WithoutFaultsOrderAndContentStay) {
  Link link({});
  const auto arrivals = send_many(link, 1000);
  ASSERT_EQ(arrivals.size(), 1000u);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(number_of({arrivals[i].bytes, false}), i);
    EXPECT_FALSE(arrivals[i].bad_fcs);
  }
}

}  // namespace
}  // namespace millrace::sim
