// SPDX-License-Identifier: Apache-2.0
// Errors as exit codes.

#include "flow/cli/exit_code.h"

namespace millrace::flow::cli {

ExitCode exit_code_of(const Error& error) {
  const std::error_code code =
      error.code == Errc::kClosed && error.cause ? error.cause : error.code;
  if (code == Errc::kDeviceLost || code == Errc::kContractMismatch || code == Errc::kBadLimits ||
      code == Errc::kDriverFault) {
    return ExitCode::kCard;
  }
  if (code == std::errc::connection_refused) return ExitCode::kRefused;
  if (code == std::errc::timed_out || code == std::errc::host_unreachable) {
    return ExitCode::kTimedOut;
  }
  if (code == std::errc::connection_reset) return ExitCode::kReset;
  if (code == std::errc::no_buffer_space || code == std::errc::address_in_use) {
    return ExitCode::kResources;
  }
  if (code == std::errc::operation_canceled) return ExitCode::kInterrupted;
  return code == Errc::kInvalidArgument ? ExitCode::kUsage : ExitCode::kFailed;
}

}  // namespace millrace::flow::cli
