// SPDX-License-Identifier: Apache-2.0
// What only flows on a card have: listeners, connection attempts, and the loss of the card
// (statements 68 95 117 118 129 159 160).

#include "flow/toe_flow.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "flow/blocking.h"
#include "flow/toe_protocol.h"
#include "tests/system/two_cards.h"

namespace millrace::flow {
namespace {

using tests::TwoCards;

constexpr host::Endpoint kServer{TwoCards::kIp[1], 7};

class ToeFlowTest : public testing::Test {
 protected:
  void SetUp() override {
    tests::TwoCardsOptions options;
    options.runtime.queue_pair.buffer_bytes = 1UL << 20;
    auto cards = TwoCards::make(options);
    ASSERT_TRUE(cards) << cards.error();
    cards_ = std::move(*cards);
    for (int side = 0; side < 2; ++side) {
      sources_[static_cast<std::size_t>(side)].emplace(cards_->runtime(side), true);
    }
    loop_ = std::make_unique<EventLoop>(*sources_[0]);
    for (auto& source : sources_) loop_->add(*source);
    small_.tx_bytes = small_.rx_bytes = 4096;
  }
  void TearDown() override {
    if (cards_ && expect_clean_) EXPECT_EQ(cards_->simulation().errors(), "");
  }

  Result<ToeListener> listen(std::uint32_t backlog = 4) {
    ToeListenOptions options;
    options.backlog = backlog;
    options.buffers = small_;
    return loop_->block_on(toe_listen(*loop_, cards_->runtime(1), kServer.port, options));
  }
  Result<ToeFlow> connect(ToeConnectOptions options = {}) {
    options.buffers = small_;
    return loop_->block_on(toe_connect(*loop_, cards_->runtime(0), kServer, options));
  }
  static Task<Result<ToeFlow>> accept_one(ToeListener& listener) {
    co_return co_await listener.accept();
  }
  Result<ToeFlow> accept(ToeListener& listener) { return loop_->block_on(accept_one(listener)); }

  std::unique_ptr<TwoCards> cards_;
  std::array<std::optional<ToeSource>, 2> sources_;
  std::unique_ptr<EventLoop> loop_;
  ToeBuffers small_;
  bool expect_clean_ = true;
};

TEST_F(ToeFlowTest, EndpointsAreKnownOnBothSides) {
  auto listener = listen();
  ASSERT_TRUE(listener) << to_string(listener.error());
  EXPECT_EQ(to_string(listener->local()), "toe://10.0.0.2:7");
  auto client = connect();
  ASSERT_TRUE(client) << to_string(client.error());
  auto server = accept(*listener);
  ASSERT_TRUE(server) << to_string(server.error());
  EXPECT_EQ(to_string(client->peer()), "toe://10.0.0.2:7");
  EXPECT_EQ(client->local().host, "10.0.0.1");
  EXPECT_NE(client->local().port, 0);
  EXPECT_EQ(server->peer(), client->local());
  EXPECT_EQ(server->local(), client->peer());
}

TEST_F(ToeFlowTest, StoppedListenerCancelsAcceptsFreesThePortAndSparesFlows) {
  auto listener = listen();
  ASSERT_TRUE(listener);
  auto client = connect();
  ASSERT_TRUE(client);
  auto server = accept(*listener);
  ASSERT_TRUE(server);
  std::optional<Result<ToeFlow>> pending;
  const auto wait = [](ToeListener& l, std::optional<Result<ToeFlow>>& r) -> Task<void> {
    r.emplace(co_await l.accept());
  };
  loop_->spawn(wait(*listener, pending));
  loop_->run_for(1000);
  EXPECT_FALSE(pending);
  listener->stop();
  loop_->run_for(1000);
  ASSERT_TRUE(pending && !*pending);
  EXPECT_EQ(pending->error().code, Errc::kCancelled);
  auto refused = connect();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kRefused) << to_string(refused.error());
  auto again = listen();
  ASSERT_TRUE(again) << to_string(again.error());
  auto next_client = connect();
  ASSERT_TRUE(next_client);
  EXPECT_TRUE(accept(*again));
  EXPECT_TRUE(Blocking(*client).write(as_bytes("lives on")));
  EXPECT_EQ(Blocking(*server).read()->data().text(), "lives on");
}

TEST_F(ToeFlowTest, PortInUse) {
  auto listener = listen();
  ASSERT_TRUE(listener);
  auto second = listen();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kAddressInUse) << to_string(second.error());
}

