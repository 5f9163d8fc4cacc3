// SPDX-License-Identifier: Apache-2.0
// co_await of Asio's operations in the loop's coroutines:
//
//   auto [code, count] = co_await asio_await(loop, [&](auto handler) { http::async_read(stream,
//   buffer, parser, handler); });

#pragma once

#include <boost/system/error_code.hpp>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <utility>

#include "flow/event_loop.h"

namespace millrace::flow {

/// Starts the operation when awaited and resumes in a later turn. Not cancelled by destroying the
/// coroutine: what the operation refers to must outlive it, or the loop must not run any more.
template <class Initiate>
class [[nodiscard]] AsioAwait {
 public:
  using Outcome = std::pair<boost::system::error_code, std::size_t>;

  AsioAwait(EventLoop& loop, Initiate initiate) : loop_(loop), initiate_(std::move(initiate)) {}
  AsioAwait(const AsioAwait&) = delete;
  AsioAwait& operator=(const AsioAwait&) = delete;
  ~AsioAwait() { *self_ = nullptr; }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    ready_.handle = handle;
    initiate_([self = self_](boost::system::error_code code, std::size_t count = 0) {
      AsioAwait* wait = *self;
      if (wait == nullptr) return;
      wait->outcome_ = {code, count};
      wait->loop_.post(wait->ready_);
    });
  }
  Outcome await_resume() const { return outcome_; }

 private:
  EventLoop& loop_;
  Initiate initiate_;
  std::shared_ptr<AsioAwait*> self_ = std::make_shared<AsioAwait*>(this);
  Outcome outcome_;
  Ready ready_;
};

template <class Initiate>
AsioAwait<Initiate> asio_await(EventLoop& loop, Initiate initiate) {
  return AsioAwait<Initiate>(loop, std::move(initiate));
}

}  // namespace millrace::flow
