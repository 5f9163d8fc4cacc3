// SPDX-License-Identifier: Apache-2.0
// Listening ports of the card.

#include "flow/toe_flow.h"
#include "flow/toe_stream.h"

namespace millrace::flow {

// Waits until the card has opened or refused the port.
class ListenAwaiter final : public Operation {
 public:
  explicit ListenAwaiter(ToeListenerCore& core) : Operation(core.loop()), core_(core) {}
  bool await_ready() const { return core_.listener().state() != host::Listener::State::kOpening; }
  void await_suspend(std::coroutine_handle<> handle) {
    core_.openers_.push_back(*this);
    begin(handle, kNever, {});
  }
  void await_resume() { end(); }

 private:
  void interrupt(Errc) override {}
  ToeListenerCore& core_;
};

ToeListenerCore::~ToeListenerCore() {
  if (listener_ != nullptr) listener_->release();
}

Result<void> ToeListenerCore::open(std::uint16_t port, const ToeListenOptions& options) {
  host::ListenOptions request;
  request.port = port_ = port;
  request.backlog = options.backlog;
  request.tx_size = options.buffers.tx_bytes;
  request.rx_size = options.buffers.rx_bytes;
  request.options = options.connection;
  auto opened = runtime_.listen(request, *this);
  if (!opened) return std::unexpected(Error(opened.error().code, "listen", opened.error().context));
  listener_ = *opened;
  return {};
}

Endpoint ToeListenerCore::local() const {
  return Endpoint::network("toe", ipv4_to_string(runtime_.card().options().ipv4), port_);
}

void ToeListenerCore::on_event(host::Listener& listener) noexcept {
  if (listener.state() != host::Listener::State::kOpening) {
    while (!openers_.empty()) openers_.pop_front().complete();
  }
  fill();
}

void ToeListenerCore::fill() {
  while (!acceptors_.empty()) {
    auto& acceptor = static_cast<AcceptAwaiter&>(acceptors_.front());
    if (!stopped_) acceptor.connection_ = listener_->accept();
    const auto state = listener_->state();
    const bool over = stopped_ || state == host::Listener::State::kClosed;
    if (acceptor.connection_ == nullptr && !over) return;
    if (acceptor.connection_ == nullptr) {
      const std::error_code why = stopped_ ? std::error_code() : listener_->error();
      acceptor.interrupted_ = why ? why : make_error_code(Errc::kCancelled);
    }
    acceptors_.pop_front().complete();
  }
}

void ToeListenerCore::stop() {
  if (stopped_) return;
  stopped_ = true;
  if (listener_ != nullptr) fill();
  if (listener_ != nullptr) std::exchange(listener_, nullptr)->release();
}

AcceptAwaiter::AcceptAwaiter(Ref<ToeListenerCore> core, const OpOptions* options)
    : Operation(core->loop()), core_(std::move(core)) {
  if (options == nullptr) return;
  deadline_us_ = options->deadline_us;
  stop_token_ = options->stop;
}

// A connection that was handed to an acceptor which disappeared is reset: its place in the queue is
// gone.
AcceptAwaiter::~AcceptAwaiter() {
  if (connection_ != nullptr) connection_->release();
}

bool AcceptAwaiter::await_ready() {
  if (core_->stopped_ || stop_token_.stop_requested()) {
    interrupted_ = Errc::kCancelled;
    return true;
  }
  if (!core_->acceptors_.empty()) return false;
  connection_ = core_->listener_->accept();
  return connection_ != nullptr;
}

void AcceptAwaiter::await_suspend(std::coroutine_handle<> handle) {
  core_->acceptors_.push_back(*this);
  begin(handle, deadline_us_, stop_token_);
  core_->fill();
}

void AcceptAwaiter::interrupt(Errc why) {
  if (!queued()) return;
  interrupted_ = why;
  dequeue();
  complete();
}

Result<ToeFlow> AcceptAwaiter::await_resume() {
  end();
  if (connection_ == nullptr) {
    Error error(interrupted_, "accept");
    error.layer = "toe";
    return std::unexpected(std::move(error));
  }
  host::Connection& connection = *std::exchange(connection_, nullptr);
  Ref<StreamCore> stream(new ToeStream(core_->loop(), core_->runtime_, connection));
  return ToeFlow(std::move(stream));
}

ToeListener::ToeListener(Ref<ToeListenerCore> core) : core_(std::move(core)) {}

ToeListener& ToeListener::operator=(ToeListener&& other) noexcept {
  if (this != &other) {
    if (core_) core_->stop();
    core_ = std::move(other.core_);
  }
  return *this;
}

ToeListener::~ToeListener() {
  if (core_) core_->stop();
}

AcceptAwaiter ToeListener::accept() { return {core_, nullptr}; }
AcceptAwaiter ToeListener::accept(const OpOptions& options) { return {core_, &options}; }
void ToeListener::stop() { core_->stop(); }
Endpoint ToeListener::local() const { return core_->local(); }

Task<Result<ToeListener>> toe_listen(EventLoop& loop, host::Runtime& runtime, std::uint16_t port,
                                     ToeListenOptions options) {
  ToeListener listener{Ref<ToeListenerCore>(new ToeListenerCore(loop, runtime))};
  // The listener object owns the core; the raw reference is valid as long as it.
  ToeListenerCore& core = listener.core();
  Error failure(std::error_code(), "listen");
  failure.layer = "toe";
  failure.detail = "port " + std::to_string(port);
  if (auto opened = core.open(port, options); !opened) {
    failure.code = opened.error().code;
    failure.detail += ": " + opened.error().detail;
    co_return std::unexpected(std::move(failure));
  }
  co_await ListenAwaiter(core);
  if (core.listener().state() != host::Listener::State::kOpen) {
    failure.code = core.listener().error();
    if (!failure.code) failure.code = Errc::kConnectionAborted;
    co_return std::unexpected(std::move(failure));
  }
  co_return std::move(listener);
}

}  // namespace millrace::flow
