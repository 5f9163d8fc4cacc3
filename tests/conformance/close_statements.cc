// SPDX-License-Identifier: Apache-2.0
// Statements about close and half-close: 61 62 63 64 66 68 69 70 71 72 75 76.

#include "tests/conformance/suite.h"

namespace millrace::flow::conformance {

TEST_P(FlowConformance, S061_CloseDeliversEverythingAcceptedThenEof) {
  ASSERT_TRUE(connect());
  const std::string sent = pattern(50000, 61);
  auto written = start_write(near(), sent);
  pass(1);
  auto closing = start_close(near());
  EXPECT_TRUE(read_to_end(far()) == sent);
  ASSERT_TRUE(completes(written));
  EXPECT_TRUE(written.value());
}

TEST_P(FlowConformance, S062_TheRemoteSeesEofWithoutClosing) {
  ASSERT_TRUE(connect());
  auto closing = start_close(near());
  EXPECT_TRUE(reads_eof(far()));
  EXPECT_FALSE(closing.done());
}

TEST_P(FlowConformance, S063_HalfClosedTrafficWorksInFull) {
  ASSERT_TRUE(connect());
  auto closing = start_close(near());
  ASSERT_TRUE(reads_eof(far()));
  auto filling = fill(far());  // flow control: nobody reads
  EXPECT_TRUE(read_bytes(near(), fill_text().size()) == fill_text());
  ASSERT_TRUE(completes(filling));
  EXPECT_TRUE(filling.value());
  auto far_closed = start_close(far());
  EXPECT_TRUE(reads_eof(near()));
  ASSERT_TRUE(completes(closing));
  EXPECT_EQ(closing.value(), CloseOutcome::kGraceful);
}

TEST_P(FlowConformance, S064_CloseIsPendingWhileTheRemoteIsOpen) {
  ASSERT_TRUE(connect());
  auto closing = start_close(near());
  EXPECT_TRUE(pending(closing));
  write(far(), "more");
  EXPECT_TRUE(pending(closing));
  auto far_closed = start_close(far());
  ASSERT_TRUE(completes(closing)) << "the unread bytes do not delay it";
  EXPECT_EQ(closing.value(), CloseOutcome::kGraceful);
  ASSERT_TRUE(completes(far_closed));
  EXPECT_EQ(far_closed.value(), CloseOutcome::kGraceful);
  EXPECT_EQ(read_bytes(near(), 4), "more") << "statement 25";
  EXPECT_TRUE(reads_eof(near()));
}

TEST_P(FlowConformance, S066_BothCloseAtTheSameTime) {
  ASSERT_TRUE(connect());
  auto near_closed = start_close(near());
  auto far_closed = start_close(far());
  ASSERT_TRUE(completes(near_closed));
  ASSERT_TRUE(completes(far_closed));
  EXPECT_EQ(near_closed.value(), CloseOutcome::kGraceful);
  EXPECT_EQ(far_closed.value(), CloseOutcome::kGraceful);
  EXPECT_TRUE(reads_eof(near()));
  EXPECT_TRUE(reads_eof(far()));
}

TEST_P(FlowConformance, S068_AfterCompletionNothingIsHeld) {
  const int rounds = 5;
  for (int i = 0; i < rounds; ++i) {
    ASSERT_TRUE(connect());
    write(near(), "ping");
    EXPECT_EQ(read_bytes(far(), 4), "ping");
    if (i == 1) {
      far().abort();
    } else if (i == 2) {
      near().abort();
    } else {
      close_both();
    }
  }
  near() = AnyFlow();
  far() = AnyFlow();
  const auto leak = backend().leak();
  EXPECT_FALSE(leak) << *leak;
}

TEST_P(FlowConformance, S069_CloseTwice) {
  ASSERT_TRUE(connect());
  auto first = start_close(near());
  auto second = start_close(near());
  EXPECT_TRUE(pending(second));
  auto far_closed = start_close(far());
  ASSERT_TRUE(completes(first));
  ASSERT_TRUE(completes(second));
  EXPECT_EQ(first.value(), CloseOutcome::kGraceful);
  EXPECT_EQ(second.value(), CloseOutcome::kGraceful);
  auto third = start_close(near());
  ASSERT_TRUE(at_once(third));
  EXPECT_EQ(third.value(), CloseOutcome::kAlreadyClosed);
  ASSERT_TRUE(completes(far_closed));
  EXPECT_EQ(far_closed.value(), CloseOutcome::kGraceful);
}

TEST_P(FlowConformance, S070_CloseHasNoFailure) {
  ASSERT_TRUE(connect());
  far().abort();
  ASSERT_TRUE(read_error(near()));
  auto after_reset = start_close(near());
  ASSERT_TRUE(at_once(after_reset));
  EXPECT_EQ(after_reset.value(), CloseOutcome::kResetByPeer);

  ASSERT_TRUE(connect());
  near().abort();
  auto after_abort = start_close(near());
  ASSERT_TRUE(at_once(after_abort));
  EXPECT_EQ(after_abort.value(), CloseOutcome::kAborted);

  ASSERT_TRUE(connect());
  auto waiting = start_close(near());
  EXPECT_TRUE(pending(waiting));
  far().abort();
  ASSERT_TRUE(completes(waiting));
  EXPECT_EQ(waiting.value(), CloseOutcome::kResetByPeer);
}

TEST_P(FlowConformance, S071_CloseDoesNotDisturbAPendingRead) {
  ASSERT_TRUE(connect());
  auto read = start_read(near());
  auto closing = start_close(near());
  EXPECT_TRUE(pending(read));
  write(far(), "later");
  ASSERT_TRUE(completes(read));
  ASSERT_TRUE(read.value());
  EXPECT_EQ(read.value()->data().text().substr(0, 1), "l");
  read_bytes(near(), 5 - read.value()->data().size());
  auto last = start_read(near());
  EXPECT_TRUE(pending(last));
  auto far_closed = start_close(far());
  ASSERT_TRUE(completes(last));
  EXPECT_TRUE(last.value() && last.value()->eof());
}

TEST_P(FlowConformance, S072_APendingWriteComesBeforeTheFin) {
  ASSERT_TRUE(connect());
  auto filling = fill(near());
  auto closing = start_close(near());
  EXPECT_TRUE(pending(closing));
  EXPECT_FALSE(filling.done());
  EXPECT_TRUE(read_to_end(far()) == fill_text());
  ASSERT_TRUE(completes(filling));
  EXPECT_TRUE(filling.value()) << to_string(filling.value().error());
}

TEST_P(FlowConformance, S075_WithoutDeadlineCloseWaitsForEverAndTheFlowWorks) {
  ASSERT_TRUE(connect());
  auto closing = start_close(near());
  ASSERT_TRUE(reads_eof(far()));
  pass(backend().long_us());
  EXPECT_FALSE(closing.done());
  write(far(), "hello again");
  EXPECT_EQ(read_bytes(near(), 11), "hello again");
  auto far_closed = start_close(far());
  ASSERT_TRUE(completes(closing));
  EXPECT_EQ(closing.value(), CloseOutcome::kGraceful);
}

TEST_P(FlowConformance, S076_DeadlineOfClose) {
  ASSERT_TRUE(connect());
  CloseOptions options;
  options.deadline_us = loop().in_us(3'000'000);
  auto read = start_read(near());
  auto second_read = start_read(near());
  auto closing = start_close(near(), options);
  ASSERT_TRUE(reads_eof(far()));
  EXPECT_TRUE(pending(closing));
  ASSERT_TRUE(completes(closing));
  EXPECT_EQ(closing.value(), CloseOutcome::kTimedOut);
  EXPECT_GE(loop().now_us(), options.deadline_us);
  EXPECT_LT(loop().now_us(), options.deadline_us + 1'000'000);
  for (StartedRead* pending_read : {&read, &second_read}) {
    ASSERT_TRUE(at_once(*pending_read));
    ASSERT_FALSE(pending_read->value());
    EXPECT_EQ(pending_read->value().error().code, std::errc::timed_out);
  }
  // The connection was reset. The remote was at eof, which stays; its writes fail.
  const auto far_write_fails = [&] { return write_error(far()).has_value(); };
  EXPECT_TRUE(until(far_write_fails));
}

}  // namespace millrace::flow::conformance
