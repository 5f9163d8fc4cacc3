// SPDX-License-Identifier: Apache-2.0
// Opening, closing and waiting; data and options are in socket_data.cc.

#include "tests/scripts/packetdrill/sockets.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace millrace::packetdrill {
namespace {

// What a call of the thread that plays the script may wait: it should not block at all.
constexpr std::int64_t kPlayerUs = 10'000'000;

std::uint16_t port_of(const sockaddr* address) {
  sockaddr_in in{};
  std::memcpy(&in, address, sizeof in);  // the port lies at the same place in IPv6's
  return ntohs(in.sin_port);
}

void name_peer(const host::Connection& connection, sockaddr* address, socklen_t* length) {
  if (address == nullptr || length == nullptr) return;
  const host::Endpoint remote = connection.remote();
  if (remote.ip.is_ipv4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(remote.port);
    in.sin_addr.s_addr = htonl(remote.ip.ipv4());
    std::memcpy(address, &in, std::min<std::size_t>(*length, sizeof in));
    *length = sizeof in;
    return;
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(remote.port);
  for (std::size_t i = 0; i < 16; ++i) {
    in.sin6_addr.s6_addr[i] =
        static_cast<std::uint8_t>(remote.ip.words()[i / 4] >> (24 - i % 4 * 8));
  }
  std::memcpy(address, &in, std::min<std::size_t>(*length, sizeof in));
  *length = sizeof in;
}

// Nothing for other families.
std::optional<host::Endpoint> endpoint_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    return host::Endpoint{ntohl(in.sin_addr.s_addr), ntohs(in.sin_port)};
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in{};
  std::memcpy(&in, address, sizeof in);
  host::IpAddress::Words words{};
  for (std::size_t i = 0; i < 16; ++i) words[i / 4] = words[i / 4] << 8 | in.sin6_addr.s6_addr[i];
  return host::Endpoint{host::IpAddress::ipv6(words), ntohs(in.sin6_port)};
}

}  // namespace

Sockets::Socket* Sockets::find(int fd) {
  const auto found = sockets_.find(fd);
  return found == sockets_.end() ? nullptr : found->second.get();
}

Result Sockets::make(bool blocking) {
  const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd < 0) return -1;
  auto socket = std::make_unique<Socket>();
  socket->blocking = blocking;
  socket->tx_buffer = stage_.world().settings().tx_buffer;
  socket->rx_buffer = stage_.world().settings().rx_buffer;
  socket->connection_options = stage_.world().settings().connection;
  sockets_[fd] = std::move(socket);
  return fd;
}

bool Sockets::wait(Lock& lock, const std::function<bool()>& done, std::int64_t us) {
  const std::int64_t now = stage_.world().now_us();
  stage_.settle();
  if (std::this_thread::get_id() != player_) return stage_.sleep(lock, now + us, done);
  return stage_.pass(lock, now + std::min(us, kPlayerUs), done);
}

Result Sockets::socket(int type) {
  if ((type & 0xF) != SOCK_STREAM) return failed(EPROTONOSUPPORT);
  return make((type & SOCK_NONBLOCK) == 0);
}

Result Sockets::bind(int fd, const sockaddr* address) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  socket->local_port = port_of(address);
  return 0;
}

Result Sockets::listen(int fd, int backlog) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  if (socket->listener != nullptr) return 0;
  host::ListenOptions options;
  options.port = socket->local_port;
  options.backlog = static_cast<std::uint32_t>(std::max(1, backlog));
  options.tx_size = socket->tx_buffer;
  options.rx_size = socket->rx_buffer;
  options.options = socket->connection_options;
  const auto made = runtime().listen(options, quiet_);
  if (!made) return failed(ENOBUFS);
  for (int tries = 0; tries < 100 && (*made)->state() == host::Listener::State::kOpening; ++tries) {
    stage_.settle();
  }
  if ((*made)->state() == host::Listener::State::kOpen) {
    socket->listener = *made;
    return 0;
  }
  const bool taken = (*made)->error() == std::errc::address_in_use;
  (*made)->release();
  return failed(taken ? EADDRINUSE : ENOBUFS);
}

