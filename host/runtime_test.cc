// SPDX-License-Identifier: Apache-2.0
// Connections over the fake card: opening, data both ways, every kind of end, full rings, dead
// cards.

#include "host/runtime.h"

#include <gtest/gtest.h>

#include <random>

#include "host/testing.h"

namespace millrace::host {
namespace {

using ::testing::Test;

TEST_F(RuntimeTest, ConnectsAndTellsTheTuple) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  EXPECT_EQ(connection->state(), TcpState::kEstablished);
  EXPECT_EQ(connection->remote(), (Endpoint{0x0A000002, 80}));
  EXPECT_EQ(connection->local_port(), 50000);
  EXPECT_FALSE(connection->final());
  EXPECT_GE(handler.calls, 1);
}

TEST_F(RuntimeTest, BytesBothWays) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  EXPECT_EQ(connection->write_some(bytes_of("hello")), 5U);
  settle();
  EXPECT_EQ(text_of(device->peer_take(index)), "hello");
  settle();
  EXPECT_EQ(connection->bytes_acked(), 5U);
  device->peer_send(index, bytes_of("world"));
  settle();
  EXPECT_EQ(text_of(connection->readable()), "world");
  connection->consume(5);
  EXPECT_EQ(connection->readable_bytes(), 0U);
}

TEST_F(RuntimeTest, RandomStreamsAreByteExactThroughSmallRings) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  constexpr unsigned kSeed = 11;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937 random(kSeed);
  constexpr std::size_t kTotal = 300'000;
  std::vector<std::byte> out(kTotal);
  for (auto& byte : out) byte = static_cast<std::byte>(random());
  std::vector<std::byte> at_peer;
  std::vector<std::byte> at_host;
  std::size_t written = 0;
  std::size_t peer_written = 0;
  for (int turn = 0; turn < 100'000 && at_host.size() + at_peer.size() < 2 * kTotal; ++turn) {
    const std::size_t want = std::min<std::size_t>(random() % 3000, kTotal - written);
    written += connection->write_some(std::span(out).subspan(written, want));
    const std::size_t send = std::min<std::size_t>(random() % 3000, kTotal - peer_written);
    peer_written += device->peer_send(index, std::span(out).subspan(peer_written, send));
    runtime->wait(runtime->now_us() + 1);
    runtime->poll();
    const auto ready = connection->readable();
    const auto take = ready.first(std::min<std::size_t>(ready.size(), random() % 3000));
    at_host.insert(at_host.end(), take.begin(), take.end());
    connection->consume(take.size());
    const auto taken = device->peer_take(index);
    at_peer.insert(at_peer.end(), taken.begin(), taken.end());
  }
  EXPECT_TRUE(at_peer == out);
  EXPECT_TRUE(at_host == out);
  EXPECT_EQ(runtime->stats().bad_offsets, 0U);
}

TEST_F(RuntimeTest, CommittedInPlaceIsSent) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  const auto room = connection->writable();
  ASSERT_EQ(room.size(), kRing);
  room[0] = std::byte{'x'};
  connection->commit(1);
  EXPECT_EQ(connection->tx_room(), kRing - 1);
  settle();
  EXPECT_EQ(text_of(device->peer_take(index)), "x");
}

TEST_F(RuntimeTest, DataWrittenBeforeTheHandshakeLeavesAfterIt) {
  Connection* connection = begin();
  EXPECT_EQ(connection->write_some(bytes_of("early")), 5U);
  connection->finish();
  settle();
  const std::uint16_t index = *device->find(TcpState::kSynSent);
  EXPECT_EQ(device->updates, 0U);
  device->establish(index);
  settle();
  EXPECT_EQ(text_of(device->peer_take(index)), "early");
  EXPECT_TRUE(device->conn(index).fin);
}

TEST_F(RuntimeTest, OrderlyCloseBothWaysAndReuse) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  const std::size_t free_before = runtime->free_buffer_bytes();
  connection->write_some(bytes_of("bye"));
  connection->finish();
  EXPECT_EQ(connection->tx_room(), 0U);
  EXPECT_EQ(connection->write_some(bytes_of("late")), 0U);
  settle();
  EXPECT_TRUE(device->conn(index).fin);
  EXPECT_EQ(text_of(device->peer_take(index)), "bye");
  device->ack_fin(index);
  device->peer_send(index, bytes_of("still here"));
  settle();
  EXPECT_TRUE(connection->fin_acked());
  EXPECT_EQ(text_of(connection->readable()), "still here");
  device->peer_fin(index);
  device->end(index, Status::kOk);
  settle();
  EXPECT_TRUE(connection->fin_received());
  EXPECT_TRUE(connection->final());
  EXPECT_FALSE(connection->error());
  EXPECT_EQ(text_of(connection->readable()), "still here");  // readable after the end
  connection->consume(10);
  connection->release();
  EXPECT_EQ(runtime->open_connections(), 0U);
  EXPECT_EQ(runtime->free_buffer_bytes(), free_before + 2 * kRing);
}

