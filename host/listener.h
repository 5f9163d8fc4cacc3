// SPDX-License-Identifier: Apache-2.0
// A listening port: keeps `backlog` connections in LISTEN on the card and hands out those that were
// established.

#pragma once

#include <cstdint>

#include "host/base/error.h"
#include "host/conn/connection.h"

namespace millrace::host {

class Listener;

// Called from Runtime::poll() when the listener opened, failed, closed, or has connections to
// accept. Level-triggered; may call everything but poll() and wait().
struct ListenerHandler {
  virtual void on_event(Listener& listener) noexcept = 0;

 protected:
  ~ListenerHandler() = default;
};

struct ListenOptions {
  std::uint16_t port = 0;      // not 0
  std::uint32_t backlog = 16;  // connections in LISTEN at any time; each holds two rings
  std::size_t tx_size =
      64 << 10;  // bytes of each connection's transmit ring: power of two, 4 KiB to 16 MiB
  std::size_t rx_size = 64 << 10;  // and of its receive ring
  ConnectionOptions options{};
};

class Listener {
 public:
  enum class State : std::uint8_t { kOpening, kOpen, kClosing, kClosed };

  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The oldest established connection that was not taken, or null. The caller owns it:
  // set_handler(), look at it (data may be there already), in the end release(). It may have ended
  // meanwhile.
  Connection* accept();
  // Closes the port. Connections that wait in the queue can still be taken; kClosed follows in a
  // later poll.
  void stop();
  // stop(), aborts connections that nobody took, and gives the handle back; the handler is called
  // no more.
  void release();

  State state() const { return state_; }
  // Why the port could not be opened (address_in_use, no_buffer_space), or connection_aborted if
  // the card was lost.
  std::error_code error() const { return error_; }
  std::uint16_t port() const { return options_.port; }
  // Connections in LISTEN on the card, or on the way there; below the backlog when buffers are used
  // up.
  std::uint32_t posted() const { return posted_; }

 private:
  friend class Runtime;

  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  Runtime* runtime_ = nullptr;
  ListenerHandler* handler_ = nullptr;
  ListenOptions options_;
  std::error_code error_;
  std::uint32_t cookie_ = 0;
  std::uint32_t id_ = 0;
  std::uint32_t posted_ = 0;
  std::uint32_t queue_head_ = kNone;  // connection indices, linked by next
  std::uint32_t queue_tail_ = kNone;
  State state_ = State::kClosed;
  bool used_ = false;
  bool id_known_ = false;
  bool released_ = false;
  bool want_listen_ = false;
  bool want_unlisten_ = false;
  bool unlistened_ = false;  // the card has answered
  bool changed_ = false;
};

}  // namespace millrace::host
