// SPDX-License-Identifier: Apache-2.0
// Turns of the loop: cancellations from other threads, timers, ready coroutines, then the sources.

#include "flow/event_loop.h"

#include <algorithm>
#include <chrono>
#include <exception>

namespace millrace::flow {
namespace {

// With several sources, none may sleep longer than this while another might have something;
// microseconds.
constexpr std::uint64_t kWaitSliceUs = 100;

}  // namespace

std::uint64_t WallClock::now_us() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

void WallClock::wait(std::uint64_t deadline_us) {
  std::unique_lock lock(mutex_);
  const std::chrono::microseconds until(std::min<std::uint64_t>(deadline_us, INT64_MAX / 1000));
  condition_.wait_until(lock, std::chrono::steady_clock::time_point(until), [&] { return woken_; });
  woken_ = false;
}

void WallClock::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  condition_.notify_all();
}

void VirtualClock::wait(std::uint64_t deadline_us) {
  if (deadline_us != kNever) now_us_ = std::max(now_us_, deadline_us);
}

// A spawned task and the coroutine that removes it when it has ended.
struct EventLoop::Spawned : ListHook<Spawned> {
  struct Runner {
    struct promise_type {
      Runner get_return_object() {
        return Runner{std::coroutine_handle<promise_type>::from_promise(*this)};
      }
      std::suspend_always initial_suspend() const noexcept { return {}; }
      std::suspend_always final_suspend() const noexcept { return {}; }
      void return_void() const noexcept {}
      void unhandled_exception() const noexcept { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
  };
  static Runner run(EventLoop& loop, Spawned& self) {
    co_await std::move(self.task);
    self.unlink();
    loop.ended_.push_back(self);
  }

  Spawned(EventLoop& loop, Task<void> t) : task(std::move(t)), runner(run(loop, *this)) {
    start.handle = runner.handle;
  }
  ~Spawned() { runner.handle.destroy(); }

