// SPDX-License-Identifier: Apache-2.0
// Counts allocations on the data path: none per operation, through the dynamic flow too
// (statement 124). A program of its own, because it replaces operator new.

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>

#include "flow/any_flow.h"
#include "flow/memory_flow.h"

namespace {
std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace millrace::flow {
namespace {

static_assert(sizeof(WriteOperation) + 64 <= internal::kOperationBytes);
static_assert(sizeof(CloseAwaiter) + 64 <= internal::kOperationBytes);

// Both ends wait for each other, so that reads suspend; deadlines arm timers.
template <class F>
Task<void> echo(F& flow, bool first, int rounds, std::size_t& before, std::size_t& after) {
  std::array<std::byte, 64> bytes{};
  const std::array<ConstBytes, 2> pieces = {ConstBytes(bytes).first(10),
                                            ConstBytes(bytes).first(3)};
  OpOptions options;
  options.deadline_us = flow.loop().in_us(1'000'000);
  for (int i = 0; i < rounds; ++i) {
    if (i == rounds / 2) before = allocations;
    if (first) static_cast<void>(co_await flow.write(bytes, options));
    static_cast<void>(co_await flow.read(options));
    if (!first) static_cast<void>(co_await flow.writev(pieces, options));
  }
  after = allocations;
}

template <class F>
std::size_t allocations_of_echoes(EventLoop& loop, F& a, F& b) {
  std::array<std::size_t, 4> marks{};
  loop.spawn(echo(a, true, 2000, marks[0], marks[1]));
  loop.spawn(echo(b, false, 2000, marks[2], marks[3]));
  EXPECT_TRUE(loop.run_until([&] { return loop.spawned() == 0; }));
  return marks[1] - marks[0];
}

TEST(Allocations, NonePerOperation) {
  VirtualClock clock;
  EventLoop loop(clock);
  loop.add(clock);
  auto [a, b] = memory_pair(loop);
  EXPECT_EQ(allocations_of_echoes(loop, a, b), 0U);
  AnyFlow any_a(std::move(a));
  AnyFlow any_b(std::move(b));
  EXPECT_EQ(allocations_of_echoes(loop, any_a, any_b), 0U);
}

}  // namespace
}  // namespace millrace::flow
