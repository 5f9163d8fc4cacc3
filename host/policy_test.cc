// SPDX-License-Identifier: Apache-2.0
// Policies: the table against the contract, bounds, profiles; and the card's second address family.

#include "host/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "host/card.h"
#include "host/device/fake_device.h"

namespace millrace::host {
namespace {

using ::testing::HasSubstr;

CardOptions options() {
  CardOptions result;
  result.mac = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
  result.ipv4 = 0x0A000001;
  result.seed = 1;
  return result;
}

std::string text_of(const CardOptions& bad) {
  FakeDevice device;
  const auto card = Card::open(device, bad);
  EXPECT_FALSE(card.has_value());
  if (card.has_value()) return {};
  EXPECT_EQ(card.error().code, Errc::kInvalidArgument);
  return to_string(card.error());
}

TEST(Policy, DefaultsAreTheContractsResets) {
  const Policy policy;
  for (const auto& row : policy_registers()) {
    const auto* const known =
        std::ranges::find(contract::kRegisters, row.offset, &contract::RegisterInfo::offset);
    ASSERT_NE(known, std::end(contract::kRegisters)) << row.name;
    EXPECT_EQ(row.name, known->name);
    EXPECT_EQ(policy.*row.member, known->reset) << row.name;
  }
}

TEST(Policy, EveryRegisterOfTcpIsInTheTable) {
  const auto known = policy_registers();
  EXPECT_EQ(known.size() * sizeof(std::uint32_t), sizeof(Policy));
  for (const auto& reg : contract::kRegisters) {
    const bool first = reg.offset >= contract::kRegMss && reg.offset <= contract::kRegArpAgeUs;
    const bool second =
        reg.offset >= contract::kRegTcpOptions && reg.offset <= contract::kRegTimeToLive;
    EXPECT_EQ(std::ranges::count(known, reg.offset, &PolicyRegister::offset),
              first || second ? 1 : 0)
        << reg.name;
  }
}

TEST(Policy, TheCardIsGivenEveryRegister) {
  CardOptions given = options();
  std::uint32_t value = 60'000;
  for (const auto& row : policy_registers()) {
    given.policy.*row.member = std::clamp(value++, row.low, row.high);
  }
  given.policy.rto_min_us = 1000;
  FakeDevice device;
  ASSERT_TRUE(Card::open(device, given).has_value());
  for (const auto& row : policy_registers()) {
    EXPECT_EQ(device.registers[row.offset], given.policy.*row.member) << row.name;
  }
}

TEST(Policy, BoundsAreRefusedByNameAndAllowed) {
  for (const auto& row : policy_registers()) {
    for (const std::uint32_t value : {row.low - 1, row.high + 1}) {
      if (value == std::numeric_limits<std::uint32_t>::max()) continue;
      Policy bad;
      bad.*row.member = value;
      const auto wrong = check(bad);
      ASSERT_TRUE(wrong.has_value()) << row.name << value;
      EXPECT_THAT(wrong->context, HasSubstr(std::string(row.name) + " " + std::to_string(value)));
    }
  }
  Policy high;
  for (const auto& row : policy_registers()) high.*row.member = row.high;
  EXPECT_FALSE(check(high).has_value());
}

TEST(Policy, ThereAreThreeAlgorithms) {
  for (const std::uint32_t good : {0U, 1U, 2U, 16U, 17U, 18U}) {
    EXPECT_FALSE(check(Policy{.congestion_control = good}).has_value()) << good;
  }
  for (const std::uint32_t bad : {3U, 4U, 15U, 19U, 32U}) {
    const auto wrong = check(Policy{.congestion_control = bad});
    ASSERT_TRUE(wrong.has_value()) << bad;
    EXPECT_THAT(wrong->context, HasSubstr("congestion_control"));
  }
}

TEST(Policy, ProfilesSetThemTogetherAndAreValid) {
  for (const std::string_view name : profile_names()) {
    const auto one = profile(name, Policy{.mss = 8960, .arp_age_us = 7});
    ASSERT_TRUE(one.has_value());
    EXPECT_FALSE(check(*one).has_value()) << name;
    EXPECT_EQ(one->mss, 8960U);
    EXPECT_EQ(one->arp_age_us, 7U);
    EXPECT_EQ(profile(name, Policy{.initial_window = 99, .time_to_live = 1}),
              profile(name, Policy{}))
        << "nothing else of the base is left";
  }
  EXPECT_FALSE(profile("beos").has_value());
}

TEST(Policy, TheProfilesDifferAsTheSystemsDo) {
  const auto linux_one = profile("linux");
  const auto freebsd = profile("freebsd");
  ASSERT_TRUE(linux_one && freebsd);
  const auto order = tcp_options(TcpOption::kOptionOrder);
  EXPECT_EQ(linux_one->tcp_options & order, 0U);
  EXPECT_EQ(freebsd->tcp_options & order, order);
  EXPECT_EQ(linux_one->rto_max_us, 120'000'000U);
  EXPECT_EQ(freebsd->rto_max_us, 64'000'000U);
  EXPECT_EQ(linux_one->keepalive_probes, 9U);
  EXPECT_EQ(freebsd->keepalive_probes, 8U);
  EXPECT_EQ(linux_one->retries_max, 15U);
  EXPECT_EQ(freebsd->retries_max, 12U);
}

TEST(Policy, TicksAreRoundedUpAndBounded) {
  EXPECT_EQ(ticks_of_us(0), 0U);
  EXPECT_EQ(ticks_of_us(1), 1U);
  EXPECT_EQ(ticks_of_us(1024), 1U);
  EXPECT_EQ(ticks_of_us(1025), 2U);
  EXPECT_EQ(ticks_of_us(~std::uint64_t{0}), 0xFFFFFFFFU);
}

TEST(CardIpv6, AddressPrefixGatewayAndTagAreWritten) {
  CardOptions given = options();
  given.ipv6 = IpAddress::ipv6({0x20010DB8, 1, 2, 3});
  given.ipv6_prefix = 48;
  given.ipv6_gateway = IpAddress::ipv6({0xFE800000, 0, 0, 1});
  given.vlan = 0x2005;
  FakeDevice device;
  ASSERT_TRUE(Card::open(device, given).has_value());
  EXPECT_EQ(device.registers[contract::kRegIpv60], 0x20010DB8U);
  EXPECT_EQ(device.registers[contract::kRegIpv61], 1U);
  EXPECT_EQ(device.registers[contract::kRegIpv62], 2U);
  EXPECT_EQ(device.registers[contract::kRegIpv63], 3U);
  EXPECT_EQ(device.registers[contract::kRegIpv6PrefixLength], 48U);
  EXPECT_EQ(device.registers[contract::kRegIpv6Gateway0], 0xFE800000U);
  EXPECT_EQ(device.registers[contract::kRegIpv6Gateway3], 1U);
  EXPECT_EQ(device.registers[contract::kRegVlan], 0x80002005U);
  FakeDevice plain;
  ASSERT_TRUE(Card::open(plain, options()).has_value());
  EXPECT_EQ(plain.registers[contract::kRegIpv60], 0U);
  EXPECT_EQ(plain.registers[contract::kRegVlan], 0U);
}

TEST(CardIpv6, HasAnAddressTowardEveryPeer) {
  const IpAddress global = IpAddress::ipv6({0x20010DB8, 0, 0, 1});
  const IpAddress peer = IpAddress::ipv6({0x20010DB8, 1, 0, 2});
  const IpAddress neighbour = IpAddress::ipv6({0xFE800000, 0, 0, 2});
  CardOptions given = options();
  for (const bool has_global : {false, true}) {
    if (has_global) given.ipv6 = global;
    FakeDevice device;
    const auto card = Card::open(device, given);
    ASSERT_TRUE(card.has_value());
    EXPECT_EQ((*card)->address_toward(0x0A000002), IpAddress(0x0A000001));
    EXPECT_EQ((*card)->address_toward(neighbour), link_local_of(given.mac));
    EXPECT_EQ((*card)->address_toward(peer), has_global ? global : link_local_of(given.mac));
  }
}

TEST(CardIpv6, RefusesImpossibleAddressesByName) {
  const IpAddress global = IpAddress::ipv6({0x20010DB8, 0, 0, 1});
  const auto with = [&](auto change) {
    CardOptions bad = options();
    bad.ipv6 = global;
    change(bad);
    return text_of(bad);
  };
  for (const char* text : {"::1", "ff02::1", "fe80::1", "10.0.0.1"}) {
    EXPECT_THAT(with([&](CardOptions& o) { o.ipv6 = *IpAddress::parse(text); }),
                HasSubstr("ipv6 " + std::string(text)));
  }
  EXPECT_THAT(with([](CardOptions& o) { o.ipv6_prefix = 0; }), HasSubstr("ipv6_prefix 0"));
  EXPECT_THAT(with([](CardOptions& o) { o.ipv6_prefix = 129; }), HasSubstr("ipv6_prefix 129"));
  for (const char* text : {"2001:db8::1", "2001:db8:1::1", "ff02::2", "10.0.0.1"}) {
    EXPECT_THAT(with([&](CardOptions& o) { o.ipv6_gateway = *IpAddress::parse(text); }),
                HasSubstr("ipv6_gateway " + std::string(text)));
  }
  EXPECT_THAT(with([](CardOptions& o) { o.vlan = 0xFFFF; }), HasSubstr("VLAN 4095"));
}

}  // namespace
}  // namespace millrace::host
