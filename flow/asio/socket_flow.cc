// SPDX-License-Identifier: Apache-2.0
// Connecting and listening with the kernel's sockets.

#include "flow/asio/socket_flow.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "flow/asio/fd_ready.h"

namespace millrace::flow {
namespace {

using Wait = boost::asio::posix::descriptor_base;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Error system_error(int number, std::string_view operation, const std::string& detail) {
  switch (number) {
    case ECONNREFUSED:
    case ENOENT:  // a Unix socket without a file has no listener either
      return Error(make_error_code(Errc::kRefused), operation, detail);
    case ETIMEDOUT:
      return Error(make_error_code(Errc::kTimedOut), operation, detail);
    case EADDRINUSE:
      return Error(make_error_code(Errc::kAddressInUse), operation, detail);
    case EHOSTUNREACH:
    case ENETUNREACH:
      return Error(make_error_code(Errc::kHostUnreachable), operation, detail);
    case ECONNRESET:
      return Error(make_error_code(Errc::kConnectionReset), operation, detail);
    default:
      return Error(std::error_code(number, std::system_category()), operation, detail);
  }
}

Result<std::vector<Address>> resolve(const Endpoint& endpoint, std::string_view operation) {
  std::vector<Address> addresses;
  if (endpoint.scheme == "unix") {
    Address& address = addresses.emplace_back();
    auto* unix_address = reinterpret_cast<sockaddr_un*>(&address.storage);
    if (endpoint.path.size() >= sizeof unix_address->sun_path) {
      return std::unexpected(Error(make_error_code(Errc::kInvalidArgument), operation,
                                   "path too long: " + endpoint.path));
    }
    unix_address->sun_family = AF_UNIX;
    std::memcpy(unix_address->sun_path, endpoint.path.c_str(), endpoint.path.size() + 1);
    address.size = sizeof *unix_address;
    return addresses;
  }
  if (endpoint.scheme != "tcp") {
    return std::unexpected(Error(make_error_code(Errc::kNotSupported), operation,
                                 "not a kernel endpoint: " + to_string(endpoint)));
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (failed != 0) {
    return std::unexpected(Error(make_error_code(Errc::kResolveFailed), operation,
                                 endpoint.host + ": " + ::gai_strerror(failed)));
  }
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    Address& address = addresses.emplace_back();
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
  }
  ::freeaddrinfo(found);
  return addresses;
}

Endpoint endpoint_of(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.storage.ss_family == AF_INET) {
    const auto* ip = reinterpret_cast<const sockaddr_in*>(&address.storage);
    ::inet_ntop(AF_INET, &ip->sin_addr, text.data(), text.size());
    return Endpoint::network("tcp", text.data(), ntohs(ip->sin_port));
  }
  if (address.storage.ss_family == AF_INET6) {
    const auto* ip = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    ::inet_ntop(AF_INET6, &ip->sin6_addr, text.data(), text.size());
    return Endpoint::network("tcp", text.data(), ntohs(ip->sin6_port));
  }
  const auto* name = reinterpret_cast<const sockaddr_un*>(&address.storage);
  return Endpoint::named("unix", address.size > sizeof(sa_family_t) ? name->sun_path : "");
}

Endpoint local_of(int fd) {
  Address address;
  address.size = sizeof address.storage;
  ::getsockname(fd, address.get(), &address.size);
  return endpoint_of(address);
}

int open_socket(const Address& address) {
  return ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

}  // namespace

SocketFlow SocketFlow::adopt(AsioSource& source, int fd, const Endpoint& local,
                             const Endpoint& peer) {
  auto* core = new SocketCore(source, fd, local, peer);
  SocketFlow flow{Ref<StreamCore>(core)};
  core->start();
  return flow;
}

namespace {

Task<Result<SocketFlow>> connect_one(AsioSource& source, Address address, Endpoint endpoint,
                                     OpOptions options) {
  const std::string text = to_string(endpoint);
  const int fd = open_socket(address);
  if (fd < 0) co_return std::unexpected(system_error(errno, "connect", text));
  boost::asio::posix::stream_descriptor descriptor(source.context(), fd);
  if (::connect(fd, address.get(), address.size) != 0) {
    if (errno != EINPROGRESS) co_return std::unexpected(system_error(errno, "connect", text));
    FdReady ready(source.loop(), descriptor, Wait::wait_write, options, "connect");
    if (Result<void> waited = co_await ready; !waited) {
      co_return std::unexpected(std::move(waited.error()));
    }
    int failed = 0;
    socklen_t size = sizeof failed;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed != 0) co_return std::unexpected(system_error(failed, "connect", text));
  }
  Endpoint local = endpoint.scheme == "unix" ? endpoint : local_of(fd);
  co_return SocketFlow::adopt(source, descriptor.release(), local, endpoint);
}

}  // namespace

