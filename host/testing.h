// SPDX-License-Identifier: Apache-2.0
// For the host's unit tests: a runtime on a fake card, and handlers that count.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "host/device/fake_device.h"
#include "host/runtime.h"

namespace millrace::host {

struct CountingHandler final : ConnectionHandler {
  int calls = 0;
  void on_event(Connection& /*connection*/) noexcept override { ++calls; }
};

struct CountingListenerHandler final : ListenerHandler {
  int calls = 0;
  void on_event(Listener& /*listener*/) noexcept override { ++calls; }
};

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class RuntimeTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kRing = 4096;

  void start(FakeDevice::Options device_options = {}, RuntimeOptions runtime_options = {}) {
    runtime.reset();
    card.reset();
    device = std::make_unique<FakeDevice>(device_options);
    CardOptions card_options;
    card_options.mac = {2, 0, 0, 0, 0, 1};
    card_options.ipv4 = 0x0A000001;
    card_options.seed = 1;
    auto opened = Card::open(*device, card_options);
    ASSERT_TRUE(opened.has_value()) << opened.error();
    card = std::move(*opened);
    if (runtime_options.queue_pair.buffer_bytes == QueuePairOptions().buffer_bytes) {
      runtime_options.queue_pair.buffer_bytes = 1 << 20;
    }
    auto made = Runtime::open(*card, runtime_options);
    ASSERT_TRUE(made.has_value()) << made.error();
    runtime = std::move(*made);
  }

  void SetUp() override { start(); }
  void TearDown() override {
    if (device != nullptr) {
      EXPECT_EQ(device->bad_phases, 0U);
    }
  }

  // Lets the card and the runtime work until neither has anything to do.
  void settle() {
    for (int i = 0; i < 8; ++i) {
      runtime->wait(runtime->now_us() + 1);
      runtime->poll();
    }
  }

  Connection* begin(std::uint16_t port = 80) {
    auto made = runtime->connect({.remote = {0x0A000002, port}, .tx_size = kRing, .rx_size = kRing},
                                 handler);
    EXPECT_TRUE(made.has_value());
    return made.has_value() ? *made : nullptr;
  }

  // An established connection; its index on the card goes to `index`.
  Connection* open(std::uint16_t& index) {
    Connection* connection = begin();
    settle();
    index = *device->find(TcpState::kSynSent);
    device->establish(index);
    settle();
    EXPECT_TRUE(connection->established());
    return connection;
  }

  std::unique_ptr<FakeDevice> device;
  std::unique_ptr<Card> card;
  std::unique_ptr<Runtime> runtime;
  CountingHandler handler;
};

}  // namespace millrace::host
