// SPDX-License-Identifier: Apache-2.0
// Time, and who waits for what.

#include "tests/scripts/packetdrill/stage.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace millrace::packetdrill {

std::int64_t Stage::look_at_clock(std::unique_lock<std::mutex>& lock) {
  const auto self = std::this_thread::get_id();
  const auto mine = std::find(leaving_.begin(), leaving_.end(), self);
  if (mine != leaving_.end()) {
    const std::int64_t now = world_->now_us();
    leaving_.erase(mine);
    changed_.notify_all();
    return now;
  }
  pass(lock, world_->now_us() + 1, [] { return false; });
  return world_->now_us();
}

bool Stage::pass(std::unique_lock<std::mutex>& lock, std::int64_t until_us,
                 const std::function<bool()>& done) {
  settle();
  wake_sleepers(lock);
  while (!done()) {
    if (world_->now_us() >= until_us) return false;
    world_->step(until_us);
    wake_sleepers(lock);
    if (const std::string why = world_->failure(); !why.empty()) {
      std::fprintf(stderr, "millrace: %s\n", why.c_str());
      std::abort();  // an assertion of the card: nothing that comes after means anything
    }
  }
  return true;
}

bool Stage::sleep(std::unique_lock<std::mutex>& lock, std::int64_t until_us,
                  const std::function<bool()>& done) {
  settle();
  if (done()) return true;
  Sleeper self{&done, until_us, std::this_thread::get_id()};
  sleepers_.push_back(&self);
  changed_.wait(lock, [&self] { return self.awake; });
  std::erase(sleepers_, &self);
  return self.satisfied;
}

void Stage::wake_sleepers(std::unique_lock<std::mutex>& lock) {
  for (Sleeper* sleeper : sleepers_) {
    if (sleeper->awake) continue;
    sleeper->satisfied = (*sleeper->done)();
    if (!sleeper->satisfied && world_->now_us() < sleeper->until_us) continue;
    sleeper->awake = true;
    leaving_.push_back(sleeper->thread);
  }
  if (leaving_.empty()) return;
  changed_.notify_all();
  changed_.wait(lock, [this] { return leaving_.empty(); });
}

}  // namespace millrace::packetdrill