Task<Result<SocketFlow>> connect_socket(AsioSource& source, Endpoint endpoint, OpOptions options) {
  Result<std::vector<Address>> addresses = resolve(endpoint, "connect");
  if (!addresses) co_return std::unexpected(std::move(addresses.error()));
  Error last(make_error_code(Errc::kResolveFailed), "connect", endpoint.host + ": no address");
  for (const Address& address : *addresses) {
    Task<Result<SocketFlow>> attempt = connect_one(source, address, endpoint, options);
    Result<SocketFlow> flow = co_await std::move(attempt);
    if (flow) co_return std::move(*flow);
    last = std::move(flow.error());
    if (last.code == Errc::kCancelled) break;
  }
  co_return std::unexpected(std::move(last));
}

SocketListener::SocketListener(AsioSource& source, int fd, Endpoint local)
    : source_(source), descriptor_(source.context(), fd), local_(std::move(local)) {}

SocketListener::~SocketListener() { stop(); }

Result<std::unique_ptr<SocketListener>> SocketListener::open(AsioSource& source,
                                                             const Endpoint& endpoint) {
  const Result<std::vector<Address>> addresses = resolve(endpoint, "listen");
  if (!addresses) return std::unexpected(addresses.error());
  const Address& address = addresses->front();
  const bool is_unix = endpoint.scheme == "unix";
  const int fd = open_socket(address);
  const int on = 1;
  if (fd >= 0 && !is_unix) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (is_unix) ::unlink(endpoint.path.c_str());
  constexpr int kBacklog = 256;
  if (fd < 0 || ::bind(fd, address.get(), address.size) != 0 || ::listen(fd, kBacklog) != 0) {
    Error error = system_error(errno, "listen", to_string(endpoint));
    if (fd >= 0) ::close(fd);
    return std::unexpected(std::move(error));
  }
  Endpoint local = is_unix ? endpoint : local_of(fd);
  return std::unique_ptr<SocketListener>(new SocketListener(source, fd, std::move(local)));
}

Task<Result<SocketFlow>> SocketListener::accept(OpOptions options) {
  while (descriptor_.is_open()) {
    Address address;
    address.size = sizeof address.storage;
    const int fd = ::accept4(descriptor_.native_handle(), address.get(), &address.size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      const bool is_unix = local_.scheme == "unix";
      co_return SocketFlow::adopt(source_, fd, is_unix ? local_ : local_of(fd),
                                  is_unix ? local_ : endpoint_of(address));
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      co_return std::unexpected(system_error(errno, "accept", to_string(local_)));
    }
    FdReady ready(source_.loop(), descriptor_, Wait::wait_read, options, "accept");
    if (Result<void> waited = co_await ready; !waited) {
      co_return std::unexpected(std::move(waited.error()));
    }
  }
  co_return std::unexpected(Error(make_error_code(Errc::kCancelled), "accept"));
}

void SocketListener::stop() {
  if (!descriptor_.is_open()) return;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  if (local_.scheme == "unix") ::unlink(local_.path.c_str());
}

}  // namespace millrace::flow
