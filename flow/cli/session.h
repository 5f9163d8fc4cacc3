// SPDX-License-Identifier: Apache-2.0
// What every command needs: a loop with Asio in it, a card if an endpoint asks for one, and flows
// to and from any endpoint. Interrupts (SIGINT, SIGTERM) are seen as a stop token.

#pragma once

#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>
#include <stop_token>

#include "flow/asio/asio_source.h"
#include "flow/cli/card_stack.h"
#include "flow/cli/exit_code.h"
#include "flow/cli/options.h"
#include "flow/context.h"

namespace millrace::flow::cli {

class Session {
 public:
  /// Opens the card if `needs_card`.
  static Result<std::unique_ptr<Session>> open(const CommonOptions& options, bool needs_card);
  /// Two simulated cards on a link; toe flows connect from card() and are accepted at peer().
  static Result<std::unique_ptr<Session>> open_pair(const CommonOptions& options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  EventLoop& loop() { return *loop_; }
  AsioSource& asio() { return asio_; }
  /// Null without a card. peer() is card() itself unless there are two.
  CardStack* card() { return card_.get(); }
  CardStack* peer() { return peer_ ? peer_.get() : card_.get(); }
  Context& connectors() { return connectors_; }
  Context& listeners() { return listeners_; }

  /// Stopped by the first interrupt. The second ends the process.
  std::stop_token interrupted() const { return stop_.get_token(); }

  /// Runs a command's task to its end.
  Outcome run(Task<Outcome> task);

 private:
  Session() = default;
  void start();
  void watch_signals();

  WallClock wall_;
  host::ConnectionOptions connection_;
  std::unique_ptr<CardStack> card_;
  std::unique_ptr<CardStack> peer_;
  AsioSource asio_;
  std::optional<boost::asio::signal_set> signals_;
  std::stop_source stop_;
  std::unique_ptr<EventLoop> loop_;
  Context connectors_;
  Context listeners_;
};

/// "listening on ..." on standard error, for people and for scripts that wait for it.
void announce(const Endpoint& endpoint);

}  // namespace millrace::flow::cli
