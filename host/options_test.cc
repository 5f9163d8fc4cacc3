// SPDX-License-Identifier: Apache-2.0
// Options of connections and addresses of both families over the fake card: which entries the card
// is given, and in which order.

#include <gtest/gtest.h>

#include "host/testing.h"

namespace millrace::host {
namespace {

constexpr std::uint8_t kNodelay = 1, kKeepalive = 2, kQuickack = 4;

IpAddress ipv6(std::uint32_t last) { return IpAddress::ipv6({0x20010DB8, 0, 0, last}); }

class OptionsTest : public RuntimeTest {
 protected:
  Connection* connect(const IpAddress& ip, const ConnectionOptions& options = {}) {
    auto made = runtime->connect(
        {.remote = {ip, 80}, .tx_size = kRing, .rx_size = kRing, .options = options}, handler);
    EXPECT_TRUE(made.has_value());
    return made.has_value() ? *made : nullptr;
  }
  FakeDevice::Conn& only_conn() { return device->conn(*device->find(TcpState::kSynSent)); }
};

TEST_F(OptionsTest, GoWithTheOpen) {
  connect(0x0A000002);
  settle();
  EXPECT_EQ(only_conn().open.options, kNodelay) << "on by default";
  EXPECT_EQ(only_conn().open.congestion_control, 0);
  EXPECT_FALSE(only_conn().options.has_value()) << "no entry of its own";
}

TEST_F(OptionsTest, EveryOneHasItsPlace) {
  connect(0x0A000002, {.nodelay = false,
                       .keepalive = true,
                       .quickack = true,
                       .congestion_control = CongestionControl::kNewreno});
  settle();
  EXPECT_EQ(only_conn().open.options, kKeepalive | kQuickack);
  EXPECT_EQ(only_conn().open.congestion_control, 1);
}

TEST_F(OptionsTest, TheUserTimeoutFollowsOnceTheConnectionHasAName) {
  Connection* connection = connect(0x0A000002, {.congestion_control = CongestionControl::kDctcp,
                                                .user_timeout_us = 10 * 1024 + 1});
  settle();
  const auto& set = only_conn().options;
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->user_timeout, 11U) << "rounded up";
  EXPECT_EQ(set->options, kNodelay);
  EXPECT_EQ(set->congestion_control, 3);
  EXPECT_EQ(connection->options().user_timeout_us, 10 * 1024 + 1U);
  EXPECT_EQ(runtime->stats().refused_updates, 0U);
}

TEST_F(OptionsTest, ChangesBeforeTheCardHeardOfItGoWithTheOpen) {
  Connection* connection = connect(0x0A000002);
  connection->set_options({.nodelay = false});
  settle();
  EXPECT_EQ(only_conn().open.options, 0);
  EXPECT_FALSE(only_conn().options.has_value());
}

TEST_F(OptionsTest, ChangesGoBeforeDataThatIsWrittenAfterThem) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  const auto before = runtime->stats().submissions;
  connection->set_options({.nodelay = false, .user_timeout_us = ~std::uint64_t{0}});
  connection->write_some(bytes_of("abc"));
  settle();
  const auto& conn = device->conn(index);
  ASSERT_TRUE(conn.options.has_value());
  EXPECT_EQ(conn.options->options, 0);
  EXPECT_EQ(conn.options->user_timeout, 0x7FFFFFFFU) << "as long as the card can count";
  EXPECT_EQ(conn.sent, 3U);
  EXPECT_EQ(runtime->stats().submissions, before + 2);
  connection->set_options(connection->options());
  settle();
  EXPECT_EQ(runtime->stats().submissions, before + 2) << "nothing new";
}

TEST_F(OptionsTest, NoneForAConnectionThatEnded) {
  std::uint16_t index = 0;
  Connection* connection = open(index);
  device->end(index, Status::kReset);
  settle();
  const auto before = runtime->stats().submissions;
  connection->set_options({.keepalive = true});
  settle();
  EXPECT_EQ(runtime->stats().submissions, before);
  EXPECT_FALSE(connection->options().keepalive);
}

