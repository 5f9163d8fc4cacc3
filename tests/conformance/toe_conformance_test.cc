// SPDX-License-Identifier: Apache-2.0
// The conformance suite on the card: two Verilated cards on a link, in simulated time. A
// statement's bulk transfers are divided and its "for ever" shortened, because every cycle is
// simulated.

#include <gtest/gtest.h>

#include <array>
#include <string_view>

#include "flow/toe_flow.h"
#include "sim/bus/memory_model.h"
#include "tests/conformance/backend.h"
#include "tests/system/two_cards.h"

namespace millrace::flow::conformance {
namespace {

using tests::TwoCards;

constexpr std::uint16_t kPort = 7;
constexpr std::size_t kRingBytes = 8192;

class ToeBackend final : public Backend {
 public:
  explicit ToeBackend(std::unique_ptr<TwoCards> cards)
      : cards_(std::move(cards)),
        sources_{ToeSource(cards_->runtime(0), true), ToeSource(cards_->runtime(1), true)},
        loop_(std::make_unique<EventLoop>(sources_[0])) {
    for (ToeSource& source : sources_) loop_->add(source);
    buffers_.tx_bytes = buffers_.rx_bytes = kRingBytes;
  }
  ~ToeBackend() override {
    // What the card did wrong is a failure of the test, whatever the flows saw.
    EXPECT_EQ(cards_->simulation().errors(), "");
    listener_.reset();
  }

  EventLoop& loop() override { return *loop_; }

  Result<Ends> make_pair() override {
    if (!listener_) {
      ToeListenOptions options;
      options.backlog = 4;
      options.buffers = buffers_;
      auto listener = loop_->block_on(toe_listen(*loop_, cards_->runtime(1), kPort, options));
      if (!listener) return std::unexpected(listener.error());
      listener_.emplace(std::move(*listener));
    }
    return loop_->block_on(open_pair());
  }

  std::uint64_t ahead_bytes_max() const override { return 2 * kRingBytes; }
  std::uint64_t quiet_us() const override { return 100'000; }
  std::uint64_t patience_us() const override { return 120'000'000; }
  std::uint64_t long_us() const override { return std::uint64_t{2} * 3600 * 1'000'000; }
  std::uint64_t bulk_divisor() const override { return 20; }

  bool set_faults(bool on) override {
    sim::LinkOptions options = cards_->link().options();
    options.loss = options.reorder = options.duplicate = on ? 0.02 : 0;
    options.corrupt = on ? 0.005 : 0;
    cards_->link().set_options(options);
    if (!on) EXPECT_GT(cards_->link().counters().lost, 0U) << "the faults did nothing";
    return true;
  }

  std::optional<std::string> leak() override {
    if (listener_) listener_.reset();
    loop_->run_for(200'000'000);  // TIME-WAIT
    for (int side = 0; side < 2; ++side) {
      const std::uint32_t open = cards_->runtime(side).open_connections();
      if (open != 0) {
        return "side " + std::to_string(side) + ": " + std::to_string(open) + " connection handles";
      }
      const auto free = cards_->card(side).free_connections();
      const std::uint32_t all = cards_->card(side).limits().connections;
      if (!free || *free != all) {
        return "side " + std::to_string(side) + ": " + std::to_string(free.value_or(0)) + " of " +
               std::to_string(all) + " connections of the card are free";
      }
    }
    return std::nullopt;
  }

  std::optional<Error> refused() override {
    ToeConnectOptions options;
    options.buffers = buffers_;
    const host::Endpoint nobody{TwoCards::kIp[1], 9};
    auto flow = loop_->block_on(toe_connect(*loop_, cards_->runtime(0), nobody, options));
    if (flow) return Error({}, "connect", "somebody listens");
    return flow.error();
  }

 private:
  Task<Result<Ends>> open_pair() {
    ToeConnectOptions options;
    options.buffers = buffers_;
    const host::Endpoint remote{TwoCards::kIp[1], kPort};
    auto near = co_await toe_connect(*loop_, cards_->runtime(0), remote, options);
    if (!near) co_return std::unexpected(near.error());
    auto far = co_await listener_->accept();
    if (!far) co_return std::unexpected(far.error());
    co_return Ends{AnyFlow(std::move(*near)), AnyFlow(std::move(*far))};
  }

  std::unique_ptr<TwoCards> cards_;
  std::array<ToeSource, 2> sources_;
  std::unique_ptr<EventLoop> loop_;
  std::optional<ToeListener> listener_;
  ToeBuffers buffers_;
};

std::unique_ptr<Backend> make_backend(std::string_view memory, std::uint64_t seed) {
  tests::TwoCardsOptions options;
  options.runtime.queue_pair.buffer_bytes = 4UL << 20;
  options.seed = options.link.seed = seed;
  options.memory = sim::memory_model(memory).value();
  auto cards = TwoCards::make(options);
  if (!cards) {
    ADD_FAILURE() << cards.error();
    return nullptr;
  }
  return std::make_unique<ToeBackend>(std::move(*cards));
}

}  // namespace

std::vector<BackendEntry> conformance_backends() {
  return {
      {"VerilatedCard", [] { return make_backend("ideal", 1); }},
      {"VerilatedCardPcie", [] { return make_backend("pcie_gen4_x8", 2); }},
  };
}

}  // namespace millrace::flow::conformance
