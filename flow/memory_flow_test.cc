// SPDX-License-Identifier: Apache-2.0
// The shared machinery on memory, beyond the conformance suite's first set; sources and sinks; the
// blocking face.

#include "flow/memory_flow.h"

#include <gtest/gtest.h>

#include <array>

#include "flow/any_flow.h"
#include "flow/blocking.h"
#include "flow/context.h"
#include "flow/copy.h"

namespace millrace::flow {
namespace {

class MemoryFlowTest : public testing::Test {
 protected:
  MemoryFlowTest() {
    loop_.add(clock_);
    MemoryOptions options;
    options.capacity_bytes = 16;
    auto pair = memory_pair(loop_, options);
    a_ = std::move(pair.first);
    b_ = std::move(pair.second);
  }
  static Task<void> write(MemoryFlow& flow, std::string text, OpOptions options,
                          std::optional<Result<void>>& result) {
    result.emplace(co_await flow.write(as_bytes(text), options));
  }
  static Task<void> close(MemoryFlow& flow, CloseOptions options,
                          std::optional<CloseOutcome>& result) {
    result.emplace(co_await flow.close(options));
  }
  void spawn_write(std::string text, const OpOptions& options,
                   std::optional<Result<void>>& result) {
    loop_.spawn(write(a_, std::move(text), options, result));
    loop_.run_for(10);
  }

