// SPDX-License-Identifier: Apache-2.0
// The error category "millrace": texts and std::errc conditions.

#include "host/base/error.h"

#include <array>
#include <ostream>

namespace millrace::host {
namespace {

struct Row {
  Errc code;
  std::errc condition;
  const char* text;
};

// In the order of Errc. The first four texts are those of mirage-flow and mirage-tcpip.
constexpr std::array kRows = {
    Row{Errc::kClosed, std::errc::broken_pipe, "attempted to write to a closed flow"},
    Row{Errc::kConnectionReset, std::errc::connection_reset, "connection was reset by the peer"},
    Row{Errc::kConnectionAborted, std::errc::connection_aborted, "connection was aborted"},
    Row{Errc::kRefused, std::errc::connection_refused, "connection attempt was refused"},
    Row{Errc::kTimedOut, std::errc::timed_out, "connection attempt timed out"},
    Row{Errc::kHostUnreachable, std::errc::host_unreachable, "no route to the host"},
    Row{Errc::kNoBufferSpace, std::errc::no_buffer_space, "no connection or buffer is free"},
    Row{Errc::kAddressInUse, std::errc::address_in_use, "address is in use"},
    Row{Errc::kDeviceLost, std::errc::no_such_device, "card does not answer"},
    Row{Errc::kNotSupported, std::errc::not_supported, "not supported"},
    Row{Errc::kContractMismatch, std::errc::protocol_not_supported,
        "card and host were built from different contracts"},
    Row{Errc::kBadLimits, std::errc::protocol_error, "card announces impossible limits"},
    Row{Errc::kInvalidArgument, std::errc::invalid_argument, "invalid argument"},
    Row{Errc::kDriverFault, std::errc::protocol_error, "card and host disagree; report this bug"},
    Row{Errc::kCancelled, std::errc::operation_canceled, "operation was cancelled"},
    Row{Errc::kTruncated, std::errc::connection_reset, "stream was truncated"},
    Row{Errc::kResolveFailed, std::errc::address_not_available, "name resolution failed"},
    Row{Errc::kTooLarge, std::errc::message_size, "too large"},
    Row{Errc::kTlsAlert, std::errc::protocol_error, "TLS alert"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].code) != i + 1) return false;
  }
  return true;
}
static_assert(in_order());

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "millrace"; }
  std::string message(int value) const override {
    const Row* row = find(value);
    return row == nullptr ? "unknown error " + std::to_string(value) : row->text;
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    const Row* row = find(value);
    return row == nullptr ? std::error_condition(value, *this)
                          : std::make_error_condition(row->condition);
  }

 private:
  static const Row* find(int value) noexcept {
    const bool known = value >= 1 && value <= static_cast<int>(kRows.size());
    return known ? &kRows[static_cast<std::size_t>(value) - 1] : nullptr;
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

std::error_code make_error_code(contract::Status status) noexcept {
  using contract::Status;
  switch (status) {
    case Status::kOk:
      return {};
    case Status::kRefused:
      return Errc::kRefused;
    case Status::kReset:
      return Errc::kConnectionReset;
    case Status::kTimedOut:
      return Errc::kTimedOut;
    case Status::kAborted:
    case Status::kListenerClosed:
      return Errc::kConnectionAborted;
    case Status::kNoConnection:
    case Status::kNoListener:
      return Errc::kNoBufferSpace;
    case Status::kAddressInUse:
      return Errc::kAddressInUse;
    case Status::kUnreachable:
      return Errc::kHostUnreachable;
    case Status::kBadAddress:
      return Errc::kInvalidArgument;
    default:  // the bad_ ones, and what no contract of ours has
      return Errc::kDriverFault;
  }
}

std::string to_string(const Error& error) {
  return error.context.empty() ? error.code.message() : error.context + ": " + error.code.message();
}

std::ostream& operator<<(std::ostream& stream, const Error& error) {
  return stream << to_string(error);
}

std::string hex(std::uint64_t value) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string digits;
  do {
    digits.insert(digits.begin(), kDigits[value & 0xF]);
    value >>= 4;
  } while (value != 0);
  return "0x" + digits;
}

}  // namespace millrace::host
