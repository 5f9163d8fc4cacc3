// SPDX-License-Identifier: Apache-2.0
// The transport of a ToeFlow: one connection of the card behind StreamCore's functions.

#pragma once

#include "flow/stream_core.h"
#include "host/runtime.h"

namespace millrace::flow {

/// Owns the connection and releases it when destroyed.
class ToeStream final : public StreamCore, public host::ConnectionHandler {
 public:
  /// For a connection that exists: an accepted one.
  ToeStream(EventLoop& loop, host::Runtime& runtime, host::Connection& connection);
  /// For one that is to be opened by open().
  ToeStream(EventLoop& loop, host::Runtime& runtime, host::Endpoint remote);
  ~ToeStream() override;

  Result<void> open(const host::ConnectOptions& options);
  const host::Connection& connection() const { return *connection_; }
  void set_options(const host::ConnectionOptions& options) { connection_->set_options(options); }
  /// Established, or ended before that.
  bool decided() const { return connection_->established() || connection_->final(); }
  OperationList& openers() { return openers_; }

 private:
  void on_event(host::Connection& connection) noexcept override;
  void learn_endpoints();

  std::size_t push(ConstBytes bytes) override;
  ConstBytes readable() const override { return connection_->readable(); }
  void consume(std::size_t count) override { connection_->consume(count); }
  void finish() override { connection_->finish(); }
  void reset() noexcept override;
  TransportState state() const override;

  host::Runtime& runtime_;
  host::Connection* connection_ = nullptr;
  std::uint32_t facts_ = 0;  // of the connection when it was looked at last
  bool reset_ = false;
  bool knows_endpoints_ = false;
  OperationList openers_;
};

}  // namespace millrace::flow
