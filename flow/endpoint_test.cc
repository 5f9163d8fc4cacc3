// SPDX-License-Identifier: Apache-2.0
// Endpoints as text, and the texts of errors.

#include "flow/endpoint.h"

#include <gtest/gtest.h>

namespace millrace::flow {
namespace {

TEST(Endpoint, ParseAndPrintAreInverse) {
  for (const char* text :
       {"toe://10.0.0.2:80", "toe://[fe80::1]:80", "toe://[2001:db8::2]:443", "tcp://[::1]:8080",
        "tcp://example.org:1", "unix:/run/socket", "mem:name", "tls+tcp://a:65535"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(to_string(*endpoint), text);
    EXPECT_EQ(*parse_endpoint(to_string(*endpoint)), *endpoint);
  }
}

TEST(Endpoint, MissingHostIsLocalhost) {
  const auto endpoint = parse_endpoint("tcp://:80");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->host, "localhost");
  EXPECT_EQ(endpoint->port, 80);
}

TEST(Endpoint, BadTextsSayWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "no scheme"},
      {"10.0.0.1", "no scheme"},
      {"10.0.0.1:80", "no scheme"},
      {"TCP://a:1", "no scheme"},
      {"tcp://a", "no port"},
      {"tcp://a:", "no port"},
      {"tcp://a:x", "bad port"},
      {"tcp://a:80 ", "bad port"},
      {"tcp://a:65536", "bad port"},
      {"tcp://::1:80", "brackets"},
      {"tcp://[::1:80", "without ']'"},
      {"unix:", "no path"},
  };
  for (const auto& [text, why] : cases) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().code, Errc::kInvalidArgument);
    EXPECT_NE(to_string(endpoint.error()).find(why), std::string::npos)
        << to_string(endpoint.error());
  }
}

TEST(Endpoint, Ipv4) {
  EXPECT_EQ(parse_ipv4("10.0.0.2").value_or(0), 0x0A000002U);
  EXPECT_EQ(ipv4_to_string(0x0A000002), "10.0.0.2");
  for (const char* text : {"", "10.0.0", "10.0.0.256", "10.0.0.1.", "a.b.c.d", "10.0.0.-1"}) {
    EXPECT_FALSE(parse_ipv4(text)) << text;
  }
}

TEST(Error, TextsAreThoseThatPeopleKnow) {
  EXPECT_EQ(to_string(Error(Errc::kRefused, "connect")), "connect: connection attempt was refused");
  EXPECT_EQ(to_string(Error(Errc::kTimedOut, "connect")), "connect: connection attempt timed out");
  EXPECT_EQ(to_string(Error(Errc::kTimedOut, "read")), "read: timed out");
  Error closed(Errc::kClosed, "write");
  closed.layer = "toe";
  closed.cause = Errc::kConnectionReset;
  EXPECT_EQ(to_string(closed),
            "toe: write: attempted to write to a closed flow (connection was reset by the peer)");
  EXPECT_FALSE(to_string(Error()).empty());
}

}  // namespace
}  // namespace millrace::flow