TEST_F(OptionsTest, AListenersConnectionsHaveItsOptions) {
  CountingListenerHandler listener_handler;
  auto made = runtime->listen({.port = 80,
                               .backlog = 2,
                               .tx_size = kRing,
                               .rx_size = kRing,
                               .options = {.nodelay = false, .user_timeout_us = 5000}},
                              listener_handler);
  ASSERT_TRUE(made.has_value());
  settle();
  const auto index = device->peer_connect(80);
  ASSERT_TRUE(index.has_value());
  EXPECT_EQ(device->conn(*index).open.options, 0);
  EXPECT_FALSE(device->conn(*index).options.has_value()) << "not before it is established";
  settle();
  ASSERT_TRUE(device->conn(*index).options.has_value());
  EXPECT_EQ(device->conn(*index).options->user_timeout, 5U);
  Connection* connection = (*made)->accept();
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(connection->options().user_timeout_us, 5000U);
  connection->release();
  (*made)->release();
}

TEST_F(OptionsTest, ConnectsToIpv6AddressesNameThemOnce) {
  Connection* first = connect(ipv6(1));
  Connection* second = connect(ipv6(1));
  Connection* third = connect(ipv6(2));
  Connection* old = connect(0x0A000002);
  Connection* fourth = connect(ipv6(2));
  settle();
  EXPECT_EQ(device->addresses, 2U);
  EXPECT_EQ(device->conn(0).remote_ip, ipv6(1));
  EXPECT_EQ(device->conn(1).remote_ip, ipv6(1));
  EXPECT_EQ(device->conn(2).remote_ip, ipv6(2));
  EXPECT_EQ(device->conn(3).remote_ip, IpAddress(0x0A000002));
  EXPECT_EQ(device->conn(4).remote_ip, ipv6(2));
  EXPECT_EQ(first->remote(), (Endpoint{ipv6(1), 80}));
  EXPECT_EQ(second->remote(), (Endpoint{ipv6(1), 80}));
  EXPECT_EQ(third->remote(), (Endpoint{ipv6(2), 80}));
  EXPECT_EQ(old->remote(), (Endpoint{0x0A000002, 80}));
  EXPECT_EQ(fourth->remote(), (Endpoint{ipv6(2), 80}));
}

// The address and the connect that means it stay together when the ring is full between them.
TEST_F(OptionsTest, AFullRingDoesNotPartAddressAndConnect) {
  start({}, {.queue_pair = {.submission_entries = 16}});
  device->pause(true);
  for (std::uint32_t i = 0; i < 20; ++i) connect(ipv6(i + 1));
  runtime->flush();
  EXPECT_TRUE(runtime->backlogged());
  device->pause(false);
  settle();
  for (std::uint16_t i = 0; i < 20; ++i) EXPECT_EQ(device->conn(i).remote_ip, ipv6(i + 1U)) << i;
  EXPECT_EQ(device->addresses, 20U);
  EXPECT_FALSE(runtime->backlogged());
}

TEST_F(OptionsTest, RefusesAddressesThatAreNoHosts) {
  for (const IpAddress& ip :
       {IpAddress(), IpAddress(0U), IpAddress(0xE0000001), IpAddress::ipv6({0xFF020000, 0, 0, 1}),
        IpAddress::ipv6({0, 0, 0, 1})}) {
    const auto made = runtime->connect({.remote = {ip, 80}}, handler);
    ASSERT_FALSE(made.has_value()) << ip.to_string();
    EXPECT_EQ(made.error().code, Errc::kInvalidArgument);
  }
}

TEST_F(OptionsTest, AcceptedConnectionsKnowTheirPeer) {
  CountingListenerHandler listener_handler;
  auto made = runtime->listen({.port = 80, .backlog = 2, .tx_size = kRing, .rx_size = kRing},
                              listener_handler);
  ASSERT_TRUE(made.has_value());
  settle();
  const Endpoint peer{IpAddress::ipv6({0xFE800000, 0, 0x11223344, 0x55667788}), 50123};
  const auto on_ipv6 = device->peer_connect(80, peer);
  const auto on_ipv4 = device->peer_connect(80);
  ASSERT_TRUE(on_ipv6 && on_ipv4);
  settle();
  Connection* first = (*made)->accept();
  Connection* second = (*made)->accept();
  ASSERT_TRUE(first != nullptr && second != nullptr);
  EXPECT_EQ(first->remote(), peer);
  EXPECT_EQ(first->local_port(), 80);
  EXPECT_EQ(second->remote(), (Endpoint{0x0A000002, 40001}));
  device->peer_send(*on_ipv6, bytes_of("x"));  // reports of an IPv6 connection name no address
  settle();
  EXPECT_EQ(first->remote(), peer);
  EXPECT_EQ(runtime->stats().stray_reports, 0U);
  first->release();
  second->release();
  (*made)->release();
}

}  // namespace
}  // namespace millrace::host
