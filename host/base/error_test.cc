// SPDX-License-Identifier: Apache-2.0
// Texts and conditions of the error category.

#include "host/base/error.h"

#include <gtest/gtest.h>

#include <sstream>

namespace millrace::host {
namespace {

TEST(Error, TextsAreThoseOfTheFlowConformance) {
  EXPECT_EQ(make_error_code(Errc::kClosed).message(), "attempted to write to a closed flow");
  EXPECT_EQ(make_error_code(Errc::kRefused).message(), "connection attempt was refused");
  EXPECT_EQ(make_error_code(Errc::kTimedOut).message(), "connection attempt timed out");
}

TEST(Error, CodesMeetStandardConditions) {
  EXPECT_EQ(make_error_code(Errc::kConnectionReset), std::errc::connection_reset);
  EXPECT_EQ(make_error_code(Errc::kConnectionAborted), std::errc::connection_aborted);
  EXPECT_EQ(make_error_code(Errc::kRefused), std::errc::connection_refused);
  EXPECT_EQ(make_error_code(Errc::kNoBufferSpace), std::errc::no_buffer_space);
  EXPECT_EQ(make_error_code(Errc::kClosed), std::errc::broken_pipe);
  EXPECT_NE(make_error_code(Errc::kClosed), std::errc::connection_reset);
  EXPECT_EQ(make_error_code(contract::Status::kUnreachable), std::errc::host_unreachable);
  EXPECT_EQ(make_error_code(contract::Status::kTimedOut), std::errc::timed_out);
}

TEST(Error, EveryCodeAndStatusHasAText) {
  for (int i = 0; i < 64; ++i) EXPECT_FALSE(error_category().message(i).empty()) << i;
  for (const auto& row : contract::kStatuses) {
    const std::error_code code = make_error_code(row.status);
    EXPECT_EQ(static_cast<bool>(code), row.status != contract::Status::kOk) << row.name;
    EXPECT_FALSE(code.message().empty()) << row.name;
  }
  EXPECT_EQ(make_error_code(contract::Status::kNoConnection), std::errc::no_buffer_space);
}

TEST(Error, PrintsContextThenCode) {
  const Error error = make_error(Errc::kRefused, "connect to 10.0.0.2:80");
  std::ostringstream stream;
  stream << error;
  EXPECT_EQ(stream.str(), "connect to 10.0.0.2:80: connection attempt was refused");
  EXPECT_EQ(to_string(Error{Errc::kClosed, ""}), "attempted to write to a closed flow");
  EXPECT_EQ(hex(0x1f), "0x1f");
  EXPECT_EQ(hex(0), "0x0");
}

}  // namespace
}  // namespace millrace::host
