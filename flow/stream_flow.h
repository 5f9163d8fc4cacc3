// SPDX-License-Identifier: Apache-2.0
// A flow over a StreamCore: the handle that memory, card and kernel flows share. flow.h has the
// contract of each operation. Options are given as named objects, which also spares g++ 12
// temporaries inside co_await.

#pragma once

#include <concepts>
#include <utility>

#include "flow/stream_core.h"

namespace millrace::flow {

class StreamFlow {
 public:
  /// No flow; only to be assigned to, compared and destroyed.
  StreamFlow() = default;
  StreamFlow(StreamFlow&&) noexcept = default;
  StreamFlow& operator=(StreamFlow&& other) noexcept {
    if (this != &other) {
      drop();
      core_ = std::move(other.core_);
    }
    return *this;
  }
  ~StreamFlow() { drop(); }
  explicit operator bool() const { return static_cast<bool>(core_); }

  ReadAwaiter read() { return {core_.get(), nullptr}; }
  ReadAwaiter read(const OpOptions& options) { return {core_.get(), &options}; }
  ReadIntoAwaiter read_into(MutableBytes space) { return {core_.get(), space}; }
  ReadIntoAwaiter read_into(MutableBytes space, const OpOptions& options) {
    return {core_.get(), space, options};
  }
  Result<ReadResult> try_read() { return core_->try_read(); }

  WriteAwaiter write(ConstBytes bytes) { return {core_.get(), bytes}; }
  WriteAwaiter write(ConstBytes bytes, const OpOptions& options) {
    return {core_.get(), bytes, options};
  }
  WriteOperation write(TxBuffer&& owned) { return {core_.get(), std::move(owned), nullptr}; }
  WriteOperation write(TxBuffer&& owned, const OpOptions& options) {
    return {core_.get(), std::move(owned), &options};
  }
  WriteOperation writev(std::span<const ConstBytes> pieces) {
    return {core_.get(), pieces, nullptr};
  }
  WriteOperation writev(std::span<const ConstBytes> pieces, const OpOptions& options) {
    return {core_.get(), pieces, &options};
  }

  ShutdownAwaiter shutdown(Direction direction) { return {core_.get(), direction}; }
  CloseAwaiter close() { return {core_.get(), nullptr}; }
  CloseAwaiter close(const CloseOptions& options) { return {core_.get(), &options}; }
  void abort() noexcept { core_->abort(); }

  std::string_view name() const { return core_->name(); }
  const Endpoint& local() const { return core_->local(); }
  const Endpoint& peer() const { return core_->peer(); }
  EventLoop& loop() const { return core_->loop(); }

 protected:
  explicit StreamFlow(Ref<StreamCore> core) : core_(std::move(core)) {}
  StreamCore* core() const { return core_.get(); }

 private:
  void drop() noexcept {
    if (core_) core_->owner_gone();
    core_ = Ref<StreamCore>();
  }
  Ref<StreamCore> core_;
};

static_assert(Flow<StreamFlow>);

}  // namespace millrace::flow
