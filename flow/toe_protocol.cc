// SPDX-License-Identifier: Apache-2.0
// The card as a protocol of a Context.

#include "flow/toe_protocol.h"

namespace millrace::flow {
namespace {

class AnyToeListener final : public Listener {
 public:
  explicit AnyToeListener(ToeListener listener) : listener_(std::move(listener)) {}
  Task<Result<AnyFlow>> accept(OpOptions options) override {
    auto accepted = co_await listener_.accept(options);
    if (!accepted) co_return std::unexpected(std::move(accepted.error()));
    co_return AnyFlow(std::move(*accepted));
  }
  void stop() override { listener_.stop(); }
  Endpoint local() const override { return listener_.local(); }

 private:
  ToeListener listener_;
};

class ToeProtocol final : public Protocol {
 public:
  ToeProtocol(EventLoop& loop, host::Runtime& runtime, const ToeBuffers& buffers,
              const host::ConnectionOptions& connection)
      : loop_(loop), runtime_(runtime), buffers_(buffers), connection_(connection) {}

  Task<Result<AnyFlow>> connect(Endpoint remote, OpOptions options) override {
    const auto address = host::IpAddress::parse(remote.host);
    if (!address) {
      co_return std::unexpected(Error(Errc::kResolveFailed, "connect", to_string(remote)));
    }
    ToeConnectOptions request;
    request.buffers = buffers_;
    request.connection = connection_;
    request.stop = options.stop;
    request.deadline_us = options.deadline_us;
    const host::Endpoint target{*address, remote.port};
    auto flow = co_await toe_connect(loop_, runtime_, target, request);
    if (!flow) co_return std::unexpected(std::move(flow.error()));
    co_return AnyFlow(std::move(*flow));
  }
  Task<Result<std::unique_ptr<Listener>>> listen(Endpoint local) override {
    ToeListenOptions request;
    request.buffers = buffers_;
    request.connection = connection_;
    auto listener = co_await toe_listen(loop_, runtime_, local.port, request);
    if (!listener) co_return std::unexpected(std::move(listener.error()));
    co_return std::unique_ptr<Listener>(new AnyToeListener(std::move(*listener)));
  }

 private:
  EventLoop& loop_;
  host::Runtime& runtime_;
  ToeBuffers buffers_;
  host::ConnectionOptions connection_;
};

}  // namespace

std::shared_ptr<Protocol> toe_protocol(EventLoop& loop, host::Runtime& runtime,
                                       const ToeBuffers& buffers,
                                       const host::ConnectionOptions& connection) {
  return std::make_shared<ToeProtocol>(loop, runtime, buffers, connection);
}

}  // namespace millrace::flow
