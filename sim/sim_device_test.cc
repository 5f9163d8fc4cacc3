// SPDX-License-Identifier: Apache-2.0
// Simulation and device seam on fake cards: registers, waiting, jumps over quiet time, dead cards,
// linked cards.

#include "sim/sim_device.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sim/testing/fake_card.h"

namespace millrace::sim {
namespace {

using host::DeviceError;

struct Bench {
  explicit Bench(const MemoryModel& memory = {}) {
    simulation->add_card(std::make_unique<FakeCard>(), {memory, 1});
    device = std::make_unique<SimDevice>(simulation, 0, "fake");
  }
  std::shared_ptr<Simulation> simulation = std::make_shared<Simulation>();
  std::unique_ptr<SimDevice> device;
};

std::vector<std::byte> frame_of(std::size_t bytes, int value) {
  return std::vector<std::byte>(bytes, static_cast<std::byte>(value));
}

TEST(SimDevice, RegistersReadBackInOrder) {
  for (const char* name : {"ideal", "pcie_gen4_x8"}) {
    Bench bench(*memory_model(name));
    for (std::uint32_t i = 0; i < 20; ++i) {
      ASSERT_TRUE(bench.device->write_register(0x40 + 4 * i, i * 3).has_value());
    }
    for (std::uint32_t i = 0; i < 20; ++i)
      EXPECT_EQ(bench.device->read_register(0x40 + 4 * i), i * 3);
  }
}

TEST(SimDevice, ManyPostedWritesAreTakenWithoutLoss) {
  Bench bench;
  for (std::uint32_t i = 0; i <= 5000; ++i) {
    ASSERT_TRUE(bench.device->write_register(0x40, i).has_value());
  }
  EXPECT_EQ(bench.device->read_register(0x40), 5000u);
}

TEST(SimDevice, BadOffsetsAreRefused) {
  Bench bench;
  EXPECT_EQ(bench.device->read_register(2).error(), DeviceError::kBadOffset);
  EXPECT_EQ(bench.device->write_register(1u << 20, 0).error(), DeviceError::kBadOffset);
}

TEST(SimDevice, WaitReturnsWhenTheCardWroteMemory) {
  Bench bench;
  const auto memory = bench.device->allocate(8192);
  ASSERT_TRUE(memory.has_value());
  memory->bytes[5] = std::byte{77};
  const std::uint64_t from = memory->card_address;
  const std::uint64_t to = from + 4096;
  (void)bench.device->write_register(FakeCard::kFrom, static_cast<std::uint32_t>(from));
  (void)bench.device->write_register(FakeCard::kFrom + 4, static_cast<std::uint32_t>(from >> 32));
  (void)bench.device->write_register(FakeCard::kTo, static_cast<std::uint32_t>(to));
  (void)bench.device->write_register(FakeCard::kTo + 4, static_cast<std::uint32_t>(to >> 32));
  (void)bench.device->write_register(FakeCard::kCopy, 1);
  ASSERT_TRUE(bench.device->wait(1'000'000).has_value());
  EXPECT_LT(bench.device->now_us(), 10u);
  EXPECT_EQ(memory->bytes[4096 + 5], std::byte{77});
}

TEST(SimDevice, QuietTimeIsJumpedOverToTheDeadline) {
  Bench bench;
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(bench.device->wait(3'600'000'000).has_value());  // one hour
  EXPECT_EQ(bench.device->now_us(), 3'600'000'000u);
  EXPECT_LT(bench.simulation->counters().cycles, 1000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(SimDevice, CardTimersFireAtTheirTimeThoughTimeJumps) {
  Bench bench;
  ASSERT_TRUE(bench.device->write_register(FakeCard::kTimer, 60'000'000).has_value());
  ASSERT_TRUE(bench.device->wait(59'999'990).has_value());
  EXPECT_EQ(bench.device->read_register(FakeCard::kFired), 0u);
  ASSERT_TRUE(bench.device->wait(60'000'010).has_value());
  EXPECT_EQ(bench.device->read_register(FakeCard::kFired), 1u);
  const std::uint32_t card_now = *bench.device->read_register(FakeCard::kNow);
  EXPECT_NEAR(static_cast<double>(card_now), static_cast<double>(bench.device->now_us()), 1);
}

// A jump may be longer than the 2^32 us that the card's input can say: 71 minutes.
TEST(SimDevice, NoHourOfALongJumpIsLost) {
  Bench bench;
  ASSERT_TRUE(bench.device->wait(86'400'000'000).has_value());  // one day: 20.1 times
  EXPECT_EQ(bench.device->read_register(FakeCard::kWraps), 20u);
  const std::uint32_t card_now = *bench.device->read_register(FakeCard::kNow);
  const std::uint64_t passed = (std::uint64_t{20} << 32U) + card_now;
  EXPECT_NEAR(static_cast<double>(passed), static_cast<double>(bench.device->now_us()), 1);
}

TEST(SimDevice, DeadCardIsLostForEver) {
  Bench bench;
  ASSERT_TRUE(bench.device->read_register(0).has_value());
  bench.device->kill();
  ASSERT_TRUE(bench.device->wait(1000).has_value());  // a dead card is merely silent
  EXPECT_EQ(bench.device->read_register(0).error(), DeviceError::kLost);
  EXPECT_NE(bench.device->failure(), "");
  EXPECT_EQ(bench.device->write_register(0, 0).error(), DeviceError::kLost);
  EXPECT_EQ(bench.device->wait(2000).error(), DeviceError::kLost);
  EXPECT_EQ(bench.device->allocate(1).error(), DeviceError::kLost);
}

TEST(SimDevice, FailedModelIsLostWithItsReason) {
  Bench bench;
  ASSERT_TRUE(bench.device->write_register(FakeCard::kFail, 1).has_value());
  EXPECT_EQ(bench.device->wait(1000).error(), DeviceError::kLost);
  EXPECT_EQ(bench.device->failure(), "told to fail");
}

TEST(SimDevice, WakeEndsAWaitThatNothingElseEnds) {
  Bench bench;
  std::thread other([&bench] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    bench.device->wake();
  });
  ASSERT_TRUE(bench.device->wait(kNever).has_value());
  other.join();
  bench.device->wake();
  ASSERT_TRUE(bench.device->wait(1'000'000).has_value());
  EXPECT_LT(bench.device->now_us(), 1000u);
}

TEST(Simulation, WallClockSleepsUntilTheDeadline) {
  Bench bench;
  bench.simulation->use_wall_clock();
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(bench.device->write_register(FakeCard::kTimer, 20'000).has_value());
  while (bench.device->now_us() < 50'000) {
    ASSERT_TRUE(bench.device->wait(50'000).has_value());
  }
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, std::chrono::milliseconds(49));
  EXPECT_LT(took, std::chrono::milliseconds(500));
  EXPECT_LT(bench.simulation->counters().cycles, 2000u);
  EXPECT_EQ(bench.device->read_register(FakeCard::kFired), 1u);
}

TEST(Simulation, ScriptedFramesPassTheCard) {
  Bench bench;
  ScriptWire& wire = bench.simulation->add_script(0);
  for (int i = 0; i < 10; ++i) wire.inject(frame_of(60 + 97 * i, i + 1), 5000);
  wire.inject(frame_of(60, 99), 6000, true);
  EXPECT_TRUE(bench.simulation->run_until([&wire] { return wire.sent().size() == 10; }, 1000));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(wire.sent()[i].bytes, frame_of(60 + 97 * i, i + 1));
  EXPECT_GE(wire.sent()[0].time_ns, 5000u);
  bench.simulation->run_us(100);
  EXPECT_EQ(wire.sent().size(), 10u);  // the one with a bad FCS is not answered
  EXPECT_EQ(bench.simulation->errors(), "");
}

// Frames that two cards send each other for ever, with every fault: the capture tells whether two
// runs are the same.
std::string capture_of_run(std::uint64_t seed, const std::string& name) {
  const std::string path = testing::TempDir() + name;
  {
    Simulation simulation;
    simulation.add_card(std::make_unique<FakeCard>(), {{}, seed});
    simulation.add_card(std::make_unique<FakeCard>(), {{}, seed + 1});
    LinkOptions options;
    options.reorder = 0.1;
    options.duplicate = 0.01;
    options.loss = 0.01;
    options.corrupt = 0.01;
    options.seed = seed;
    Link& link = simulation.add_link(0, 1, options);
    EXPECT_TRUE(simulation.add_capture(0, path).has_value());
    EXPECT_TRUE(simulation.add_capture(1, path).has_value());
    for (int i = 0; i < 30; ++i) {
      Frame frame{frame_of(100 + i, i), false};
      link.end(0).send(0, frame);
    }
    simulation.run_us(200);
    EXPECT_GT(link.counters().frames, 1000u);
    EXPECT_EQ(simulation.errors(), "");
  }
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Simulation, SameSeedSameCapture) {
  const std::string one = capture_of_run(5, "a.pcapng");
  EXPECT_GT(one.size(), 100'000u);
  EXPECT_TRUE(one == capture_of_run(5, "b.pcapng"));
  EXPECT_FALSE(one == capture_of_run(6, "c.pcapng"));
}

TEST(Simulation, SleepingCardKeepsTimeWhileTheOtherWorks) {
  auto simulation = std::make_shared<Simulation>();
  for (int i = 0; i < 2; ++i) simulation->add_card(std::make_unique<FakeCard>(), {{}, 1});
  SimDevice busy(simulation, 0, "busy");
  SimDevice quiet(simulation, 1, "quiet");
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(busy.read_register(0).has_value());
  EXPECT_LT(simulation->card(1).counters().clocks, 100u);
  EXPECT_NEAR(static_cast<double>(*quiet.read_register(FakeCard::kNow)),
              static_cast<double>(quiet.now_us()), 1);
}

}  // namespace
}  // namespace millrace::sim
