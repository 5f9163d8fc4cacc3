// SPDX-License-Identifier: Apache-2.0
// The fixture's helpers, and the instantiation for the backends of the program.

#include "tests/conformance/suite.h"

#include <cstdlib>

namespace millrace::flow::conformance {
namespace {

Task<void> read_loop(AnyFlow& flow, std::string& all, std::size_t size, std::optional<Error>& error,
                     bool& eof) {
  const OpOptions options;
  while (all.size() < size) {
    auto part = co_await flow.read(options);
    if (!part) {
      error = std::move(part.error());
      co_return;
    }
    if (part->eof()) {
      eof = true;
      co_return;
    }
    EXPECT_GE(part->data().size(), 1U);
    all += part->data().text();
  }
}

struct ReadOutcome {
  std::string all;
  std::optional<Error> error;
  bool eof = false;
  bool finished = false;
};

}  // namespace

std::string pattern(std::size_t size, std::uint32_t seed) {
  std::string text(size, '\0');
  std::uint32_t state = seed * 2654435761U + 1;
  for (char& c : text) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

// The statement's number is in the test's name, S061_...
void FlowConformance::SetUp() {
  const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
  const int statement = std::atoi(name.c_str() + 1);
  backend_ = GetParam().make();
  ASSERT_TRUE(backend_);
  if (const auto why = backend_->not_applicable(statement)) GTEST_SKIP() << *why;
}

bool FlowConformance::connect() {
  auto ends = backend_->make_pair();
  if (!ends) {
    ADD_FAILURE() << to_string(ends.error());
    return false;
  }
  ends_ = std::move(*ends);
  return true;
}

StartedRead FlowConformance::start_read(AnyFlow& flow) {
  return StartedRead(loop(), [&flow] { return flow.read(); });
}

StartedRead FlowConformance::start_read(AnyFlow& flow, const OpOptions& options) {
  return StartedRead(loop(), [&flow, options] { return flow.read(options); });
}

StartedWrite FlowConformance::start_write(AnyFlow& flow, std::string_view text) {
  return StartedWrite(loop(), [&flow, text] { return flow.write(as_bytes(text)); });
}

StartedClose FlowConformance::start_close(AnyFlow& flow) {
  return StartedClose(loop(), [&flow] { return flow.close(); });
}

StartedClose FlowConformance::start_close(AnyFlow& flow, const CloseOptions& options) {
  return StartedClose(loop(), [&flow, options] { return flow.close(options); });
}

void FlowConformance::write(AnyFlow& flow, std::string_view text) {
  auto written = start_write(flow, text);
  ASSERT_TRUE(completes(written));
  EXPECT_TRUE(written.value()) << to_string(written.value().error());
}

void FlowConformance::write_acked(AnyFlow& flow, std::string_view text) {
  OpOptions options;
  options.level = Level::kAcked;
  StartedWrite written(loop(),
                       [&flow, text, options] { return flow.write(as_bytes(text), options); });
  ASSERT_TRUE(completes(written));
  EXPECT_TRUE(written.value()) << to_string(written.value().error());
}

static ReadOutcome run_reads(EventLoop& loop, AnyFlow& flow, std::size_t size, std::uint64_t us) {
  ReadOutcome outcome;
  Task<void> task = read_loop(flow, outcome.all, size, outcome.error, outcome.eof);
  Ready start;
  start.handle = task.handle();
  loop.post(start);
  outcome.finished = loop.run_until([&] { return task.done(); }, loop.in_us(us)).has_value();
  return outcome;
}

std::string FlowConformance::read_bytes(AnyFlow& flow, std::size_t size) {
  ReadOutcome outcome = run_reads(loop(), flow, size, backend_->patience_us());
  EXPECT_TRUE(outcome.finished) << "reads pending after " << outcome.all.size() << " of " << size;
  EXPECT_FALSE(outcome.error) << to_string(*outcome.error);
  EXPECT_FALSE(outcome.eof) << "end of stream after " << outcome.all.size() << " of " << size;
  return std::move(outcome.all);
}

std::string FlowConformance::read_to_end(AnyFlow& flow) {
  ReadOutcome outcome = run_reads(loop(), flow, SIZE_MAX, backend_->patience_us());
  EXPECT_TRUE(outcome.finished) << "reads pending after " << outcome.all.size();
  EXPECT_FALSE(outcome.error) << to_string(*outcome.error);
  return std::move(outcome.all);
}

bool FlowConformance::reads_eof(AnyFlow& flow) {
  auto read = start_read(flow);
  return completes(read) && read.value() && read.value()->eof();
}

std::optional<Error> FlowConformance::read_error(AnyFlow& flow) {
  auto read = start_read(flow);
  if (!completes(read) || read.value()) return std::nullopt;
  return read.value().error();
}

std::optional<Error> FlowConformance::write_error(AnyFlow& flow, std::string_view text) {
  auto written = start_write(flow, text);
  if (!at_once(written) || written.value()) return std::nullopt;
  return written.value().error();
}

void FlowConformance::close_both() {
  auto near_closed = start_close(near());
  auto far_closed = start_close(far());
  ASSERT_TRUE(completes(near_closed));
  ASSERT_TRUE(completes(far_closed));
}

StartedWrite FlowConformance::fill(AnyFlow& flow) {
  fill_text_ = pattern(static_cast<std::size_t>(2 * backend_->ahead_bytes_max()), 77);
  auto written = start_write(flow, fill_text_);
  EXPECT_TRUE(pending(written)) << "no back-pressure";
  return written;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FlowConformance);
INSTANTIATE_TEST_SUITE_P(Backend, FlowConformance, testing::ValuesIn(conformance_backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace millrace::flow::conformance