  VirtualClock clock_;
  EventLoop loop_{clock_};
  MemoryFlow a_;
  MemoryFlow b_;
};

TEST_F(MemoryFlowTest, SourceSkipsEmptyTextsAndCannotBeWritten) {
  auto source = memory_source(loop_, {"", "1", "", "234", "56", ""});
  Blocking blocking(source);
  EXPECT_EQ(blocking.read_all().value_or("?"), "123456");
  EXPECT_TRUE(blocking.read()->eof());
  EXPECT_TRUE(blocking.read()->eof());
  const auto written = blocking.write(as_bytes("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::kClosed);
  EXPECT_EQ(blocking.close().value_or(CloseOutcome::kAborted), CloseOutcome::kGraceful);
}

TEST_F(MemoryFlowTest, BoundedSinkKeepsThePrefix) {
  std::string text;
  auto sink = memory_sink(loop_, text, 10);
  Blocking blocking(sink);
  EXPECT_TRUE(blocking.read()->eof());
  EXPECT_TRUE(blocking.write(as_bytes("hell")));
  EXPECT_TRUE(blocking.write(as_bytes("o! ")));
  const auto third = blocking.write(as_bytes("world"));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::kClosed);
  EXPECT_EQ(third.error().transferred, 3U);
  EXPECT_EQ(text, "hello! wor");
}

TEST_F(MemoryFlowTest, WriteCancelledBeforeItsFirstByteSendsNothing) {
  std::optional<Result<void>> first;
  std::optional<Result<void>> second;
  std::optional<Result<void>> third;
  spawn_write("0123456789abcdef", {}, first);
  ASSERT_TRUE(first && *first);
  OpOptions timed;
  timed.deadline_us = loop_.in_us(100);
  spawn_write("SECOND", timed, second);
  spawn_write("third", {}, third);
  loop_.run_for(200);
  ASSERT_TRUE(second && !*second);
  EXPECT_EQ(second->error().code, Errc::kTimedOut);
  EXPECT_EQ(second->error().transferred, 0U);
  Blocking reader(b_);
  EXPECT_EQ(reader.read()->data().text(), "0123456789abcdef");
  EXPECT_EQ(reader.read()->data().text(), "third");
}

TEST_F(MemoryFlowTest, WriteCancelledInItsMiddleBreaksTheStream) {
  std::optional<Result<void>> first;
  std::stop_source stop;
  OpOptions options;
  options.stop = stop.get_token();
  spawn_write("0123456789abcdefTAIL", options, first);
  ASSERT_FALSE(first);
  stop.request_stop();
  loop_.run_for(10);
  ASSERT_TRUE(first && !*first);
  EXPECT_EQ(first->error().code, Errc::kCancelled);
  EXPECT_EQ(first->error().transferred, 16U);
  Blocking writer(a_);
  const auto later = writer.write(as_bytes("x"));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Errc::kClosed);
  EXPECT_EQ(later.error().cause, Errc::kCancelled);
  EXPECT_EQ(writer.close().value_or(CloseOutcome::kGraceful), CloseOutcome::kAborted);
  Blocking reader(b_);
  EXPECT_EQ(reader.read()->data().text(), "0123456789abcdef");
  const auto end = reader.read();
  ASSERT_FALSE(end) << "a cut stream must not look whole";
  EXPECT_EQ(end.error().code, Errc::kConnectionReset);
}

TEST_F(MemoryFlowTest, WritesOfSeveralWritersAreUnits) {
  std::array<std::optional<Result<void>>, 3> results;
  const std::array<std::string, 3> texts = {std::string(40, 'a'), std::string(30, 'b'),
                                            std::string(20, 'c')};
  for (std::size_t i = 0; i < 3; ++i) spawn_write(texts[i], {}, results[i]);
  Blocking reader(b_);
  std::string all;
  while (all.size() < 90) all += reader.read()->data().text();
  EXPECT_EQ(all, texts[0] + texts[1] + texts[2]);
}

TEST_F(MemoryFlowTest, ShutdownReadDiscardsAndThePeerIsNotTold) {
  Blocking near(a_);
  Blocking far(b_);
  ASSERT_TRUE(far.write(as_bytes("unread")));
  ASSERT_TRUE(near.shutdown(Direction::kRead));
  EXPECT_TRUE(near.read()->eof());
  ASSERT_TRUE(far.write(as_bytes(std::string(1000, 'x')))) << "the window stays open";
  EXPECT_TRUE(near.read()->eof());
  ASSERT_TRUE(near.write(as_bytes("ok")));
  EXPECT_EQ(far.read()->data().text(), "ok");
}

TEST_F(MemoryFlowTest, CloseWithDrainAndWithReset) {
  std::optional<CloseOutcome> outcome;
  CloseOptions drain;
  drain.unread = Unread::kDrain;
  Blocking far(b_);
  ASSERT_TRUE(far.write(as_bytes("unread")));
  loop_.spawn(close(a_, drain, outcome));
  ASSERT_TRUE(far.write(as_bytes(std::string(1000, 'x'))));
  EXPECT_EQ(far.close().value_or(CloseOutcome::kAborted), CloseOutcome::kGraceful);
  loop_.run_for(1);
  EXPECT_EQ(outcome.value_or(CloseOutcome::kAborted), CloseOutcome::kGraceful);

  auto [c, d] = memory_pair(loop_);
  Blocking other(d);
  ASSERT_TRUE(other.write(as_bytes("unread")));
  CloseOptions strict;
  strict.unread = Unread::kReset;
  EXPECT_EQ(Blocking(c).close(strict).value_or(CloseOutcome::kGraceful), CloseOutcome::kAborted);
  const auto seen = other.read();
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, Errc::kConnectionReset);
}

TEST_F(MemoryFlowTest, CancellingTheWaitOfCloseLeavesTheFinSent) {
  std::stop_source stop;
  CloseOptions options;
  options.stop = stop.get_token();
  std::optional<CloseOutcome> outcome;
  loop_.spawn(close(a_, options, outcome));
  loop_.run_for(1);
  stop.request_stop();
  loop_.run_for(1);
  EXPECT_EQ(outcome.value_or(CloseOutcome::kGraceful), CloseOutcome::kCancelled);
  Blocking far(b_);
  EXPECT_TRUE(far.read()->eof());
  ASSERT_TRUE(far.write(as_bytes("still")));
  EXPECT_EQ(Blocking(a_).read()->data().text(), "still");
  std::optional<CloseOutcome> again;
  loop_.spawn(close(a_, {}, again));
  EXPECT_EQ(far.close().value_or(CloseOutcome::kAborted), CloseOutcome::kGraceful);
  loop_.run_for(1);
  EXPECT_EQ(again.value_or(CloseOutcome::kAborted), CloseOutcome::kGraceful);
}

TEST_F(MemoryFlowTest, DetachedCloseFinishesWithoutTheFlow) {
  CloseOptions detach;
  detach.deadline_us = loop_.in_us(100);
  detach.on_limit = OnLimit::kDetach;
  EXPECT_EQ(Blocking(a_).close(detach).value_or(CloseOutcome::kGraceful), CloseOutcome::kTimedOut);
  a_ = MemoryFlow();
  Blocking far(b_);
  EXPECT_TRUE(far.read()->eof());
  EXPECT_EQ(far.close().value_or(CloseOutcome::kAborted), CloseOutcome::kGraceful);
}

TEST_F(MemoryFlowTest, DestroyingAnOpenFlowResetsIt) {
  a_ = MemoryFlow();
  const auto seen = Blocking(b_).read();
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, Errc::kConnectionReset);
}

