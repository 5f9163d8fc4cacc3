// SPDX-License-Identifier: Apache-2.0
// What all flows over a transport share: the queues of readers, writers and closers, sticky errors,
// loss-free cancellation, and the state machine of flow.h's two halves. A backend derives from
// StreamCore, implements the transport functions, and calls changed() whenever one of them may give
// something new. The core lives while its flow or an operation refers to it.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "flow/flow.h"
#include "flow/operation.h"

namespace millrace::flow {

class StreamCore;
class ReadOperation;
class ReadIntoAwaiter;
class WriteOperation;
class WriteAwaiter;
class EndOperation;

/// What a transport knows about its two ends. Each fact, once given, stays.
struct TransportState {
  bool peer_finished = false;  ///< readable() holds all that the peer will ever have sent
  bool fin_acked = false;      ///< the peer has everything that was pushed, and our FIN
  std::error_code
      failure;         ///< the connection is dead; readable() may still hold bytes received before
  bool final = false;  ///< nothing is left to do: destroying the transport resets nothing
  std::uint64_t acked = 0;  ///< pushed bytes that the peer has acknowledged
};

class StreamCore : private Lingering {
 public:
  StreamCore(const StreamCore&) = delete;
  StreamCore& operator=(const StreamCore&) = delete;

  void add_reference() { ++references_; }
  void drop_reference() {
    if (--references_ == 0) delete this;
  }

  EventLoop& loop() const { return loop_; }
  std::string_view name() const { return name_; }
  const Endpoint& local() const { return local_; }
  const Endpoint& peer() const { return peer_; }

  Result<ReadResult> try_read();
  void abort() noexcept;
  /// The flow is destroyed: everything pending ends; the transport is reset unless it has ended or
  /// may end by itself.
  void owner_gone() noexcept;

 protected:
  /// `name` has static storage.
  StreamCore(EventLoop& loop, std::string_view name, Endpoint local, Endpoint peer)
      : loop_(loop), name_(name), local_(std::move(local)), peer_(std::move(peer)) {}
  virtual ~StreamCore() = default;

  // --- The transport. None of these may resume a coroutine; they may call changed().

  /// Takes the next bytes of the stream, as many as there is room for; returns how many. Not after
  /// finish().
  virtual std::size_t push(ConstBytes bytes) = 0;
  /// Some received bytes in order, contiguous; empty only if there are none now.
  virtual ConstBytes readable() const = 0;
  /// Frees the first `count` of readable().
  virtual void consume(std::size_t count) = 0;
  /// No byte follows: FIN. Called once at most.
  virtual void finish() = 0;
  /// Ends the connection now with a reset; readable() may become empty.
  virtual void reset() noexcept = 0;
  virtual TransportState state() const = 0;

  /// To be called by the backend after a change. Completes what can be completed; runs no
  /// coroutine.
  void changed();
  /// In place of changed() where state() is as it was and at most bytes arrived or were
  /// acknowledged: `readable` says whether readable() gives any. False if it takes changed() all
  /// the same.
  bool moved(bool readable) {
    if (!calm_) return false;
    if (readable && !readers_.empty()) wake_reader();
    return true;
  }
  /// The backend tells of every change of state(), by changed(), before a coroutine runs: then
  /// operations need not ask for it. Only in a constructor.
  void tells_all() { tells_all_ = true; }
  /// For a flow that can only be read: its transmit half ends before it begins. Only in the
  /// constructor of a final class.
  void finish_writing() { tx_ = Tx::kFinSent; }
  /// Known only when the connection is (ephemeral ports).
  void set_endpoints(Endpoint local, Endpoint peer);

 private:
  friend class ReadOperation;
  friend class ReadIntoAwaiter;
  friend class WriteOperation;
  friend class WriteAwaiter;
  friend class EndOperation;
  enum class Tx : std::uint8_t { kOpen, kFlushing, kFinSent, kFailed };
  enum class Rx : std::uint8_t { kOpen, kShut, kFailed };

  void let_go() final;
  Error error(std::error_code code, std::string_view operation) const;
  Error closed_error(std::string_view operation) const;

  bool something_to_read() const {
    if (rx_ != Rx::kOpen || !readable().empty()) return true;
    return !calm_ && ended_at_peer();
  }
  bool ended_at_peer() const;
  Result<ReadResult> take(std::size_t bytes_max, std::string_view operation);
  std::size_t take_some(MutableBytes space) {
    const ConstBytes bytes = readable();
    const std::size_t count = std::min(bytes.size(), space.size());
    if (count == 0) return 0;
    copy_bytes(space.data(), bytes.data(), count);
    consume(count);
    return count;
  }
  Result<std::size_t> take_into(MutableBytes space) {
    const std::size_t count = rx_ == Rx::kOpen ? take_some(space) : 0;
    if (count == 0) [[unlikely]]
      return take_nothing(space);
    return count;
  }
  Result<std::size_t> take_nothing(MutableBytes space) const;
  /// For a read that has no limit: how many bytes were there and are taken, 0 if it must wait.
  std::size_t take_at_once(MutableBytes space) {
    if (!calm_ || !readers_.empty()) return 0;
    return take_some(space);
  }
  /// What a reader gets when there is no byte: end of stream (false) or an error; would_block if
  /// neither.
  Result<bool> end_of_read(std::string_view operation) const;
  void arm_reader() {
    if (!readers_.empty() && something_to_read()) wake_reader();
  }
  inline void wake_reader();

