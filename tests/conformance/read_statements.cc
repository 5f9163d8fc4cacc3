// SPDX-License-Identifier: Apache-2.0
// Statements about reading: 2 7 9 10 12 16 20 23 24.

#include <algorithm>

#include "tests/conformance/suite.h"

namespace millrace::flow::conformance {

TEST_P(FlowConformance, S002_ReadGivesDataOrEofOrErrorAndEofIsNoError) {
  ASSERT_TRUE(connect());
  write(far(), "x");
  auto data = start_read(near());
  ASSERT_TRUE(completes(data));
  ASSERT_TRUE(data.value());
  EXPECT_FALSE(data.value()->eof());
  EXPECT_EQ(data.value()->data().text(), "x");
  auto far_closed = start_close(far());
  auto end = start_read(near());
  ASSERT_TRUE(completes(end));
  ASSERT_TRUE(end.value()) << "the end of the stream is not an error";
  EXPECT_TRUE(end.value()->eof());
  near().abort();
  auto error = start_read(near());
  ASSERT_TRUE(completes(error));
  EXPECT_FALSE(error.value());
}

TEST_P(FlowConformance, S007_BytesReadEqualBytesWrittenWhateverHappensBelow) {
  ASSERT_TRUE(connect());
  backend().set_faults(true);
  const std::string sent = pattern(std::max<std::uint64_t>(bulk(1 << 20), 128 << 10), 7);
  Started<bool> writer(loop(), [&] {
    return [](AnyFlow& flow, const std::string& text) -> Task<bool> {
      std::size_t at = 0;
      for (std::size_t size = 1; at < text.size(); size = size * 3 % 20011) {
        const std::string_view part = std::string_view(text).substr(at, size);
        auto written = co_await flow.write(as_bytes(part));
        if (!written) co_return false;
        at += part.size();
      }
      co_await flow.shutdown(Direction::kWrite);
      co_return true;
    }(far(), sent);
  });
  const std::string received = read_to_end(near());
  ASSERT_TRUE(completes(writer));
  EXPECT_TRUE(writer.value());
  EXPECT_EQ(received.size(), sent.size());
  EXPECT_TRUE(received == sent);
  backend().set_faults(false);
}

TEST_P(FlowConformance, S009_ReadIsPendingUntilOneByteArrives) {
  ASSERT_TRUE(connect());
  auto read = start_read(near());
  EXPECT_TRUE(pending(read));
  write(far(), "!");
  ASSERT_TRUE(completes(read));
  ASSERT_TRUE(read.value());
  EXPECT_EQ(read.value()->data().text(), "!");
}

TEST_P(FlowConformance, S010_DataIsNeverEmpty) {
  ASSERT_TRUE(connect());
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    write(far(), "");
    const std::string text = pattern(static_cast<std::size_t>(i) * 37 % 11, 10);
    write(far(), text);
    write(far(), "");
    expected += text;
  }
  auto far_closed = start_close(far());
  std::string all;
  for (;;) {
    auto read = start_read(near());
    ASSERT_TRUE(completes(read));
    ASSERT_TRUE(read.value());
    if (read.value()->eof()) break;
    ASSERT_GE(read.value()->data().size(), 1U);
    all += read.value()->data().text();
  }
  EXPECT_EQ(all, expected);
}

TEST_P(FlowConformance, S012_BufferIsFreshAndStaysTheCallers) {
  ASSERT_TRUE(connect());
  const std::string canary = pattern(100, 12);
  write(far(), canary);
  auto first = start_read(near());
  ASSERT_TRUE(completes(first));
  ASSERT_TRUE(first.value());
  RxBuffer held = std::move(first.value()->data());
  const std::string before(held.text());
  ASSERT_TRUE(canary.starts_with(before));
  if (before.size() < canary.size()) read_bytes(near(), canary.size() - before.size());
  const std::size_t rounds = bulk(1000);
  for (std::size_t i = 0; i < rounds; ++i) {
    const std::string text = pattern(64, static_cast<std::uint32_t>(i));
    write(far(), text);
    EXPECT_EQ(read_bytes(near(), text.size()), text);
    write(near(), "noise");
    EXPECT_EQ(read_bytes(far(), 5), "noise");
    EXPECT_EQ(held.text(), before) << "after " << i << " reads";
  }
  close_both();
  EXPECT_EQ(held.text(), before);
  near() = AnyFlow();
  far() = AnyFlow();
  EXPECT_EQ(held.text(), before) << "after the flow is gone";
  std::ranges::fill(held.bytes(), std::byte{0});  // ours to change
}

TEST_P(FlowConformance, S016_BytesThatCameBeforeTheEndAreAllRead) {
  ASSERT_TRUE(connect());
  const std::string sent =
      pattern(std::min<std::size_t>(backend().ahead_bytes_max() / 4, 20000), 16);
  write(far(), sent);
  auto far_closed = start_close(far());
  pass(backend().quiet_us());
  EXPECT_TRUE(read_to_end(near()) == sent);
  EXPECT_TRUE(reads_eof(near()));
}

TEST_P(FlowConformance, S020_EofIsSticky) {
  ASSERT_TRUE(connect());
  auto far_closed = start_close(far());
  ASSERT_TRUE(reads_eof(near()));
  for (int i = 0; i < 1000; ++i) {
    auto read = start_read(near());
    ASSERT_TRUE(at_once(read)) << i;
    ASSERT_TRUE(read.value() && read.value()->eof()) << i;
  }
}

TEST_P(FlowConformance, S023_AfterEofWritingStillWorks) {
  ASSERT_TRUE(connect());
  auto far_closed = start_close(far());
  ASSERT_TRUE(reads_eof(near()));
  write(near(), "after the end");
  EXPECT_EQ(read_bytes(far(), 13), "after the end");
  EXPECT_FALSE(far_closed.done());
}

TEST_P(FlowConformance, S024_AfterLocalCloseIsCalledReadingGoesOn) {
  ASSERT_TRUE(connect());
  auto near_closed = start_close(near());
  ASSERT_TRUE(reads_eof(far()));
  const std::string sent = pattern(bulk(1 << 20), 24);
  auto written = start_write(far(), sent);
  EXPECT_TRUE(read_bytes(near(), sent.size()) == sent);
  ASSERT_TRUE(completes(written));
  EXPECT_TRUE(written.value());
  EXPECT_FALSE(near_closed.done());
}

}  // namespace millrace::flow::conformance
