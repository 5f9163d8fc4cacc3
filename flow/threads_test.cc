// SPDX-License-Identifier: Apache-2.0
// Flows on several threads that share a card: one queue pair, loop and runtime for each thread,
// nothing in common but the card. `scripts/test --sanitize thread` looks for races.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "flow/toe_flow.h"
#include "host/device/card_thread.h"

namespace millrace::flow {
namespace {

constexpr int kFlows = 8;
constexpr int kRounds = 60;
constexpr std::size_t kMessageMax = 1000;

// Sends random messages and expects them back.
Task<void> converse(EventLoop& loop, host::Runtime& runtime, unsigned seed,
                    std::atomic<int>& right) {
  ToeConnectOptions options;
  options.buffers = {.tx_bytes = 4096, .rx_bytes = 4096};
  const host::Endpoint remote = {0x0A000002, 7};
  auto flow = co_await toe_connect(loop, runtime, remote, options);
  if (!flow) co_return;
  std::mt19937 random(seed);
  std::vector<std::byte> sent(kMessageMax);
  std::vector<std::byte> got(kMessageMax);
  for (int round = 0; round < kRounds; ++round) {
    const std::size_t size = 1 + random() % kMessageMax;
    std::ranges::generate(sent, [&] { return static_cast<std::byte>(random()); });
    const auto put = co_await flow->write(ConstBytes(sent).first(size));
    if (!put) co_return;
    for (std::size_t at = 0; at < size;) {
      const auto part = co_await flow->read_into(MutableBytes(got).first(size).subspan(at));
      if (!part || *part == 0) co_return;
      at += *part;
    }
    if (!std::equal(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(size), sent.begin())) {
      co_return;
    }
  }
  ++right;
}

// Reads what never comes, until another thread stops it.
Task<void> wait_for_stop(EventLoop& loop, host::Runtime& runtime, std::stop_token stop,
                         std::atomic<int>& waiting, std::atomic<int>& right) {
  ToeConnectOptions options;
  const host::Endpoint remote = {0x0A000002, 7};
  auto flow = co_await toe_connect(loop, runtime, remote, options);
  if (!flow) co_return;
  ++waiting;
  OpOptions limited;
  limited.stop = std::move(stop);
  std::array<std::byte, 16> space{};
  const auto got = co_await flow->read_into(space, limited);
  if (!got && got.error().code == Errc::kCancelled) ++right;
}

class Threads : public ::testing::TestWithParam<int> {};

TEST_P(Threads, EachHasAQueuePairOfOneCard) {
  const int threads = GetParam();
  host::CardThread software(64);
  host::CardThread::View control(software);
  host::CardOptions card_options;
  card_options.mac = {2, 0, 0, 0, 0, 1};
  card_options.ipv4 = 0x0A000001;
  card_options.seed = 1;
  auto card = std::move(*host::Card::open(control, card_options));
  std::atomic<int> right = 0;
  std::atomic<int> waiting = 0;
  std::atomic<int> stopped = 0;
  std::stop_source stop;
  {
    std::vector<std::jthread> running;
    running.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) {
      running.emplace_back([&, i] {
        host::CardThread::View view(software);
        host::RuntimeOptions options{.device = &view,
                                     .queue_pair = {.buffer_bytes = std::size_t{2} << 20}};
        auto runtime = host::Runtime::open(*card, options);
        ASSERT_TRUE(runtime.has_value()) << runtime.error();
        ToeSource source(**runtime);
        EventLoop loop(source);
        loop.add(source);
        loop.spawn(wait_for_stop(loop, **runtime, stop.get_token(), waiting, stopped));
        for (int k = 0; k < kFlows; ++k) {
          loop.spawn(converse(loop, **runtime, static_cast<unsigned>(100 * i + k), right));
        }
        EXPECT_TRUE(loop.run_until([&] { return loop.spawned() == 0; }, loop.in_us(60'000'000)));
        EXPECT_EQ((*runtime)->stats().stray_reports, 0U);
      });
    }
    while (waiting < threads) std::this_thread::yield();
    stop.request_stop();
  }
  EXPECT_EQ(right, threads * kFlows);
  EXPECT_EQ(stopped, threads);
}

INSTANTIATE_TEST_SUITE_P(OneTwoFour, Threads, ::testing::Values(1, 2, 4));

}  // namespace
}  // namespace millrace::flow
