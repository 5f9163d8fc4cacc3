// SPDX-License-Identifier: Apache-2.0
// The registry of protocols: an endpoint's scheme chooses who connects and listens. Anyone can add
// a protocol.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "flow/any_flow.h"

namespace millrace::flow {

/// A listening end of any protocol.
class Listener {
 public:
  virtual ~Listener() = default;
  /// The next connection. kCancelled after stop(); stop token and deadline as in a read. The
  /// listener must live until the task has ended.
  virtual Task<Result<AnyFlow>> accept(OpOptions options) = 0;
  /// No connection is accepted any more; pending accepts end with kCancelled; the port is free.
  /// Flows live on.
  virtual void stop() = 0;
  virtual Endpoint local() const = 0;
};

/// Connects and listens for one or more schemes. Must outlive the tasks that it gives.
class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual Task<Result<AnyFlow>> connect(Endpoint remote, OpOptions options) = 0;
  virtual Task<Result<std::unique_ptr<Listener>>> listen(Endpoint local) = 0;
};

class Context {
 public:
  /// Endpoints "scheme:..." go to `protocol` from now on. One protocol may serve several schemes.
  void add(std::string_view scheme, std::shared_ptr<Protocol> protocol);

  /// Errors: kInvalidArgument (text), kNotSupported (no such scheme; the detail names operation and
  /// protocol), and the protocol's own. Never an exception.
  Task<Result<AnyFlow>> connect(std::string_view endpoint);
  Task<Result<AnyFlow>> connect(Endpoint endpoint, OpOptions options);
  Task<Result<std::unique_ptr<Listener>>> listen(std::string_view endpoint);
  Task<Result<std::unique_ptr<Listener>>> listen(Endpoint endpoint);

 private:
  std::shared_ptr<Protocol> find(const Endpoint& endpoint) const;
  std::map<std::string, std::shared_ptr<Protocol>, std::less<>> protocols_;
};

/// "mem:name": connections between the tasks of one loop, by name. Capacity as memory_pair.
std::shared_ptr<Protocol> memory_protocol(EventLoop& loop);

}  // namespace millrace::flow
