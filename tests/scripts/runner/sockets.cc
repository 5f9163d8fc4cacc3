// SPDX-License-Identifier: Apache-2.0
// Opening, closing and the bookkeeping of sockets; data and options are in socket_data.cc.

#include "tests/scripts/runner/sockets.h"

#include <algorithm>
#include <bit>

namespace millrace::script {
namespace {

constexpr int kFirstFd = 3;

Attempt failed(const std::string& error) {
  return Outcome{.blocked = false, .result = -1, .error = error};
}

// The port in `...` (none), a number, or {sa_family = ..., sin_port = htons(80), ...}.
std::int64_t port_of(const Argument& argument, std::int64_t otherwise) {
  if (argument.kind == Argument::Kind::kNumber) return argument.number;
  for (std::size_t i = 0; i < argument.list.size(); ++i) {
    if (argument.fields[i].ends_with("_port")) return argument.list[i].number;
  }
  return otherwise;
}

}  // namespace

Sockets::Socket* Sockets::find(const Argument& argument) {
  if (argument.kind != Argument::Kind::kNumber) return nullptr;
  for (auto& socket : sockets_) {
    if (socket->open && socket->fd == argument.number) return socket.get();
  }
  return nullptr;
}

// The script names the descriptor it wants (packetdrill maps them); without a name the lowest free.
Sockets::Socket& Sockets::make(std::int64_t wanted) {
  auto socket = std::make_unique<Socket>();
  const auto taken = [this](int fd) {
    return std::any_of(sockets_.begin(), sockets_.end(),
                       [fd](const auto& one) { return one->open && one->fd == fd; });
  };
  socket->fd = static_cast<int>(wanted);
  if (wanted < 0 || taken(socket->fd)) {
    socket->fd = kFirstFd;
    while (taken(socket->fd)) ++socket->fd;
  }
  socket->rx_buffer = world_.settings().rx_buffer;
  socket->tx_buffer = world_.settings().tx_buffer;
  socket->options = world_.settings().connection;
  sockets_.push_back(std::move(socket));
  return *sockets_.back();
}

Attempt Sockets::attempt(const Call& call, Progress& progress, bool wait) {
  if (call.name == "socket") return call_socket(call);
  if (call.arguments.empty()) return std::unexpected(call.name + ": which descriptor?");
  Socket* socket = find(call.arguments.front());
  if (socket == nullptr) return failed("EBADF");
  return dispatch(call, *socket, progress, wait);
}

Attempt Sockets::dispatch(const Call& call, Socket& socket, Progress& progress, bool wait) {
  const std::string& name = call.name;
  if (name == "bind") return call_bind(call, socket);
  if (name == "listen") return call_listen(call, socket);
  if (name == "accept" || name == "accept4") return call_accept(call, socket);
  if (name == "connect") return call_connect(call, socket, progress, wait);
  if (name == "read" || name == "recv" || name == "recvfrom") return call_read(call, socket);
  if (name == "write" || name == "send" || name == "sendto") {
    return call_write(call, socket, progress, wait);
  }
  if (name == "shutdown") return call_shutdown(call, socket);
  if (name == "close") return call_close(socket);
  if (name == "setsockopt") return call_setsockopt(call, socket);
  if (name == "getsockopt") return call_getsockopt(call, socket);
  // Every call of a script is without waiting unless it has `...`; the flag changes nothing.
  if (name == "fcntl")
    return Outcome{.blocked = false, .result = call.result.value_or(0), .error = {}};
  return std::unexpected("no call " + name + " here");
}

Attempt Sockets::call_socket(const Call& call) {
  const Socket& socket = make(call.result.value_or(-1));
  return Outcome{.blocked = false, .result = socket.fd, .error = {}};
}

Attempt Sockets::call_bind(const Call& call, Socket& socket) {
  if (call.arguments.size() < 2) return std::unexpected("bind: descriptor and address");
  socket.local_port =
      static_cast<std::uint16_t>(port_of(call.arguments[1], world_.settings().local_port));
  return Outcome{};
}

Attempt Sockets::call_listen(const Call& call, Socket& socket) {
  if (call.arguments.size() < 2) return std::unexpected("listen: descriptor and backlog");
  if (socket.connection != nullptr) return failed("EINVAL");
  if (socket.listener == nullptr) {
    host::ListenOptions options;
    options.port = socket.local_port;
    options.backlog =
        static_cast<std::uint32_t>(std::max<std::int64_t>(1, call.arguments[1].number));
    options.tx_size = socket.tx_buffer;
    options.rx_size = socket.rx_buffer;
    options.options = socket.options;
    const auto made = world_.runtime().listen(options, quiet_);
    if (!made) return std::unexpected(host::to_string(made.error()));
    socket.listener = *made;
  }
  switch (socket.listener->state()) {
    case host::Listener::State::kOpening:
      return Outcome{.blocked = true, .result = 0, .error = {}};
    case host::Listener::State::kOpen:
      states_.on_listen();
      return Outcome{};
    default:
      break;
  }
  const bool taken = socket.listener->error() == std::errc::address_in_use;
  socket.listener->release();
  socket.listener = nullptr;
  return failed(taken ? "EADDRINUSE" : "ENOBUFS");
}

Attempt Sockets::call_accept(const Call& call, Socket& socket) {
  if (socket.listener == nullptr) return failed("EINVAL");
  if (socket.queue.empty()) return Outcome{.blocked = true, .result = 0, .error = {}};
  const std::uint32_t rx_buffer = socket.rx_buffer;
  host::Connection* connection = socket.queue.front();
  socket.queue.pop_front();
  Socket& accepted = make(call.result.value_or(-1));
  accepted.connection = connection;
  accepted.rx_buffer = rx_buffer;
  accepted.local_port = connection->local_port();
  accepted.options = connection->options();
  return Outcome{.blocked = false, .result = accepted.fd, .error = {}};
}

Attempt Sockets::call_connect(const Call& call, Socket& socket, Progress& progress, bool wait) {
  if (call.arguments.size() < 2) return std::unexpected("connect: descriptor and address");
  if (socket.connection != nullptr && !progress.started) {
    return failed(socket.connection->established() ? "EISCONN" : "EALREADY");
  }
  if (socket.connection == nullptr) {
    const Argument& to = call.arguments[1];
    const std::uint16_t base = world_.settings().remote_port;
    const bool peer = to.kind == Argument::Kind::kNumber && to.text == "@";
    host::ConnectOptions options;
    options.remote.ip = host_address(world_.settings().remote_ip);
    options.remote.port = static_cast<std::uint16_t>(peer ? base + to.number : port_of(to, base));
    options.local_port = socket.local_port;
    options.tx_size = socket.tx_buffer;
    options.rx_size = socket.rx_buffer;
    options.options = socket.options;
    const auto made = world_.runtime().connect(options, host::no_connection_handler);
    if (!made) return std::unexpected(host::to_string(made.error()));
    socket.connection = *made;
    progress.started = true;
    if (!wait) return failed("EINPROGRESS");
  }
  if (socket.connection->established()) return Outcome{};
  if (!socket.connection->final()) return Outcome{.blocked = true, .result = 0, .error = {}};
  return failed(pending_error(socket));
}

Attempt Sockets::call_shutdown(const Call& call, Socket& socket) {
  if (socket.connection == nullptr) return failed("ENOTCONN");
  const std::string how = call.arguments.size() > 1 ? call.arguments[1].text : "";
  if (how != "SHUT_RD" && how != "SHUT_WR" && how != "SHUT_RDWR") {
    return std::unexpected("shutdown: SHUT_RD, SHUT_WR or SHUT_RDWR");
  }
  if (how == "SHUT_RD") return Outcome{};  // nothing that the card or the peer would hear of
  socket.connection->finish();
  socket.shut = true;
  return Outcome{};
}

// RFC 9293 3.10.4; a close with unread data resets (RFC 1122 4.2.2.13), as does one that the
// script asked not to linger.
Attempt Sockets::call_close(Socket& socket) {
  socket.open = false;
  if (socket.listener != nullptr) {
    for (host::Connection* connection : socket.queue) connection->release();
    socket.queue.clear();
    socket.listener->release();
    socket.listener = nullptr;
    states_.on_unlisten();
  }
  if (socket.connection == nullptr) return Outcome{};
  const bool attempt = !socket.connection->established();  // SYN-SENT: the attempt is given up
  if (attempt || socket.linger_zero || socket.connection->readable_bytes() != 0) {
    socket.connection->abort();
  } else {
    socket.connection->finish();
  }
  return Outcome{};
}

// Data for a closed socket resets the connection: nobody will ever read it.
void Sockets::end_closed(Socket& socket) {
  if (socket.open || socket.connection == nullptr || socket.connection->final()) return;
  if (socket.connection->readable_bytes() != 0) socket.connection->abort();
}

void Sockets::update() {
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    Socket& socket = *sockets_[i];
    if (socket.listener != nullptr) {
      while (host::Connection* connection = socket.listener->accept()) {
        socket.queue.push_back(connection);
      }
      for (const host::Connection* connection : socket.queue) states_.on_report(*connection);
    }
    if (socket.connection == nullptr) continue;
    end_closed(socket);
    states_.on_report(*socket.connection);
  }
}

