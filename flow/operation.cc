// SPDX-License-Identifier: Apache-2.0
// How an operation stops waiting before its time.

#include "flow/operation.h"

namespace millrace::flow {

Operation::Limit::Limit(Operation& operation, std::uint64_t deadline_us,
                        const std::stop_token& stop)
    : operation_(operation) {
  operation.loop_.arm(*this, deadline_us);
  if (stop.stop_possible()) stop_.emplace(stop, StopRequest{this});
}

Operation::Limit::~Limit() {
  if (stop_) {
    stop_.reset();  // waits for a stop request in progress on another thread
    operation_.loop_.forget_cancel(*this);
  }
  operation_.loop_.disarm(*this);
}

void Operation::Limit::StopRequest::operator()() const noexcept {
  limit->operation_.loop_.request_cancel(*limit);
}

}  // namespace millrace::flow
