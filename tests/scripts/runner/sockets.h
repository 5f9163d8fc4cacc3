// SPDX-License-Identifier: Apache-2.0
// System calls of a script on connections of the host runtime: descriptors, listeners, what POSIX
// says of errors and of closing. A call is attempted without waiting; the executor repeats the
// attempt of one that blocks.

#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "tests/scripts/runner/ast.h"
#include "tests/scripts/runner/states.h"
#include "tests/scripts/runner/world.h"

namespace millrace::script {

// What an attempt came to.
struct Outcome {
  bool blocked = false;
  std::int64_t result = 0;
  std::string error;  // name of errno, with result -1
};
// The error is a mistake of the script (unknown call, wrong arguments) or wrong data read.
using Attempt = std::expected<Outcome, std::string>;

// A call under way: how far it came in earlier attempts.
struct Progress {
  bool started = false;
  std::uint64_t bytes = 0;
};

class Sockets {
 public:
  Sockets(World& world, StateObserver& states) : world_(world), states_(states) {}
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  // `wait`: the call may block (`...`).
  Attempt attempt(const Call& call, Progress& progress, bool wait);

  // To be called when the host has news: fills accept queues, ends closed sockets, tells the
  // observer of every connection.
  void update();

  // A connection's state as the last completion named it, by the descriptor it has or had.
  std::expected<const host::Connection*, std::string> connection(int fd) const;
  unsigned peer_of(const host::Connection& connection) const;

  // Connections in LISTEN or SYN-RECEIVED of open listeners.
  std::size_t posted() const;

 private:
  struct Socket {
    int fd = -1;
    bool open = true;  // the descriptor is
    std::uint16_t local_port = 0;
    std::uint32_t rx_buffer = 0;
    std::uint32_t tx_buffer = 0;
    bool linger_zero = false;
    host::ConnectionOptions options{};
    bool shut = false;
    bool error_told = false;  // a pending error is reported once
    host::Listener* listener = nullptr;
    host::Connection* connection = nullptr;
    std::deque<host::Connection*> queue;  // accepted by the runtime, not by the script
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
  };
  struct Quiet final : host::ListenerHandler {
    void on_event(host::Listener& /*listener*/) noexcept override {}
  };

  Socket* find(const Argument& argument);
  Socket& make(std::int64_t wanted);
  Attempt call_socket(const Call& call);
  Attempt call_bind(const Call& call, Socket& socket);
  Attempt call_listen(const Call& call, Socket& socket);
  Attempt call_accept(const Call& call, Socket& socket);
  Attempt call_connect(const Call& call, Socket& socket, Progress& progress, bool wait);
  Attempt call_read(const Call& call, Socket& socket);
  Attempt call_write(const Call& call, Socket& socket, Progress& progress, bool wait);
  Attempt call_shutdown(const Call& call, Socket& socket);
  Attempt call_close(Socket& socket);
  Attempt call_setsockopt(const Call& call, Socket& socket);
  Attempt call_getsockopt(const Call& call, Socket& socket);
  bool set_option(Socket& socket, const std::string& name, const Argument& value);
  Attempt dispatch(const Call& call, Socket& socket, Progress& progress, bool wait);
  std::string pending_error(Socket& socket) const;
  void end_closed(Socket& socket);

  World& world_;
  StateObserver& states_;
  Quiet quiet_;
  std::vector<std::unique_ptr<Socket>> sockets_;  // in order of birth; closed ones stay
};

}  // namespace millrace::script
