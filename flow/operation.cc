// SPDX-License-Identifier: Apache-2.0
// How an operation waits and stops waiting.

#include "flow/operation.h"

namespace millrace::flow {

Operation::~Operation() { end(); }

void Operation::StopRequest::operator()() const noexcept {
  operation->loop_.request_cancel(*operation);
}

void Operation::begin(std::coroutine_handle<> handle, std::uint64_t deadline_us,
                      const std::stop_token& stop) {
  ready_.handle = handle;
  loop_.arm(*this, deadline_us);
  if (stop.stop_possible()) stop_.emplace(stop, StopRequest{this});
}

void Operation::end() {
  if (stop_) {
    stop_.reset();  // waits for a stop request in progress on another thread
    loop_.forget_cancel(*this);
  }
  if (armed()) loop_.disarm(*this);
}

void Operation::on_timer() { interrupt(Errc::kTimedOut); }

void Operation::on_cancel_request() { interrupt(Errc::kCancelled); }

}  // namespace millrace::flow
