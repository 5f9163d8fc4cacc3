// SPDX-License-Identifier: Apache-2.0
// Loop, card, Asio and protocols put together.

#include "flow/cli/session.h"

#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "flow/asio/socket_protocol.h"
#include "flow/toe_protocol.h"

namespace millrace::flow::cli {

Result<std::unique_ptr<Session>> Session::open(const CommonOptions& options, bool needs_card) {
  std::unique_ptr<Session> session(new Session);
  session->connection_ = options.connection;
  if (needs_card) {
    auto card = CardStack::open(options);
    if (!card) return std::unexpected(card.error());
    session->card_ = std::move(*card);
  }
  session->start();
  return session;
}

Result<std::unique_ptr<Session>> Session::open_pair(const CommonOptions& options) {
  std::unique_ptr<Session> session(new Session);
  session->connection_ = options.connection;
  auto cards = CardStack::open_pair(options);
  if (!cards) return std::unexpected(cards.error());
  session->card_ = std::move(cards->first);
  session->peer_ = std::move(cards->second);
  session->start();
  return session;
}

Session::~Session() {
  connectors_ = Context();
  listeners_ = Context();
  loop_.reset();  // ends what was spawned, while Asio and the cards are there
  if (card_) card_->flush_captures();
}

void Session::start() {
  if (card_) {
    loop_ = std::make_unique<EventLoop>(card_->source());
    loop_->add(card_->source());
    if (peer_) loop_->add(peer_->source());
  } else {
    loop_ = std::make_unique<EventLoop>(wall_);
  }
  asio_.attach(*loop_);
  asio_.set_patient(card_ == nullptr);  // with a card, it is the card that waits
  const auto sockets = socket_protocol(asio_);
  const auto memory = memory_protocol(*loop_);
  for (Context* context : {&connectors_, &listeners_}) {
    context->add("tcp", sockets);
    context->add("unix", sockets);
    context->add("mem", memory);
  }
  if (card_) {
    connectors_.add("toe", toe_protocol(*loop_, card_->runtime(), {}, connection_));
    listeners_.add("toe", toe_protocol(*loop_, peer()->runtime(), {}, connection_));
  }
  watch_signals();
}

void Session::watch_signals() {
  signals_.emplace(asio_.context(), SIGINT, SIGTERM);
  signals_->async_wait([this](boost::system::error_code code, int) {
    if (code) return;
    stop_.request_stop();
    signals_->async_wait([](boost::system::error_code again, int) {
      if (!again) std::_Exit(static_cast<int>(ExitCode::kInterrupted));
    });
  });
}

Outcome Session::run(Task<Outcome> task) {
  Result<Outcome> outcome = loop_->block_on(std::move(task));
  if (!outcome) return Outcome(outcome.error());
  return std::move(*outcome);
}

void announce(const Endpoint& endpoint) {
  fmt::print(stderr, "listening on {}\n", to_string(endpoint));
  std::fflush(stderr);
}

}  // namespace millrace::flow::cli
