// SPDX-License-Identifier: Apache-2.0
// The single-threaded loop on which flows and the coroutines that use them run. Everything in it
// belongs to one thread; only request_cancel() and wake() may be called from others. Posting,
// timers and waiting allocate nothing (the timer heap grows to the largest number of timers once).

#pragma once

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <expected>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "flow/buffer.h"
#include "flow/error.h"
#include "flow/intrusive.h"
#include "flow/task.h"

namespace millrace::flow {

/// A point in time that never comes.
inline constexpr std::uint64_t kNever = UINT64_MAX;

/// Where time comes from: microseconds from an arbitrary start, never decreasing; simulated or
/// real.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::uint64_t now_us() const = 0;
};

/// What moves flows forward: a card's rings, the kernel's descriptors, or plain time.
class Source {
 public:
  virtual ~Source() = default;

  /// Takes in what has happened and tells the flows concerned; true if there was anything. Does not
  /// block.
  virtual bool poll() = 0;
  /// Hands out what the flows have asked for since the last call (one doorbell for a batch).
  virtual void flush() {}
  /// False if nothing can ever happen here but the passing of time. If that holds for all sources
  /// and no timer runs, the loop reports a deadlock instead of waiting.
  virtual bool can_progress() const { return true; }
  /// True if wait() of any source that says so also returns when another of them has something: one
  /// of them can then wait for all.
  virtual bool common_time() const { return false; }
  /// Returns when poll() may have something to do, when the clock has reached `deadline_us`, after
  /// wake(), or early.
  virtual void wait(std::uint64_t deadline_us) = 0;
  /// Makes a wait() in progress, or else the next, return. Called from any thread.
  virtual void wake() {}
};

/// The process's monotonic clock. As a source it sleeps.
class WallClock final : public Clock, public Source {
 public:
  std::uint64_t now_us() const override;
  bool poll() override { return false; }
  bool can_progress() const override { return false; }
  void wait(std::uint64_t deadline_us) override;
  void wake() override;

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool woken_ = false;
};

/// Time that jumps to the next timer whenever nothing else is left to do.
class VirtualClock final : public Clock, public Source {
 public:
  std::uint64_t now_us() const override { return now_us_; }
  void advance(std::uint64_t us) { now_us_ += us; }
  bool poll() override { return false; }
  bool can_progress() const override { return false; }
  void wait(std::uint64_t deadline_us) override;

 private:
  std::uint64_t now_us_ = 0;
};

/// One coroutine to be resumed. Lives in the coroutine's own frame; destroyed while posted, it
/// leaves the queue.
class Ready : public ListHook<Ready> {
 public:
  std::coroutine_handle<> handle;
};

/// Something that wants to be told at a time. Destroyed while armed, it must first be disarmed.
class Timer {
 public:
  virtual void on_timer() = 0;
  bool armed() const { return slot_ != kIdle; }

 protected:
  ~Timer() = default;

 private:
  friend class EventLoop;
  static constexpr std::size_t kIdle = SIZE_MAX;
  std::uint64_t at_us_ = 0;
  std::uint64_t order_ = 0;
  std::size_t slot_ = kIdle;
};

/// Something that any thread may ask to be cancelled; on_cancel_request() runs on the loop.
class Cancellable : public ListHook<Cancellable> {
 public:
  virtual void on_cancel_request() = 0;

 protected:
  ~Cancellable() = default;
};

/// Something that finishes without an owner and must not outlive the loop.
class Lingering : public ListHook<Lingering> {
 public:
  /// The loop ends: go now.
  virtual void let_go() = 0;

 protected:
  ~Lingering() = default;
};

class EventLoop {
 public:
  /// Borrows the clock for life. Without a source that moves time, timers fire only as the clock
  /// moves otherwise.
  explicit EventLoop(Clock& clock);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  /// Destroys the spawned tasks that have not ended, cancelling what they wait for, then lets go
  /// what lingers. Flows must be gone by then.
  ~EventLoop();

  /// Borrows the source until remove() or the end of the loop.
  void add(Source& source);
  void remove(Source& source);

  /// Where the flows of this loop take their read buffers from.
  BufferPool& pool() { return pool_; }

  std::uint64_t now_us() const { return clock_.now_us(); }
  /// The point in time `us` from now, for deadlines.
  std::uint64_t in_us(std::uint64_t us) const;

  /// Resumes `ready.handle` in a later turn of the loop, in order of posting. Not if it is posted
  /// already.
  void post(Ready& ready) {
    if (!ready.linked()) ready_.push_back(ready);
  }
  void arm(Timer& timer, std::uint64_t at_us);
  void disarm(Timer& timer);
  /// Until it unlinks itself, or the loop ends.
  void linger(Lingering& lingering) { lingering_.push_back(lingering); }
  /// From any thread: runs target.on_cancel_request(), at once if this is the loop's thread. The
  /// target must call forget_cancel() before it is destroyed, on the loop's thread.
  void request_cancel(Cancellable& target);
  void forget_cancel(Cancellable& target);
  /// From any thread: makes a sleeping loop look again.
  void wake();
  /// While the count is above 0 the loop sleeps when idle instead of reporting a deadlock, because
  /// another thread will wake it.
  void hold() { ++holds_; }
  void release() { --holds_; }

