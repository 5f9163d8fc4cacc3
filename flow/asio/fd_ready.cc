// SPDX-License-Identifier: Apache-2.0
// Waiting for a descriptor in a coroutine.

#include "flow/asio/fd_ready.h"

namespace millrace::flow {

FdReady::~FdReady() {
  stop_.reset();
  loop_.forget_cancel(*this);
  loop_.disarm(*this);
  *self_ = nullptr;
  boost::system::error_code ignored;
  if (waiting_ && descriptor_.is_open()) descriptor_.cancel(ignored);
}

void FdReady::await_suspend(std::coroutine_handle<> handle) {
  ready_.handle = handle;
  waiting_ = true;
  descriptor_.async_wait(what_, [self = self_](boost::system::error_code code) {
    FdReady* wait = *self;
    if (wait == nullptr || !wait->waiting_) return;
    if (code) wait->interrupt(Errc::kCancelled);
    wait->waiting_ = false;
    wait->loop_.post(wait->ready_);
  });
  if (options_.deadline_us != kNever) loop_.arm(*this, options_.deadline_us);
  if (options_.stop.stop_possible()) stop_.emplace(options_.stop, StopRequest{this});
}

Result<void> FdReady::await_resume() {
  if (why_) return std::unexpected(Error(why_, operation_));
  return {};
}

void FdReady::interrupt(Errc why) {
  if (!waiting_) return;
  if (!why_) why_ = make_error_code(why);
  waiting_ = false;
  boost::system::error_code ignored;
  if (descriptor_.is_open()) descriptor_.cancel(ignored);
  loop_.post(ready_);
}

}  // namespace millrace::flow
