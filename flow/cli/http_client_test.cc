// SPDX-License-Identifier: Apache-2.0
// URLs, right and wrong.

#include "flow/cli/http_client.h"

#include <gtest/gtest.h>

namespace millrace::flow::cli {
namespace {

TEST(Url, HostPortAndTarget) {
  const struct {
    const char* text;
    const char* host;
    const char* authority;
    std::uint16_t port;
    const char* target;
  } cases[] = {
      {"http://10.0.0.2", "10.0.0.2", "10.0.0.2", 80, "/"},
      {"http://10.0.0.2:8080/a/b", "10.0.0.2", "10.0.0.2:8080", 8080, "/a/b"},
      {"http://[fe80::1]/x", "fe80::1", "[fe80::1]", 80, "/x"},
      {"http://[2001:db8::2]:81/x:y", "2001:db8::2", "[2001:db8::2]:81", 81, "/x:y"},
  };
  for (const auto& one : cases) {
    const auto url = parse_url(one.text);
    ASSERT_TRUE(url.has_value()) << one.text;
    EXPECT_EQ(url->host, one.host);
    EXPECT_EQ(url->authority, one.authority);
    EXPECT_EQ(url->port, one.port);
    EXPECT_EQ(url->target, one.target);
  }
}

TEST(Url, AnythingElseIsNone) {
  for (const char* text : {"", "10.0.0.2", "https://a", "http://", "http:///x",
                           "http://a:", "http://a:b", "http://a:70000", "http://[::1",
                           "http://[::1]x", "http://[]:80", "http://::1/", "http://a/b c"}) {
    EXPECT_FALSE(parse_url(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace millrace::flow::cli
