// SPDX-License-Identifier: Apache-2.0
// The fixture of the conformance tests, and the words they are written in. A test is named with the
// number of its statement, S061_..., and runs once for each backend.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/any_flow.h"
#include "tests/conformance/backend.h"

namespace millrace::flow {
inline void PrintTo(CloseOutcome outcome, std::ostream* out) { *out << to_string(outcome); }
}  // namespace millrace::flow

namespace millrace::flow::conformance {

/// An operation that was started and may or may not have completed. Dropping it cancels the
/// operation.
template <class T>
class Started {
 public:
  template <class Make>
  Started(EventLoop& loop, Make make)
      : loop_(loop), task_(run(std::move(make), *value_)), start_(std::make_unique<Ready>()) {
    start_->handle = task_.handle();
    loop.post(*start_);
  }
  bool done() const { return value_->has_value(); }
  T& value() { return **value_; }

 private:
  template <class Make>
  static Task<void> run(Make make, std::optional<T>& value) {
    auto operation = make();
    if constexpr (requires { std::move(operation).operator co_await(); }) {
      value.emplace(co_await std::move(operation));
    } else {
      value.emplace(co_await operation);
    }
  }
  EventLoop& loop_;
  std::unique_ptr<std::optional<T>> value_ = std::make_unique<std::optional<T>>();
  Task<void> task_;
  std::unique_ptr<Ready> start_;
};

using StartedRead = Started<Result<ReadResult>>;
using StartedWrite = Started<Result<void>>;
using StartedClose = Started<CloseOutcome>;

/// `size` bytes that differ with `seed` and with their position.
std::string pattern(std::size_t size, std::uint32_t seed = 1);

class FlowConformance : public testing::TestWithParam<BackendEntry> {
 protected:
  void SetUp() override;

  Backend& backend() { return *backend_; }
  EventLoop& loop() { return backend_->loop(); }
  AnyFlow& near() { return ends_.near; }
  AnyFlow& far() { return ends_.far; }
  /// Makes the pair near() and far(); ASSERT_TRUE(connect()).
  bool connect();
  std::uint64_t bulk(std::uint64_t bytes) const { return bytes / backend_->bulk_divisor(); }

  StartedRead start_read(AnyFlow& flow);
  StartedRead start_read(AnyFlow& flow, const OpOptions& options);
  /// `text` must live until completion.
  StartedWrite start_write(AnyFlow& flow, std::string_view text);
  StartedClose start_close(AnyFlow& flow);
  StartedClose start_close(AnyFlow& flow, const CloseOptions& options);

  /// True if it completes within the backend's patience.
  template <class T>
  bool completes(Started<T>& started) {
    return until([&] { return started.done(); });
  }
  /// True if it has not completed after the quiet time.
  template <class T>
  bool pending(Started<T>& started) {
    pass(backend_->quiet_us());
    return !started.done();
  }
  /// True if it completes within a few turns, without anything from the wire.
  template <class T>
  bool at_once(Started<T>& started) {
    return until([&] { return started.done(); }, 100);
  }
  template <class F>
  bool until(F done) {
    return until(done, backend_->patience_us());
  }
  template <class F>
  bool until(F done, std::uint64_t us) {
    return loop().run_until(done, loop().in_us(us)).has_value();
  }
  void pass(std::uint64_t us) { loop().run_for(us); }

  // The common cases; a failure is a test failure and gives an empty value.
  void write(AnyFlow& flow, std::string_view text);
  void write_acked(AnyFlow& flow, std::string_view text);
  std::string read_bytes(AnyFlow& flow, std::size_t size);
  std::string read_to_end(AnyFlow& flow);
  bool reads_eof(AnyFlow& flow);
  std::optional<Error> read_error(AnyFlow& flow);
  std::optional<Error> write_error(AnyFlow& flow, std::string_view text = "x");
  void close_both();
  /// Fills the path from `flow` to a remote that does not read: a pending write of at least twice
  /// ahead_bytes_max().
  StartedWrite fill(AnyFlow& flow);
  const std::string& fill_text() const { return fill_text_; }

 private:
  std::unique_ptr<Backend> backend_;
  Ends ends_;
  std::string fill_text_;
};

}  // namespace millrace::flow::conformance
