// SPDX-License-Identifier: Apache-2.0
// The registry, and the protocol of memory.

#include "flow/context.h"

#include <deque>

#include "flow/memory_flow.h"
#include "flow/operation.h"

namespace millrace::flow {
namespace {

Error not_supported(std::string_view operation, const Endpoint& endpoint) {
  return Error(Errc::kNotSupported, operation, "protocol '" + endpoint.scheme + "'");
}

// The listeners of one loop by name, and what waits at each.
struct Waiting {
  std::deque<MemoryFlow> flows;
  OperationList acceptors;
  bool stopped = false;
};
using Names = std::map<std::string, std::shared_ptr<Waiting>, std::less<>>;

class AcceptMemory final : public Operation {
 public:
  AcceptMemory(EventLoop& loop, Waiting& waiting, const OpOptions& options)
      : Operation(loop), waiting_(waiting), options_(options) {}
  bool await_ready() const { return !waiting_.flows.empty() || waiting_.stopped; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiting_.acceptors.push_back(*this);
    begin(handle, options_.deadline_us, options_.stop);
  }
  std::error_code await_resume() {
    end();
    return interrupted_;
  }

 private:
  void interrupt(Errc why) override {
    if (!queued()) return;
    interrupted_ = why;
    dequeue();
    complete();
  }
  Waiting& waiting_;
  const OpOptions& options_;
  std::error_code interrupted_;
};

class MemoryListener final : public Listener {
 public:
  MemoryListener(EventLoop& loop, std::shared_ptr<Names> names, Endpoint local)
      : loop_(loop), names_(std::move(names)), local_(std::move(local)) {
    names_->emplace(local_.path, waiting_);
  }
  ~MemoryListener() override { stop(); }

  Task<Result<AnyFlow>> accept(OpOptions options) override {
    const std::shared_ptr<Waiting> waiting = waiting_;
    for (;;) {
      const std::error_code why = co_await AcceptMemory(loop_, *waiting, options);
      if (why) co_return std::unexpected(Error(why, "accept", to_string(local_)));
      if (!waiting->flows.empty()) break;
      if (waiting->stopped) {
        co_return std::unexpected(Error(Errc::kCancelled, "accept", to_string(local_)));
      }
    }
    MemoryFlow flow = std::move(waiting->flows.front());
    waiting->flows.pop_front();
    co_return AnyFlow(std::move(flow));
  }
  void stop() override {
    if (waiting_->stopped) return;
    waiting_->stopped = true;
    waiting_->flows.clear();
    while (!waiting_->acceptors.empty()) waiting_->acceptors.pop_front().complete();
    names_->erase(local_.path);
  }
  Endpoint local() const override { return local_; }

 private:
  EventLoop& loop_;
  std::shared_ptr<Names> names_;
  Endpoint local_;
  std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();
};

class MemoryProtocol final : public Protocol {
 public:
  explicit MemoryProtocol(EventLoop& loop) : loop_(loop) {}

  Task<Result<AnyFlow>> connect(Endpoint remote, OpOptions) override {
    const auto found = names_->find(remote.path);
    if (found == names_->end()) {
      co_return std::unexpected(Error(Errc::kRefused, "connect", to_string(remote)));
    }
    MemoryOptions options;
    options.name = remote.path;
    auto [near, far] = memory_pair(loop_, options);
    Waiting& waiting = *found->second;
    waiting.flows.push_back(std::move(far));
    if (!waiting.acceptors.empty()) waiting.acceptors.pop_front().complete();
    co_return AnyFlow(std::move(near));
  }
  Task<Result<std::unique_ptr<Listener>>> listen(Endpoint local) override {
    if (names_->contains(local.path)) {
      co_return std::unexpected(Error(Errc::kAddressInUse, "listen", to_string(local)));
    }
    co_return std::unique_ptr<Listener>(new MemoryListener(loop_, names_, local));
  }

 private:
  EventLoop& loop_;
  std::shared_ptr<Names> names_ = std::make_shared<Names>();
};

}  // namespace

void Context::add(std::string_view scheme, std::shared_ptr<Protocol> protocol) {
  protocols_[std::string(scheme)] = std::move(protocol);
}

std::shared_ptr<Protocol> Context::find(const Endpoint& endpoint) const {
  const auto found = protocols_.find(endpoint.scheme);
  return found == protocols_.end() ? nullptr : found->second;
}

Task<Result<AnyFlow>> Context::connect(std::string_view endpoint) {
  return [](Context& self, std::string text) -> Task<Result<AnyFlow>> {
    auto parsed = parse_endpoint(text);
    if (!parsed) {
      parsed.error().operation = "connect";
      co_return std::unexpected(std::move(parsed.error()));
    }
    const OpOptions options;
    co_return co_await self.connect(*parsed, options);
  }(*this, std::string(endpoint));
}

Task<Result<AnyFlow>> Context::connect(Endpoint endpoint, OpOptions options) {
  const auto protocol = find(endpoint);
  if (!protocol) co_return std::unexpected(not_supported("connect", endpoint));
  co_return co_await protocol->connect(endpoint, options);
}

Task<Result<std::unique_ptr<Listener>>> Context::listen(std::string_view endpoint) {
  return [](Context& self, std::string text) -> Task<Result<std::unique_ptr<Listener>>> {
    auto parsed = parse_endpoint(text);
    if (!parsed) {
      parsed.error().operation = "listen";
      co_return std::unexpected(std::move(parsed.error()));
    }
    co_return co_await self.listen(*parsed);
  }(*this, std::string(endpoint));
}

Task<Result<std::unique_ptr<Listener>>> Context::listen(Endpoint endpoint) {
  const auto protocol = find(endpoint);
  if (!protocol) co_return std::unexpected(not_supported("listen", endpoint));
  co_return co_await protocol->listen(endpoint);
}

std::shared_ptr<Protocol> memory_protocol(EventLoop& loop) {
  return std::make_shared<MemoryProtocol>(loop);
}

}  // namespace millrace::flow
