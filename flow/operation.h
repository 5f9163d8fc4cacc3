// SPDX-License-Identifier: Apache-2.0
// What every awaitable of a flow or listener has in common: a place in a queue, a coroutine, and,
// only if it has one, a limit: deadline or stop token.

#pragma once

#include <coroutine>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "flow/event_loop.h"
#include "flow/intrusive.h"

namespace millrace::flow {

/// One operation that waits: its place in a queue, its coroutine and its limit.
class Operation : public ListHook<Operation> {
 public:
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// Makes the coroutine resume in a later turn.
  void complete() { loop_.post(ready_); }

 protected:
  explicit Operation(EventLoop& loop) : loop_(loop) {}
  ~Operation() = default;

  /// Arms deadline and stop token; whoever finishes it calls complete(), which resumes `handle`.
  void begin(std::coroutine_handle<> handle, std::uint64_t deadline_us,
             const std::stop_token& stop) {
    ready_.handle = handle;
    if (deadline_us != kNever || stop.stop_possible()) limit_.emplace(*this, deadline_us, stop);
  }
  /// Disarms both; to be called when the coroutine resumes.
  void end() { limit_.reset(); }
  bool queued() const { return linked(); }
  void dequeue() { unlink(); }

  /// The deadline passed (kTimedOut) or a stop was requested (kCancelled).
  virtual void interrupt(Errc why) = 0;

  EventLoop& loop_;

 private:
  class Limit final : public Timer, public Cancellable {
   public:
    Limit(Operation& operation, std::uint64_t deadline_us, const std::stop_token& stop);
    ~Limit();

   private:
    struct StopRequest {
      Limit* limit;
      void operator()() const noexcept;
    };
    void on_timer() override { operation_.interrupt(Errc::kTimedOut); }
    void on_cancel_request() override { operation_.interrupt(Errc::kCancelled); }
    Operation& operation_;
    std::optional<std::stop_callback<StopRequest>> stop_;
  };
  Ready ready_;
  std::optional<Limit> limit_;
};

using OperationList = IntrusiveList<Operation, Operation>;

}  // namespace millrace::flow
