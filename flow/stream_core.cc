// SPDX-License-Identifier: Apache-2.0
// The state machine of the two halves: what ends, what completes, in which order.

#include "flow/stream_core.h"

#include <algorithm>
#include <cstring>

namespace millrace::flow {

std::string_view to_string(CloseOutcome outcome) {
  switch (outcome) {
    case CloseOutcome::kGraceful:
      return "graceful";
    case CloseOutcome::kResetByPeer:
      return "reset by peer";
    case CloseOutcome::kTimedOut:
      return "timed out";
    case CloseOutcome::kAborted:
      return "aborted";
    case CloseOutcome::kAlreadyClosed:
      return "already closed";
    case CloseOutcome::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

Error StreamCore::error(std::error_code code, std::string_view operation) const {
  Error error(code, operation);
  error.layer = name_;
  return error;
}

Error StreamCore::closed_error(std::string_view operation) const {
  Error closed = error(Errc::kClosed, operation);
  closed.cause = tx_cause_;
  return closed;
}

void StreamCore::set_endpoints(Endpoint local, Endpoint peer) {
  local_ = std::move(local);
  peer_ = std::move(peer);
}

// --- Reading.

bool StreamCore::ended_at_peer() const {
  const TransportState now = state();
  return now.peer_finished || now.failure;
}

Result<bool> StreamCore::end_of_read(std::string_view operation) const {
  if (rx_ == Rx::kFailed) return std::unexpected(error(rx_cause_, operation));
  if (rx_ == Rx::kShut) return false;
  const TransportState now = state();
  if (now.peer_finished) return false;
  if (now.failure) return std::unexpected(error(now.failure, operation));
  const auto code = make_error_code(std::errc::operation_would_block);
  return std::unexpected(error(code, operation));
}

Result<ReadResult> StreamCore::take(std::size_t bytes_max, std::string_view operation) {
  const ConstBytes bytes = rx_ == Rx::kOpen ? readable() : ConstBytes{};
  if (bytes.empty()) {
    auto end = end_of_read(operation);
    if (!end) return std::unexpected(std::move(end.error()));
    return ReadResult();
  }
  const std::size_t limit = std::clamp<std::size_t>(bytes_max, 1, BufferPool::kLargeBytes);
  const std::size_t count = std::min(bytes.size(), limit);
  RxBuffer buffer = loop_.pool().get(count);
  std::memcpy(buffer.data(), bytes.data(), count);
  consume(count);
  return ReadResult(std::move(buffer));
}

Result<std::size_t> StreamCore::take_nothing(MutableBytes space) const {
  if (space.empty()) return 0;
  auto end = end_of_read("read_into");
  if (!end) return std::unexpected(std::move(end.error()));
  return 0;
}

Result<ReadResult> StreamCore::try_read() {
  if (!readers_.empty()) {
    const auto code = make_error_code(std::errc::operation_would_block);
    return std::unexpected(error(code, "try_read"));
  }
  return take(BufferPool::kLargeBytes, "try_read");
}

// --- Writing.

bool StreamCore::push_pieces(WriteOperation& write) {
  while (!write.accepted()) {
    ConstBytes& piece = write.pieces_[write.next_piece_];
    const std::size_t count = push(piece);
    pushed_ += count;
    write.transferred_ += count;
    piece = piece.subspan(count);
    if (!piece.empty()) return false;
    ++write.next_piece_;
  }
  write.end_ = pushed_;
  return true;
}

void StreamCore::pump_writers() {
  while (!writers_.empty()) {
    auto& write = static_cast<WriteOperation&>(writers_.front());
    if (!push_pieces(write)) return;
    write.dequeue();
    if (write.level_ == Level::kAccepted) {
      write.complete();
    } else {
      acks_.push_back(write);
    }
  }
  if (tx_ != Tx::kFlushing) return;
  tx_ = Tx::kFinSent;
  finish();
  while (!shuts_.empty()) shuts_.pop_front().complete();
}

void StreamCore::complete_acked(std::uint64_t acked) {
  while (!acks_.empty()) {
    auto& write = static_cast<WriteOperation&>(acks_.front());
    if (write.end_ > acked) return;
    write.dequeue();
    write.complete();
  }
}

void StreamCore::fail_writes() {
  for (OperationList* list : {&acks_, &writers_}) {
    while (!list->empty()) {
      auto& write = static_cast<WriteOperation&>(list->pop_front());
      write.fail(closed_error("write"));
      write.complete();
    }
  }
  while (!shuts_.empty()) shuts_.pop_front().complete();
}

void StreamCore::break_writes(std::error_code cause) {
  if (tx_ == Tx::kFailed) return;
  tx_ = Tx::kFailed;
  tx_cause_ = cause;
  broken_ = true;
  if (close_called_) {
    abort();
  } else {
    changed();
  }
}

// --- Ending.

void StreamCore::fail(std::error_code tx_cause, std::error_code rx_cause, bool drop_unread) {
  if (tx_ != Tx::kFailed) tx_cause_ = tx_cause;
  tx_ = Tx::kFailed;
  broken_ = false;
  if (drop_unread && rx_ != Rx::kFailed) {
    rx_ = Rx::kFailed;
    rx_cause_ = rx_cause;
  }
}

void StreamCore::start_finish() {
  if (tx_ == Tx::kOpen) tx_ = Tx::kFlushing;
  changed();
}

void StreamCore::start_close(Unread unread) {
  close_called_ = true;
  unread_ = std::max(unread_, unread);
  if (broken_) {
    abort();
  } else {
    if (unread == Unread::kDrain) shut_read();
    start_finish();
  }
}

void StreamCore::shut_read() {
  if (rx_ == Rx::kOpen) rx_ = Rx::kShut;
  changed();
}

void StreamCore::abort() noexcept {
  const std::error_code cause = Errc::kConnectionAborted;
  const bool alive = !state().failure;
  fail(cause, cause, true);
  if (alive) reset();
  changed();
}

// The deadline of a close. Bytes that are not yet in the transport's hands cannot be detached with
// it.
void StreamCore::limit_reached(OnLimit on_limit) {
  const std::error_code cause = Errc::kTimedOut;
  if (on_limit == OnLimit::kDetach && tx_ == Tx::kFinSent) {
    detached_ = true;
    if (rx_ == Rx::kOpen) {
      rx_ = Rx::kFailed;
      rx_cause_ = cause;
    }
  } else {
    fail(cause, cause, true);
    reset();
  }
  settle(CloseOutcome::kTimedOut);
  changed();
}

void StreamCore::owner_gone() noexcept {
  const Ref<StreamCore> keep(this);
  const TransportState now = state();
  if (!detached_ && !in_order(now) && (tx_ != Tx::kFailed || broken_)) {
    abort();
    return;
  }
  if (rx_ != Rx::kFailed) {
    rx_ = Rx::kFailed;
    rx_cause_ = Errc::kConnectionAborted;
  }
  if (!now.final && !now.failure) {
    lingering_ = true;
    add_reference();
    loop_.linger(*this);
  }
  changed();
}

void StreamCore::let_go() {
  lingering_ = false;
  drop_reference();
}

CloseOutcome StreamCore::outcome_of(std::error_code cause) {
  if (cause == Errc::kConnectionReset) return CloseOutcome::kResetByPeer;
  if (cause == Errc::kTimedOut) return CloseOutcome::kTimedOut;
  return CloseOutcome::kAborted;
}

void StreamCore::settle(CloseOutcome outcome) {
  if (!close_outcome_) close_outcome_ = outcome;
  while (!closers_.empty()) closers_.pop_front().complete();
}

void StreamCore::check_ends(const TransportState& now) {
  if (!close_called_ || close_outcome_) return;
  if (tx_ == Tx::kFailed && !broken_) {
    settle(outcome_of(tx_cause_));
  } else if (in_order(now)) {
    settle(CloseOutcome::kGraceful);
  }
}

void StreamCore::discard_unread() {
  if (rx_ == Rx::kOpen) return;
  for (ConstBytes bytes = readable(); !bytes.empty(); bytes = readable()) consume(bytes.size());
}

void StreamCore::step() {
  TransportState now = state();
  if (now.failure && (tx_ != Tx::kFailed || broken_)) fail(now.failure, {}, false);
  const bool unread = rx_ == Rx::kOpen && readers_.empty() && !readable().empty();
  if (unread_ == Unread::kReset && unread && tx_ != Tx::kFailed) {
    const std::error_code cause = Errc::kConnectionAborted;
    fail(cause, cause, true);
    reset();
  }
  if (tx_ == Tx::kFailed) {
    fail_writes();
  } else {
    pump_writers();
  }
  discard_unread();
  now = state();
  complete_acked(now.acked);
  arm_reader();
  calm_ = tells_all_ && tx_ == Tx::kOpen && rx_ == Rx::kOpen && writers_.empty() && acks_.empty() &&
          !now.peer_finished && !now.failure && !now.final;
  check_ends(now);
  if (lingering_ && (now.final || now.failure)) {
    unlink();
    let_go();  // changed() holds another reference
  }
}

void StreamCore::changed() {
  changed_again_ = true;
  calm_ = false;
  if (changing_) return;
  const Ref<StreamCore> keep(this);
  changing_ = true;
  while (std::exchange(changed_again_, false)) step();
  changing_ = false;
}

}  // namespace millrace::flow
