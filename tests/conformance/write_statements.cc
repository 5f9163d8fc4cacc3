// SPDX-License-Identifier: Apache-2.0
// Statements about writing: 3 31 33 34 37 38 40 42 44 46 53 55.

#include <array>
#include <vector>

#include "tests/conformance/suite.h"

namespace millrace::flow::conformance {

TEST_P(FlowConformance, S003_ClosedIsDistinguishableWithoutText) {
  ASSERT_TRUE(connect());
  auto written = start_write(near(), "x");
  ASSERT_TRUE(completes(written));
  EXPECT_TRUE(written.value());
  auto closing = start_close(near());
  const auto error = write_error(near());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::kClosed);
  EXPECT_EQ(error->code, std::errc::broken_pipe);
  EXPECT_NE(to_string(*error).find("attempted to write to a closed flow"), std::string::npos);
}

TEST_P(FlowConformance, S031_SuccessMeansTheWholeBufferWasAccepted) {
  ASSERT_TRUE(connect());
  auto written = fill(near());
  OpOptions one;
  one.bytes_max = 1;
  auto first = start_read(far(), one);
  ASSERT_TRUE(completes(first));
  const std::string begin(first.value()->data().text());
  EXPECT_TRUE(pending(written)) << "one byte of room is not enough";
  const std::string rest = read_bytes(far(), fill_text().size() - begin.size());
  ASSERT_TRUE(completes(written));
  EXPECT_TRUE(written.value());
  EXPECT_TRUE(begin + rest == fill_text());
}

TEST_P(FlowConformance, S033_BackPressure) {
  ASSERT_TRUE(connect());
  const std::string unit = pattern(4096, 33);
  std::uint64_t accepted = 0;
  std::optional<StartedWrite> last;
  for (;;) {
    last.emplace(start_write(near(), unit));
    if (pending(*last)) break;
    ASSERT_TRUE(last->value());
    accepted += unit.size();
    ASSERT_LE(accepted, backend().ahead_bytes_max()) << "unlimited buffering";
  }
  const std::string received = read_bytes(far(), accepted + unit.size());
  ASSERT_TRUE(completes(*last));
  EXPECT_TRUE(last->value());
  for (std::size_t at = 0; at < received.size(); at += unit.size()) {
    ASSERT_TRUE(received.compare(at, unit.size(), unit) == 0) << at;
  }
}

TEST_P(FlowConformance, S034_BorrowedMemoryIsFreeAfterCompletionOwnedMemoryFromTheCallOn) {
  ASSERT_TRUE(connect());
  std::string borrowed = pattern(3000, 34);
  const std::string expected = borrowed;
  write(near(), borrowed);
  borrowed.assign(borrowed.size(), '#');
  EXPECT_TRUE(read_bytes(far(), expected.size()) == expected);

  const std::string big = pattern(2 * backend().ahead_bytes_max(), 35);
  std::string moved = big;
  StartedWrite owned(loop(), [this, &moved] {
    TxBuffer buffer(std::move(moved));
    moved = "gone";
    return near().write(std::move(buffer));
  });
  EXPECT_TRUE(pending(owned));
  EXPECT_TRUE(read_bytes(far(), big.size()) == big);
  ASSERT_TRUE(completes(owned));
  EXPECT_TRUE(owned.value());
}

TEST_P(FlowConformance, S037_WriteAfterCloseWasCalledIsClosedAtOnce) {
  ASSERT_TRUE(connect());
  auto filling = fill(near());
  auto closing = start_close(near());
  EXPECT_TRUE(pending(closing));
  const auto error = write_error(near(), "too late");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::kClosed);
  EXPECT_TRUE(read_to_end(far()) == fill_text()) << "nothing of the late write is sent";
}

TEST_P(FlowConformance, S038_WriteWhileOnlyTheRemoteClosedSucceeds) {
  ASSERT_TRUE(connect());
  auto far_closed = start_close(far());
  pass(backend().quiet_us());
  write(near(), "still here");
  EXPECT_EQ(read_bytes(far(), 10), "still here");
}

