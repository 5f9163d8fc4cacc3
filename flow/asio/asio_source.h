// SPDX-License-Identifier: Apache-2.0
// An Asio execution context inside a flow::EventLoop: Asio's handlers run in the loop's turns, so
// that code written for Asio and code written for flows share one thread, and kernel sockets can be
// flows of the loop.

#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>

#include "flow/event_loop.h"

namespace millrace::flow {

/// Owns the context; joins the loop for its lifetime. Nobody else may run the context.
class AsioSource final : public Source {
 public:
  explicit AsioSource(EventLoop& loop);
  AsioSource(const AsioSource&) = delete;
  AsioSource& operator=(const AsioSource&) = delete;
  ~AsioSource() override;

  boost::asio::io_context& context() { return context_; }
  EventLoop& loop() { return loop_; }

  bool poll() override;
  /// False while Asio has neither handlers nor operations outstanding.
  bool can_progress() const override { return !context_.stopped(); }
  /// Sleeps on the wall clock. `deadline_us` is the loop's; one on simulated time is taken as if
  /// both clocks ran alike.
  void wait(std::uint64_t deadline_us) override;
  void wake() override;

 private:
  EventLoop& loop_;
  boost::asio::io_context context_{1};
};

}  // namespace millrace::flow
