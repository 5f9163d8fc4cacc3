// SPDX-License-Identifier: Apache-2.0
// Bring-up: what a card is given, and how wrong, silent and dead cards are refused.

#include "host/card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/device/device_uri.h"
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

Error open_error(FakeDevice::Options device_options, const CardOptions& card_options = options()) {
  FakeDevice device(device_options);
  auto card = Card::open(device, card_options);
  EXPECT_FALSE(card.has_value());
  return card.has_value() ? Error{} : card.error();
}

TEST(Card, WritesAddressesPolicyAndEnable) {
  FakeDevice device;
  auto card = Card::open(device, options());
  ASSERT_TRUE(card.has_value()) << card.error();
  EXPECT_EQ(device.registers[contract::kRegMacHi], 0x0211U);
  EXPECT_EQ(device.registers[contract::kRegMacLo], 0x22334455U);
  EXPECT_EQ(device.registers[contract::kRegIpv4], 0x0A000001U);
  EXPECT_EQ(device.registers[contract::kRegMss], 1460U);
  EXPECT_EQ(device.registers[contract::kRegControl], 1U);
  EXPECT_GE(device.now_us(), 30U);
  EXPECT_EQ((*card)->limits().connections, 64U);
  EXPECT_THAT((*card)->description(), HasSubstr("fake card"));
  card->reset();
  EXPECT_EQ(device.registers[contract::kRegControl], 0U);
}

TEST(Card, PolicyDefaultsAreTheContractsResets) {
  FakeDevice device;
  auto card = Card::open(device, options());
  ASSERT_TRUE(card.has_value());
  for (const auto& row : contract::kRegisters) {
    if (row.offset < contract::kRegNetmask || row.offset > contract::kRegArpAgeUs) continue;
    EXPECT_EQ(device.registers[row.offset], row.reset) << row.name;
  }
}

TEST(Card, SeedDecidesTheKeysAndWithoutItTheyDiffer) {
  FakeDevice a;
  FakeDevice b;
  FakeDevice c;
  CardOptions random = options();
  random.seed.reset();
  ASSERT_TRUE(Card::open(a, options()).has_value());
  ASSERT_TRUE(Card::open(b, options()).has_value());
  ASSERT_TRUE(Card::open(c, random).has_value());
  for (const std::uint32_t offset : {contract::kRegSecret0, contract::kRegHashKey3}) {
    EXPECT_NE(a.registers[offset], 0U);
    EXPECT_EQ(a.registers[offset], b.registers[offset]);
    EXPECT_NE(a.registers[offset], c.registers[offset]);
  }
}

TEST(Card, RefusesAnotherContractAndSaysWhichIsOlder) {
  const Error older = open_error({.hash = 1, .revision = contract::kRevision - 1});
  EXPECT_EQ(older.code, Errc::kContractMismatch);
  EXPECT_THAT(to_string(older), HasSubstr("the card is older"));
  const Error newer = open_error({.hash = 1, .revision = contract::kRevision + 1});
  EXPECT_EQ(newer.code, Errc::kContractMismatch);
  EXPECT_THAT(to_string(newer), HasSubstr("the host is older"));
  const Error same = open_error({.hash = 0xABCD});
  EXPECT_THAT(to_string(same), HasSubstr("0xabcd"));
  EXPECT_THAT(to_string(same), HasSubstr("build both from the same tree"));
}

TEST(Card, RefusesSilentForeignUnreadyAndImpossibleCards) {
  EXPECT_EQ(open_error({.id = 0xFFFFFFFF}).code, Errc::kDeviceLost);
  EXPECT_EQ(open_error({.id = 0x12345678}).code, Errc::kNotSupported);
  EXPECT_EQ(open_error({.ready_at_us = 1U << 30}).code, Errc::kDeviceLost);
  const Error none = open_error({.connections = 0});
  EXPECT_EQ(none.code, Errc::kBadLimits);
  EXPECT_THAT(to_string(none), HasSubstr("limit_connections reads 0"));
  EXPECT_EQ(open_error({.queue_pairs = 17}).code, Errc::kBadLimits);
  FakeDevice dead;
  dead.unplug();
  const auto card = Card::open(dead, options());
  ASSERT_FALSE(card.has_value());
  EXPECT_EQ(card.error().code, Errc::kDeviceLost);
  EXPECT_THAT(to_string(card.error()), HasSubstr("unplugged by the test"));
}

TEST(Card, RefusesBadOptionsByName) {
  const auto text_of = [](auto change) {
    CardOptions bad = options();
    change(bad);
    const Error error = open_error({}, bad);
    EXPECT_EQ(error.code, Errc::kInvalidArgument);
    return to_string(error);
  };
  EXPECT_THAT(text_of([](CardOptions& o) { o.mac[0] = 1; }), HasSubstr("mac"));
  EXPECT_THAT(text_of([](CardOptions& o) { o.ipv4 = 0; }), HasSubstr("ipv4"));
  EXPECT_THAT(text_of([](CardOptions& o) { o.netmask = 0xFF00FF00; }), HasSubstr("netmask"));
  for (const std::uint32_t ip :
       {0x0A000000U, 0x0A0000FFU, 0x7F000001U, 0x00000001U, 0xE0000001U, 0xFFFFFFFFU}) {
    EXPECT_THAT(text_of([&](CardOptions& o) { o.ipv4 = ip; }), HasSubstr("ipv4")) << ip;
  }
  for (const std::uint32_t ip : {0x0A000001U, 0x0A000100U, 0x0A0000FFU, 0x0A000000U}) {
    EXPECT_THAT(text_of([&](CardOptions& o) { o.gateway = ip; }), HasSubstr("gateway")) << ip;
  }
}

