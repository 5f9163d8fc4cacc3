// SPDX-License-Identifier: Apache-2.0
// Flows over the kernel's sockets: endpoints tcp://host:port and unix:path. Flow semantics are
// those of flow.h; the card's flows and these differ in nothing but the layer's name.

#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

#include "flow/asio/asio_source.h"
#include "flow/asio/socket_core.h"
#include "flow/stream_flow.h"

namespace millrace::flow {

class SocketFlow final : public StreamFlow {
 public:
  SocketFlow() = default;
  /// Takes over `fd`, a connected stream socket of either family.
  static SocketFlow adopt(AsioSource& source, int fd, const Endpoint& local, const Endpoint& peer);

 private:
  explicit SocketFlow(Ref<StreamCore> core) : StreamFlow(std::move(core)) {}
};

/// Connects to a tcp or unix endpoint. Names are resolved first, which blocks the loop; addresses
/// are tried in order. Errors: kRefused, kTimedOut, kHostUnreachable, kResolveFailed,
/// kInvalidArgument, kCancelled, kNotSupported (scheme).
Task<Result<SocketFlow>> connect_socket(AsioSource& source, Endpoint endpoint,
                                        OpOptions options = {});

/// A listening socket. A Unix socket's file is removed when listening begins and ends.
class SocketListener {
 public:
  /// Port 0: the kernel chooses, local() tells. Errors: kAddressInUse, kInvalidArgument,
  /// kResolveFailed.
  static Result<std::unique_ptr<SocketListener>> open(AsioSource& source, const Endpoint& endpoint);
  SocketListener(const SocketListener&) = delete;
  SocketListener& operator=(const SocketListener&) = delete;
  ~SocketListener();

  /// The next connection; one accept at a time. kCancelled after stop().
  Task<Result<SocketFlow>> accept(OpOptions options = {});
  void stop();
  const Endpoint& local() const { return local_; }

 private:
  SocketListener(AsioSource& source, int fd, Endpoint local);

  AsioSource& source_;
  boost::asio::posix::stream_descriptor descriptor_;
  Endpoint local_;
};

}  // namespace millrace::flow
