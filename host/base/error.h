// SPDX-License-Identifier: Apache-2.0
// Errors as values: one std::error_code category for host and flow, and a code with the words that
// a person needs. Every code maps to a std::errc condition, so `error ==
// std::errc::connection_reset` works.

#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <system_error>

#include "hw/contract/generated/contract.h"

namespace millrace::host {

enum class Errc : int {
  kClosed = 1,         // broken_pipe: the local end was closed for writing
  kConnectionReset,    // connection_reset: the peer sent RST
  kConnectionAborted,  // connection_aborted: this host ended it, or its card was lost
  kRefused,            // connection_refused: the peer answered SYN with RST
  kTimedOut,           // timed_out: a connection attempt, a retransmission or a deadline
  kHostUnreachable,    // host_unreachable
  kNoBufferSpace,      // no_buffer_space: connections, listeners, slots or memory are used up
  kAddressInUse,       // address_in_use
  kDeviceLost,         // no_such_device: the card does not answer
  kNotSupported,       // not_supported
  kContractMismatch,   // protocol_not_supported: card and host were built from different contracts
  kBadLimits,          // protocol_error: the card announces impossible limits
  kInvalidArgument,    // invalid_argument
  kDriverFault,    // protocol_error: card and host disagree about the rings; a bug in one of them
  kCancelled,      // operation_canceled
  kTruncated,      // connection_reset: the stream ended before its protocol said so
  kResolveFailed,  // address_not_available
  kTooLarge,       // message_size
  kTlsAlert,       // protocol_error
};

// The category "millrace". One object for the whole process.
const std::error_category& error_category() noexcept;
std::error_code make_error_code(Errc code) noexcept;

// Why a connection or an entry ended, as an error code; kOk gives the empty code.
std::error_code make_error_code(contract::Status status) noexcept;

// A code, and what failed, on what, and what to do about it. Made off the data path only.
struct Error {
  std::error_code code;
  std::string context;
};

inline Error make_error(Errc code, std::string context) {
  return Error{make_error_code(code), std::move(context)};
}

// "context: message of the code"; never empty.
std::string to_string(const Error& error);
std::ostream& operator<<(std::ostream& stream, const Error& error);

// "0x1234abcd", for messages.
std::string hex(std::uint64_t value);

}  // namespace millrace::host

template <>
struct std::is_error_code_enum<millrace::host::Errc> : std::true_type {};
