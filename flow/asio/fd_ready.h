// SPDX-License-Identifier: Apache-2.0
// co_await FdReady(...): a descriptor becomes readable or writable, through Asio, with the loop's
// deadlines and stops.

#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <coroutine>
#include <memory>
#include <optional>
#include <stop_token>

#include "flow/flow.h"

namespace millrace::flow {

/// Gives kTimedOut after `deadline_us`, kCancelled after a stop request or when the descriptor is
/// closed. The descriptor must outlive the wait; one wait of each kind at a time, since ending one
/// cancels all of the descriptor.
class [[nodiscard]] FdReady final : public Timer, public Cancellable {
 public:
  using Descriptor = boost::asio::posix::stream_descriptor;

  FdReady(EventLoop& loop, Descriptor& descriptor, Descriptor::wait_type what,
          const OpOptions& options, std::string_view operation)
      : loop_(loop),
        descriptor_(descriptor),
        what_(what),
        options_(options),
        operation_(operation) {}
  FdReady(const FdReady&) = delete;
  FdReady& operator=(const FdReady&) = delete;
  ~FdReady();

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle);
  Result<void> await_resume();

 private:
  struct StopRequest {
    FdReady* wait;
    void operator()() const noexcept { wait->loop_.request_cancel(*wait); }
  };
  void on_timer() override { interrupt(Errc::kTimedOut); }
  void on_cancel_request() override { interrupt(Errc::kCancelled); }
  void interrupt(Errc why);

  EventLoop& loop_;
  Descriptor& descriptor_;
  Descriptor::wait_type what_;
  OpOptions options_;
  std::string_view operation_;
  std::shared_ptr<FdReady*> self_ = std::make_shared<FdReady*>(this);
  std::optional<std::stop_callback<StopRequest>> stop_;
  std::error_code why_;
  Ready ready_;
  bool waiting_ = false;
};

}  // namespace millrace::flow
