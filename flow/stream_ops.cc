// SPDX-License-Identifier: Apache-2.0
// The operations as awaitables: how each starts, is interrupted, resumes, and disappears.

#include "flow/stream_core.h"

namespace millrace::flow {

// --- Read.

void ReadOperation::set_options(const OpOptions& options) {
  bytes_max_ = options.bytes_max;
  deadline_us_ = options.deadline_us;
  stop_token_ = options.stop;
}

void ReadOperation::disappear() {
  dequeue();
  if (armed_) core_->arm_reader();
}

void ReadOperation::interrupt(Errc why) {
  if (armed_ || !queued()) return;  // its data is there: too late
  interrupted_ = why;
  dequeue();
  complete();
}

Result<ReadResult> ReadOperation::finish() {
  if (!leave()) return std::unexpected(interruption("read"));
  auto result = core_->take(bytes_max_, "read");
  core_->arm_reader();
  return result;
}

bool ReadIntoAwaiter::begin_operation() {
  if (!operation_) {
    operation_.emplace(core_.get(), nullptr);
    if (core_->calm_ && !space_.empty()) return false;  // nothing was there
  }
  return space_.empty() || operation_->await_ready();
}

// --- Write.

WriteOperation::WriteOperation(StreamCore* core, ConstBytes bytes, std::size_t taken,
                               const OpOptions* options)
    : Operation(core->loop()), core_(core), transferred_(taken) {
  set_options(options);
  if (bytes.empty()) return;
  inline_pieces_[0] = bytes.subspan(taken);
  piece_count_ = 1;
}

WriteOperation::WriteOperation(StreamCore* core, TxBuffer&& owned, const OpOptions* options)
    : Operation(core->loop()), core_(core), owned_(std::move(owned)) {
  set_options(options);
  if (owned_.bytes().empty()) return;
  inline_pieces_[0] = owned_.bytes();
  piece_count_ = 1;
}

WriteOperation::WriteOperation(StreamCore* core, std::span<const ConstBytes> pieces,
                               const OpOptions* options)
    : Operation(core->loop()), core_(core) {
  set_options(options);
  if (pieces.size() > kInlinePieces) {
    many_pieces_ = std::make_unique<ConstBytes[]>(pieces.size());
    pieces_ = many_pieces_.get();
  }
  for (const ConstBytes& piece : pieces) {
    if (!piece.empty()) pieces_[piece_count_++] = piece;
  }
}

WriteOperation::~WriteOperation() {
  if (!queued()) return;
  dequeue();
  if (accepted()) return;
  if (transferred_ > 0) {
    core_->break_writes(Errc::kCancelled);
  } else {
    core_->changed();
  }
}

void WriteOperation::set_options(const OpOptions* options) {
  if (options == nullptr) return;
  level_ = options->level;
  deadline_us_ = options->deadline_us;
  stop_token_ = options->stop;
}

bool WriteOperation::await_ready() {
  if (core_->tx_ != StreamCore::Tx::kOpen) {
    fail(core_->closed_error("write"));
    return true;
  }
  if (stop_token_.stop_requested()) {
    fail(core_->error(Errc::kCancelled, "write"));
    return true;
  }
  if (accepted()) return true;  // nothing to write
  if (!core_->writers_.empty() || !core_->push_pieces(*this)) return false;
  return level_ == Level::kAccepted || end_ <= core_->state().acked;
}

void WriteOperation::await_suspend(std::coroutine_handle<> handle) {
  (accepted() ? core_->acks_ : core_->writers_).push_back(*this);
  begin(handle, deadline_us_, stop_token_);
  core_->changed();  // the last push may have found the connection dead
}

void WriteOperation::interrupt(Errc why) {
  if (!queued()) return;
  dequeue();
  fail(core_->error(why, "write"));
  complete();
  if (accepted()) return;
  if (transferred_ > 0) {
    core_->break_writes(why);
  } else {
    core_->changed();
  }
}

Result<void> WriteOperation::await_resume() {
  end();
  if (!error_) return {};
  error_->transferred = transferred_;
  return std::unexpected(std::move(*error_));
}

bool WriteAwaiter::begin_operation(std::size_t taken) {
  operation_.emplace(core_.get(), bytes_, taken, nullptr);
  return operation_->await_ready();
}

// --- Shutdown and close.

bool EndOperation::fin_is_out() const {
  return core_->tx_ == StreamCore::Tx::kFinSent || core_->tx_ == StreamCore::Tx::kFailed;
}

bool ShutdownAwaiter::await_ready() {
  if (direction_ != Direction::kWrite) shut_read();
  if (direction_ == Direction::kRead) return true;
  start_finish();
  return fin_is_out();
}

void ShutdownAwaiter::await_suspend(std::coroutine_handle<> handle) {
  queue_shut();
  begin(handle, kNever, {});
}

CloseAwaiter::CloseAwaiter(StreamCore* core, const CloseOptions* options) : EndOperation(core) {
  if (options != nullptr) options_ = *options;
}

bool CloseAwaiter::await_ready() {
  if (outcome()) {
    result_ = CloseOutcome::kAlreadyClosed;
    return true;
  }
  start_close(options_.unread);
  return outcome().has_value();
}

void CloseAwaiter::await_suspend(std::coroutine_handle<> handle) {
  queue_close();
  begin(handle, options_.deadline_us, options_.stop);
}

void CloseAwaiter::interrupt(Errc why) {
  if (!queued()) return;
  if (why == Errc::kTimedOut) {
    limit_reached(options_.on_limit);  // completes all that close
  } else {
    result_ = CloseOutcome::kCancelled;
    dequeue();
    complete();
  }
}

CloseOutcome CloseAwaiter::await_resume() {
  end();
  return result_ ? *result_ : *outcome();
}

}  // namespace millrace::flow