bool Sockets::ready_to_accept(Socket& socket) {
  if (socket.connection == nullptr) socket.connection = socket.listener->accept();
  return socket.connection != nullptr;  // the next one, held until it is accepted
}

Result Sockets::accept(Lock& lock, int fd, sockaddr* address, socklen_t* length) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  if (socket->listener == nullptr) return failed(EINVAL);
  stage_.settle();
  const auto ready = [this, socket] { return ready_to_accept(*socket); };
  if (!ready() && (!socket->blocking || !wait(lock, ready, kForeverUs))) return failed(EAGAIN);
  host::Connection* connection = socket->connection;
  socket->connection = nullptr;
  const Result accepted = make(true);
  if (accepted < 0) return accepted;
  Socket& own = *find(static_cast<int>(accepted));
  own.connection = connection;
  own.local_port = connection->local_port();
  own.connection_options = connection->options();
  name_peer(*connection, address, length);
  return accepted;
}

Result Sockets::connect(Lock& lock, int fd, const sockaddr* address) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  if (socket->connection != nullptr) {
    if (const int error = pending_error(*socket)) return failed(error);
    return failed(socket->connection->established() ? EISCONN : EALREADY);
  }
  const auto remote = endpoint_of(address);
  if (!remote) return failed(EAFNOSUPPORT);
  host::ConnectOptions options;
  options.remote = *remote;
  options.options = socket->connection_options;
  options.local_port = socket->local_port;
  options.tx_size = socket->tx_buffer;
  options.rx_size = socket->rx_buffer;
  const auto made = runtime().connect(options, host::no_connection_handler);
  if (!made) return failed(ENOBUFS);
  host::Connection* connection = *made;
  socket->connection = connection;
  stage_.settle();
  if (!socket->blocking) return failed(EINPROGRESS);
  wait(lock, [connection] { return connection->established() || connection->final(); }, kForeverUs);
  if (connection->established()) return 0;
  const int error = pending_error(*socket);
  return failed(error == 0 ? ETIMEDOUT : error);
}

int Sockets::pending_error(Socket& socket) {
  if (socket.connection == nullptr || !socket.connection->final() || socket.error_told) return 0;
  const host::Status status = socket.connection->status();
  if (status == host::Status::kOk) return 0;
  socket.error_told = true;
  switch (status) {
    case host::Status::kRefused:
      return ECONNREFUSED;
    case host::Status::kReset:
      return ECONNRESET;
    case host::Status::kTimedOut:
      return ETIMEDOUT;
    case host::Status::kAddressInUse:
      return EADDRINUSE;
    case host::Status::kNoConnection:
      return ENOBUFS;
    case host::Status::kUnreachable:
      return EHOSTUNREACH;
    default:
      return ECONNABORTED;
  }
}

// RFC 9293 3.10.4; with unread data, or before the connection is established, it aborts.
Result Sockets::close(int fd) {
  ::close(fd);
  if (epolls_.erase(fd) != 0) return 0;
  const auto found = sockets_.find(fd);
  if (found == sockets_.end()) return failed(EBADF);
  Socket& socket = *found->second;
  socket.open = false;
  for (auto& [epoll, interest] : epolls_) interest.erase(fd);
  if (socket.listener != nullptr) {
    if (socket.connection != nullptr) socket.connection->release();
    socket.connection = nullptr;
    socket.listener->release();
  } else if (socket.connection != nullptr) {
    host::Connection& connection = *socket.connection;
    if (!connection.established() || socket.linger_zero || connection.readable_bytes() != 0) {
      connection.abort();
    } else {
      connection.finish();
    }
    closed_.push_back(std::move(found->second));
  }
  sockets_.erase(found);
  stage_.settle();
  return 0;
}

