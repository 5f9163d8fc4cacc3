// SPDX-License-Identifier: Apache-2.0
// IP addresses: text both ways, and what kinds there are.

#include "host/base/ip_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace millrace::host {
namespace {

IpAddress parsed(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress());
}

TEST(IpAddress, ReadsBothFamilies) {
  EXPECT_EQ(parsed("10.0.0.2"), IpAddress(0x0A000002));
  EXPECT_EQ(parsed("::ffff:10.0.0.2"), IpAddress(0x0A000002));
  EXPECT_EQ(parsed("2001:db8::2"), IpAddress::ipv6({0x20010DB8, 0, 0, 2}));
  EXPECT_EQ(parsed("fe80::200:5eff:fe00:5301"),
            IpAddress::ipv6({0xFE800000, 0, 0x02005EFF, 0xFE005301}));
  EXPECT_EQ(parsed("::"), IpAddress());
  EXPECT_TRUE(parsed("10.0.0.2").is_ipv4());
  EXPECT_EQ(parsed("10.0.0.2").ipv4(), 0x0A000002U);
  EXPECT_FALSE(parsed("::10.0.0.2").is_ipv4());
}

TEST(IpAddress, RefusesWhatIsNoneAndNamesIt) {
  for (const char* text : {"", "10.0.0", "10.0.0.256", "2001:db8:::2", "g::", "fe80::1%eth0",
                           "[::1]", "1:2:3:4:5:6:7:8:9", "10.0.0.2 ",
                           "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_FALSE(address.has_value()) << text;
    EXPECT_EQ(address.error().code, Errc::kInvalidArgument);
    EXPECT_THAT(to_string(address.error()), testing::HasSubstr("'" + std::string(text) + "'"));
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("10.0.0.2\0x", 10)).has_value());
}

TEST(IpAddress, PrintsAsRfc5952Says) {
  EXPECT_EQ(parsed("10.0.0.2").to_string(), "10.0.0.2");
  EXPECT_EQ(parsed("::ffff:10.0.0.2").to_string(), "10.0.0.2");
  EXPECT_EQ(parsed("2001:0DB8:0:0:0:0:0:2").to_string(), "2001:db8::2");
  EXPECT_EQ(parsed("2001:db8:0:1:1:1:1:1").to_string(), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(parsed("2001:0:0:1:0:0:0:1").to_string(), "2001:0:0:1::1");
  EXPECT_EQ(parsed("2001:db8:0:0:1:0:0:1").to_string(), "2001:db8::1:0:0:1");
  EXPECT_EQ(IpAddress().to_string(), "::");
  EXPECT_EQ(to_string(Endpoint{0x0A000002, 80}), "10.0.0.2:80");
  EXPECT_EQ(to_string(Endpoint{parsed("fe80::1"), 443}), "[fe80::1]:443");
}

TEST(IpAddress, TextReadsBackAsTheSameAddress) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    IpAddress::Words words{};
    for (auto& word : words) word = random() & (random() % 4 == 0 ? 0xFFFF : 0xFFFFFFFF);
    if (random() % 3 == 0) words[random() % 4] = 0;
    if (random() % 5 == 0) words = {0, 0, 0xFFFF, words[3]};
    const IpAddress address = IpAddress::ipv6(words);
    EXPECT_EQ(parsed(address.to_string()), address) << address.to_string();
  }
}

TEST(IpAddress, KnowsItsKinds) {
  for (const char* text : {"10.0.0.2", "223.255.255.255", "2001:db8::2", "fe80::1", "fc00::1"}) {
    EXPECT_TRUE(parsed(text).is_unicast()) << text;
  }
  for (const char* text : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.255",
                           "::", "::1", "ff02::1"}) {
    EXPECT_FALSE(parsed(text).is_unicast()) << text;
  }
  EXPECT_TRUE(parsed("febf::1").is_link_local());
  EXPECT_FALSE(parsed("fec0::1").is_link_local());
  EXPECT_FALSE(parsed("169.254.0.1").is_link_local());
  EXPECT_TRUE(parsed("::").is_none());
  EXPECT_TRUE(parsed("0.0.0.0").is_none());
  EXPECT_FALSE(parsed("::1").is_none());
  EXPECT_FALSE(parsed("1::").is_none());
}

TEST(IpAddress, LinkLocalFollowsFromTheMacAddress) {
  EXPECT_EQ(link_local_of({0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE}),
            parsed("fe80::3656:78ff:fe9a:bcde"));
  EXPECT_EQ(link_local_of({0x02, 0, 0, 0, 0, 1}), parsed("fe80::ff:fe00:1"));
}

TEST(IpAddress, ComparesPrefixes) {
  const IpAddress a = parsed("2001:db8::1");
  EXPECT_TRUE(a.shares_prefix(parsed("2001:db8::2"), 64));
  EXPECT_TRUE(a.shares_prefix(parsed("2001:db8::2"), 126));
  EXPECT_FALSE(a.shares_prefix(parsed("2001:db8::2"), 127));
  EXPECT_FALSE(a.shares_prefix(parsed("2001:db8:0:1::1"), 64));
  EXPECT_TRUE(a.shares_prefix(parsed("2001:db8:0:1::1"), 63));
  EXPECT_TRUE(a.shares_prefix(a, 128));
  EXPECT_TRUE(a.shares_prefix(parsed("fe80::1"), 0));
}

}  // namespace
}  // namespace millrace::host
