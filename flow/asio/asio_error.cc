// SPDX-License-Identifier: Apache-2.0
// Errors of flows as Asio's.

#include "flow/asio/asio_stream.h"

namespace millrace::flow {

boost::system::error_code to_asio(const Error& error) {
  if (error.code == Errc::kCancelled) return boost::asio::error::operation_aborted;
  const std::error_condition condition = error.code.default_error_condition();
  if (condition.category() == std::generic_category()) {
    return {condition.value(), boost::system::system_category()};
  }
  return error.code;
}

}  // namespace millrace::flow
