// SPDX-License-Identifier: Apache-2.0
// Data and options of sockets.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "tests/scripts/packetdrill/sockets.h"

namespace millrace::packetdrill {
namespace {

constexpr std::uint32_t kLeastBuffer = 4096;
constexpr std::uint32_t kMostBuffer = 1U << 20;

std::size_t bytes_of(std::span<const iovec> parts) {
  std::size_t total = 0;
  for (const iovec& part : parts) total += part.iov_len;
  return total;
}

// Moves what is there into the buffers; without `consume` it stays to be read again.
std::size_t take(host::Connection& connection, std::span<const iovec> parts, bool consume) {
  std::size_t total = 0;
  for (const iovec& part : parts) {
    auto* at = static_cast<std::byte*>(part.iov_base);
    std::size_t left = part.iov_len;
    while (left != 0) {
      auto bytes = connection.readable();
      bytes = bytes.first(std::min(bytes.size(), left));
      if (bytes.empty()) return total;
      std::memcpy(at, bytes.data(), bytes.size());
      total += bytes.size();
      if (!consume) return total;
      connection.consume(bytes.size());
      at += bytes.size();
      left -= bytes.size();
    }
  }
  return total;
}

int int_of(const void* value, socklen_t length) {
  int number = 0;
  std::memcpy(&number, value, std::min<std::size_t>(length, sizeof number));
  return number;
}

}  // namespace

Result Sockets::read(Lock& lock, int fd, std::span<const iovec> parts, int flags) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  if (socket->connection == nullptr || socket->listener != nullptr) return failed(ENOTCONN);
  host::Connection& connection = *socket->connection;
  stage_.settle();
  const auto ready = [socket, &connection] {
    return connection.readable_bytes() != 0 || connection.fin_received() || connection.final() ||
           socket->deaf;
  };
  const bool waits = socket->blocking && (flags & MSG_DONTWAIT) == 0;
  if (!ready() && (!waits || !wait(lock, ready, kForeverUs))) return failed(EAGAIN);
  const std::size_t taken = take(connection, parts, (flags & MSG_PEEK) == 0);
  if (taken != 0 || bytes_of(parts) == 0) {
    stage_.settle();
    return static_cast<Result>(taken);
  }
  if (const int error = pending_error(*socket)) return failed(error);
  return 0;
}

Result Sockets::write(Lock& lock, int fd, std::span<const iovec> parts, int flags) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  if (socket->connection == nullptr || socket->listener != nullptr) return failed(EPIPE);
  host::Connection& connection = *socket->connection;
  stage_.settle();
  if (const int error = pending_error(*socket)) return failed(error);
  if (socket->shut || connection.final()) return failed(EPIPE);
  const bool waits = socket->blocking && (flags & MSG_DONTWAIT) == 0;
  std::size_t total = 0;
  for (const iovec& part : parts) {
    std::span<const std::byte> bytes(static_cast<const std::byte*>(part.iov_base), part.iov_len);
    while (!bytes.empty()) {
      const std::size_t written = connection.write_some(bytes);
      total += written;
      bytes = bytes.subspan(written);
      if (bytes.empty() || written != 0) continue;
      if (!waits || connection.final()) break;
      wait(
          lock, [&connection] { return connection.tx_room() != 0 || connection.final(); },
          kForeverUs);
    }
    if (!bytes.empty()) break;
  }
  stage_.settle();
  return total == 0 && bytes_of(parts) != 0 ? failed(EAGAIN) : static_cast<Result>(total);
}

Result Sockets::control(int fd, int command, long argument) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  if (command == F_GETFL) return socket->blocking ? O_RDWR : O_RDWR | O_NONBLOCK;
  if (command == F_SETFL) socket->blocking = (argument & O_NONBLOCK) == 0;
  return 0;
}

