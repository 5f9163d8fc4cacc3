// SPDX-License-Identifier: Apache-2.0
// Flows over connections of the card: opening, listening, and the runtime as a loop's source of
// events and time.
//
//   ToeSource source(*runtime);  EventLoop loop(source);  loop.add(source);
//
// Order of life: runtime, source, loop, flows; each must outlive the next.

#pragma once

#include <cstdint>
#include <memory>

#include "flow/stream_flow.h"
#include "host/runtime.h"

namespace millrace::flow {

/// A runtime as clock and source of a loop. Sources of cards that share one time (cards of one
/// simulation) say so: then waiting for one of them lets all of them work, and the loop need not
/// wait in short turns.
class ToeSource final : public Clock, public Source {
 public:
  explicit ToeSource(host::Runtime& runtime, bool common_time = false)
      : runtime_(runtime), common_time_(common_time) {}
  host::Runtime& runtime() const { return runtime_; }

  std::uint64_t now_us() const override { return runtime_.now_us(); }
  bool poll() override;
  void flush() override;
  bool can_progress() const override;
  bool common_time() const override { return common_time_; }
  void wait(std::uint64_t deadline_us) override;
  void wake() override { runtime_.wake(); }

 private:
  host::Runtime& runtime_;
  bool common_time_;
  int waits_in_vain_ = 0;
  std::uint64_t last_wait_us_ = kNever;
};

struct ToeBuffers {
  std::size_t tx_bytes =
      64 << 10;  ///< of each connection's transmit ring: power of two, 4 KiB to 16 MiB
  std::size_t rx_bytes = 64 << 10;  ///< and of its receive ring
};

struct ToeConnectOptions {
  std::uint16_t local_port = 0;  ///< 0: the card chooses
  ToeBuffers buffers;
  host::ConnectionOptions connection;
  std::stop_token stop;
  std::uint64_t deadline_us = kNever;
};

class ToeFlow : public StreamFlow {
 public:
  ToeFlow() = default;
  explicit ToeFlow(Ref<StreamCore> core) : StreamFlow(std::move(core)) {}

  /// Nagle, keep-alive, congestion control, user timeout: from here on, all of them at once. No
  /// effect once the connection has ended. A flow begins with what it was connected or accepted
  /// with; by default its writes are not delayed.
  void set_options(const host::ConnectionOptions& options);
  const host::ConnectionOptions& options() const;
  /// The card's connection below, for figures. Valid as long as the flow.
  const host::Connection& connection() const;
};

/// Active open (RFC 9293 3.10.1). Errors: kRefused, kTimedOut, kHostUnreachable, kNoBufferSpace,
/// kAddressInUse, kInvalidArgument (no host's address), kConnectionAborted (card lost), kCancelled;
/// a cancelled attempt is reset.
Task<Result<ToeFlow>> toe_connect(EventLoop& loop, host::Runtime& runtime, host::Endpoint remote,
                                  ToeConnectOptions options);

struct ToeListenOptions {
  std::uint32_t backlog = 16;  ///< connections kept in LISTEN; each holds two rings
  ToeBuffers buffers;
  host::ConnectionOptions connection;  ///< of the flows accepted
};

class ToeListenerCore;
class AcceptAwaiter;

/// A listening port. Destroying it stops it; flows accepted before live on.
class ToeListener {
 public:
  explicit ToeListener(Ref<ToeListenerCore> core);
  ToeListener(ToeListener&&) noexcept = default;
  ToeListener& operator=(ToeListener&&) noexcept;
  ~ToeListener();

  /// The next established connection; several wait first come, first served. kCancelled after
  /// stop().
  AcceptAwaiter accept();
  AcceptAwaiter accept(const OpOptions& options);
  /// Closes the port and ends pending accepts with kCancelled. Connections that nobody accepted are
  /// reset.
  void stop();
  Endpoint local() const;
  ToeListenerCore& core() const { return *core_; }

 private:
  Ref<ToeListenerCore> core_;
};

/// Opens `port` (not 0). Errors: kAddressInUse, kNoBufferSpace, kInvalidArgument,
/// kConnectionAborted (card lost).
Task<Result<ToeListener>> toe_listen(EventLoop& loop, host::Runtime& runtime, std::uint16_t port,
                                     ToeListenOptions options);

class ToeListenerCore final : public host::ListenerHandler {
 public:
  ToeListenerCore(EventLoop& loop, host::Runtime& runtime) : loop_(loop), runtime_(runtime) {}
  ToeListenerCore(const ToeListenerCore&) = delete;
  ToeListenerCore& operator=(const ToeListenerCore&) = delete;
  ~ToeListenerCore();
  void add_reference() { ++references_; }
  void drop_reference() {
    if (--references_ == 0) delete this;
  }

  Result<void> open(std::uint16_t port, const ToeListenOptions& options);
  void stop();
  EventLoop& loop() const { return loop_; }
  const host::Listener& listener() const { return *listener_; }
  Endpoint local() const;

 private:
  friend class AcceptAwaiter;
  friend class ListenAwaiter;
  void on_event(host::Listener& listener) noexcept override;
  void fill();

  EventLoop& loop_;
  host::Runtime& runtime_;
  int references_ = 0;
  host::Listener* listener_ = nullptr;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
  OperationList acceptors_;
  OperationList openers_;
};

class [[nodiscard]] AcceptAwaiter final : public Operation {
 public:
  AcceptAwaiter(Ref<ToeListenerCore> core, const OpOptions* options);
  ~AcceptAwaiter();
  bool await_ready();
  void await_suspend(std::coroutine_handle<> handle);
  Result<ToeFlow> await_resume();

 private:
  friend class ToeListenerCore;
  void interrupt(Errc why) override;
  Ref<ToeListenerCore> core_;
  std::uint64_t deadline_us_ = kNever;
  std::stop_token stop_token_;
  host::Connection* connection_ = nullptr;
  std::error_code interrupted_;
};

}  // namespace millrace::flow
