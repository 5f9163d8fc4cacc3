// SPDX-License-Identifier: Apache-2.0
// Counts what flows add to the host's instructions for a 64-byte echo (host/echo_cost_test.cc has
// the runtime's own): coroutines that read_into and write on a software card. An echo is two
// operations.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "flow/toe_flow.h"
#include "host/count_instructions.h"
#include "host/device/doorbell_device.h"

namespace millrace::flow {
namespace {

using host::InstructionCount;

constexpr std::size_t kMessage = 64;

Task<void> echo(EventLoop& loop, host::Runtime& runtime) {
  ToeConnectOptions options;
  options.buffers = {.tx_bytes = 4096, .rx_bytes = 4096};
  const host::Endpoint remote = {0x0A000002, 7};
  auto flow = co_await toe_connect(loop, runtime, remote, options);
  if (!flow) co_return;
  std::array<std::byte, kMessage> space{};
  for (;;) {
    const auto got = co_await flow->read_into(space);
    if (!got || *got == 0) co_return;
    const auto put = co_await flow->write(ConstBytes(space).first(*got));
    if (!put) co_return;
  }
}

// The last of 20 batches is counted: a turn that polls, and one that resumes and rings.
int echo_batches(std::uint16_t batch, InstructionCount& count) {
  host::DoorbellDevice device(256);
  host::CardOptions card_options;
  card_options.mac = {2, 0, 0, 0, 0, 1};
  card_options.ipv4 = 0x0A000001;
  card_options.seed = 1;
  auto card = std::move(*host::Card::open(device, card_options));
  auto runtime = std::move(
      *host::Runtime::open(*card, {.queue_pair = {.buffer_bytes = std::size_t{1} << 24}}));
  ToeSource source(*runtime);
  EventLoop loop(source);
  loop.add(source);
  for (std::uint16_t i = 0; i < batch; ++i) loop.spawn(echo(loop, *runtime));
  loop.run_for(1000);
  for (std::uint16_t i = 0; i < batch; ++i) device.establish(i);
  loop.run_for(1000);
  const std::array<std::byte, kMessage> message{};
  for (int round = 0; round < 20; ++round) {
    for (std::uint16_t i = 0; i < batch; ++i) {
      device.peer_send(i, message);
      static_cast<void>(device.peer_take(i));
    }
    device.run();
    const auto reads = device.reads;
    device.writes = 0;
    device.hold();
    if (round == 19) count.begin();
    static_cast<void>(loop.turn());
    static_cast<void>(loop.turn());
    if (round == 19) count.end();
    device.let_go();
    device.run();
    if (device.writes != 1 || device.reads != reads) return 2;
  }
  for (std::uint16_t i = 0; i < batch; ++i) {
    if (device.peer_take(i).size() != kMessage) return 3;
  }
  return 0;
}

class FlowEchoCost : public ::testing::TestWithParam<std::pair<int, int>> {};

TEST_P(FlowEchoCost, InstructionsPerEcho) {
  if (MILLRACE_SANITIZED != 0) GTEST_SKIP() << "a sanitizer adds instructions";
  const auto [batch, most] = GetParam();
  const auto counted = InstructionCount::of([&](InstructionCount& count) {
    return echo_batches(static_cast<std::uint16_t>(batch), count);
  });
  if (!counted.instructions) GTEST_SKIP() << "this environment does not allow ptrace";
  ASSERT_EQ(counted.exit_code, 0);
  const double each = static_cast<double>(*counted.instructions) / batch;
  std::printf("64-byte echo of flows, batch %d: %.1f instructions each\n", batch, each);
  RecordProperty("instructions_per_echo", std::to_string(each));
  EXPECT_LE(each, most);
}

INSTANTIATE_TEST_SUITE_P(Batches, FlowEchoCost,
                         ::testing::Values(std::pair{1, 2000}, std::pair{16, 1430},
                                           std::pair{64, 1400}));

}  // namespace
}  // namespace millrace::flow