Result Sockets::io_control(int fd, unsigned long request, int* argument) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  if (request == FIONBIO) {
    socket->blocking = *argument == 0;
    return 0;
  }
  if (socket->connection == nullptr) return failed(EINVAL);
  if (request == FIONREAD) {
    *argument = static_cast<int>(socket->connection->readable_bytes());
    return 0;
  }
  if (request == TIOCOUTQ) {  // what the peer has not acknowledged
    *argument =
        static_cast<int>(socket->connection->bytes_committed() - socket->connection->bytes_acked());
    return 0;
  }
  return failed(EINVAL);
}

Result Sockets::get_option(int fd, int level, int name, void* value, socklen_t* length) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  int number = 0;
  if (level == SOL_SOCKET && name == SO_ERROR) {
    number = pending_error(*socket);
  } else if (level == SOL_SOCKET && (name == SO_RCVBUF || name == SO_SNDBUF)) {
    number = static_cast<int>(name == SO_RCVBUF ? socket->rx_buffer : socket->tx_buffer);
  } else if (const auto found = socket->options.find({level, name});
             found != socket->options.end()) {
    number = found->second;
  } else {
    return failed(ENOPROTOOPT);
  }
  std::memcpy(value, &number, std::min<std::size_t>(*length, sizeof number));
  *length = sizeof number;
  return 0;
}

Result Sockets::set_option(int fd, int level, int name, const void* value, socklen_t length) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  const int number = int_of(value, length);
  if (level == SOL_SOCKET && (name == SO_RCVBUF || name == SO_SNDBUF)) {
    const auto asked = static_cast<std::uint32_t>(std::max(number, 0));
    (name == SO_RCVBUF ? socket->rx_buffer : socket->tx_buffer) =
        std::bit_ceil(std::clamp(asked, kLeastBuffer, kMostBuffer));
    return 0;
  }
  if (level == SOL_SOCKET && name == SO_LINGER) {
    linger wanted{};
    std::memcpy(&wanted, value, std::min<std::size_t>(length, sizeof wanted));
    socket->linger_zero = wanted.l_onoff != 0 && wanted.l_linger == 0;
    return 0;
  }
  const bool harmless = level == SOL_SOCKET && (name == SO_REUSEADDR || name == SO_REUSEPORT);
  if (!harmless && !set_connection_option(*socket, level, name, value, length)) {
    return failed(ENOPROTOOPT);
  }
  socket->options[{level, name}] = number;
  return 0;
}

// The card's; the times of keep-alive are those of all its connections.
bool Sockets::set_connection_option(Socket& socket, int level, int name, const void* value,
                                    socklen_t length) {
  host::ConnectionOptions& options = socket.connection_options;
  const int number = int_of(value, length);
  const auto seconds = static_cast<std::uint64_t>(std::max(number, 1)) * 1'000'000;
  script::World& world = stage_.world();
  const bool keepalive = level == SOL_SOCKET && name == SO_KEEPALIVE;
  if (level != IPPROTO_TCP && !keepalive) return false;
  if (keepalive) {
    options.keepalive = number != 0;
  } else if (name == TCP_NODELAY) {
    options.nodelay = number != 0;
  } else if (name == TCP_QUICKACK) {
    options.quickack = number != 0;
  } else if (name == TCP_USER_TIMEOUT) {  // in milliseconds
    options.user_timeout_us = static_cast<std::uint64_t>(std::max(number, 0)) * 1000;
  } else if (name == TCP_CONGESTION) {
    options.congestion_control =
        script::algorithm_of(std::string(static_cast<const char*>(value), length));
    if (!options.congestion_control) return false;
  } else if (name == TCP_KEEPIDLE) {
    world.write_register(contract::kRegKeepaliveIdle, host::ticks_of_us(seconds));
  } else if (name == TCP_KEEPINTVL) {
    world.write_register(contract::kRegKeepaliveInterval, host::ticks_of_us(seconds));
  } else if (name == TCP_KEEPCNT) {
    world.write_register(contract::kRegKeepaliveProbes, static_cast<std::uint32_t>(number));
  } else {
    return false;
  }
  if (socket.connection != nullptr) {
    socket.connection->set_options(options);
    stage_.settle();
  }
  return true;
}

}  // namespace millrace::packetdrill
