// SPDX-License-Identifier: Apache-2.0
// Two or more tasks at once within one coroutine: all start in order, the awaiter resumes when the
// last has ended, and destroying it destroys them.

#pragma once

#include <array>
#include <coroutine>
#include <exception>
#include <tuple>
#include <utility>

#include "flow/task.h"

namespace millrace::flow {
namespace internal {

/// Runs one of the tasks and counts it as ended.
class WhenAllPart {
 public:
  struct promise_type {
    std::size_t* left = nullptr;
    std::coroutine_handle<> continuation;
    struct Final {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(
          std::coroutine_handle<promise_type> self) const noexcept {
        promise_type& promise = self.promise();
        return --*promise.left == 0 ? promise.continuation : std::noop_coroutine();
      }
      void await_resume() const noexcept {}
    };
    WhenAllPart get_return_object() {
      return WhenAllPart(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Final final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
  explicit WhenAllPart(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  WhenAllPart(WhenAllPart&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  WhenAllPart& operator=(WhenAllPart&&) = delete;
  ~WhenAllPart() {
    if (handle_) handle_.destroy();
  }
  void start(std::size_t& left, std::coroutine_handle<> continuation) {
    handle_.promise().left = &left;
    handle_.promise().continuation = continuation;
    handle_.resume();
  }
  static WhenAllPart make(Task<void> task) { co_await std::move(task); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

template <std::size_t N>
class [[nodiscard]] WhenAllAwaiter {
 public:
  template <class... Tasks>
  explicit WhenAllAwaiter(Tasks... tasks) : parts_{WhenAllPart::make(std::move(tasks))...} {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    left_ = N + 1;  // one for this loop, so that the last part to end in it does not resume the
                    // awaiter here
    for (WhenAllPart& part : parts_) part.start(left_, handle);
    return --left_ != 0;
  }
  void await_resume() const noexcept {}

 private:
  std::array<WhenAllPart, N> parts_;
  std::size_t left_ = 0;
};

}  // namespace internal

/// An exception that leaves one of the tasks ends the process.
template <class... Tasks>
auto when_all(Tasks... tasks) {
  return internal::WhenAllAwaiter<sizeof...(Tasks)>(std::move(tasks)...);
}

}  // namespace millrace::flow