TEST_F(RuntimeTest, EndsCarryTheirReason) {
  const std::pair<Status, std::errc> ends[] = {{Status::kRefused, std::errc::connection_refused},
                                               {Status::kReset, std::errc::connection_reset},
                                               {Status::kTimedOut, std::errc::timed_out}};
  for (const auto& [status, condition] : ends) {
    Connection* connection = begin();
    settle();
    device->end(*device->find(TcpState::kSynSent), status);
    settle();
    EXPECT_TRUE(connection->final());
    EXPECT_FALSE(connection->established());
    EXPECT_EQ(connection->error(), condition);
    connection->release();
  }
}

TEST_F(RuntimeTest, AbortEndsWithAborted) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  connection->abort();
  connection->abort();
  EXPECT_EQ(connection->tx_room(), 0U);
  settle();
  EXPECT_TRUE(connection->final());
  EXPECT_EQ(connection->error(), std::errc::connection_aborted);
  EXPECT_EQ(device->used_connections(), 0U);
}

TEST_F(RuntimeTest, AbortBeforeTheCardHeardOfIt) {
  Connection* connection = begin();
  connection->abort();
  EXPECT_TRUE(connection->final());
  settle();
  EXPECT_EQ(handler.calls, 1);
  EXPECT_EQ(connection->error(), std::errc::connection_aborted);
  EXPECT_EQ(device->used_connections(), 0U);
  connection->release();
  EXPECT_EQ(runtime->open_connections(), 0U);
}

TEST_F(RuntimeTest, AbortBeforeTheIdentifierIsKnownWaitsForIt) {
  device->pause(true);
  Connection* connection = begin();
  runtime->flush();
  connection->abort();
  settle();
  EXPECT_FALSE(connection->final());
  device->pause(false);
  settle();
  EXPECT_TRUE(connection->final());
  EXPECT_EQ(device->used_connections(), 0U);
}

TEST_F(RuntimeTest, ReleaseOfALiveConnectionAbortsItSilently) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  const int calls = handler.calls;
  connection->release();
  EXPECT_EQ(runtime->open_connections(), 1U);
  settle();
  EXPECT_EQ(handler.calls, calls);
  EXPECT_EQ(runtime->open_connections(), 0U);
  EXPECT_EQ(device->used_connections(), 0U);
}

TEST_F(RuntimeTest, UpdateThatCrossesTheEndIsHarmless) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  device->end(index, Status::kReset);
  device->run();  // the report is in the ring, the host has not looked
  connection->write_some(bytes_of("x"));
  runtime->flush();
  settle();
  EXPECT_EQ(connection->error(), std::errc::connection_reset);
  EXPECT_EQ(runtime->stats().refused_updates, 1U);
  EXPECT_FALSE(runtime->lost());
}

// The card forgot the connection before it saw the abort, and refuses it: the report counts.
TEST_F(RuntimeTest, AbortThatCrossesTheEndIsHarmless) {
  for (const bool refused : {true, false}) {
    for (const bool released : {true, false}) {
      SCOPED_TRACE(::testing::Message() << "refused " << refused << ", released " << released);
      start();
      std::uint16_t index = 0;
      Connection* connection = open(index);
      const int calls = handler.calls;
      device->end(index, Status::kOk);
      device->run();  // the report is in the ring, the host has not looked
      if (released) {
        connection->release();
      } else {
        connection->abort();
      }
      // An abort that was already on its way through the card is not even answered.
      if (!refused) device->ignore_next_entry();
      runtime->flush();
      settle();
      EXPECT_EQ(runtime->stats().refused_updates, refused ? 1U : 0U);
      EXPECT_EQ(runtime->stats().stray_reports, 0U);
      EXPECT_FALSE(runtime->lost());
      if (released) {
        EXPECT_EQ(handler.calls, calls);
      } else {
        EXPECT_EQ(handler.calls, calls + 1);
        ASSERT_TRUE(connection->final());
        EXPECT_EQ(connection->status(), Status::kOk);
        connection->release();
      }
      EXPECT_EQ(runtime->open_connections(), 0U);
      EXPECT_EQ(runtime->free_buffer_bytes(), std::size_t{1} << 20);
      EXPECT_NE(open(index), nullptr);
    }
  }
}