  /// The bytes of a write that has no limit, if they can be taken as they are; returns how many
  /// were.
  std::size_t push_at_once(ConstBytes bytes) {
    if (!calm_) return 0;
    const std::size_t count = push(bytes);
    pushed_ += count;
    return count;
  }

  bool push_pieces(WriteOperation& write);
  void pump_writers();
  void complete_acked(std::uint64_t acked);
  void break_writes(std::error_code cause);

  void fail(std::error_code tx_cause, std::error_code rx_cause, bool drop_unread);
  void start_finish();
  void start_close(Unread unread);
  void shut_read();
  void limit_reached(OnLimit on_limit);
  void step();
  void fail_writes();
  void discard_unread();
  bool in_order(const TransportState& now) const {
    return tx_ == Tx::kFinSent && now.fin_acked && now.peer_finished;
  }
  void check_ends(const TransportState& now);
  void settle(CloseOutcome outcome);
  static CloseOutcome outcome_of(std::error_code cause);

  EventLoop& loop_;
  std::string_view name_;
  Endpoint local_;
  Endpoint peer_;
  int references_ = 0;

  Tx tx_ = Tx::kOpen;
  Rx rx_ = Rx::kOpen;
  bool broken_ = false;  // a write was cancelled in its middle: nothing may follow, FIN neither
  bool close_called_ = false;
  bool detached_ = false;
  bool lingering_ = false;  // refers to itself until the transport is final
  bool changing_ = false;
  bool changed_again_ = false;
  bool tells_all_ = false;
  bool calm_ = false;  // both halves are open at both ends, nobody writes, and changes are told
  Unread unread_ = Unread::kKeep;
  std::error_code tx_cause_;
  std::error_code rx_cause_;
  std::optional<CloseOutcome> close_outcome_;
  std::uint64_t pushed_ = 0;

  OperationList readers_;
  OperationList writers_;
  OperationList acks_;   // writes that are accepted and wait for the acknowledgement
  OperationList shuts_;  // shutdown(write) that waits for the queue to empty
  OperationList closers_;
};

/// A read that waits. The bytes are taken when the coroutine resumes, not before: a reader that
/// disappears while it is being resumed has taken nothing.
class ReadOperation final : public Operation {
 public:
  ReadOperation(StreamCore* core, const OpOptions* options) : Operation(core->loop()), core_(core) {
    if (options != nullptr) set_options(*options);
  }
  ~ReadOperation() {
    if (queued()) disappear();
  }
  bool await_ready() {
    if (stop_token_.stop_requested()) [[unlikely]] {
      interrupted_ = Errc::kCancelled;
      return true;
    }
    return core_->readers_.empty() && core_->something_to_read();
  }
  void await_suspend(std::coroutine_handle<> handle) {
    core_->readers_.push_back(*this);
    begin(handle, deadline_us_, stop_token_);
    if (!core_->calm_) core_->changed();
  }
  Result<ReadResult> finish();
  Result<std::size_t> finish_into(MutableBytes space) {
    if (!leave()) [[unlikely]]
      return std::unexpected(interruption("read_into"));
    auto result = core_->take_into(space);
    core_->arm_reader();
    return result;
  }

 private:
  friend class StreamCore;
  /// Leaves the queue; false if the operation was interrupted: interruption() is the error. Who has
  /// taken bytes then arms the next.
  bool leave() {
    end();
    dequeue();
    armed_ = false;
    return !interrupted_;
  }
  Error interruption(std::string_view operation) const {
    return core_->error(*interrupted_, operation);
  }
  void interrupt(Errc why) override;
  void set_options(const OpOptions& options);
  void disappear();
  Ref<StreamCore> core_;
  std::size_t bytes_max_ = BufferPool::kLargeBytes;
  std::uint64_t deadline_us_ = kNever;
  std::stop_token stop_token_;
  std::optional<Errc> interrupted_;
  bool armed_ = false;
};

/// Only the first reader is told; when it has taken its bytes it tells the next.
inline void StreamCore::wake_reader() {
  auto& reader = static_cast<ReadOperation&>(readers_.front());
  if (reader.armed_) return;
  reader.armed_ = true;
  reader.complete();
}

class [[nodiscard]] ReadAwaiter final {
 public:
  ReadAwaiter(StreamCore* core, const OpOptions* options) : operation_(core, options) {}
  bool await_ready() { return operation_.await_ready(); }
  void await_suspend(std::coroutine_handle<> handle) { operation_.await_suspend(handle); }
  Result<ReadResult> await_resume() { return operation_.finish(); }