// Data for a closed socket resets the connection: nobody will ever read it.
void Sockets::end_closed() {
  for (auto& socket : closed_) {
    host::Connection& connection = *socket->connection;
    if (!connection.final() && connection.readable_bytes() != 0) connection.abort();
  }
}

Result Sockets::shutdown(int fd, int how) {
  Socket* socket = find(fd);
  if (socket == nullptr) return failed(EBADF);
  if (socket->connection == nullptr || socket->listener != nullptr) return failed(ENOTCONN);
  if (how != SHUT_WR) socket->deaf = true;
  if (how != SHUT_RD) {
    socket->shut = true;
    socket->connection->finish();
    stage_.settle();
  }
  return 0;
}

short Sockets::events_of(int fd) {
  Socket* socket = find(fd);
  if (socket == nullptr) return POLLNVAL;
  if (socket->listener != nullptr) return ready_to_accept(*socket) ? POLLIN : 0;
  if (socket->connection == nullptr) return POLLOUT | POLLHUP;
  const host::Connection& connection = *socket->connection;
  int events = 0;
  const bool ended = connection.fin_received() || connection.final() || socket->deaf;
  if (connection.readable_bytes() != 0 || ended) events |= POLLIN | POLLRDNORM;
  if (ended) events |= POLLRDHUP;
  if (connection.established() && (connection.tx_room() != 0 || socket->shut)) {
    events |= POLLOUT | POLLWRNORM;
  }
  if (connection.final() || (connection.fin_received() && socket->shut)) events |= POLLHUP;
  const bool error = connection.final() && connection.status() != host::Status::kOk;
  if (error && !socket->error_told) events |= POLLERR;
  return static_cast<short>(events);
}

Result Sockets::poll(Lock& lock, pollfd* fds, nfds_t count, int timeout_ms) {
  const std::span all(fds, count);
  Result ready = 0;
  const auto look = [this, all, &ready] {
    ready = 0;
    for (pollfd& one : all) {
      one.revents =
          static_cast<short>(events_of(one.fd) & (one.events | POLLERR | POLLHUP | POLLNVAL));
      if (one.revents != 0) ++ready;
    }
    return ready != 0;
  };
  stage_.settle();
  if (look() || timeout_ms == 0) return ready;
  wait(lock, look, timeout_ms < 0 ? kForeverUs : std::int64_t{1000} * timeout_ms);
  return ready;
}

Result Sockets::epoll_create() {
  const Result fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd >= 0) epolls_[static_cast<int>(fd)];
  return fd;
}

Result Sockets::epoll_control(int epoll, int operation, int fd, const epoll_event* event) {
  const auto found = epolls_.find(epoll);
  if (found == epolls_.end() || find(fd) == nullptr) return failed(EBADF);
  Interest& interest = found->second;
  const bool known = interest.contains(fd);
  if (known == (operation == EPOLL_CTL_ADD)) return failed(known ? EEXIST : ENOENT);
  if (operation == EPOLL_CTL_DEL) {
    interest.erase(fd);
  } else {
    interest[fd] = *event;
  }
  return 0;
}

Result Sockets::epoll_wait(Lock& lock, int epoll, epoll_event* events, int most, int timeout_ms) {
  const auto found = epolls_.find(epoll);
  if (found == epolls_.end()) return failed(EBADF);
  int ready = 0;
  const auto look = [this, interest = &found->second, events, most, &ready] {
    ready = 0;
    for (const auto& [fd, wanted] : *interest) {
      const auto mask = wanted.events | EPOLLERR | EPOLLHUP;
      const auto seen = static_cast<std::uint32_t>(events_of(fd)) & mask;
      if (seen == 0 || ready == most) continue;
      events[ready] = wanted;
      events[ready++].events = seen;
    }
    return ready != 0;
  };
  stage_.settle();
  if (look() || timeout_ms == 0) return ready;
  wait(lock, look, timeout_ms < 0 ? kForeverUs : std::int64_t{1000} * timeout_ms);
  return ready;
}

}  // namespace millrace::packetdrill
