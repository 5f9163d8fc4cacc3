// SPDX-License-Identifier: Apache-2.0
// The data path of the runtime: completions in, handlers, update entries out, doorbell. What
// happens once in a connection's life is in runtime_control.cc.

#include "host/runtime.h"

#include <algorithm>

#include "host/base/assert.h"

namespace millrace::host {
namespace {

constexpr std::uint32_t kLazyPolls = 256;  // empty polls after which lazy news is flushed
constexpr std::uint32_t kQuestionPolls = 1U
                                         << 20;  // empty polls between questions to a silent card
constexpr std::uint64_t kRefillUs = 10'000;      // between attempts of starved listeners
constexpr std::uint64_t kFullRingUs = 100;       // longest sleep while entries wait for room

}  // namespace

std::size_t Runtime::poll() {
  if (mode_ != Mode::kNormal) [[unlikely]] {
    MILLRACE_ASSERT(mode_ == Mode::kLost);
    end_all();
    return dispatch();
  }
  const contract::CompletionEntry* entry = completions_.next();
  mode_ = Mode::kPolling;
  for (;;) {
    const std::uint32_t word = completions_.load(entry);
    if (!CompletionRing::is_new(word)) break;
    Connection& connection = connections_[entry->cookie & cookie_mask_];
    // The usual report repeats flags, state and status; only offsets moved.
    if (word != connection.last_word_ || entry->cookie != connection.cookie_) [[unlikely]] {
      apply_other(*entry, word);
    } else if (connection.rx_.set_received(entry->received_up_to) &&
               connection.tx_.set_acked(entry->acked_up_to)) [[likely]] {
      connection.handler_->on_event(connection);
    } else {
      fault(*entry);
    }
    if (++entry == completions_.end()) [[unlikely]]
      break;
  }
  mode_ = failure_ ? Mode::kLost : Mode::kNormal;
  if (entry == completions_.next()) [[unlikely]] {
    if (outbox_.control) return dispatch();
    nothing_came();
    return 0;
  }
  outbox_.submissions.set_head(entry[-1].sq_head);  // not yet the card's to write again
  const std::size_t taken = completions_.pop_to(entry);
  if (outbox_.control) [[unlikely]]
    return taken + dispatch();
  return taken;
}

// Calls the handlers of connections and listeners whose state, not only offsets, changed.
std::size_t Runtime::dispatch() {
  mode_ = Mode::kPolling;
  outbox_.control = false;
  ConnectionList& changed = outbox_.changed;
  Connection** const end = changed.end();
  for (Connection** item = changed.begin(); item != end; ++item) {
    Connection& connection = **item;
    connection.work_ &= ~Connection::kInChanged;
    connection.handler_->on_event(connection);
  }
  const auto count = static_cast<std::size_t>(end - changed.begin());
  changed.erase_before(end);  // what handlers added waits for the next poll
  if (listeners_changed_) dispatch_listeners();
  if (starved_ && freed_) refill_starved();
  outbox_.control = outbox_.control || !changed.empty() || listeners_changed_;
  mode_ = failure_ ? Mode::kLost : Mode::kNormal;
  return count;
}

void Runtime::nothing_came() {
  ++empty_polls_;
  if (empty_polls_ % kLazyPolls == 0 && !outbox_.lazy.empty()) {
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
  if (outbox_.more) [[unlikely]] {
    if (failure_) return;
    flush_lists();
  }
  const std::uint16_t tail = outbox_.submissions.tail();
  const std::uint16_t head = completions_.head();
  if (tail == rung_tail_) {
    const auto untold = static_cast<std::uint16_t>(head - rung_head_);
    if (untold < completions_.size() / 4) return;
  }
  ring_doorbell(tail, head);
}

// What fits into the ring; the rest stays, in order.
void Runtime::flush_lists() {
  if (listeners_dirty_) submit_listeners();
  ConnectionList& dirty = outbox_.dirty;
  Connection** const all = dirty.end();
  Connection** done = dirty.begin();
  while (done != all && outbox_.submissions.has_room()) done = submit(done);
  dirty.erase_before(done);
  outbox_.more = listeners_dirty_ || !dirty.empty();
}

inline void Runtime::ring_doorbell(std::uint16_t tail, std::uint16_t head) {
  rung_tail_ = tail;
  rung_head_ = head;
  ++doorbells_;
  outbox_.submissions.end_batch();
  if (!device_.write_register(doorbell_, tail | (std::uint32_t{head} << 16))) [[unlikely]]
    check_alive();
}

void Runtime::flush_lazy() {
  for (Connection* connection : outbox_.lazy) {
    connection->work_ &= ~Connection::kInLazy;
    if (connection->unannounced() != 0) connection->tell();
  }
  outbox_.lazy.clear();
}

bool Runtime::pending() const {
  return !completions_.empty() || !outbox_.changed.empty() || listeners_changed_ ||
         (lost() && !ended_);
}

bool Runtime::wait(std::uint64_t deadline_us) {
  MILLRACE_ASSERT(mode_ != Mode::kPolling);
  if (lost()) return pending();
  Device& device = device_;
  const std::uint64_t now = device.now_us();
  if (starved_ && now >= next_refill_us_) {
    next_refill_us_ = now + kRefillUs;
    refill_starved();
  }
  flush_lazy();
  flush();
  // The doorbell also arms the interrupt.
  if (completions_.head() != rung_head_) {
    ring_doorbell(outbox_.submissions.tail(), completions_.head());
  }
  if (pending()) return true;
  if (completions_.popped() != heard_ || next_question_us_ == 0) {
    heard_ = completions_.popped();
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
  next_question_us_ = device_.now_us() + liveness_interval_us_;
  if (const auto alive = card_.check_alive(); !alive) {
    lose(alive.error());
    return;
  }
  const auto status = card_.status();
  if (!status) {
    lose(status.error());
  } else if (status->dma_error) {
    lose(make_error(Errc::kDeviceLost, "register status of " + device_.description() +
                                           ": the card saw a failed memory access; reset it"));
  }
}

void Runtime::lose(Error why) {
  if (!failure_) failure_ = std::move(why);
  outbox_.more = true;
  if (mode_ == Mode::kNormal) mode_ = Mode::kLost;
}

void Runtime::fault(const contract::CompletionEntry& entry) {
  lose(make_error(Errc::kDriverFault, "completion for connection " + hex(entry.connection_id) +
                                          ", cookie " + hex(entry.cookie) + ": received_up_to " +
                                          hex(entry.received_up_to) + " or acked_up_to " +
                                          hex(entry.acked_up_to) + " is outside its ring"));
}

}  // namespace millrace::host
