// SPDX-License-Identifier: Apache-2.0
// Echoes of 64 bytes over a null card: the host's part of a server with any number of flows, by
// coroutines or by the runtime's handlers.

#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "flow/toe_flow.h"
#include "tests/bench/null_card.h"

namespace millrace::bench {

inline constexpr std::uint32_t kMessage = 64;

class NullEcho {
 public:
  enum class By : std::uint8_t { kFlows, kRuntime };

  NullEcho(std::uint32_t flows, By by) : flows_(flows), by_(by), card_(flows) {
    host::CardOptions options;
    options.mac = {2, 0, 0, 0, 0, 1};
    options.ipv4 = 0x0A000001;
    options.seed = 1;
    opened_ = std::move(*host::Card::open(card_, options));
    const std::size_t buffers = std::size_t{flows} * 2 * kRing;
    const host::RuntimeOptions runtime_options{.queue_pair = {.buffer_bytes = buffers}};
    runtime_ = std::move(*host::Runtime::open(*opened_, runtime_options));
    source_ = std::make_unique<flow::ToeSource>(*runtime_);
    loop_ = std::make_unique<flow::EventLoop>(*source_);
    loop_->add(*source_);
    for (std::uint32_t i = 0; i < flows; ++i) begin();
    while (card_.opened() < flows) turn();
    for (int i = 0; i < 8; ++i) turn();
  }

  // `batch` flows, not more than there are, hear from their peers, in an order that no cache knows,
  // and echo.
  void round(std::uint32_t batch) {
    card_.run();
    for (std::uint32_t i = 0; i < batch; ++i) {
      chosen_ = (chosen_ + kStep) % flows_;
      if (!card_.deliver(chosen_, kMessage)) std::abort();
    }
    host_part();
  }
  std::uint64_t echoed() const {
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < flows_; ++i) bytes += card_.sent(i);
    return bytes / kMessage;
  }
  std::uint64_t doorbells() const { return card_.doorbells(); }
  std::uint64_t reads() const { return card_.reads(); }

 private:
  static constexpr std::size_t kRing = 4096;
  static constexpr std::uint32_t kStep = 40503;  // prime: every flow's turn comes

  struct Handler final : host::ConnectionHandler {
    void on_event(host::Connection& connection) noexcept override {
      const auto bytes = connection.readable();
      if (!bytes.empty()) connection.consume(connection.write_some(bytes));
    }
  };

  void begin() {
    if (by_ == By::kFlows) {
      loop_->spawn(echo(*loop_, *runtime_));
    } else if (!runtime_->connect({.remote = kRemote, .tx_size = kRing, .rx_size = kRing},
                                  handler_)) {
      std::abort();
    }
  }
  void turn() {
    card_.run();
    host_part();
  }
  // Named so that a profiler can collect it alone. Two turns of the loop: one polls, the other
  // resumes and rings.
  [[gnu::noinline]] void host_part() {
    if (by_ == By::kRuntime) {
      runtime_->poll();
      runtime_->flush();
    } else {
      static_cast<void>(loop_->turn());
      static_cast<void>(loop_->turn());
    }
  }
  static flow::Task<void> echo(flow::EventLoop& loop, host::Runtime& runtime) {
    flow::ToeConnectOptions options;
    options.buffers = {.tx_bytes = kRing, .rx_bytes = kRing};
    auto flow = co_await flow::toe_connect(loop, runtime, kRemote, options);
    if (!flow) co_return;
    std::array<std::byte, kMessage> space{};
    for (;;) {
      const auto got = co_await flow->read_into(space);
      if (!got || *got == 0) co_return;
      const auto put = co_await flow->write(flow::ConstBytes(space).first(*got));
      if (!put) co_return;
    }
  }

  inline static const host::Endpoint kRemote = {0x0A000002, 7};

  std::uint32_t flows_;
  By by_;
  NullCard card_;
  Handler handler_;
  std::unique_ptr<host::Card> opened_;
  std::unique_ptr<host::Runtime> runtime_;
  std::unique_ptr<flow::ToeSource> source_;
  std::unique_ptr<flow::EventLoop> loop_;
  std::uint32_t chosen_ = 0;
};

}  // namespace millrace::bench