TEST_F(RuntimeTest, FullCardGivesNoBufferSpaceAndLeavesOthersAlone) {
  start({.connections = 1}, {.max_connections = 8});
  std::uint16_t index = 0;
  Connection* first = open(index);
  Connection* second = begin();
  settle();
  EXPECT_TRUE(second->final());
  EXPECT_EQ(second->error(), std::errc::no_buffer_space);
  EXPECT_FALSE(first->final());
  first->write_some(bytes_of("fine"));
  settle();
  EXPECT_EQ(text_of(device->peer_take(index)), "fine");
}

TEST_F(RuntimeTest, ExhaustedHandlesAndBuffersFailAtOnce) {
  start({}, {.queue_pair = {.buffer_bytes = 5 * kRing}, .max_connections = 4});
  const ConnectOptions options{.remote = {0x0A000002, 1}, .tx_size = kRing, .rx_size = kRing};
  Connection* first = *runtime->connect(options, handler);
  ASSERT_TRUE(runtime->connect(options, handler).has_value());
  const auto third = runtime->connect(options, handler);  // one ring left
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().code, std::errc::no_buffer_space);
  EXPECT_EQ(runtime->free_buffer_bytes(), kRing);
  first->release();
  EXPECT_TRUE(runtime->connect(options, handler).has_value());
  EXPECT_EQ(runtime->connect({.remote = {1, 0}}, handler).error().code,
            std::errc::invalid_argument);
  EXPECT_EQ(runtime->connect({.remote = {0x0A000002, 1}, .tx_size = 5000}, handler).error().code,
            std::errc::invalid_argument);
}

TEST_F(RuntimeTest, OneEntryForManyCallsAndOneDoorbellForManyConnections) {
  std::uint16_t a = 0;
  std::uint16_t b = 0;
  Connection* first = open(a);
  Connection* second = open(b);
  const auto doorbells = device->doorbells;
  const auto reads = device->reads;
  const auto updates = device->updates;
  for (int i = 0; i < 10; ++i) {
    first->write_some(bytes_of("a"));
    second->write_some(bytes_of("b"));
  }
  first->finish();
  runtime->flush();
  runtime->flush();
  EXPECT_EQ(device->doorbells, doorbells + 1);
  device->run();
  EXPECT_EQ(device->updates, updates + 2);
  EXPECT_EQ(device->reads, reads);
  EXPECT_EQ(device->peer_take(a).size(), 10U);
}

TEST_F(RuntimeTest, EntriesThatDoNotFitStayForLater) {
  start({}, {.queue_pair = {.submission_entries = 16, .completion_entries = 16},
             .max_connections = 64});
  for (int i = 0; i < 40; ++i) ASSERT_NE(begin(), nullptr);
  device->pause(true);
  runtime->flush();
  EXPECT_TRUE(runtime->backlogged());
  device->pause(false);
  for (int i = 0; i < 10; ++i) settle();
  EXPECT_FALSE(runtime->backlogged());
  EXPECT_EQ(device->used_connections(), 40U);
  for (std::uint16_t i = 0; i < 40; ++i) device->establish(i);
  for (int i = 0; i < 10; ++i) settle();  // completions wrap their ring many times
  EXPECT_EQ(runtime->stats().completions, 80U);
}

TEST_F(RuntimeTest, NoUpdateIsLostAtTheEndOfTheRing) {
  start({}, {.queue_pair = {.submission_entries = 16, .completion_entries = 16},
             .max_connections = 16});
  std::vector<Connection*> connections;
  std::vector<std::uint16_t> indices(7);
  connections.reserve(indices.size());
  for (std::uint16_t& index : indices) connections.push_back(open(index));
  for (std::size_t round = 1; round <= 50;
       ++round) {  // 7 entries a round: the end falls everywhere
    for (Connection* connection : connections) connection->write_some(bytes_of("x"));
    runtime->flush();
    EXPECT_FALSE(runtime->backlogged());
    device->run();
    for (const std::uint16_t index : indices) ASSERT_EQ(device->conn(index).sent, round);
    runtime->poll();
  }
}

// An entry is stored again when its connection has more news before the doorbell; not with the next
// pass's phase when the ring's end lies between.
TEST_F(RuntimeTest, NewsOfABatchGoesIntoOneEntryAlsoAroundTheEndOfTheRing) {
  start({}, {.queue_pair = {.submission_entries = 16, .buffer_bytes = 1 << 20}});
  std::array<Connection*, 3> connections{};
  std::array<std::uint16_t, 3> indices{};
  for (std::size_t i = 0; i < 3; ++i) connections[i] = open(indices[i]);
  for (int round = 0; round < 100; ++round) {
    const auto entries = runtime->stats().submissions;
    for (const char* part : {"he", "llo"}) {
      for (Connection* connection : connections) connection->write_some(bytes_of(part));
    }
    EXPECT_LE(runtime->stats().submissions, entries + 5);
    settle();
    for (const std::uint16_t index : indices) EXPECT_EQ(text_of(device->peer_take(index)), "hello");
    settle();
  }
}