TEST(Card, RefusesImpossiblePolicyByNameWithItsBounds) {
  const struct {
    std::uint32_t Policy::* field;
    std::uint32_t value;
    const char* text;
  } cases[] = {
      {&Policy::mss, 0, "mss 0: must be 64 to 8960"},
      {&Policy::mss, 63, "mss 63: must be 64 to 8960"},
      {&Policy::mss, 8961, "mss 8961: must be 64 to 8960"},
      {&Policy::initial_window, 0, "initial_window 0: must be 1 to 255"},
      {&Policy::initial_window, 256, "initial_window 256"},
      {&Policy::delayed_ack_us, 500'001, "delayed_ack_us 500001: must be 0 to 500000"},
      {&Policy::rto_initial_us, 199'999, "rto_initial_us 199999: must be 200000 to 60000000"},
      {&Policy::rto_initial_us, 60'000'001, "rto_initial_us 60000001"},
      {&Policy::rto_min_us, 0, "rto_min_us 0"},
      {&Policy::rto_max_us, 1, "rto_min_us 200000: must be 1 to 1"},
      {&Policy::rto_max_us, 0x80000000, "rto_max_us 2147483648"},
      {&Policy::retries_max, 0, "retries_max 0"},
      {&Policy::retries_max, 256, "retries_max 256"},
      {&Policy::syn_retries_max, 256, "syn_retries_max 256"},
      {&Policy::time_wait_us, 0x80000000, "time_wait_us 2147483648"},
      {&Policy::arp_age_us, 0, "arp_age_us 0"},
      {&Policy::arp_age_us, 0x80000000, "arp_age_us 2147483648"},
  };
  for (const auto& one : cases) {
    CardOptions bad = options();
    bad.policy.*one.field = one.value;
    const Error error = open_error({}, bad);
    EXPECT_EQ(error.code, Errc::kInvalidArgument) << one.text;
    EXPECT_THAT(to_string(error), HasSubstr(one.text));
  }
}

TEST(Card, TakesTheBoundsThemselves) {
  CardOptions good = options();
  good.gateway = 0x0A0000FE;
  good.policy = {.mss = 64,
                 .initial_window = 255,
                 .delayed_ack_us = 0,
                 .rto_initial_us = 1,
                 .rto_min_us = 1,
                 .rto_max_us = 0x7FFFFFFF,
                 .retries_max = 1,
                 .syn_retries_max = 255,
                 .time_wait_us = 0,
                 .arp_age_us = 1};
  FakeDevice device;
  EXPECT_TRUE(Card::open(device, good).has_value());
  good.policy.mss = 8960;
  good.netmask = 0xFFFFFFFE;  // a link of two hosts (RFC 3021)
  good.ipv4 = 0x0A000000;
  good.gateway = 0x0A000001;
  FakeDevice other;
  EXPECT_TRUE(Card::open(other, good).has_value());
}

TEST(Card, HandsOutQueuePairsUntilNoneIsLeft) {
  FakeDevice device;
  auto card = Card::open(device, options());
  ASSERT_TRUE(card.has_value());
  const QueuePairOptions small{.buffer_bytes = 1 << 20};
  const auto first = (*card)->create_queue_pair(small);
  ASSERT_TRUE(first.has_value()) << first.error();
  const auto second = (*card)->create_queue_pair(small);
  ASSERT_TRUE(second.has_value());
  EXPECT_NE(first->number, second->number);
  const auto third = (*card)->create_queue_pair(small);
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().code, Errc::kNoBufferSpace);
  (*card)->destroy_queue_pair(*first, true);
  const auto again = (*card)->create_queue_pair(small);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->buffers.card_address, first->buffers.card_address);  // memory is used again
  EXPECT_EQ((*card)->create_queue_pair({.submission_entries = 100}).error().code,
            Errc::kInvalidArgument);
}

TEST(Card, ReadsCountersAndStatus) {
  FakeDevice device;
  auto card = Card::open(device, options());
  ASSERT_TRUE(card.has_value());
  const auto before = (*card)->counters();
  ASSERT_TRUE(before.has_value());
  device.registers[contract::kCounterBase + 4] = 7;
  const auto after = (*card)->counters();
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->since(*before)[contract::Counter::kRxTcpSegments], 7U);
  EXPECT_FALSE((*card)->status()->dma_error);
  device.raise_dma_error();
  EXPECT_TRUE((*card)->status()->dma_error);
}

TEST(DeviceUri, OpensRegisteredSchemesOnly) {
  EXPECT_EQ(open_device("nonsense").error().code, Errc::kInvalidArgument);
  EXPECT_EQ(open_device("fake:3").error().code, Errc::kNotSupported);
  std::string seen;
  register_device_scheme("fake", [&](std::string_view rest) {
    seen = rest;
    return std::expected<std::unique_ptr<Device>, Error>(std::make_unique<FakeDevice>());
  });
  const auto device = open_device("fake:3");
  ASSERT_TRUE(device.has_value());
  EXPECT_EQ(seen, "3");
  EXPECT_THAT(to_string(open_device("other:").error()), HasSubstr("fake:"));
}

}  // namespace
}  // namespace millrace::host
