// SPDX-License-Identifier: Apache-2.0
// The data path of the runtime: completions in, handlers, update entries out, doorbell. What
// happens once in a connection's life is in runtime_control.cc.

#include "host/runtime.h"

#include <algorithm>

#include "host/base/assert.h"

namespace millrace::host {
namespace {

constexpr std::uint32_t kBatch = 256;      // completions taken by one poll
constexpr std::uint32_t kLazyPolls = 256;  // empty polls after which lazy news is flushed
constexpr std::uint32_t kQuestionPolls = 1U
                                         << 20;  // empty polls between questions to a silent card
constexpr std::uint64_t kRefillUs = 10'000;      // between attempts of starved listeners
constexpr std::uint64_t kFullRingUs = 100;       // longest sleep while entries wait for room

}  // namespace

std::size_t Runtime::poll() {
  MILLRACE_ASSERT(!in_poll_);
  if (lost_) [[unlikely]] {
    end_all();
    return dispatch();
  }
  std::uint32_t taken = 0;
  std::uint32_t word = 0;
  std::uint16_t submissions_taken = 0;
  const contract::CompletionEntry* entry = nullptr;
  in_poll_ = true;
  while ((entry = completions_.peek(word)) != nullptr) {
    Connection& connection = connections_[entry->cookie & cookie_mask_];
    submissions_taken = entry->sq_head;
    // The usual report repeats flags, state and status; only offsets moved.
    if (word != connection.last_word_ || entry->cookie != connection.cookie_) [[unlikely]] {
      apply_other(*entry, word);
      completions_.pop();
    } else if (!connection.rx_.set_received(entry->received_up_to) ||
               !connection.tx_.set_acked(entry->acked_up_to)) [[unlikely]] {
      fault(*entry);
      break;
    } else {
      completions_.pop();
      if (connection.handler_ != nullptr) [[likely]]
        connection.handler_->on_event(connection);
    }
    if (++taken == kBatch) [[unlikely]]
      break;
  }
  in_poll_ = false;
  if (taken != 0) [[likely]] {
    submissions_.set_head(submissions_taken);
    stats_.completions += taken;
    heard_ = true;
    empty_polls_ = 0;
  }
  if (lists_.changed.size() != 0 || listeners_changed_ || starved_) [[unlikely]] {
    return taken + dispatch();
  }
  if (taken == 0) [[unlikely]]
    nothing_came();
  return taken;
}

// Calls the handlers of connections and listeners whose state, not only offsets, changed.
std::size_t Runtime::dispatch() {
  in_poll_ = true;
  ConnectionList& changed = lists_.changed;
  const std::uint32_t count = changed.size();
  for (std::uint32_t i = 0; i < count; ++i) {
    Connection& connection = *changed[i];
    connection.work_ &= ~Connection::kInChanged;
    if (connection.handler_ != nullptr) connection.handler_->on_event(connection);
  }
  // What handlers added waits for the next poll.
  const std::uint32_t added = changed.size() - count;
  for (std::uint32_t i = 0; i < added; ++i) changed[i] = changed[count + i];
  changed.resize(added);
  if (listeners_changed_) dispatch_listeners();
  if (starved_ && freed_) refill_starved();
  in_poll_ = false;
  return count;
}

void Runtime::nothing_came() {
  ++empty_polls_;
  if (empty_polls_ % kLazyPolls == 0 && lists_.lazy.size() != 0) {
    flush_lazy();
    flush();
  }
  if (starved_ && empty_polls_ % kLazyPolls == 0 && now_us() >= next_refill_us_) {
    next_refill_us_ = now_us() + kRefillUs;
    refill_starved();
  }
  if (empty_polls_ % kQuestionPolls == 0) check_alive();
}

void Runtime::flush() {
  if (lost()) [[unlikely]]
    return;
  if (listeners_dirty_) [[unlikely]]
    submit_listeners();
  constexpr std::uint32_t kDecisive = Connection::kWantOpen | Connection::kWantUpdate |
                                      Connection::kWantAbort | Connection::kEstablished |
                                      Connection::kFinal;
  constexpr std::uint32_t kPlainUpdate = Connection::kWantUpdate | Connection::kEstablished;
  ConnectionList& dirty = lists_.dirty;
  const std::uint32_t count = dirty.size();
  const std::uint32_t room = submissions_.room(count);
  for (std::uint32_t i = 0; i < room; ++i) {
    Connection& connection = *dirty[i];
    const std::uint32_t work = connection.work_;
    if ((work & kDecisive) == kPlainUpdate) [[likely]] {
      connection.work_ = work & ~(Connection::kWantUpdate | Connection::kInDirty);
      submissions_.push_update(contract::Opcode::kUpdate, work & Connection::kFin, connection.id_,
                               static_cast<std::uint32_t>(connection.tx_.committed()),
                               connection.rx_.announce());
    } else {
      submit_other(connection);
    }
  }
  // What found no room stays, in order.
  for (std::uint32_t i = room; i < count; ++i) dirty[i - room] = dirty[i];
  dirty.resize(count - room);
  const auto unseen = static_cast<std::uint16_t>(completions_.head() - rung_head_);
  if (submissions_.tail() != rung_tail_ || unseen >= completions_.size() / 4) ring_doorbell();
}

void Runtime::ring_doorbell() {
  const std::uint16_t tail = submissions_.tail();
  const std::uint16_t head = completions_.head();
  stats_.submissions += static_cast<std::uint16_t>(tail - rung_tail_);
  ++stats_.doorbells;
  rung_tail_ = tail;
  rung_head_ = head;
  const std::uint32_t value = tail | (static_cast<std::uint32_t>(head) << 16);
  if (!card_.device().write_register(doorbell_, value)) [[unlikely]]
    check_alive();
}

void Runtime::flush_lazy() {
  ConnectionList& lazy = lists_.lazy;
  for (std::uint32_t i = 0; i < lazy.size(); ++i) {
    Connection& connection = *lazy[i];
    connection.work_ &= ~Connection::kInLazy;
    if (connection.rx_.unannounced() != 0) connection.request_update();
  }
  lazy.resize(0);
}

bool Runtime::pending() const {
  return !completions_.empty() || lists_.changed.size() != 0 || listeners_changed_ ||
         (lost() && !ended_);
}

bool Runtime::wait(std::uint64_t deadline_us) {
  MILLRACE_ASSERT(!in_poll_);
  if (lost()) return pending();
  Device& device = card_.device();
  const std::uint64_t now = device.now_us();
  if (starved_ && now >= next_refill_us_) {
    next_refill_us_ = now + kRefillUs;
    refill_starved();
  }
  flush_lazy();
  flush();
  // The doorbell also arms the interrupt.
  if (completions_.head() != rung_head_) ring_doorbell();
  if (pending()) return true;
  if (heard_ || next_question_us_ == 0) {
    heard_ = false;
    next_question_us_ = now + liveness_interval_us_;
  }
  std::uint64_t until = std::min(deadline_us, next_question_us_);
  if (starved_) until = std::min(until, next_refill_us_);
  if (backlogged()) until = std::min(until, now + kFullRingUs);
  if (!device.wait(until)) {
    check_alive();
    if (!lost()) {
      lose(make_error(Errc::kDeviceLost, "waiting for " + device.description()));
    }
  } else if (completions_.empty() && device.now_us() >= next_question_us_) {
    check_alive();
  }
  return pending();
}

void Runtime::check_alive() {
  next_question_us_ = card_.device().now_us() + liveness_interval_us_;
  if (const auto alive = card_.check_alive(); !alive) {
    lose(alive.error());
    return;
  }
  const auto status = card_.status();
  if (!status) {
    lose(status.error());
  } else if (status->dma_error) {
    lose(make_error(Errc::kDeviceLost, "register status of " + card_.device().description() +
                                           ": the card saw a failed memory access; reset it"));
  }
}

void Runtime::lose(Error why) {
  if (!failure_) failure_ = std::move(why);
  lost_ = true;
}

void Runtime::fault(const contract::CompletionEntry& entry) {
  lose(make_error(Errc::kDriverFault, "completion for connection " + hex(entry.connection_id) +
                                          ", cookie " + hex(entry.cookie) + ": received_up_to " +
                                          hex(entry.received_up_to) + " or acked_up_to " +
                                          hex(entry.acked_up_to) + " is outside its ring"));
}

}  // namespace millrace::host