  /// Starts a task that nobody awaits; it begins in a later turn. An exception that leaves it ends
  /// the process.
  void spawn(Task<void> task);
  /// Spawned tasks that have not ended.
  std::size_t spawned() const { return spawned_count_; }

  /// One turn: resumes what is ready, hands out, takes in; waits, until `limit_us` at most, if
  /// there was nothing to do. resource_deadlock_would_occur: nothing is ready, no timer runs and no
  /// source can ever progress.
  std::expected<void, Error> turn(std::uint64_t limit_us = kNever);
  /// Turns until done() is true or the clock reaches `limit_us` (error kTimedOut), or deadlock.
  template <class F>
  std::expected<void, Error> run_until(F done, std::uint64_t limit_us = kNever);
  /// Turns for `us` microseconds of the clock.
  void run_for(std::uint64_t us);
  /// Runs the task to its end and gives its result: T itself if that is an std::expected with our
  /// Error, else std::expected<T, Error>. On deadlock the task is destroyed, which cancels it, and
  /// the error is resource_deadlock_would_occur.
  template <class T>
  auto block_on(Task<T> task);

  /// Awaitables: a later turn; the time `at_us`.
  class YieldAwaiter;
  class SleepAwaiter;
  YieldAwaiter yield();
  SleepAwaiter sleep_until(std::uint64_t at_us);
  SleepAwaiter sleep_for(std::uint64_t us);

 private:
  struct Spawned;
  bool run_ready();
  bool run_timers();
  bool run_cancels() { return called_.load(std::memory_order_acquire) && take_cancels(); }
  bool take_cancels();
  bool poll_sources();
  std::expected<void, Error> wait_sources(std::uint64_t limit_us);
  void sift_up(std::size_t slot);
  void sift_down(std::size_t slot);
  static bool earlier(const Timer& a, const Timer& b);

  Clock& clock_;
  BufferPool pool_;
  std::vector<Source*> sources_;
  std::size_t next_waiting_ = 0;
  IntrusiveList<Ready, Ready> ready_;
  std::vector<Timer*> timers_;  // binary heap, earliest first; equal times in order of arming
  std::uint64_t timer_order_ = 0;
  std::atomic<std::thread::id> thread_ = std::this_thread::get_id();
  std::mutex cancels_mutex_;
  IntrusiveList<Cancellable, Cancellable> cancels_;
  bool woken_ = false;                // under cancels_mutex_
  std::atomic<bool> called_ = false;  // by another thread: cancels_ or woken_ are to be looked at
  int holds_ = 0;
  IntrusiveList<Spawned, Spawned> spawned_;
  IntrusiveList<Spawned, Spawned> ended_;
  std::size_t spawned_count_ = 0;
  IntrusiveList<Lingering, Lingering> lingering_;
};

class [[nodiscard]] EventLoop::YieldAwaiter {
 public:
  explicit YieldAwaiter(EventLoop& loop) : loop_(loop) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    ready_.handle = handle;
    loop_.post(ready_);
  }
  void await_resume() const noexcept {}

 private:
  EventLoop& loop_;
  Ready ready_;
};

class [[nodiscard]] EventLoop::SleepAwaiter final : public Timer {
 public:
  SleepAwaiter(EventLoop& loop, std::uint64_t at_us) : loop_(loop), at_us_(at_us) {}
  SleepAwaiter(const SleepAwaiter&) = delete;
  SleepAwaiter& operator=(const SleepAwaiter&) = delete;
  ~SleepAwaiter() { loop_.disarm(*this); }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    ready_.handle = handle;
    loop_.arm(*this, at_us_);
  }
  void await_resume() const noexcept {}
  void on_timer() override { loop_.post(ready_); }

 private:
  EventLoop& loop_;
  std::uint64_t at_us_;
  Ready ready_;
};

inline EventLoop::YieldAwaiter EventLoop::yield() { return YieldAwaiter(*this); }
inline EventLoop::SleepAwaiter EventLoop::sleep_until(std::uint64_t at_us) {
  return SleepAwaiter(*this, at_us);
}
inline EventLoop::SleepAwaiter EventLoop::sleep_for(std::uint64_t us) {
  return SleepAwaiter(*this, in_us(us));
}

template <class F>
std::expected<void, Error> EventLoop::run_until(F done, std::uint64_t limit_us) {
  while (!done()) {
    if (now_us() >= limit_us) return std::unexpected(Error(Errc::kTimedOut, "run_until"));
    if (auto turned = turn(limit_us); !turned) return turned;
  }
  return {};
}

namespace internal {
template <class T>
struct BlockResult {
  using Type = std::expected<T, Error>;
};
template <class T>
struct BlockResult<std::expected<T, Error>> {
  using Type = std::expected<T, Error>;
};
}  // namespace internal

template <class T>
auto EventLoop::block_on(Task<T> task) {
  using Result = typename internal::BlockResult<T>::Type;
  Ready start;
  start.handle = task.handle();
  post(start);
  auto ran = run_until([&] { return task.done(); });
  if (!ran) return Result(std::unexpected(std::move(ran.error())));
  if constexpr (std::is_void_v<T>) {
    task.take();
    return Result();
  } else {
    return Result(task.take());
  }
}

}  // namespace millrace::flow