 private:
  ReadOperation operation_;
};

/// A read into borrowed memory. What is there is taken at once; only if nothing is, an operation
/// begins.
class [[nodiscard]] ReadIntoAwaiter final {
 public:
  ReadIntoAwaiter(StreamCore* core, MutableBytes space) : core_(core), space_(space) {}
  ReadIntoAwaiter(StreamCore* core, MutableBytes space, const OpOptions& options)
      : core_(core), space_(space) {
    operation_.emplace(core, &options);
  }
  bool await_ready() {
    if (!operation_) taken_ = core_->take_at_once(space_);
    return taken_ != 0 || begin_operation();
  }
  void await_suspend(std::coroutine_handle<> handle) { operation_->await_suspend(handle); }
  Result<std::size_t> await_resume() {
    if (taken_ != 0) return taken_;
    return operation_->finish_into(space_);
  }

 private:
  bool begin_operation();

  Ref<StreamCore> core_;
  MutableBytes space_;
  std::size_t taken_ = 0;
  std::optional<ReadOperation> operation_;
};

class [[nodiscard]] WriteOperation final : public Operation {
 public:
  /// `taken` bytes of the write were pushed before.
  WriteOperation(StreamCore* core, ConstBytes bytes, std::size_t taken, const OpOptions* options);
  WriteOperation(StreamCore* core, TxBuffer&& owned, const OpOptions* options);
  WriteOperation(StreamCore* core, std::span<const ConstBytes> pieces, const OpOptions* options);
  ~WriteOperation();
  bool await_ready();
  void await_suspend(std::coroutine_handle<> handle);
  Result<void> await_resume();

 private:
  friend class StreamCore;
  static constexpr std::size_t kInlinePieces = 4;
  void set_options(const OpOptions* options);
  void interrupt(Errc why) final;
  /// Takes a write out of the queues before its end.
  void withdraw(std::error_code why);
  void fail(Error error) { error_ = std::move(error); }
  Ref<StreamCore> core_;
  bool accepted() const { return next_piece_ == piece_count_; }

  TxBuffer owned_;
  std::array<ConstBytes, kInlinePieces> inline_pieces_;
  std::unique_ptr<ConstBytes[]> many_pieces_;
  ConstBytes* pieces_ = inline_pieces_.data();
  std::size_t piece_count_ = 0;
  std::size_t next_piece_ = 0;
  std::uint64_t transferred_ = 0;
  std::uint64_t end_ = 0;  // offset in the stream behind the last byte, once accepted
  Level level_ = Level::kAccepted;
  std::uint64_t deadline_us_ = kNever;
  std::stop_token stop_token_;
  std::optional<Error> error_;
};

/// A write of borrowed bytes. Mostly they can be taken at once; only if not, an operation begins.
class [[nodiscard]] WriteAwaiter final {
 public:
  WriteAwaiter(StreamCore* core, ConstBytes bytes) : core_(core), bytes_(bytes) {}
  WriteAwaiter(StreamCore* core, ConstBytes bytes, const OpOptions& options) : core_(core) {
    operation_.emplace(core, bytes, 0, &options);
  }
  bool await_ready() { return operation_ ? operation_->await_ready() : write_at_once(); }
  void await_suspend(std::coroutine_handle<> handle) { operation_->await_suspend(handle); }
  Result<void> await_resume() {
    if (!operation_) return {};
    return operation_->await_resume();
  }

 private:
  bool write_at_once() {
    const std::size_t taken = core_->push_at_once(bytes_);
    return (taken == bytes_.size() && taken != 0) || begin_operation(taken);
  }
  bool begin_operation(std::size_t taken);

  Ref<StreamCore> core_;
  ConstBytes bytes_;
  std::optional<WriteOperation> operation_;
};

/// Base of shutdown and close.
class EndOperation : public Operation {
 protected:
  explicit EndOperation(StreamCore* core) : Operation(core->loop()), core_(core) {}
  Ref<StreamCore> core_;

  void start_finish() { core_->start_finish(); }
  void start_close(Unread unread) { core_->start_close(unread); }
  void shut_read() { core_->shut_read(); }
  void limit_reached(OnLimit on_limit) { core_->limit_reached(on_limit); }
  bool fin_is_out() const;
  const std::optional<CloseOutcome>& outcome() const { return core_->close_outcome_; }
  void queue_shut() { core_->shuts_.push_back(*this); }
  void queue_close() { core_->closers_.push_back(*this); }
};

class [[nodiscard]] ShutdownAwaiter final : public EndOperation {
 public:
  ShutdownAwaiter(StreamCore* core, Direction direction)
      : EndOperation(core), direction_(direction) {}
  bool await_ready();
  void await_suspend(std::coroutine_handle<> handle);
  void await_resume() { end(); }

 private:
  void interrupt(Errc) final {}
  Direction direction_;
};

class [[nodiscard]] CloseAwaiter final : public EndOperation {
 public:
  CloseAwaiter(StreamCore* core, const CloseOptions* options);
  bool await_ready();
  void await_suspend(std::coroutine_handle<> handle);
  CloseOutcome await_resume();

 private:
  void interrupt(Errc why) final;
  CloseOptions options_;
  std::optional<CloseOutcome> result_;  // if not that of the flow
};

}  // namespace millrace::flow