TEST_F(ToeFlowTest, ConnectEndsAtItsDeadlineAndLeavesNothing) {
  ToeConnectOptions options;
  options.deadline_us = loop_->in_us(500'000);
  const host::Endpoint nobody{0x0A0000FE, 9};
  auto flow = loop_->block_on(toe_connect(*loop_, cards_->runtime(0), nobody, options));
  ASSERT_FALSE(flow);
  EXPECT_EQ(flow.error().code, Errc::kTimedOut);
  EXPECT_EQ(loop_->now_us() / 1000, options.deadline_us / 1000);
  EXPECT_NE(to_string(flow.error()).find("connection attempt timed out"), std::string::npos);
  loop_->run_for(1'000'000);
  EXPECT_EQ(cards_->runtime(0).open_connections(), 0U);
}

TEST_F(ToeFlowTest, ConnectCancelledByStopToken) {
  std::stop_source stop;
  ToeConnectOptions options;
  options.stop = stop.get_token();
  const host::Endpoint nobody{0x0A0000FE, 9};
  std::optional<Result<ToeFlow>> result;
  const auto attempt = [](EventLoop& loop, host::Runtime& runtime, host::Endpoint to,
                          ToeConnectOptions o, std::optional<Result<ToeFlow>>& r) -> Task<void> {
    r.emplace(co_await toe_connect(loop, runtime, to, o));
  };
  loop_->spawn(attempt(*loop_, cards_->runtime(0), nobody, options, result));
  loop_->run_for(1000);
  EXPECT_FALSE(result);
  stop.request_stop();
  loop_->run_for(10);
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, Errc::kCancelled);
}

TEST_F(ToeFlowTest, BuffersUsedUpAreAnErrorAndOthersLive) {
  auto listener = listen(2);
  ASSERT_TRUE(listener);
  auto first = connect();
  ASSERT_TRUE(first);
  std::vector<ToeFlow> more;
  std::optional<Error> error;
  ToeConnectOptions options;
  options.buffers.tx_bytes = options.buffers.rx_bytes = 256 << 10;
  for (int i = 0; i < 8 && !error; ++i) {
    auto next = loop_->block_on(toe_connect(*loop_, cards_->runtime(0), kServer, options));
    if (next) {
      more.push_back(std::move(*next));
    } else {
      error = next.error();
    }
  }
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::kNoBufferSpace) << to_string(*error);
  auto server = accept(*listener);
  ASSERT_TRUE(server);
  EXPECT_TRUE(Blocking(*first).write(as_bytes("x")));
  EXPECT_EQ(Blocking(*server).read()->data().text(), "x");
}

