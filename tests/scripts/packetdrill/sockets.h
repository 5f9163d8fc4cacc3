// SPDX-License-Identifier: Apache-2.0
// System calls as packetdrill makes them, on connections of the host runtime. A descriptor is a
// real one of the kernel (of /dev/null), as packetdrill closes what a script left open with the
// real close(). All calls are made while the stage is entered.

#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "tests/scripts/packetdrill/stage.h"

namespace millrace::packetdrill {

// A result as a system call has it: -1 with errno set, or not negative.
using Result = std::int64_t;
inline Result failed(int error) {
  errno = error;
  return -1;
}

// Longer than any script.
inline constexpr std::int64_t kForeverUs = std::int64_t{1} << 50;

using Lock = std::unique_lock<std::mutex>;

class Sockets {
 public:
  explicit Sockets(Stage& stage) : stage_(stage), player_(std::this_thread::get_id()) {}
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  Result socket(int type);
  Result bind(int fd, const sockaddr* address);
  Result listen(int fd, int backlog);
  Result accept(Lock& lock, int fd, sockaddr* address, socklen_t* length);
  Result connect(Lock& lock, int fd, const sockaddr* address);
  Result read(Lock& lock, int fd, std::span<const iovec> parts, int flags);
  Result write(Lock& lock, int fd, std::span<const iovec> parts, int flags);
  Result control(int fd, int command, long argument);
  Result io_control(int fd, unsigned long request, int* argument);
  Result close(int fd);
  Result shutdown(int fd, int how);
  Result get_option(int fd, int level, int name, void* value, socklen_t* length);
  Result set_option(int fd, int level, int name, const void* value, socklen_t length);
  Result poll(Lock& lock, pollfd* fds, nfds_t count, int timeout_ms);
  Result epoll_create();
  Result epoll_control(int epoll, int operation, int fd, const epoll_event* event);
  Result epoll_wait(Lock& lock, int epoll, epoll_event* events, int most, int timeout_ms);

 private:
  struct Socket {
    bool open = true;  // false: the application closed it, the connection lives on
    bool blocking = true;
    bool linger_zero = false;
    bool shut = false;
    bool deaf = false;  // shut for reading: what is there can be read, then the end follows
    bool error_told = false;
    std::uint16_t local_port = 0;
    std::uint32_t tx_buffer = 0;
    std::uint32_t rx_buffer = 0;
    host::ConnectionOptions connection_options{};
    host::Listener* listener = nullptr;
    host::Connection* connection = nullptr;
    std::map<std::pair<int, int>, int> options;  // by level and name: as they were set
  };
  struct Quiet final : host::ListenerHandler {
    void on_event(host::Listener& /*listener*/) noexcept override {}
  };
  using Interest = std::map<int, epoll_event>;

  Socket* find(int fd);
  Result make(bool blocking);
  bool wait(Lock& lock, const std::function<bool()>& done, std::int64_t us);
  bool ready_to_accept(Socket& socket);
  int pending_error(Socket& socket);
  bool set_connection_option(Socket& socket, int level, int name, const void* value,
                             socklen_t length);
  short events_of(int fd);
  void end_closed();
  host::Runtime& runtime() { return stage_.world().runtime(); }

  Stage& stage_;
  std::thread::id player_;  // the thread that plays the script, which must not sleep
  Quiet quiet_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  std::deque<std::unique_ptr<Socket>> closed_;
  std::map<int, Interest> epolls_;
};

}  // namespace millrace::packetdrill
