// SPDX-License-Identifier: Apache-2.0
// What every awaitable of a flow or listener has in common: a place in a queue, a deadline, a stop
// token, a coroutine.

#pragma once

#include <coroutine>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "flow/event_loop.h"
#include "flow/intrusive.h"

namespace millrace::flow {

/// One operation that waits: its place in a queue, its deadline, its stop token and its coroutine.
class Operation : public Timer, public Cancellable, public ListHook<Operation> {
 public:
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// Makes the coroutine resume in a later turn.
  void complete() { loop_.post(ready_); }

 protected:
  explicit Operation(EventLoop& loop) : loop_(loop) {}
  ~Operation();

  /// Arms deadline and stop token; whoever finishes it calls complete(), which resumes `handle`.
  void begin(std::coroutine_handle<> handle, std::uint64_t deadline_us,
             const std::stop_token& stop);
  /// Disarms both; to be called when the coroutine resumes.
  void end();
  bool queued() const { return ListHook<Operation>::linked(); }
  void dequeue() { ListHook<Operation>::unlink(); }

  /// The deadline passed (kTimedOut) or a stop was requested (kCancelled).
  virtual void interrupt(Errc why) = 0;

  EventLoop& loop_;

 private:
  struct StopRequest {
    Operation* operation;
    void operator()() const noexcept;
  };
  void on_timer() final;
  void on_cancel_request() final;
  Ready ready_;
  std::optional<std::stop_callback<StopRequest>> stop_;
};

using OperationList = IntrusiveList<Operation, Operation>;

}  // namespace millrace::flow