TEST_F(ToeFlowTest, LostCardEndsEverythingWithConnectionAborted) {
  expect_clean_ = false;
  auto listener = listen();
  ASSERT_TRUE(listener);
  auto client = connect();
  ASSERT_TRUE(client);
  std::optional<Result<ReadResult>> read;
  std::optional<CloseOutcome> closed;
  const auto reader = [](ToeFlow& flow, std::optional<Result<ReadResult>>& r) -> Task<void> {
    r.emplace(co_await flow.read());
  };
  const auto closer = [](ToeFlow& flow, std::optional<CloseOutcome>& r) -> Task<void> {
    r.emplace(co_await flow.close());
  };
  loop_->spawn(reader(*client, read));
  loop_->spawn(closer(*client, closed));
  loop_->run_for(1000);
  EXPECT_FALSE(read || closed);
  cards_->device(0).kill();
  ASSERT_TRUE(loop_->run_until([&] { return read && closed; }, loop_->in_us(60'000'000)));
  ASSERT_FALSE(*read);
  EXPECT_EQ(read->error().code, Errc::kConnectionAborted) << to_string(read->error());
  EXPECT_EQ(*closed, CloseOutcome::kAborted);
  const auto written = Blocking(*client).write(as_bytes("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::kClosed);
  auto late = connect();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::kConnectionAborted) << to_string(late.error());
}

TEST_F(ToeFlowTest, ContextSpeaksToe) {
  Context client_side;
  Context server_side;
  client_side.add("toe", toe_protocol(*loop_, cards_->runtime(0), small_));
  server_side.add("toe", toe_protocol(*loop_, cards_->runtime(1), small_));
  auto listener = loop_->block_on(server_side.listen("toe://10.0.0.2:80"));
  ASSERT_TRUE(listener) << to_string(listener.error());
  auto client = loop_->block_on(client_side.connect("toe://10.0.0.2:80"));
  ASSERT_TRUE(client) << to_string(client.error());
  OpOptions options;
  auto server = loop_->block_on((*listener)->accept(options));
  ASSERT_TRUE(server);
  EXPECT_TRUE(Blocking(*client).write(as_bytes("GET /")));
  EXPECT_EQ(Blocking(*server).read()->data().text(), "GET /");
  ASSERT_NE(client->cast<ToeFlow>(), nullptr);
  EXPECT_TRUE(client->cast<ToeFlow>()->connection().established());
  auto unresolved = loop_->block_on(client_side.connect("toe://example.org:80"));
  ASSERT_FALSE(unresolved);
  EXPECT_EQ(unresolved.error().code, Errc::kResolveFailed);
}

// Statement 136, and one listener for both families.
TEST_F(ToeFlowTest, Ipv6EndpointsConnect) {
  Context client_side;
  Context server_side;
  client_side.add("toe", toe_protocol(*loop_, cards_->runtime(0), small_));
  server_side.add("toe", toe_protocol(*loop_, cards_->runtime(1), small_));
  auto listener = loop_->block_on(server_side.listen("toe://:80"));
  ASSERT_TRUE(listener) << to_string(listener.error());
  const std::pair<host::IpAddress, host::IpAddress> ways[] = {
      {TwoCards::kIpv6[0], TwoCards::kIpv6[1]},
      {TwoCards::link_local(0), TwoCards::link_local(1)},
      {TwoCards::kIp[0], TwoCards::kIp[1]}};
  for (const auto& [from, to] : ways) {
    const std::string there = to_string(Endpoint::network("toe", to.to_string(), 80));
    auto client = loop_->block_on(client_side.connect(there));
    ASSERT_TRUE(client) << to_string(client.error());
    auto server = loop_->block_on((*listener)->accept({}));
    ASSERT_TRUE(server) << to_string(server.error());
    EXPECT_EQ(to_string(client->peer()), there);
    EXPECT_EQ(client->local().host, from.to_string());
    EXPECT_EQ(server->peer(), client->local());
    EXPECT_EQ(server->local(), client->peer());
    const std::string text(3000, 'x');
    EXPECT_TRUE(Blocking(*client).write(as_bytes(text)));
    std::string got;
    while (got.size() < text.size()) got += Blocking(*server).read()->data().text();
    EXPECT_EQ(got, text);
    EXPECT_TRUE(Blocking(*server).write(as_bytes("back")));
    EXPECT_EQ(Blocking(*client).read()->data().text(), "back");
  }
}

TEST_F(ToeFlowTest, ConnectRefusesAddressesThatNoHostHas) {
  for (const char* text : {"ff02::1", "::1", "::", "224.0.0.1"}) {
    const host::Endpoint nowhere{*host::IpAddress::parse(text), 9};
    auto flow = loop_->block_on(toe_connect(*loop_, cards_->runtime(0), nowhere, {}));
    ASSERT_FALSE(flow) << text;
    EXPECT_EQ(flow.error().code, Errc::kInvalidArgument) << text;
  }
}

TEST_F(ToeFlowTest, OptionsAreTheConnections) {
  auto listener = listen();
  ASSERT_TRUE(listener);
  ToeConnectOptions wanted;
  wanted.connection.keepalive = true;
  wanted.connection.congestion_control = host::CongestionControl::kNewreno;
  auto client = connect(wanted);
  ASSERT_TRUE(client);
  auto server = accept(*listener);
  ASSERT_TRUE(server);
  EXPECT_EQ(client->options(), wanted.connection);
  EXPECT_TRUE(server->options().nodelay) << "by default";
  server->set_options({.nodelay = false, .user_timeout_us = 1'000'000});
  EXPECT_FALSE(server->options().nodelay);
  EXPECT_TRUE(Blocking(*server).write(as_bytes("x")));
  EXPECT_EQ(Blocking(*client).read()->data().text(), "x");
  EXPECT_EQ(cards_->runtime(1).stats().refused_updates, 0U) << "the card took them";
}

}  // namespace
}  // namespace millrace::flow
