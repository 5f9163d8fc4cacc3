// SPDX-License-Identifier: Apache-2.0
// Range fields of RFC 9110 14.1.2 and what servers meet besides.

#include "flow/cli/http_range.h"

#include <gtest/gtest.h>

namespace millrace::flow::cli {
namespace {

using enum HttpRange::Kind;

HttpRange part(std::uint64_t first, std::uint64_t count) { return {kPart, first, count}; }

TEST(HttpRange, TheExamplesOfTheRfc) {
  EXPECT_EQ(range_of("bytes=0-499", 10'000), part(0, 500));
  EXPECT_EQ(range_of("bytes=500-999", 10'000), part(500, 500));
  EXPECT_EQ(range_of("bytes=-500", 10'000), part(9'500, 500));
  EXPECT_EQ(range_of("bytes=9500-", 10'000), part(9'500, 500));
  EXPECT_EQ(range_of("bytes=0-0", 10'000), part(0, 1));
}

TEST(HttpRange, WhatIsBeyondTheEndIsCutOff) {
  EXPECT_EQ(range_of("Bytes=5-99999999999999999999999", 10), part(5, 5));
  EXPECT_EQ(range_of("bytes=9-9", 10), part(9, 1));
  EXPECT_EQ(range_of("bytes=-11", 10), part(0, 10));
  EXPECT_EQ(range_of("bytes=-99999999999999999999999", 10), part(0, 10));
}

TEST(HttpRange, NothingIsLeft) {
  for (const char* field : {"bytes=10-", "bytes=10-20", "bytes=-0",
                            "bytes=99999999999999999999999-99999999999999999999999"}) {
    EXPECT_EQ(range_of(field, 10).kind, kUnsatisfiable) << field;
  }
  EXPECT_EQ(range_of("bytes=0-", 0).kind, kUnsatisfiable);
}

TEST(HttpRange, IgnoredOnesAskForTheWhole) {
  for (const char* field :
       {"", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=5-4", "bytes=a-", "bytes=0-b",
        "bytes=+1-2", "bytes=0-1,3-4", "bytes=0-1-2", "bytes=--1", "lines=0-1", "bytes:0-1"}) {
    EXPECT_EQ(range_of(field, 10), (HttpRange{kWhole, 0, 10})) << field;
  }
  EXPECT_EQ(range_of("bytes=-5", 0), (HttpRange{kWhole, 0, 0}));
}

}  // namespace
}  // namespace millrace::flow::cli
