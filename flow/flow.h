// SPDX-License-Identifier: Apache-2.0
// The flow: one reliable ordered byte stream in each direction between two ends. This file says
// what every flow is, whatever carries it: a connection of the card, the kernel's TCP, memory, or
// another flow. Its two halves (names are RFC 9293's) are independent: after the peer's FIN we may
// write, after ours we may read.
//
// Transmit: open; flushing, once close or shutdown(write) was called; FIN sent; FIN acknowledged;
// or failed.
//
// Receive: open; draining, FIN received and bytes unread; end of stream; or shut; or failed.

#pragma once

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <expected>
#include <limits>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

#include "flow/buffer.h"
#include "flow/endpoint.h"
#include "flow/error.h"
#include "flow/event_loop.h"

namespace millrace::flow {

template <class T>
using Result = std::expected<T, Error>;

/// What a read gave when it did not fail: at least one byte, or the end of the stream.
class [[nodiscard]] ReadResult {
 public:
  /// The end of the stream: the peer finished its direction, or shutdown(read) was called here.
  ReadResult() = default;
  /// Data; `data` is not empty.
  explicit ReadResult(RxBuffer&& data) : data_(std::move(data)) {}

  bool eof() const { return data_.empty(); }
  /// The bytes; empty only if eof(). The buffer is the caller's: keep it, change it, move it out.
  RxBuffer& data() & { return data_; }
  const RxBuffer& data() const& { return data_; }
  RxBuffer&& data() && { return std::move(data_); }

