// SPDX-License-Identifier: Apache-2.0
// Host runtime, card and wire together: two simulated cards talk TCP to each other.

#include "tests/system/two_cards.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/system/transfer.h"

namespace millrace::tests {
namespace {

struct Quiet final : host::ListenerHandler {
  void on_event(host::Listener&) noexcept override {}
};

TwoCardsOptions seeded(std::uint64_t seed) {
  TwoCardsOptions options;
  options.seed = seed;
  return options;
}

std::unique_ptr<TwoCards> make(const TwoCardsOptions& options) {
  auto pair = TwoCards::make(options);
  EXPECT_TRUE(pair) << pair.error();
  return pair ? std::move(*pair) : nullptr;
}

// `flows` connections from card 0 to card 1, `bytes` each way on each.
void transfer(TwoCards& cards, std::uint32_t flows, std::uint64_t bytes, std::uint64_t limit_us) {
  Quiet quiet;
  auto listener = cards.runtime(1).listen({.port = 7, .backlog = 16}, quiet);
  ASSERT_TRUE(listener) << listener.error().context;
  ASSERT_TRUE(cards.run(
      [&] {
        return (*listener)->state() == host::Listener::State::kOpen && (*listener)->posted() == 16;
      },
      10'000));
  std::vector<std::unique_ptr<TransferEnd>> clients, servers;
  for (std::uint32_t i = 0; i < flows; ++i) {
    clients.push_back(std::make_unique<TransferEnd>(1, bytes, 2, bytes));
    auto connection = cards.runtime(0).connect({.remote = {TwoCards::kIp[1], 7}}, *clients[i]);
    ASSERT_TRUE(connection) << connection.error().context;
  }
  const auto turn = [&] {
    while (host::Connection* connection = (*listener)->accept()) {
      servers.push_back(std::make_unique<TransferEnd>(2, bytes, 1, bytes));
      servers.back()->attach(*connection);
    }
  };
  const auto done = [&] {
    if (servers.size() < flows) return false;
    for (const auto& end : clients)
      if (!end->done()) return false;
    for (const auto& end : servers)
      if (!end->done()) return false;
    return true;
  };
  EXPECT_TRUE(cards.run(done, turn, limit_us));
  EXPECT_EQ(cards.simulation().errors(), "");
  ASSERT_EQ(servers.size(), flows);
  for (std::uint32_t i = 0; i < flows; ++i) {
    EXPECT_TRUE(clients[i]->clean()) << "client " << i << " sent " << clients[i]->sent()
                                     << " received " << clients[i]->received();
    EXPECT_TRUE(servers[i]->clean()) << "server " << i << " sent " << servers[i]->sent()
                                     << " received " << servers[i]->received();
  }
  (*listener)->release();
}

TEST(TwoCards, OneFlowBothWays) {
  auto cards = make({});
  ASSERT_TRUE(cards);
  transfer(*cards, 1, 200'000, 10'000'000);
}

TEST(TwoCards, ManyFlowsBothWays) {
  auto cards = make(seeded(2));
  ASSERT_TRUE(cards);
  transfer(*cards, 64, 20'000, 20'000'000);
}

// Segments of 64 bytes as fast as the line carries them: no card may drop one or send one twice.
TEST(TwoCards, SmallSegmentsAtLineRateAreNotLost) {
  for (const std::uint32_t flows : {1U, 2U, 4U, 12U}) {
    SCOPED_TRACE(testing::Message() << flows << " flows");
    TwoCardsOptions options = seeded(6);
    options.policy.mss = 64;
    auto cards = make(options);
    ASSERT_TRUE(cards);
    transfer(*cards, flows, 400'000 / flows, 100'000'000);
    for (int side = 0; side < 2; ++side) {
      const auto counters = cards->card(side).counters();
      ASSERT_TRUE(counters);
      EXPECT_EQ((*counters)[contract::Counter::kRxDroppedOverrun], 0U) << "card " << side;
      EXPECT_EQ((*counters)[contract::Counter::kTxRetransmits], 0U) << "card " << side;
    }
  }
}

TEST(TwoCards, LossyLink) {
  TwoCardsOptions options = seeded(3);
  options.link.loss = 0.01;
  options.link.reorder = 0.01;
  options.link.corrupt = 0.001;
  options.link.seed = 3;
  auto cards = make(options);
  ASSERT_TRUE(cards);
  transfer(*cards, 8, 100'000, 200'000'000);
}

// The host refuses to write it; a card that is told nevertheless keeps to the contract's bounds.
TEST(TwoCards, ImpossibleMssIsBounded) {
  for (const std::uint32_t mss : {0U, 63U, 8961U, 65'535U, 0xFFFF'0000U}) {
    SCOPED_TRACE("mss " + std::to_string(mss));
    auto cards = make(seeded(6));
    ASSERT_TRUE(cards);
    for (int side = 0; side < 2; ++side) {
      ASSERT_TRUE(cards->device(side).write_register(contract::kRegMss, mss));
    }
    const std::uint64_t before = cards->simulation().card(0).counters().bytes_out;
    const std::uint64_t frames = cards->simulation().card(0).counters().frames_out;
    transfer(*cards, 1, 50'000, 10'000'000);
    const auto& counters = cards->simulation().card(0).counters();
    const std::uint64_t mean = (counters.bytes_out - before) / (counters.frames_out - frames);
    if (mss < 64) {
      EXPECT_LE(mean, 54u + 64u);
    } else {
      EXPECT_GE(mean, 3'000u);
    }
  }
}

TEST(TwoCards, ClosedPortRefuses) {
  auto cards = make(seeded(4));
  ASSERT_TRUE(cards);
  TransferEnd client(1, 10, 2, 10);
  ASSERT_TRUE(cards->runtime(0).connect({.remote = {TwoCards::kIp[1], 9}}, client));
  EXPECT_TRUE(cards->run([&] { return client.done(); }, 5'000'000));
  EXPECT_EQ(client.status(), host::Status::kRefused) << cards->simulation().errors();
}

TEST(TwoCards, NobodyThereTimesOut) {
  auto cards = make(seeded(5));
  ASSERT_TRUE(cards);
  TransferEnd client(1, 10, 2, 10);
  ASSERT_TRUE(cards->runtime(0).connect({.remote = {0x0A0000FE, 9}}, client));
  EXPECT_TRUE(cards->run([&] { return client.done(); }, 300'000'000));
  EXPECT_EQ(client.status(), host::Status::kTimedOut);
}

}  // namespace
}  // namespace millrace::tests
