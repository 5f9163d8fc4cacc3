// SPDX-License-Identifier: Apache-2.0
// Listeners over the fake card: backlog, refill, accept queue, refusals, stop.

#include "host/listener.h"

#include <gtest/gtest.h>

#include "host/testing.h"

namespace millrace::host {
namespace {

class ListenerTest : public RuntimeTest {
 protected:
  Listener* listen(std::uint16_t port, std::uint32_t backlog = 4) {
    auto made = runtime->listen(
        {.port = port, .backlog = backlog, .tx_size = kRing, .rx_size = kRing}, listener_handler);
    EXPECT_TRUE(made.has_value());
    return made.has_value() ? *made : nullptr;
  }
  CountingListenerHandler listener_handler;
};

TEST_F(ListenerTest, KeepsTheBacklogFilledAndHandsConnectionsOutInOrder) {
  Listener* listener = listen(80);
  EXPECT_EQ(listener->state(), Listener::State::kOpening);
  settle();
  EXPECT_EQ(listener->state(), Listener::State::kOpen);
  EXPECT_EQ(device->used_connections(), 4U);
  EXPECT_EQ(listener->accept(), nullptr);
  const auto first = device->peer_connect(80);
  const auto second = device->peer_connect(80);
  ASSERT_TRUE(first && second);
  device->peer_send(*first, bytes_of("GET"));
  settle();
  EXPECT_EQ(listener->posted(), 4U);
  EXPECT_EQ(device->used_connections(), 6U);
  EXPECT_GE(listener_handler.calls, 2);
  Connection* connection = listener->accept();
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(text_of(connection->readable()), "GET");
  EXPECT_EQ(connection->remote(), (Endpoint{0x0A000002, 40001}));
  EXPECT_EQ(connection->local_port(), 80);
  connection->set_handler(&handler);
  connection->write_some(bytes_of("OK"));
  settle();
  EXPECT_EQ(text_of(device->peer_take(*first)), "OK");
  EXPECT_NE(listener->accept(), nullptr);
  EXPECT_EQ(listener->accept(), nullptr);
}

TEST_F(ListenerTest, PortInUse) {
  listen(80);
  settle();
  Listener* second = listen(80);
  settle();
  EXPECT_EQ(second->state(), Listener::State::kClosed);
  EXPECT_EQ(second->error(), std::errc::address_in_use);
  second->release();
}

TEST_F(ListenerTest, StopFreesTheBacklogAndKeepsEstablishedOnes) {
  Listener* listener = listen(80);
  settle();
  const auto index = device->peer_connect(80);
  settle();
  listener->stop();
  settle();
  EXPECT_EQ(listener->state(), Listener::State::kClosed);
  EXPECT_FALSE(listener->error());
  EXPECT_EQ(device->used_connections(), 1U);
  Connection* connection = listener->accept();
  ASSERT_NE(connection, nullptr);
  listener->release();
  connection->write_some(bytes_of("alive"));
  settle();
  EXPECT_EQ(text_of(device->peer_take(*index)), "alive");
  EXPECT_EQ(runtime->open_connections(), 1U);
}

TEST_F(ListenerTest, ReleaseAbortsWhatNobodyTookAndAllowsANewListener) {
  Listener* listener = listen(80);
  settle();
  device->peer_connect(80);
  settle();
  listener->release();
  settle();
  EXPECT_EQ(device->used_connections(), 0U);
  EXPECT_EQ(runtime->open_connections(), 0U);
  EXPECT_EQ(runtime->free_buffer_bytes(), std::size_t{1} << 20);
  Listener* again = listen(80);
  settle();
  EXPECT_EQ(again->state(), Listener::State::kOpen);
}

TEST_F(ListenerTest, StopAtEveryStageOfOpening) {
  Listener* unsent = listen(80);
  unsent->stop();
  EXPECT_EQ(unsent->state(), Listener::State::kClosed);
  unsent->release();
  Listener* unanswered = listen(81);
  runtime->flush();
  unanswered->stop();
  settle();
  EXPECT_EQ(unanswered->state(), Listener::State::kClosed);
  Listener* unposted = listen(82);
  runtime->flush();
  device->run();
  runtime->poll();  // open, accept entries not yet flushed
  unposted->stop();
  settle();
  EXPECT_EQ(unposted->state(), Listener::State::kClosed);
  EXPECT_EQ(unposted->posted(), 0U);
  EXPECT_EQ(runtime->open_connections(), 0U);
}

TEST_F(ListenerTest, StarvedListenerRecoversWhenConnectionsAreFreed) {
  start({}, {.max_connections = 4});
  Listener* listener = listen(80, 4);
  settle();
  EXPECT_EQ(listener->posted(), 4U);
  device->peer_connect(80);
  device->peer_connect(80);
  settle();
  EXPECT_EQ(listener->posted(), 2U);
  listener->accept()->release();
  settle();
  EXPECT_EQ(listener->posted(), 3U);
}

TEST_F(ListenerTest, RefusedByAFullCardTriesAgainLater) {
  start({.connections = 2}, {.max_connections = 8});
  Listener* listener = listen(80, 4);
  settle();
  EXPECT_EQ(device->used_connections(), 2U);
  EXPECT_LT(device->doorbells, 20U);
  device->end(*device->peer_connect(80), Status::kReset);
  for (int i = 0; i < 20; ++i) {
    runtime->wait(runtime->now_us() + 20'000);
    runtime->poll();
  }
  EXPECT_EQ(device->used_connections(), 2U);
  ASSERT_NE(listener->accept(), nullptr);
}

TEST_F(ListenerTest, RefusesBadOptionsAndTooMany) {
  EXPECT_EQ(runtime->listen({.port = 0}, listener_handler).error().code,
            std::errc::invalid_argument);
  EXPECT_EQ(runtime->listen({.port = 1, .rx_size = 1}, listener_handler).error().code,
            std::errc::invalid_argument);
  for (std::uint16_t i = 0; i < 8; ++i) ASSERT_NE(listen(100 + i, 1), nullptr);
  EXPECT_EQ(runtime->listen({.port = 1}, listener_handler).error().code,
            std::errc::no_buffer_space);
}

}  // namespace
}  // namespace millrace::host