 private:
  RxBuffer data_;
};

enum class Direction : std::uint8_t { kRead = 1, kWrite = 2, kBoth = 3 };

/// When a write completes. Each level includes those before it.
enum class Level : std::uint8_t {
  kAccepted,  ///< the flow has taken every byte; borrowed memory may be reused
  kSent,      ///< every byte has left this host; a backend that cannot tell waits for kAcked
  kAcked,  ///< the peer's TCP has acknowledged every byte (not: the peer's application has read it)
};

/// For read, write and writev. Copied by the operation.
struct OpOptions {
  /// A request ends the operation with kCancelled.
  std::stop_token stop;
  /// On the loop's clock; passing it ends the operation with kTimedOut.
  std::uint64_t deadline_us = kNever;
  /// Writes only.
  Level level = Level::kAccepted;
  /// Read only: the largest buffer wanted, at least 1.
  std::size_t bytes_max = BufferPool::kLargeBytes;
};

/// What close does with bytes that nobody has read.
enum class Unread : std::uint8_t {
  /// They stay readable, during and after close. The peer may be blocked by a full window.
  kKeep,
  /// They are discarded, so that the peer can always finish; reads give the end of the stream.
  kDrain,
  /// The connection is reset if there are any now, or any arrive before close completes.
  kReset,
};

enum class OnLimit : std::uint8_t {
  kReset,   ///< the connection is reset
  kDetach,  ///< it finishes without the flow; reset if it has not even taken all writes
};

struct CloseOptions {
  /// A request ends the waiting only: the FIN stays sent.
  std::stop_token stop;
  /// When to stop waiting for the peer; pending reads end with kTimedOut then.
  std::uint64_t deadline_us = kNever;
  Unread unread = Unread::kKeep;
  OnLimit on_limit = OnLimit::kReset;
};

enum class CloseOutcome : std::uint8_t {
  kGraceful,       ///< both directions were finished and everything written was acknowledged
  kResetByPeer,    ///< the peer reset the connection
  kTimedOut,       ///< the deadline passed, or the peer stopped answering
  kAborted,        ///< this side aborted, or lost its card
  kAlreadyClosed,  ///< an earlier close had completed
  kCancelled,      ///< the wait was cancelled; a later close waits again
};

std::string_view to_string(CloseOutcome outcome);

namespace internal {
template <class A>
decltype(auto) get_awaiter(A&& awaitable) {
  if constexpr (requires { std::forward<A>(awaitable).operator co_await(); }) {
    return std::forward<A>(awaitable).operator co_await();
  } else {
    return std::forward<A>(awaitable);
  }
}
template <class A>
using AwaiterOf = std::remove_cvref_t<decltype(get_awaiter(std::declval<A>()))>;
template <class A>
using AwaitResult = decltype(std::declval<AwaiterOf<A>&>().await_resume());
}  // namespace internal

/// Something whose co_await gives a T.
template <class A, class T>
concept AwaitableOf = requires(internal::AwaiterOf<A>& awaiter, std::coroutine_handle<> handle) {
  { awaiter.await_ready() } -> std::convertible_to<bool>;
  awaiter.await_suspend(handle);
  { awaiter.await_resume() } -> std::same_as<T>;
};

/// A flow belongs to one EventLoop and its thread; a stop token may be triggered on any thread.
///
/// Every operation starts when it is awaited, not when it is called. It completes in a later turn
/// of the loop, or at once without suspending; never inside another operation's call.
///
/// Operations may overlap freely. Reads are served first come, first served, with consecutive data.
/// Writes are carried out first come, first served, each as one unit: no other write's byte comes
/// between its bytes.
///
/// An operation is cancelled by its stop token, by its deadline, or by destroying the coroutine
/// that awaits it. A cancelled read takes nothing from the stream. A write that is cancelled before
/// its first byte was accepted sends nothing; one cancelled later leaves the stream broken:
/// `transferred` says where, later writes give kClosed, and close resets the connection.
///
/// read: waits for data, the end of the stream, or an error. Data is never empty; sizes are the
/// flow's choice. The buffer is fresh and the caller's own. The end of the stream and errors come
/// only after every byte received in order before them, and are repeated for ever. Errors:
/// kConnectionReset, kTimedOut (the peer stopped answering), kConnectionAborted (local abort, card
/// lost), kCancelled, kTimedOut (deadline).
///
/// read_into: the same into memory that the caller lends until completion. Gives the number of
/// bytes, at least 1; 0 only at the end of the stream or if the span is empty.
///
/// try_read: what read would give without waiting; else std::errc::operation_would_block.
///
/// write: waits until every byte is accepted (see Level). From a span: the caller lends the bytes,
/// unchanged, until completion, and may reuse them then. From a TxBuffer: the flow owns the bytes
/// from the call on. Error kClosed, at once, after close or shutdown(write) was called and after
/// the connection failed (`cause` says why); also for an empty write, which otherwise succeeds and
/// sends nothing.
///
/// writev: a write of the concatenation. The list itself may go once the operation has started.
///
/// shutdown(read): drops unread bytes and discards what arrives later, with an open window; reads
/// give the end of the stream. The peer is not told.
///
/// shutdown(write): no write may follow. Completes when everything accepted and the FIN are handed
/// to the transport; does not wait for the peer. Never fails.
///
/// close: shutdown(write), then waits until the FIN is acknowledged and the peer has finished too.
/// While it waits, and after, reading goes on as before. Has no failure: completes at once on a
/// dead flow. Any number of times.
///
/// abort: resets now. Drops queued data and ends all pending operations: reads with
/// kConnectionAborted, writes with kClosed.
///
/// Destructor: like abort, unless close has completed or was told to detach. Never blocks.
template <class F>
concept Flow = requires(F& flow, const F& constant, ConstBytes bytes, MutableBytes space,
                        std::span<const ConstBytes> pieces, TxBuffer owned,
                        const OpOptions& options, const CloseOptions& close, Direction direction) {
  { flow.read(options) } -> AwaitableOf<Result<ReadResult>>;
  { flow.read_into(space, options) } -> AwaitableOf<Result<std::size_t>>;
  { flow.try_read() } -> std::same_as<Result<ReadResult>>;
  { flow.write(bytes, options) } -> AwaitableOf<Result<void>>;
  { flow.write(std::move(owned), options) } -> AwaitableOf<Result<void>>;
  { flow.writev(pieces, options) } -> AwaitableOf<Result<void>>;
  { flow.shutdown(direction) } -> AwaitableOf<void>;
  { flow.close(close) } -> AwaitableOf<CloseOutcome>;
  { flow.abort() } noexcept;
  { constant.name() } -> std::convertible_to<std::string_view>;
  { constant.local() } -> std::convertible_to<Endpoint>;
  { constant.peer() } -> std::convertible_to<Endpoint>;
  { constant.loop() } -> std::same_as<EventLoop&>;
} && std::movable<F>;

}  // namespace millrace::flow