  Task<void> task;
  Runner runner;
  Ready start;
};

EventLoop::EventLoop(Clock& clock) : clock_(clock) {}

EventLoop::~EventLoop() {
  while (!spawned_.empty()) delete &spawned_.front();
  while (!lingering_.empty()) lingering_.pop_front().let_go();
}

void EventLoop::add(Source& source) { sources_.push_back(&source); }

void EventLoop::remove(Source& source) { std::erase(sources_, &source); }

std::uint64_t EventLoop::in_us(std::uint64_t us) const {
  const std::uint64_t now = now_us();
  return us >= kNever - now ? kNever : now + us;
}

bool EventLoop::earlier(const Timer& a, const Timer& b) {
  return a.at_us_ != b.at_us_ ? a.at_us_ < b.at_us_ : a.order_ < b.order_;
}

void EventLoop::sift_up(std::size_t slot) {
  Timer* timer = timers_[slot];
  while (slot > 0 && earlier(*timer, *timers_[(slot - 1) / 2])) {
    timers_[slot] = timers_[(slot - 1) / 2];
    timers_[slot]->slot_ = slot;
    slot = (slot - 1) / 2;
  }
  timers_[slot] = timer;
  timer->slot_ = slot;
}

void EventLoop::sift_down(std::size_t slot) {
  Timer* timer = timers_[slot];
  for (;;) {
    std::size_t child = 2 * slot + 1;
    if (child >= timers_.size()) break;
    if (child + 1 < timers_.size() && earlier(*timers_[child + 1], *timers_[child])) ++child;
    if (!earlier(*timers_[child], *timer)) break;
    timers_[slot] = timers_[child];
    timers_[slot]->slot_ = slot;
    slot = child;
  }
  timers_[slot] = timer;
  timer->slot_ = slot;
}

void EventLoop::arm(Timer& timer, std::uint64_t at_us) {
  disarm(timer);
  if (at_us == kNever) return;
  timer.at_us_ = at_us;
  timer.order_ = timer_order_++;
  timers_.push_back(&timer);
  sift_up(timers_.size() - 1);
}

void EventLoop::disarm(Timer& timer) {
  if (!timer.armed()) return;
  const std::size_t slot = std::exchange(timer.slot_, Timer::kIdle);
  Timer* last = timers_.back();
  timers_.pop_back();
  if (last == &timer) return;
  timers_[slot] = last;
  last->slot_ = slot;
  sift_up(slot);
  sift_down(last->slot_);
}

void EventLoop::request_cancel(Cancellable& target) {
  if (std::this_thread::get_id() == thread_.load(std::memory_order_relaxed)) {
    target.on_cancel_request();
    return;
  }
  {
    const std::lock_guard lock(cancels_mutex_);
    if (!target.linked()) cancels_.push_back(target);
  }
  wake();
}

void EventLoop::forget_cancel(Cancellable& target) {
  const std::lock_guard lock(cancels_mutex_);
  target.unlink();
}

void EventLoop::wake() {
  {
    const std::lock_guard lock(cancels_mutex_);
    woken_ = true;
    called_.store(true, std::memory_order_release);
  }
  for (Source* source : sources_) source->wake();
}

void EventLoop::spawn(Task<void> task) {
  auto* spawned = new Spawned(*this, std::move(task));
  spawned_.push_back(*spawned);
  ++spawned_count_;
  post(spawned->start);
}

bool EventLoop::take_cancels() {
  bool any = false;
  for (;;) {
    Cancellable* target = nullptr;
    {
      const std::lock_guard lock(cancels_mutex_);
      any = std::exchange(woken_, false) || any;
      if (cancels_.empty()) {
        called_.store(false, std::memory_order_relaxed);
        return any;
      }
      target = &cancels_.pop_front();
    }
    target->on_cancel_request();
    any = true;
  }
}

bool EventLoop::run_timers() {
  bool any = false;
  while (!timers_.empty()) {
    Timer& timer = *timers_.front();
    if (timer.at_us_ > now_us()) break;
    disarm(timer);
    timer.on_timer();
    any = true;
  }
  return any;
}

// Only what is ready at the start: a coroutine that is always ready must not starve the sources.
bool EventLoop::run_ready() {
  if (ready_.empty()) return false;
  IntrusiveList<Ready, Ready> batch;
  batch.splice(ready_);
  while (!batch.empty()) batch.pop_front().handle.resume();
  while (!ended_.empty()) {
    delete &ended_.front();
    --spawned_count_;
  }
  return true;
}

bool EventLoop::poll_sources() {
  bool any = false;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    sources_[i]->flush();
    any = sources_[i]->poll() || any;
  }
  return any;
}

std::expected<void, Error> EventLoop::wait_sources(std::uint64_t limit_us) {
  std::uint64_t deadline = timers_.empty() ? kNever : timers_.front()->at_us_;
  deadline = std::min(deadline, limit_us);
  if (holds_ > 0) deadline = std::min(deadline, in_us(10'000));
  const auto live = std::ranges::count_if(sources_, [](auto* s) { return s->can_progress(); });
  if (live == 0 && deadline == kNever)
    return std::unexpected(Error(make_error_code(std::errc::resource_deadlock_would_occur), "run"));
  // Several sources share time in slices; those where only time passes stand back while there are
  // others.
  const bool common =
      std::ranges::all_of(sources_, [](auto* s) { return s->common_time() || !s->can_progress(); });
  if (live > 1 && !common) deadline = std::min(deadline, in_us(kWaitSliceUs));
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Source& source = *sources_[next_waiting_++ % sources_.size()];
    if (live > 0 && !source.can_progress()) continue;
    source.wait(deadline);
    break;
  }
  return {};
}

std::expected<void, Error> EventLoop::turn(std::uint64_t limit_us) {
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  bool any = run_cancels();
  any = run_timers() || any;
  any = run_ready() || any;
  any = poll_sources() || any;
  if (any || !ready_.empty()) return {};
  return wait_sources(limit_us);
}

void EventLoop::run_for(std::uint64_t us) {
  const std::uint64_t until = in_us(us);
  while (now_us() < until) {
    if (!turn(until)) return;
  }
}

}  // namespace millrace::flow
