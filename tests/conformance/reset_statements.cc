// SPDX-License-Identifier: Apache-2.0
// Statements about abort and reset, concurrency and cancellation: 84 91 92 106 107 114.

#include <vector>

#include "tests/conformance/suite.h"

namespace millrace::flow::conformance {

TEST_P(FlowConformance, S084_AbortEndsEverythingAndResetsThePeer) {
  ASSERT_TRUE(connect());
  auto read = start_read(near());
  auto writing = fill(near());
  auto closing = start_close(near());
  EXPECT_TRUE(pending(closing));
  near().abort();
  ASSERT_TRUE(at_once(read) && at_once(writing) && at_once(closing));
  ASSERT_FALSE(read.value());
  EXPECT_EQ(read.value().error().code, Errc::kConnectionAborted);
  ASSERT_FALSE(writing.value());
  EXPECT_EQ(writing.value().error().code, Errc::kClosed);
  EXPECT_EQ(closing.value(), CloseOutcome::kAborted);
  std::optional<Error> seen;
  EXPECT_TRUE(until([&] {
    auto next = start_read(far());
    if (!completes(next)) return true;
    if (next.value()) return next.value()->eof();
    seen = next.value().error();
    return true;
  }));
  ASSERT_TRUE(seen) << "the peer sees a reset, not an end of stream";
  EXPECT_EQ(seen->code, Errc::kConnectionReset);
}

TEST_P(FlowConformance, S091_ResetIsAnErrorAfterTheBytesBeforeIt) {
  ASSERT_TRUE(connect());
  write_acked(far(), "last words");
  far().abort();
  pass(backend().quiet_us());
  EXPECT_EQ(read_bytes(near(), 10), "last words");
  for (int i = 0; i < 5; ++i) {
    const auto error = read_error(near());
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, Errc::kConnectionReset);
    EXPECT_EQ(error->code, std::errc::connection_reset);
  }
}

TEST_P(FlowConformance, S092_AllPendingReadsEndAtAReset) {
  ASSERT_TRUE(connect());
  auto first = start_read(near());
  auto second = start_read(near());
  auto third = start_read(near());
  EXPECT_TRUE(pending(third));
  far().abort();
  for (StartedRead* read : {&first, &second, &third}) {
    ASSERT_TRUE(completes(*read));
    ASSERT_FALSE(read->value());
    EXPECT_EQ(read->value().error().code, Errc::kConnectionReset);
  }
}

namespace {

Task<bool> write_blocks(AnyFlow& flow, const std::string& block, std::uint64_t total) {
  for (std::uint64_t sent = 0; sent < total; sent += block.size()) {
    auto written = co_await flow.write(as_bytes(block));
    if (!written) co_return false;
  }
  co_await flow.shutdown(Direction::kWrite);
  co_return true;
}

// Compares the stream with repetitions of the block; gives its length, 0 if it differs.
Task<std::uint64_t> check_blocks(AnyFlow& flow, const std::string& block) {
  std::uint64_t at = 0;
  bool equal = true;
  for (;;) {
    auto read = co_await flow.read();
    if (!read) co_return 0;
    if (read->eof()) co_return equal ? at : 0;
    std::string_view part = read->data().text();
    while (!part.empty()) {
      const std::size_t offset = at % block.size();
      const std::size_t count = std::min(part.size(), block.size() - offset);
      equal = equal && part.substr(0, count) == std::string_view(block).substr(offset, count);
      part.remove_prefix(count);
      at += count;
    }
  }
}

}  // namespace

TEST_P(FlowConformance, S106_BulkInBothDirectionsDoesNotDeadlock) {
  ASSERT_TRUE(connect());
  const std::string block = pattern(9973, 106);
  const std::uint64_t blocks = bulk(std::uint64_t{100} << 20) / block.size() + 1;
  const std::uint64_t total = blocks * block.size();
  Started<bool> near_writer(loop(), [&] { return write_blocks(near(), block, total); });
  Started<bool> far_writer(loop(), [&] { return write_blocks(far(), block, total); });
  Started<std::uint64_t> near_reader(loop(), [&] { return check_blocks(near(), block); });
  Started<std::uint64_t> far_reader(loop(), [&] { return check_blocks(far(), block); });
  ASSERT_TRUE(completes(near_reader));
  ASSERT_TRUE(completes(far_reader));
  ASSERT_TRUE(completes(near_writer) && completes(far_writer));
  EXPECT_TRUE(near_writer.value() && far_writer.value());
  EXPECT_EQ(near_reader.value(), total);
  EXPECT_EQ(far_reader.value(), total);
}

TEST_P(FlowConformance, S107_ConcurrentReadsAreServedInOrder) {
  ASSERT_TRUE(connect());
  OpOptions small;
  small.bytes_max = 4;
  auto first = start_read(near(), small);
  auto second = start_read(near(), small);
  auto third = start_read(near(), small);
  EXPECT_TRUE(pending(third));
  write(far(), "aaaabbbb");
  ASSERT_TRUE(completes(first));
  ASSERT_TRUE(completes(second));
  ASSERT_TRUE(first.value() && second.value());
  EXPECT_EQ(first.value()->data().text(), "aaaa");
  EXPECT_EQ(second.value()->data().text(), "bbbb");
  auto fourth = start_read(near());
  auto far_closed = start_close(far());
  ASSERT_TRUE(completes(third) && completes(fourth)) << "both see the end";
  EXPECT_TRUE(third.value() && third.value()->eof());
  EXPECT_TRUE(fourth.value() && fourth.value()->eof());
}

TEST_P(FlowConformance, S114_ACancelledReadLosesNothing) {
  ASSERT_TRUE(connect());
  std::stop_source stop;
  OpOptions options;
  options.stop = stop.get_token();
  auto stopped = start_read(near(), options);
  EXPECT_TRUE(pending(stopped));
  stop.request_stop();
  ASSERT_TRUE(at_once(stopped));
  ASSERT_FALSE(stopped.value());
  EXPECT_EQ(stopped.value().error().code, Errc::kCancelled);

  OpOptions timed;
  timed.deadline_us = loop().in_us(1000);
  auto expired = start_read(near(), timed);
  ASSERT_TRUE(completes(expired));
  ASSERT_FALSE(expired.value());
  EXPECT_EQ(expired.value().error().code, Errc::kTimedOut);

  // Drop a read at every moment around the arrival of a byte.
  std::string expected;
  std::string received;
  for (int turns = 0; turns < 12; ++turns) {
    {
      auto dropped = start_read(near());
      pass(1);
      const std::string byte(1, static_cast<char>('a' + turns));
      write(far(), byte);
      expected += byte;
      for (int i = 0; i < turns && !dropped.done(); ++i) static_cast<void>(loop().turn());
      if (dropped.done()) received += dropped.value()->data().text();
    }
    if (received.size() < expected.size()) received += read_bytes(near(), 1);
    ASSERT_EQ(received, expected);
  }
}

}  // namespace millrace::flow::conformance
