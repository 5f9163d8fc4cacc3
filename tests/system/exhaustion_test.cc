// SPDX-License-Identifier: Apache-2.0
// What happens when something runs out or dies: rings, the card's connections, listeners, the card.
// Each has its error, and whatever is not concerned goes on.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "tests/system/two_cards.h"
#include "tests/system/world.h"

namespace millrace::tests {
namespace {

using contract::Counter;

constexpr std::size_t kSmallRing = 4096;
constexpr std::uint64_t kBytes = 300'000;
constexpr host::Endpoint kNobody{0x0A0000FE, 9};

struct CountingEnd final : host::ConnectionHandler {
  int finals = 0;
  std::error_code error;
  void on_event(host::Connection& connection) noexcept override {
    if (!connection.final()) return;
    ++finals;
    error = connection.error();
    connection.release();
  }
};

class Exhaustion : public testing::Test {
 protected:
  void start(TwoCardsOptions options = {}) {
    options.link.rate_gbps = 5;
    auto cards = TwoCards::make(options);
    ASSERT_TRUE(cards) << cards.error();
    cards_ = std::move(*cards);
    before_ = Holdings::of(*cards_);
    auto transfer = Transfer::start(*cards_, {{kBytes, kBytes}, {kBytes, kBytes}});
    ASSERT_TRUE(transfer) << transfer.error();
    transfer_ = std::move(*transfer);
    ASSERT_TRUE(run([&] { return transfer_->received() > 10'000; }));
  }

  template <typename Done>
  bool run(Done done, std::uint64_t limit_us = 10'000) {
    return cards_->run(done, [&] { transfer_->turn(); }, limit_us);
  }

  // The flows that were there before are unharmed.
  void expect_unharmed() {
    EXPECT_TRUE(run([&] { return transfer_->done(); }, 10'000'000));
    EXPECT_EQ(transfer_->verdict(), "");
    EXPECT_EQ(cards_->simulation().errors(), "");
  }

  std::expected<host::Connection*, host::Error> connect_to_nobody(host::ConnectionHandler& end) {
    return cards_->runtime(0).connect(
        {.remote = kNobody, .local_port = 0, .tx_size = kSmallRing, .rx_size = kSmallRing}, end);
  }

  std::unique_ptr<TwoCards> cards_;
  std::unique_ptr<Transfer> transfer_;
  Holdings before_;
};

TEST_F(Exhaustion, AllRingsTaken) {
  TwoCardsOptions options;
  options.runtime.queue_pair.buffer_bytes = std::size_t{3} << 20;
  start(options);
  host::Runtime& runtime = cards_->runtime(0);
  CountingEnd end;
  std::vector<host::Connection*> taken;
  std::optional<host::Error> error;
  while (!error) {
    auto made = connect_to_nobody(end);
    if (made) {
      taken.push_back(*made);
    } else {
      error = made.error();
    }
    ASSERT_LT(taken.size(), 1000u);
  }
  EXPECT_EQ(error->code, std::errc::no_buffer_space);
  EXPECT_NE(error->context.find("free"), std::string::npos) << error->context;
  EXPECT_EQ(taken.size(), ((std::size_t{3} << 20) - 4 * (64u << 10)) / (2 * kSmallRing));
  EXPECT_LT(runtime.free_buffer_bytes(), 2 * kSmallRing);
  ASSERT_FALSE(transfer_->done());
  run([] { return false; }, 20);
  // One released: one more fits, and no two.
  taken.back()->release();
  taken.pop_back();
  EXPECT_TRUE(run([&] { return runtime.free_buffer_bytes() >= 2 * kSmallRing; }));
  auto again = connect_to_nobody(end);
  ASSERT_TRUE(again) << again.error();
  taken.push_back(*again);
  EXPECT_FALSE(connect_to_nobody(end));
  expect_unharmed();
  for (host::Connection* connection : taken) connection->release();
  transfer_->close();
  EXPECT_EQ(left_behind(*cards_, before_, transfer_->unused_backlog()), "");
}

TEST_F(Exhaustion, AllConnectionsOfTheCardTaken) {
  TwoCardsOptions options;
  options.runtime.max_connections = 2048;
  start(options);
  host::Runtime& runtime = cards_->runtime(0);
  const std::uint32_t free = cards_->card(0).free_connections().value_or(0);
  ASSERT_EQ(free, cards_->card(0).limits().connections - 2);
  CountingEnd waiting, refused;
  std::vector<host::Connection*> taken;
  for (std::uint32_t i = 0; i < free; ++i) {
    auto made = connect_to_nobody(waiting);
    ASSERT_TRUE(made) << made.error();
    taken.push_back(*made);
  }
  ASSERT_TRUE(run([&] {
    runtime.flush();
    return !runtime.backlogged();
  }));
  EXPECT_TRUE(run([&] { return cards_->card(0).free_connections().value_or(1) == 0; }));
  constexpr int kTooMany = 5;
  const std::uint32_t refusals = (*cards_->card(0).counters())[Counter::kSqRefused];
  for (int i = 0; i < kTooMany; ++i) ASSERT_TRUE(connect_to_nobody(refused));
  EXPECT_TRUE(run([&] { return refused.finals == kTooMany; }));
  EXPECT_EQ(refused.error, std::errc::no_buffer_space);
  EXPECT_EQ((*cards_->card(0).counters())[Counter::kSqRefused], refusals + kTooMany);
  EXPECT_EQ(waiting.finals, 0);
  ASSERT_FALSE(transfer_->done());
  expect_unharmed();
  EXPECT_EQ(waiting.finals, 0);
  for (host::Connection* connection : taken) connection->release();
  transfer_->close();
  EXPECT_EQ(left_behind(*cards_, before_, transfer_->unused_backlog()), "");
  EXPECT_EQ(runtime.open_connections(), 0u);
}

TEST_F(Exhaustion, AllListenersTaken) {
  start();
  struct Quiet final : host::ListenerHandler {
    void on_event(host::Listener& /*listener*/) noexcept override {}
  } quiet;
  const std::uint32_t limit = cards_->card(1).limits().listeners;
  std::vector<host::Listener*> listeners;
  for (std::uint32_t i = 1; i < limit; ++i) {
    auto made = cards_->runtime(1).listen({.port = static_cast<std::uint16_t>(100 + i),
                                           .backlog = 1,
                                           .tx_size = kSmallRing,
                                           .rx_size = kSmallRing},
                                          quiet);
    ASSERT_TRUE(made) << made.error();
    listeners.push_back(*made);
  }
  const auto one_more = cards_->runtime(1).listen({.port = 99, .backlog = 1}, quiet);
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().code, std::errc::no_buffer_space);
  EXPECT_TRUE(run([&] {
    for (const host::Listener* listener : listeners) {
      if (listener->state() != host::Listener::State::kOpen || listener->posted() != 1) {
        return false;
      }
    }
    return true;
  }));
  run([] { return false; }, 10);  // they have reached the card
  for (host::Listener* listener : listeners) listener->release();
  expect_unharmed();
  transfer_->close();
  EXPECT_EQ(left_behind(*cards_, before_,
                        transfer_->unused_backlog() + static_cast<std::uint32_t>(limit - 1)),
            "");
}

// More flows than the listener has rings for: those that find room are served, the others wait for
// a SYN's repetition, and all end well.
TEST_F(Exhaustion, ListenerWithoutRingsServesLater) {
  TwoCardsOptions options;
  options.runtime.queue_pair.buffer_bytes = std::size_t{1} << 20;
  auto cards = TwoCards::make(options);
  ASSERT_TRUE(cards) << cards.error();
  auto first = Transfer::start(**cards, {{1'000, 1'000}}, 7, std::size_t{32} << 10);
  ASSERT_TRUE(first) << first.error();  // its 16 connections in LISTEN take all of card 1's rings
  host::Runtime& server = (*cards)->runtime(1);
  EXPECT_LT(server.free_buffer_bytes(), std::size_t{64} << 10);
  struct Quiet final : host::ListenerHandler {
    void on_event(host::Listener& /*listener*/) noexcept override {}
  } quiet;
  auto starved = server.listen({.port = 8, .backlog = 4}, quiet);
  ASSERT_TRUE(starved);
  const auto turn = [&] { (*first)->turn(); };
  EXPECT_TRUE((*cards)->run([&] { return (*first)->done(); }, turn, 1'000'000));
  EXPECT_EQ((*first)->verdict(), "");
  EXPECT_EQ((*starved)->posted(), 0u);
  (*first)->close();
  EXPECT_TRUE((*cards)->run([&] { return (*starved)->posted() == 4; }, 1'000'000));
  (*starved)->release();
}

TEST_F(Exhaustion, DeadCardEndsItsFlowsAndAnotherCanBeOpened) {
  TwoCardsOptions options;
  options.policy.retries_max = 4;
  start(options);
  CountingEnd waiting;
  ASSERT_TRUE(connect_to_nobody(waiting));
  run([] { return false; }, 20);
  cards_->device(0).kill();
  EXPECT_TRUE(run([&] { return cards_->runtime(0).lost() && waiting.finals == 1; }, 20'000'000));
  EXPECT_EQ(waiting.error, std::errc::connection_aborted);
  EXPECT_NE(cards_->runtime(0).failure()->context.find("did not answer"), std::string::npos)
      << cards_->runtime(0).failure()->context;
  EXPECT_EQ(transfer_->client_statuses(), std::vector(2, host::Status::kAborted));
  EXPECT_EQ(cards_->runtime(0).open_connections(), 0u);  // the flows' ends gave theirs back
  const auto late = connect_to_nobody(waiting);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, host::Errc::kDeviceLost);
  EXPECT_TRUE(run([&] { return transfer_->done(); }, 600'000'000)) << "the other card's flows end";
  EXPECT_EQ((*cards_->card(1).counters())[Counter::kConnTimedOut], 2u);
  EXPECT_EQ(cards_->runtime(1).lost(), false);
  transfer_->close();
  transfer_.reset();
  cards_.reset();
  start();
  expect_unharmed();
}

// A card that fell off the bus: reads give all ones, writes go nowhere, nothing comes.
class LooseSeam final : public host::Device {
 public:
  void plug(sim::SimDevice& inner) { inner_ = &inner; }
  void unplug() { loose_ = true; }

