// SPDX-License-Identifier: Apache-2.0
// An Asio execution context inside a flow::EventLoop: Asio's handlers run in the loop's turns, so
// that code written for Asio and code written for flows share one thread, and kernel sockets can be
// flows of the loop.

#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>

#include "flow/event_loop.h"

namespace millrace::flow {

/// Owns the context; nobody else may run it. Order of life: source, loop, flows; each must outlive
/// the next:
///
///   AsioSource source;  EventLoop loop(clock);  source.attach(loop);
class AsioSource final : public Source {
 public:
  AsioSource() = default;
  AsioSource(const AsioSource&) = delete;
  AsioSource& operator=(const AsioSource&) = delete;
  ~AsioSource() override = default;

  /// Adds the source to the loop, once.
  void attach(EventLoop& loop);
  boost::asio::io_context& context() { return context_; }
  EventLoop& loop() { return *loop_; }

  bool poll() override;
  /// False while Asio has neither handlers nor operations outstanding.
  bool can_progress() const override { return !context_.stopped(); }
  /// Sleeps on the wall clock. `deadline_us` is the loop's; one on simulated time is taken as if
  /// both clocks ran alike.
  void wait(std::uint64_t deadline_us) override;
  void wake() override;
  /// False: wait() only looks, because another source of the loop sleeps, or works, in its turn.
  /// True at first.
  void set_patient(bool patient) { patient_ = patient; }

 private:
  EventLoop* loop_ = nullptr;
  boost::asio::io_context context_{1};
  bool patient_ = true;
};

}  // namespace millrace::flow