TEST_F(MemoryFlowTest, TryReadNeverWaits) {
  auto nothing = a_.try_read();
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, std::errc::operation_would_block);
  ASSERT_TRUE(Blocking(b_).write(as_bytes("x")));
  EXPECT_EQ(a_.try_read()->data().text(), "x");
  static_cast<void>(Blocking(b_).shutdown(Direction::kWrite));
  EXPECT_TRUE(a_.try_read()->eof());
}

TEST_F(MemoryFlowTest, ReadIntoTheCallersMemory) {
  Blocking near(a_);
  Blocking far(b_);
  ASSERT_TRUE(far.write(as_bytes("abcdef")));
  std::array<std::byte, 4> space{};
  EXPECT_EQ(near.read_into(space).value_or(0), 4U);
  EXPECT_EQ(as_text(space), "abcd");
  EXPECT_EQ(near.read()->data().text(), "ef") << "the remainder is for the next read";
  EXPECT_EQ(near.read_into({}).value_or(1), 0U);
}

TEST_F(MemoryFlowTest, ContextConnectsByName) {
  Context context;
  context.add("mem", memory_protocol(loop_));
  auto listener = loop_.block_on(context.listen("mem:server"));
  ASSERT_TRUE(listener);
  const auto again = loop_.block_on(context.listen("mem:server"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::kAddressInUse);
  auto client = loop_.block_on(context.connect("mem:server"));
  ASSERT_TRUE(client);
  OpOptions options;
  auto server = loop_.block_on((*listener)->accept(options));
  ASSERT_TRUE(server);
  EXPECT_TRUE(Blocking(*client).write(as_bytes("hello")));
  EXPECT_EQ(Blocking(*server).read()->data().text(), "hello");
  EXPECT_NE(client->cast<MemoryFlow>(), nullptr);
  EXPECT_EQ(to_string(client->peer()), "mem:server");
  (*listener)->stop();
  const auto stopped = loop_.block_on((*listener)->accept(options));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::kCancelled);
  EXPECT_FALSE(loop_.block_on(context.connect("mem:server")));
  EXPECT_TRUE(loop_.block_on(context.listen("mem:server"))) << "the name is free again";
  EXPECT_TRUE(Blocking(*client).write(as_bytes("flows live on")));
}

TEST_F(MemoryFlowTest, ProxyEndsBothDirectionsAtAnError) {
  auto [c, d] = memory_pair(loop_);
  std::optional<ProxyResult> result;
  const auto run = [](MemoryFlow& x, MemoryFlow& y, std::optional<ProxyResult>& r) -> Task<void> {
    r.emplace(co_await proxy(x, y));
  };
  loop_.spawn(run(a_, c, result));
  loop_.run_for(10);
  EXPECT_FALSE(result);
  b_.abort();
  loop_.run_for(10);
  ASSERT_TRUE(result);
  ASSERT_TRUE(result->a_to_b.read_error);
  EXPECT_EQ(result->a_to_b.read_error->code, Errc::kConnectionReset);
  ASSERT_TRUE(result->b_to_a.read_error);
  EXPECT_EQ(result->b_to_a.read_error->code, Errc::kCancelled);
  const auto seen = Blocking(d).read();
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, Errc::kConnectionReset);
}

TEST(CopyStats, HumanUnitsAndZeroDuration) {
  CopyStats stats;
  stats.write_bytes = 3'355'444;
  stats.write_ops = 820;
  EXPECT_EQ(to_string(stats), "3.2 MiB");
  stats.duration_us = 2'000'000;
  EXPECT_EQ(to_string(stats), "3.2 MiB at 1.6 MiB/s and 410.0 op/s");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
}

}  // namespace
}  // namespace millrace::flow
