// SPDX-License-Identifier: Apache-2.0
// The printing of errors.

#include "flow/error.h"

#include <ostream>

namespace millrace::flow {

std::string to_string(const Error& error) {
  std::string text;
  for (const std::string_view part : {error.layer, error.operation}) {
    if (!part.empty()) text.append(part).append(": ");
  }
  // The category's words for timed_out speak of a connection attempt; other operations have
  // deadlines too.
  const bool deadline = error.code == Errc::kTimedOut && error.operation != "connect";
  text += deadline ? std::string("timed out") : error.code.message();
  if (error.cause && error.cause != error.code) text += " (" + error.cause.message() + ")";
  if (!error.detail.empty()) text += ": " + error.detail;
  return text;
}

std::ostream& operator<<(std::ostream& stream, const Error& error) {
  return stream << to_string(error);
}

}  // namespace millrace::flow