std::size_t Sockets::posted() const {
  std::size_t count = 0;
  for (const auto& socket : sockets_) {
    if (socket->listener != nullptr) count += socket->listener->posted();
  }
  return count;
}

unsigned Sockets::peer_of(const host::Connection& connection) const {
  return static_cast<unsigned>(connection.remote().port - world_.settings().remote_port);
}

std::expected<const host::Connection*, std::string> Sockets::connection(int fd) const {
  for (auto socket = sockets_.rbegin(); socket != sockets_.rend(); ++socket) {
    if ((*socket)->fd == fd && (*socket)->connection != nullptr) return (*socket)->connection;
  }
  return std::unexpected("descriptor " + std::to_string(fd) + " has no connection");
}

std::string Sockets::pending_error(Socket& socket) const {
  socket.error_told = true;
  switch (socket.connection->status()) {
    case host::Status::kOk:
      return "ENOTCONN";
    case host::Status::kRefused:
      return "ECONNREFUSED";
    case host::Status::kReset:
      return "ECONNRESET";
    case host::Status::kTimedOut:
      return "ETIMEDOUT";
    case host::Status::kAborted:
      return "ECONNABORTED";
    case host::Status::kAddressInUse:
      return "EADDRINUSE";
    case host::Status::kNoConnection:
      return "ENOBUFS";
    case host::Status::kUnreachable:
      return "EHOSTUNREACH";
    default:
      return "EIO";
  }
}

}  // namespace millrace::script