TEST_F(RuntimeTest, WindowIsOpenedLazilyButBeforeSleep) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  std::vector<std::byte> data(kRing);
  device->peer_send(index, data);
  device->run();
  runtime->poll();
  const auto updates = device->updates;
  connection->consume(100);  // below a quarter: waits
  runtime->flush();
  device->run();
  EXPECT_EQ(device->updates, updates);
  connection->consume(1024);  // a quarter and more
  runtime->flush();
  device->run();
  EXPECT_EQ(device->conn(index).consumed, 1124U);
  connection->consume(1);
  runtime->wait(runtime->now_us() + 1);  // before sleep all is told
  EXPECT_EQ(device->conn(index).consumed, 1125U);
}

TEST_F(RuntimeTest, SilentCardEndsEverythingAndReopeningWorks) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  CountingListenerHandler listener_handler;
  auto listener = runtime->listen({.port = 7, .backlog = 2, .tx_size = kRing, .rx_size = kRing},
                                  listener_handler);
  settle();
  device->silence();
  const int calls = handler.calls;
  runtime->wait(runtime->now_us() + 10'000'000);
  runtime->wait(runtime->now_us() + 10'000'000);
  runtime->poll();
  EXPECT_TRUE(runtime->lost());
  EXPECT_EQ(runtime->failure()->code, Errc::kDeviceLost);
  EXPECT_TRUE(connection->final());
  EXPECT_EQ(connection->error(), std::errc::connection_aborted);
  EXPECT_EQ(handler.calls, calls + 1);
  EXPECT_EQ((*listener)->state(), Listener::State::kClosed);
  EXPECT_EQ((*listener)->error(), std::errc::connection_aborted);
  EXPECT_GE(listener_handler.calls, 1);
  EXPECT_EQ(runtime->poll(), 0U);
  (*listener)->release();
  EXPECT_EQ(runtime->connect({.remote = {1, 1}}, handler).error().code, Errc::kDeviceLost);
  connection->release();
  EXPECT_EQ(runtime->open_connections(), 0U);
  start();
  EXPECT_NE(open(index), nullptr);
}

TEST_F(RuntimeTest, UnpluggedCardAndDmaErrorAreNoticed) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  device->unplug();
  connection->write_some(bytes_of("x"));
  runtime->flush();
  runtime->poll();
  EXPECT_EQ(connection->error(), std::errc::connection_aborted);
  start();
  connection = open(index);
  device->raise_dma_error();
  for (int i = 0; i < 3; ++i) runtime->wait(runtime->now_us() + 10'000'000);
  runtime->poll();
  EXPECT_EQ(connection->error(), std::errc::connection_aborted);
}

TEST_F(RuntimeTest, ImpossibleReportIsADriverFault) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  device->conn(index).acked = 1;  // nothing was sent
  device->report(index);
  settle();
  EXPECT_TRUE(runtime->lost());
  EXPECT_EQ(runtime->failure()->code, Errc::kDriverFault);
  EXPECT_EQ(connection->error(), std::errc::connection_aborted);
}

struct Releaser final : ConnectionHandler {
  Connection* other = nullptr;
  void on_event(Connection& connection) noexcept override {
    if (other != nullptr) other->release();
    other = nullptr;
    connection.write_some(bytes_of("!"));
  }
};

TEST_F(RuntimeTest, HandlersMayReleaseOtherChangedConnections) {
  std::uint16_t a = 0;
  std::uint16_t b = 0;
  Connection* first = open(a);
  Connection* second = open(b);
  Releaser releaser;
  releaser.other = second;
  first->set_handler(&releaser);
  device->report(a);
  device->end(b, Status::kReset);
  const int calls = handler.calls;
  settle();
  EXPECT_EQ(handler.calls, calls);
  EXPECT_EQ(runtime->open_connections(), 1U);
  EXPECT_EQ(text_of(device->peer_take(a)), "!");
}

TEST_F(RuntimeTest, DestructionGivesTheQueuePairBack) {
  std::uint16_t index = 0;
  open(index);
  open(index);
  runtime.reset();
  EXPECT_EQ(device->used_connections(), 0U);
  for (int i = 0; i < 3; ++i) {
    auto again = Runtime::open(*card, {.queue_pair = {.buffer_bytes = 1 << 20}});
    ASSERT_TRUE(again.has_value()) << again.error();
  }
}

}  // namespace
}  // namespace millrace::host
