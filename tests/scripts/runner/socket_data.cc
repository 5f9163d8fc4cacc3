// SPDX-License-Identifier: Apache-2.0
// Data and options of sockets. What is read is compared with what the script injected, byte for
// byte.

#include <algorithm>
#include <bit>

#include "tests/scripts/runner/payload.h"
#include "tests/scripts/runner/sockets.h"

namespace millrace::script {
namespace {

constexpr std::uint32_t kLeastBuffer = 4096;

Attempt failed(const std::string& error) {
  return Outcome{.blocked = false, .result = -1, .error = error};
}

// How many bytes a read or write asks for: its third argument.
std::expected<std::uint64_t, std::string> count_of(const Call& call) {
  if (call.arguments.size() < 3 || call.arguments[2].kind != Argument::Kind::kNumber) {
    return std::unexpected(call.name + ": the third argument is the number of bytes");
  }
  return static_cast<std::uint64_t>(call.arguments[2].number);
}

std::int64_t first_of(const Argument& value) {
  return value.list.empty() ? value.number : value.list[0].number;
}

std::string text_of(const Argument& value) {
  return value.list.empty() ? value.text : value.list[0].text;
}

bool is_error(const host::Connection& connection) {
  return connection.final() && connection.status() != host::Status::kOk;
}

}  // namespace

Attempt Sockets::call_read(const Call& call, Socket& socket) {
  const auto count = count_of(call);
  if (!count) return std::unexpected(count.error());
  if (socket.connection == nullptr) return failed("ENOTCONN");
  host::Connection& connection = *socket.connection;
  const std::uint64_t stream = remote_stream(peer_of(connection));
  std::uint64_t taken = 0;
  while (taken < *count) {
    auto bytes = connection.readable();
    if (bytes.empty()) break;
    bytes = bytes.first(std::min<std::uint64_t>(bytes.size(), *count - taken));
    for (const std::byte byte : bytes) {
      if (byte != stream_byte(stream, socket.bytes_read)) {
        return std::unexpected("byte " + std::to_string(socket.bytes_read) +
                               " of the stream is not what was injected");
      }
      ++socket.bytes_read;
    }
    connection.consume(bytes.size());
    taken += bytes.size();
  }
  if (taken != 0 || *count == 0) {
    return Outcome{.blocked = false, .result = static_cast<std::int64_t>(taken), .error = {}};
  }
  if (is_error(connection) && !socket.error_told) return failed(pending_error(socket));
  if (connection.fin_received() || connection.final()) return Outcome{};
  return Outcome{.blocked = true, .result = 0, .error = {}};
}

// What is written before the connection is established waits for it (RFC 9293 3.10.2).
Attempt Sockets::call_write(const Call& call, Socket& socket, Progress& progress, bool wait) {
  const auto count = count_of(call);
  if (!count) return std::unexpected(count.error());
  if (socket.connection == nullptr) return failed("ENOTCONN");
  host::Connection& connection = *socket.connection;
  if (is_error(connection) && !socket.error_told) return failed(pending_error(socket));
  if (socket.shut || connection.final()) return failed("EPIPE");
  while (progress.bytes < *count) {
    const auto room = connection.writable();
    if (room.empty()) break;
    const auto bytes = std::min<std::uint64_t>(room.size(), *count - progress.bytes);
    const std::uint64_t stream = local_stream(peer_of(connection));
    for (std::size_t i = 0; i < bytes; ++i) {
      room[i] = stream_byte(stream, socket.bytes_written++);
    }
    connection.commit(bytes);
    progress.bytes += bytes;
  }
  const bool done = progress.bytes == *count || (!wait && progress.bytes != 0);
  return Outcome{
      .blocked = !done, .result = static_cast<std::int64_t>(progress.bytes), .error = {}};
}

Attempt Sockets::call_setsockopt(const Call& call, Socket& socket) {
  if (call.arguments.size() < 4) return std::unexpected("setsockopt: five arguments");
  const std::string& name = call.arguments[2].text;
  const Argument& value = call.arguments[3];
  const std::int64_t first = first_of(value);
  if (name == "SO_RCVBUF" || name == "SO_SNDBUF") {
    auto& buffer = name == "SO_RCVBUF" ? socket.rx_buffer : socket.tx_buffer;
    buffer = std::bit_ceil(std::max(static_cast<std::uint32_t>(first), kLeastBuffer));
    return Outcome{};
  }
  if (name == "SO_LINGER") {
    socket.linger_zero = value.list.size() > 1 && first != 0 && value.list[1].number == 0;
    return Outcome{};
  }
  // Ports are never kept, so these hold already.
  if (name == "SO_REUSEADDR" || name == "SO_REUSEPORT") return Outcome{};
  if (name == "TCP_CONGESTION" && !algorithm_of(text_of(value))) return failed("ENOENT");
  if (!set_option(socket, name, value)) {
    return std::unexpected("setsockopt: no option " + name + " here");
  }
  if (socket.connection != nullptr) socket.connection->set_options(socket.options);
  return Outcome{};
}

// Those of one connection, and those that the card has for all of them together.
bool Sockets::set_option(Socket& socket, const std::string& name, const Argument& value) {
  host::ConnectionOptions& options = socket.options;
  const std::int64_t number = first_of(value);
  const auto seconds = [number] {
    return host::ticks_of_us(static_cast<std::uint64_t>(number) * 1'000'000);
  };
  if (name == "TCP_NODELAY") {
    options.nodelay = number != 0;
  } else if (name == "SO_KEEPALIVE") {
    options.keepalive = number != 0;
  } else if (name == "TCP_QUICKACK") {
    options.quickack = number != 0;
  } else if (name == "TCP_USER_TIMEOUT") {  // in milliseconds
    options.user_timeout_us = static_cast<std::uint64_t>(number) * 1000;
  } else if (name == "TCP_CONGESTION") {
    options.congestion_control = algorithm_of(text_of(value));
  } else if (name == "TCP_KEEPIDLE") {
    world_.write_register(contract::kRegKeepaliveIdle, seconds());
  } else if (name == "TCP_KEEPINTVL") {
    world_.write_register(contract::kRegKeepaliveInterval, seconds());
  } else if (name == "TCP_KEEPCNT") {
    world_.write_register(contract::kRegKeepaliveProbes, static_cast<std::uint32_t>(number));
  } else {
    return false;
  }
  return true;
}

Attempt Sockets::call_getsockopt(const Call& call, Socket& socket) {
  if (call.arguments.size() < 4) return std::unexpected("getsockopt: five arguments");
  if (call.arguments[2].text != "SO_ERROR") {
    return std::unexpected("getsockopt: no option " + call.arguments[2].text + " here");
  }
  const std::string expected = text_of(call.arguments[3]);
  std::string error;
  if (socket.connection != nullptr && is_error(*socket.connection) && !socket.error_told) {
    error = pending_error(socket);
  }
  if (error == expected) return Outcome{};
  return std::unexpected("SO_ERROR is " + (error.empty() ? "0" : error) + ", expected " +
                         (expected.empty() ? "0" : expected));
}

}  // namespace millrace::script
