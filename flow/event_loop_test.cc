// SPDX-License-Identifier: Apache-2.0
// The loop: order, time, deadlock, cancellation from another thread; tasks and buffers.

#include "flow/event_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "flow/buffer.h"
#include "flow/memory_flow.h"
#include "flow/when_all.h"

namespace millrace::flow {
namespace {

class EventLoopTest : public testing::Test {
 protected:
  EventLoopTest() { loop_.add(clock_); }
  VirtualClock clock_;
  EventLoop loop_{clock_};
};

Task<void> note_at(EventLoop& loop, std::uint64_t at_us, std::string& notes, char note) {
  co_await loop.sleep_until(at_us);
  notes += note;
}

TEST_F(EventLoopTest, TimersFireInOrderAndVirtualTimeJumps) {
  std::string notes;
  loop_.spawn(note_at(loop_, 3'600'000'000, notes, 'c'));
  loop_.spawn(note_at(loop_, 10, notes, 'a'));
  loop_.spawn(note_at(loop_, 10, notes, 'b'));
  EXPECT_EQ(loop_.spawned(), 3U);
  ASSERT_TRUE(loop_.run_until([&] { return notes.size() == 3; }));
  EXPECT_EQ(notes, "abc");
  EXPECT_EQ(loop_.now_us(), 3'600'000'000U);
  EXPECT_EQ(loop_.spawned(), 0U);
}

TEST_F(EventLoopTest, ManyTimersAndDisarming) {
  std::vector<std::uint64_t> fired;
  struct Probe final : Timer {
    std::vector<std::uint64_t>* fired = nullptr;
    std::uint64_t at = 0;
    void on_timer() override { fired->push_back(at); }
  };
  std::vector<std::unique_ptr<Probe>> probes;
  std::uint32_t state = 12345;
  for (int i = 0; i < 500; ++i) {
    state = state * 1664525U + 1013904223U;
    probes.push_back(std::make_unique<Probe>());
    probes.back()->fired = &fired;
    probes.back()->at = state >> 20;
    loop_.arm(*probes.back(), probes.back()->at);
  }
  for (int i = 0; i < 500; i += 3) loop_.disarm(*probes[static_cast<std::size_t>(i)]);
  loop_.run_for(10'000);
  EXPECT_EQ(fired.size(), 500U - 167U);
  EXPECT_TRUE(std::ranges::is_sorted(fired));
}

TEST_F(EventLoopTest, DeadlockIsAnErrorAndCancelsTheTask) {
  auto [a, b] = memory_pair(loop_);
  bool destroyed = false;
  struct Mark {
    bool& flag;
    ~Mark() { flag = true; }
  };
  const auto wait = [](MemoryFlow& flow, bool& flag) -> Task<int> {
    const Mark mark{flag};
    static_cast<void>(co_await flow.read());
    co_return 1;
  };
  const auto result = loop_.block_on(wait(a, destroyed));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, std::errc::resource_deadlock_would_occur);
  EXPECT_TRUE(destroyed);
}

TEST_F(EventLoopTest, RunForEndsAtItsTime) {
  loop_.run_for(1234);
  EXPECT_EQ(loop_.now_us(), 1234U);
  const auto late = loop_.run_until([] { return false; }, 2000);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::kTimedOut);
}

TEST_F(EventLoopTest, TheLoopDestroysWhatWasSpawned) {
  std::string notes;
  {
    EventLoop inner(clock_);
    inner.spawn(note_at(inner, 50, notes, 'x'));
    static_cast<void>(inner.turn());
  }
  EXPECT_EQ(notes, "");
}

TEST_F(EventLoopTest, WhenAllWaitsForTheLast) {
  std::string notes;
  const auto both = [](EventLoop& loop, std::string& text) -> Task<void> {
    co_await when_all(note_at(loop, 20, text, 'b'), note_at(loop, 10, text, 'a'),
                      note_at(loop, 5, text, '0'));
    text += '!';
  };
  ASSERT_TRUE(loop_.block_on(both(loop_, notes)));
  EXPECT_EQ(notes, "0ab!");
}

TEST_F(EventLoopTest, ReadyReadsDoNotGrowTheStack) {
  auto [a, b] = memory_pair(loop_);
  static constexpr int kRounds = 200'000;
  const auto ping = [](MemoryFlow& out, MemoryFlow& in) -> Task<int> {
    const std::string byte = "x";
    for (int i = 0; i < kRounds; ++i) {
      if (!co_await out.write(as_bytes(byte))) co_return -1;
      if (!co_await in.read()) co_return -2;
    }
    co_return kRounds;
  };
  EXPECT_EQ(loop_.block_on(ping(a, b)).value_or(0), kRounds);
}

TEST(EventLoopThreads, AStopRequestFromAnotherThreadWakesTheLoop) {
  WallClock clock;
  EventLoop loop(clock);
  loop.add(clock);
  loop.hold();
  auto [a, b] = memory_pair(loop);
  std::stop_source stop;
  OpOptions options;
  options.stop = stop.get_token();
  const auto wait = [](MemoryFlow& flow, const OpOptions& o) -> Task<std::error_code> {
    auto result = co_await flow.read(o);
    co_return result ? std::error_code() : result.error().code;
  };
  std::jthread other([&] { stop.request_stop(); });
  const auto result = loop.block_on(wait(a, options));
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, Errc::kCancelled);
}

TEST(BufferPool, BuffersOutliveThePoolAndReturnFromAnyThread) {
  RxBuffer kept;
  {
    BufferPool pool;
    kept = pool.get(10);
    const std::byte* first = nullptr;
    {
      RxBuffer one = pool.get(BufferPool::kLargeBytes);
      first = one.data();
      std::jthread other([buffer = std::move(one)]() mutable { buffer = RxBuffer(); });
    }
    EXPECT_EQ(pool.get(5000).data(), first) << "used again";
  }
  EXPECT_EQ(kept.size(), 10U);
  kept.trim_front(4);
  kept.truncate(2);
  EXPECT_EQ(kept.size(), 2U);
}

}  // namespace
}  // namespace millrace::flow
