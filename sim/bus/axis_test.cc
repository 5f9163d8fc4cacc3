// SPDX-License-Identifier: Apache-2.0
// Frames to beats and back, with and without stalls.

#include "sim/bus/axis.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sim/random.h"

namespace millrace::sim {
namespace {

// A wire between the two ports: what the source shows the sink sees in the same clock.
struct Loop {
  std::array<std::uint32_t, 16> data{};
  std::uint64_t keep = 0;
  std::uint8_t last = 0, user = 0, valid = 0, ready = 1, sink_ready = 0;
  AxisSource source{{data.data(), &keep, &last, &user, &valid, &ready}};
  AxisSink sink{{data.data(), &keep, &last, &valid, &sink_ready}};
};

TEST(Axis, FramesOfEveryLengthPassUnchanged) {
  Loop loop;
  Random random(3);
  for (std::size_t bytes = 60; bytes < 400; ++bytes) {
    Frame frame;
    for (std::size_t i = 0; i < bytes; ++i) {
      frame.bytes.push_back(static_cast<std::byte>(random.next()));
    }
    const std::vector<std::byte> want = frame.bytes;
    loop.source.settle();
    ASSERT_TRUE(loop.source.can_load());
    loop.source.load(frame);
    for (int clocks = 0;; ++clocks) {
      ASSERT_LT(clocks, 100);
      if (clocks > 0) loop.source.settle();
      loop.source.drive(random.chance(0.3));
      if (loop.sink.tick(true)) break;
    }
    EXPECT_EQ(loop.sink.frame().bytes, want);
  }
  EXPECT_EQ(loop.sink.error(), "");
}

TEST(Axis, SinkHoldsAFrameBackOnlyBeforeItBegins) {
  Loop loop;
  Frame frame;
  frame.bytes.assign(128, std::byte{1});
  loop.source.load(frame);
  loop.ready = 0;
  loop.source.drive(false);
  EXPECT_FALSE(loop.sink.tick(false));
  EXPECT_EQ(loop.sink_ready, 0);
  EXPECT_FALSE(loop.sink.tick(true));
  EXPECT_EQ(loop.sink_ready, 1);
  EXPECT_FALSE(loop.sink.idle());
  EXPECT_FALSE(loop.sink.tick(false));
  EXPECT_EQ(loop.sink_ready, 1);
}

TEST(Axis, ShortFramesAndBrokenKeepAreReported) {
  Loop loop;
  loop.keep = 5;
  loop.last = 1;
  loop.valid = 1;
  EXPECT_TRUE(loop.sink.tick(true));
  EXPECT_NE(loop.sink.error(), "");
  Loop runt;
  runt.keep = 1;
  runt.last = 1;
  runt.valid = 1;
  EXPECT_TRUE(runt.sink.tick(true));
  EXPECT_EQ(runt.sink.error(), "frame from the card is shorter than 60 bytes");
}

}  // namespace
}  // namespace millrace::sim