TEST_P(FlowConformance, S040_AfterAResetEveryWriteIsClosedWithItsCause) {
  ASSERT_TRUE(connect());
  far().abort();
  ASSERT_TRUE(read_error(near()));  // the reset has arrived
  for (int i = 0; i < 10; ++i) {
    const auto error = write_error(near());
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, Errc::kClosed);
    EXPECT_EQ(error->cause, std::errc::connection_reset);
  }
}

TEST_P(FlowConformance, S042_AllPendingWritesEndWhenTheResetArrives) {
  ASSERT_TRUE(connect());
  auto first = fill(near());
  auto second = start_write(near(), "second");
  auto third = start_write(near(), "third");
  EXPECT_TRUE(pending(third));
  EXPECT_FALSE(first.done() || second.done());
  far().abort();
  for (StartedWrite* write : {&first, &second, &third}) {
    ASSERT_TRUE(completes(*write));
    ASSERT_FALSE(write->value());
    EXPECT_EQ(write->value().error().code, Errc::kClosed);
    EXPECT_EQ(write->value().error().cause, std::errc::connection_reset);
  }
}

TEST_P(FlowConformance, S044_WriteErrorsAreSticky) {
  ASSERT_TRUE(connect());
  near().abort();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(write_error(near()));
    StartedWrite gathered(loop(), [this] { return near().writev({}); });
    ASSERT_TRUE(at_once(gathered));
    EXPECT_FALSE(gathered.value());
  }
}

TEST_P(FlowConformance, S046_EmptyWriteSucceedsAndSendsNothing) {
  ASSERT_TRUE(connect());
  auto read = start_read(far());
  for (int i = 0; i < 10; ++i) {
    auto empty = start_write(near(), "");
    ASSERT_TRUE(at_once(empty));
    EXPECT_TRUE(empty.value());
  }
  EXPECT_TRUE(pending(read));
  write(near(), "x");
  ASSERT_TRUE(completes(read));
  EXPECT_EQ(read.value()->data().text(), "x");
  auto closing = start_close(near());
  EXPECT_TRUE(write_error(near(), "")) << "statement 47: closed for an empty write too";
}

TEST_P(FlowConformance, S053_WritevEqualsTheConcatenation) {
  ASSERT_TRUE(connect());
  const std::string text = pattern(10000, 53);
  std::vector<ConstBytes> pieces;
  std::string_view rest = text;
  for (std::size_t size = 0; !rest.empty(); size = (size * 7 + 3) % 601) {
    pieces.push_back(as_bytes(rest.substr(0, size)));
    rest.remove_prefix(std::min(size, rest.size()));
  }
  ASSERT_GT(pieces.size(), 20U);
  StartedWrite gathered(loop(), [this, &pieces] { return near().writev(pieces); });
  EXPECT_TRUE(read_bytes(far(), text.size()) == text);
  ASSERT_TRUE(completes(gathered));
  EXPECT_TRUE(gathered.value());
}

TEST_P(FlowConformance, S055_EmptyListSucceedsUnlessClosed) {
  ASSERT_TRUE(connect());
  const std::array<ConstBytes, 3> empty_pieces{};
  StartedWrite nothing(loop(), [this] { return near().writev({}); });
  StartedWrite empties(loop(), [this, &empty_pieces] { return near().writev(empty_pieces); });
  ASSERT_TRUE(at_once(nothing) && at_once(empties));
  EXPECT_TRUE(nothing.value());
  EXPECT_TRUE(empties.value());
  auto closing = start_close(near());
  StartedWrite late(loop(), [this] { return near().writev({}); });
  ASSERT_TRUE(at_once(late));
  ASSERT_FALSE(late.value());
  EXPECT_EQ(late.value().error().code, Errc::kClosed);
}

}  // namespace millrace::flow::conformance
