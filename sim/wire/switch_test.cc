// SPDX-License-Identifier: Apache-2.0
// The switch: learning, flooding, and paths whose faults concern nobody else.

#include "sim/wire/switch.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace millrace::sim {
namespace {

constexpr int kNobody = 0xFF;  // the broadcast address

Frame make_frame(int from, int to, std::uint8_t number = 0) {
  Frame frame;
  frame.bytes.assign(kMinFrameBytes, std::byte{0});
  const auto address = [&](std::size_t at, int who) {
    for (std::size_t i = 0; i < 6; ++i) {
      frame.bytes[at + i] = who == kNobody ? std::byte{0xFF} : std::byte{0};
    }
    frame.bytes[at] = who == kNobody ? std::byte{0xFF} : std::byte{2};
    frame.bytes[at + 5] = static_cast<std::byte>(who);
  };
  address(0, to);
  address(6, from);
  frame.bytes[20] = std::byte{number};
  return frame;
}

void send(Switch& network, int from, int to, std::uint64_t now_ns = 0) {
  Frame frame = make_frame(from, to);
  network.port(from).send(now_ns, frame);
}

std::size_t arrived(Switch& network, int port) {
  Frame frame;
  std::size_t count = 0;
  while (network.port(port).receive(1'000'000, frame)) ++count;
  return count;
}

TEST(Switch, FloodsWhatItDoesNotKnowAndLearns) {
  Switch network(3, {});
  send(network, 0, 1);
  EXPECT_EQ(arrived(network, 0), 0u);
  EXPECT_EQ(arrived(network, 1), 1u);
  EXPECT_EQ(arrived(network, 2), 1u);
  send(network, 1, 0);
  EXPECT_EQ(arrived(network, 0), 1u);
  EXPECT_EQ(arrived(network, 2), 0u);
  send(network, 0, kNobody);
  EXPECT_EQ(arrived(network, 1), 1u);
  EXPECT_EQ(arrived(network, 2), 1u);
  EXPECT_EQ(network.port(2).next_arrival_ns(), kNever);
}

TEST(Switch, APathFailsAlone) {
  Switch network(3, {});
  LinkOptions down;
  down.loss = 1;
  network.set_options(0, 1, down);
  send(network, 0, kNobody);
  EXPECT_EQ(arrived(network, 1), 0u);
  EXPECT_EQ(arrived(network, 2), 1u);
  send(network, 1, 0);
  EXPECT_EQ(arrived(network, 0), 1u);
  EXPECT_EQ(network.counters().lost, 1u);
}

TEST(Switch, ForgetsWhatWasPluggedIn) {
  Switch network(3, {});
  send(network, 1, 0);
  send(network, 0, 1);
  network.clear(1);
  EXPECT_EQ(network.port(1).next_arrival_ns(), kNever);
  EXPECT_EQ(arrived(network, 2), 1u);  // the first frame was flooded
  send(network, 0, 1);
  EXPECT_EQ(arrived(network, 2), 1u) << "port 1 was not forgotten";
}

TEST(Switch, GivesTheEarliestFrameFirst) {
  Switch network(3, {});
  LinkOptions slow;
  slow.delay_ns = 50'000;
  network.set_options(0, 2, slow);
  Frame late = make_frame(0, 2, 1);
  Frame soon = make_frame(1, 2, 2);
  network.port(0).send(0, late);
  network.port(1).send(10, soon);
  Frame frame;
  ASSERT_TRUE(network.port(2).receive(1'000'000, frame));
  EXPECT_EQ(frame.bytes[20], std::byte{2});
  ASSERT_TRUE(network.port(2).receive(1'000'000, frame));
  EXPECT_EQ(frame.bytes[20], std::byte{1});
}

TEST(Switch, SameSeedSameFaults) {
  const auto run = [](std::uint64_t seed) {
    LinkOptions options;
    options.loss = 0.3;
    options.seed = seed;
    Switch network(2, options);
    std::vector<std::size_t> counts;
    for (int i = 0; i < 100; ++i) {
      send(network, 0, 1, static_cast<std::uint64_t>(i) * 1000);
      counts.push_back(arrived(network, 1));
    }
    return counts;
  };
  EXPECT_EQ(run(3), run(3));
  EXPECT_NE(run(3), run(4));
}

}  // namespace
}  // namespace millrace::sim
