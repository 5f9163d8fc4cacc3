// SPDX-License-Identifier: Apache-2.0
// The card and its virtual time between packetdrill's two threads: one plays the script and passes
// time, the other makes the system calls that block. packetdrill takes a call for blocked when its
// thread really sleeps, and reads the clock when the call returns; so whoever satisfies a sleeper
// stops time until that has happened.

#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/scripts/runner/world.h"

namespace millrace::packetdrill {

class Stage {
 public:
  explicit Stage(std::unique_ptr<script::World> world) : world_(std::move(world)) {}

  script::World& world() { return *world_; }
  // Held by every call into this library, from its start to its end.
  std::unique_lock<std::mutex> enter() { return std::unique_lock(mutex_); }

  // Microseconds; every look lets one pass, as packetdrill waits for the clock to move.
  std::int64_t look_at_clock(std::unique_lock<std::mutex>& lock);

  // Passes time until `until_us` or `done()`; true if done. What happens at once happens first.
  bool pass(std::unique_lock<std::mutex>& lock, std::int64_t until_us,
            const std::function<bool()>& done);

  // Lets the host and the card do what they can at this moment.
  void settle() { world_->settle(); }

  // Sleeps until `done()`, which others' calls and passing time may bring about, at most until
  // `until_us`. True if done.
  bool sleep(std::unique_lock<std::mutex>& lock, std::int64_t until_us,
             const std::function<bool()>& done);

 private:
  struct Sleeper {
    const std::function<bool()>* done;
    std::int64_t until_us;
    std::thread::id thread;
    bool awake = false;
    bool satisfied = false;
  };

  void wake_sleepers(std::unique_lock<std::mutex>& lock);

  std::unique_ptr<script::World> world_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Sleeper*> sleepers_;
  std::vector<std::thread::id> leaving_;  // woken, have not read the clock yet
};

}  // namespace millrace::packetdrill
