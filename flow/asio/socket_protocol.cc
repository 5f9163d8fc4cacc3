// SPDX-License-Identifier: Apache-2.0
// The kernel's sockets as a protocol of a Context.

#include "flow/asio/socket_protocol.h"

#include "flow/asio/socket_flow.h"

namespace millrace::flow {
namespace {

class AnySocketListener final : public Listener {
 public:
  explicit AnySocketListener(std::unique_ptr<SocketListener> listener)
      : listener_(std::move(listener)) {}
  Task<Result<AnyFlow>> accept(OpOptions options) override {
    Result<SocketFlow> accepted = co_await listener_->accept(options);
    if (!accepted) co_return std::unexpected(std::move(accepted.error()));
    co_return AnyFlow(std::move(*accepted));
  }
  void stop() override { listener_->stop(); }
  Endpoint local() const override { return listener_->local(); }

 private:
  std::unique_ptr<SocketListener> listener_;
};

class SocketProtocol final : public Protocol {
 public:
  explicit SocketProtocol(AsioSource& source) : source_(source) {}
  Task<Result<AnyFlow>> connect(Endpoint remote, OpOptions options) override {
    Result<SocketFlow> flow = co_await connect_socket(source_, remote, options);
    if (!flow) co_return std::unexpected(std::move(flow.error()));
    co_return AnyFlow(std::move(*flow));
  }
  Task<Result<std::unique_ptr<Listener>>> listen(Endpoint local) override {
    auto listener = SocketListener::open(source_, local);
    if (!listener) co_return std::unexpected(std::move(listener.error()));
    co_return std::unique_ptr<Listener>(new AnySocketListener(std::move(*listener)));
  }

 private:
  AsioSource& source_;
};

}  // namespace

std::shared_ptr<Protocol> socket_protocol(AsioSource& source) {
  return std::make_shared<SocketProtocol>(source);
}

}  // namespace millrace::flow
