// SPDX-License-Identifier: Apache-2.0
// What can go wrong with a flow. Errors are values of the host's category; the end of a stream is
// not an error.

#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "host/base/error.h"

namespace millrace::flow {

/// The codes and their std::errc conditions: `error.code == Errc::kClosed`, `error.cause ==
/// std::errc::connection_reset`. Two facts that only a program's own structure can cause have
/// std::errc codes: operation_would_block (try_read) and resource_deadlock_would_occur (a loop that
/// would wait for ever).
using host::Errc;

/// One failure. Copying allocates only if `detail` is set, which happens while connecting and
/// parsing, never on the data path.
struct Error {
  std::error_code code;   ///< what happened, in the terms of the operation
  std::error_code cause;  ///< why, if that is another fact: kClosed because of kConnectionReset
  std::string_view operation;  ///< "read", "connect", ...: static storage
  std::string_view layer;  ///< the flow's name, "toe", "memory", ...: static storage; may be empty
  std::uint64_t transferred =
      0;               ///< writes: bytes of this write that were accepted before it failed
  std::string detail;  ///< for people; may be empty

  Error() = default;
  Error(std::error_code what, std::string_view op) : code(what), operation(op) {}
  Error(std::error_code what, std::string_view op, std::string text)
      : code(what), operation(op), detail(std::move(text)) {}
};

/// One line for people, never empty: "memory: write: attempted to write to a closed flow
/// (connection reset by peer)".
std::string to_string(const Error& error);
std::ostream& operator<<(std::ostream& stream, const Error& error);

}  // namespace millrace::flow
