// SPDX-License-Identifier: Apache-2.0
// Listening: opening and closing the port, keeping the backlog filled, handing out connections.

#include "host/listener.h"

#include <algorithm>

#include "host/base/assert.h"
#include "host/runtime.h"

namespace millrace::host {
namespace {

constexpr std::uint32_t kListenerCookie = 0x80000000;

}  // namespace

Connection* Listener::accept() {
  if (queue_head_ == kNone) return nullptr;
  Connection& connection = runtime_->connections_[queue_head_];
  queue_head_ = runtime_->details(connection).next;
  if (queue_head_ == kNone) queue_tail_ = kNone;
  runtime_->details(connection).next = kNone;
  connection.listener_ = nullptr;
  connection.work_ &= ~static_cast<std::uint32_t>(Connection::kQueued);
  return &connection;
}

void Listener::stop() {
  if (state_ == State::kClosing || state_ == State::kClosed) return;
  state_ = State::kClosing;
  if (want_listen_) {  // the card has not heard of it
    want_listen_ = false;
    unlistened_ = true;
    runtime_->close_if_done(*this);
  } else {
    want_unlisten_ = true;
    runtime_->tell_of_listeners();
  }
}

void Listener::release() {
  MILLRACE_ASSERT(used_ && !released_);
  handler_ = nullptr;
  released_ = true;
  stop();
  while (Connection* connection = accept()) connection->release();
  if (state_ == State::kClosed) used_ = false;
}

std::expected<Listener*, Error> Runtime::listen(const ListenOptions& options,
                                                ListenerHandler& handler) {
  if (failure_) return std::unexpected(*failure_);
  const auto bad_size = [](std::size_t size) {
    return size < (std::size_t{1} << contract::kSlotLog2Min) ||
           size > (std::size_t{1} << contract::kSlotLog2Max) || (size & (size - 1)) != 0;
  };
  if (options.port == 0 || options.backlog == 0 || bad_size(options.tx_size) ||
      bad_size(options.rx_size)) {
    return std::unexpected(make_error(
        Errc::kInvalidArgument,
        "listen on port " + std::to_string(options.port) +
            ": port and backlog must not be 0, sizes must be powers of two, 4 KiB to 16 MiB"));
  }
  Listener* const end = listeners_.get() + card_.limits().listeners;
  Listener* const free =
      std::find_if(listeners_.get(), end, [](const Listener& l) { return !l.used_; });
  if (free == end) {
    return std::unexpected(make_error(
        Errc::kNoBufferSpace,
        "all " + std::to_string(card_.limits().listeners) + " listeners are in use; release some"));
  }
  const auto index = static_cast<std::uint32_t>(free - listeners_.get());
  Listener& listener = *free;
  listener.runtime_ = this;
  listener.handler_ = &handler;
  listener.options_ = options;
  listener.error_ = {};
  listener.cookie_ = kListenerCookie | (((listener.cookie_ >> 8) + 1) & 0x7FFFFF) << 8 | index;
  listener.id_ = 0;
  listener.posted_ = 0;
  listener.queue_head_ = listener.queue_tail_ = Listener::kNone;
  listener.state_ = Listener::State::kOpening;
  listener.used_ = true;
  listener.id_known_ = false;
  listener.released_ = listener.want_unlisten_ = listener.unlistened_ = listener.changed_ = false;
  listener.want_listen_ = true;
  tell_of_listeners();
  return &listener;
}

void Runtime::submit_listeners() {
  listeners_dirty_ = false;
  for (std::uint32_t i = 0; i < card_.limits().listeners; ++i) {
    Listener& listener = listeners_[i];
    const bool unlisten = listener.want_unlisten_ && listener.id_known_;
    if (!listener.want_listen_ && !unlisten) continue;
    if (!outbox_.submissions.has_room()) {
      listeners_dirty_ = true;
      return;
    }
    contract::ListenEntry entry{};
    entry.cookie = listener.cookie_;
    if (listener.want_listen_) {
      entry.opcode = static_cast<std::uint8_t>(contract::Opcode::kListen);
      entry.local_port = listener.options_.port;
      listener.want_listen_ = false;
    } else {
      entry.opcode = static_cast<std::uint8_t>(contract::Opcode::kUnlisten);
      entry.listener_id = listener.id_;
      listener.want_unlisten_ = false;
    }
    outbox_.submissions.push(entry);
  }
}

void Runtime::apply_listen_response(Listener& listener, Status status, std::uint32_t id) {
  if (status != Status::kOk) {
    listener.error_ = make_error_code(status);
    listener.state_ = Listener::State::kClosing;
    listener.want_unlisten_ = false;
    listener.unlistened_ = true;
    close_if_done(listener);
    return;
  }
  listener.id_ = id;
  listener.id_known_ = true;
  if (listener.state_ == Listener::State::kClosing) {  // stop() was called meanwhile
    tell_of_listeners();
    return;
  }
  listener.state_ = Listener::State::kOpen;
  refill(listener);
  changed(listener);
}

void Runtime::refill(Listener& listener) {
  if (listener.state_ != Listener::State::kOpen || failure_) return;
  while (listener.posted_ < listener.options_.backlog) {
    const auto made = allocate(listener.options_.tx_size, listener.options_.rx_size);
    if (!made) {
      starve();
      return;
    }
    Connection& connection = **made;
    connection.listener_ = &listener;
    details(connection).options = listener.options_.options;
    connection.work_ |= Connection::kListening;
    connection.request(Connection::kWantOpen);
    ++listener.posted_;
  }
}

void Runtime::refill_starved() {
  starved_ = false;
  freed_ = false;
  for (std::uint32_t i = 0; i < card_.limits().listeners; ++i) {
    if (listeners_[i].used_) refill(listeners_[i]);
  }
}

void Runtime::changed(Listener& listener) {
  listener.changed_ = true;
  listeners_changed_ = true;
  outbox_.control = true;
}

void Runtime::close_if_done(Listener& listener) {
  const bool done = listener.unlistened_ && listener.posted_ == 0;
  if (listener.state_ != Listener::State::kClosing || !done) return;
  listener.state_ = Listener::State::kClosed;
  if (listener.released_) listener.used_ = false;
  changed(listener);
}

void Runtime::dispatch_listeners() {
  listeners_changed_ = false;
  for (std::uint32_t i = 0; i < card_.limits().listeners; ++i) {
    Listener& listener = listeners_[i];
    if (!listener.changed_) continue;
    listener.changed_ = false;
    if (listener.used_ && listener.handler_ != nullptr) listener.handler_->on_event(listener);
  }
}

}  // namespace millrace::host