  std::expected<std::uint32_t, host::DeviceError> read_register(std::uint32_t offset) override {
    if (loose_) return 0xFFFFFFFF;
    return inner_->read_register(offset);
  }
  std::expected<void, host::DeviceError> write_register(std::uint32_t offset,
                                                        std::uint32_t value) override {
    if (loose_) return {};
    return inner_->write_register(offset, value);
  }
  std::expected<host::SharedMemory, host::DeviceError> allocate(std::size_t bytes) override {
    return inner_->allocate(bytes);
  }
  std::uint64_t now_us() const override { return inner_->now_us(); }
  std::expected<void, host::DeviceError> wait(std::uint64_t deadline_us) override {
    return inner_->wait(deadline_us);
  }
  void wake() override { inner_->wake(); }
  std::string description() const override { return "loose " + inner_->description(); }
  std::string failure() const override { return inner_->failure(); }

 private:
  sim::SimDevice* inner_ = nullptr;
  bool loose_ = false;
};

TEST_F(Exhaustion, CardThatReadsAllOnesIsLost) {
  LooseSeam seam;
  TwoCardsOptions options;
  options.policy.retries_max = 4;
  options.seam = [&](sim::SimDevice& device) -> host::Device& {
    seam.plug(device);
    return seam;
  };
  start(options);
  CountingEnd waiting;
  ASSERT_TRUE(connect_to_nobody(waiting));
  run([] { return false; }, 20);
  seam.unplug();
  cards_->simulation().card(0).kill();  // off the bus: it writes no memory either
  EXPECT_TRUE(run([&] { return cards_->runtime(0).lost() && waiting.finals == 1; }, 20'000'000));
  EXPECT_EQ(waiting.error, std::errc::connection_aborted);
  EXPECT_NE(cards_->runtime(0).failure()->context.find("0xffffffff"), std::string::npos)
      << cards_->runtime(0).failure()->context;
  EXPECT_EQ(transfer_->client_statuses(), std::vector(2, host::Status::kAborted));
  EXPECT_EQ(cards_->runtime(0).open_connections(), 0u);
  EXPECT_TRUE(run([&] { return transfer_->done(); }, 600'000'000));
  transfer_->close();
  transfer_.reset();
  cards_.reset();
  start();
  expect_unharmed();
}

}  // namespace
}  // namespace millrace::tests
