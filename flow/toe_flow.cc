// SPDX-License-Identifier: Apache-2.0
// Connections of the card as flows.

#include "flow/toe_flow.h"

#include "flow/toe_stream.h"

namespace millrace::flow {
namespace {

// So many waits in a row without a deadline, news or time passing: a simulation that has come to
// rest, where each such wait takes a tenth of a second.
constexpr int kWaitsInVainMax = 16;

// Waits until an attempt to connect is decided.
class OpenAwaiter final : public Operation {
 public:
  OpenAwaiter(ToeStream& stream, const ToeConnectOptions& options)
      : Operation(stream.loop()), stream_(stream), options_(options) {}
  bool await_ready() const { return stream_.decided() || options_.stop.stop_requested(); }
  void await_suspend(std::coroutine_handle<> handle) {
    stream_.openers().push_back(*this);
    begin(handle, options_.deadline_us, options_.stop);
  }
  std::error_code await_resume() {
    end();
    if (interrupted_) return interrupted_;
    if (options_.stop.stop_requested() && !stream_.decided()) return Errc::kCancelled;
    const host::Connection& connection = stream_.connection();
    if (connection.established()) return {};
    const std::error_code why = connection.error();
    return why ? why : make_error_code(Errc::kConnectionAborted);
  }

 private:
  void interrupt(Errc why) override {
    if (!queued()) return;
    interrupted_ = why;
    dequeue();
    complete();
  }
  ToeStream& stream_;
  const ToeConnectOptions& options_;
  std::error_code interrupted_;
};

Error connect_error(std::error_code code, host::Endpoint remote) {
  Error error(code, "connect", host::to_string(remote));
  error.layer = "toe";
  return error;
}

}  // namespace

bool ToeSource::can_progress() const {
  return !runtime_.lost() && waits_in_vain_ < kWaitsInVainMax;
}

bool ToeSource::poll() {
  const bool any = runtime_.poll() > 0;
  if (any) waits_in_vain_ = 0;
  return any;
}

void ToeSource::flush() {
  const std::uint64_t before = runtime_.doorbells();
  runtime_.flush();
  if (runtime_.doorbells() != before) waits_in_vain_ = 0;
}

void ToeSource::wait(std::uint64_t deadline_us) {
  const bool news = runtime_.wait(deadline_us);
  const std::uint64_t now = runtime_.now_us();
  const bool in_vain = !news && deadline_us == kNever && now == last_wait_us_;
  waits_in_vain_ = in_vain ? waits_in_vain_ + 1 : 0;
  last_wait_us_ = now;
}

ToeStream::ToeStream(EventLoop& loop, host::Runtime& runtime, host::Connection& connection)
    : StreamCore(loop, "toe", Endpoint(), Endpoint()), runtime_(runtime), connection_(&connection) {
  tells_all();
  connection.set_handler(this);
  learn_endpoints();
}

ToeStream::ToeStream(EventLoop& loop, host::Runtime& runtime, host::Endpoint remote)
    : StreamCore(loop, "toe", Endpoint(),
                 Endpoint::network("toe", remote.ip.to_string(), remote.port)),
      runtime_(runtime) {
  tells_all();
}

ToeStream::~ToeStream() {
  if (connection_ != nullptr) connection_->release();
}

Result<void> ToeStream::open(const host::ConnectOptions& options) {
  auto opened = runtime_.connect(options, *this);
  if (!opened) {
    Error error = connect_error(opened.error().code, options.remote);
    error.detail += ": " + opened.error().context;
    if (error.code == Errc::kDeviceLost) {
      error.cause = error.code;
      error.code = Errc::kConnectionAborted;
    }
    return std::unexpected(std::move(error));
  }
  connection_ = *opened;
  return {};
}

void ToeStream::learn_endpoints() {
  if (knows_endpoints_) return;
  knows_endpoints_ = true;
  const host::Endpoint remote = connection_->remote();
  const host::IpAddress own = runtime_.card().address_toward(remote.ip);
  set_endpoints(Endpoint::network("toe", own.to_string(), connection_->local_port()),
                Endpoint::network("toe", remote.ip.to_string(), remote.port));
}

void ToeStream::on_event(host::Connection& connection) noexcept {
  const std::uint32_t facts = connection.facts();
  if (facts == facts_ && moved(connection.readable_bytes() != 0)) return;
  facts_ = facts;
  if (connection.established()) learn_endpoints();
  if (decided()) {
    while (!openers_.empty()) openers_.pop_front().complete();
  }
  changed();
}

std::size_t ToeStream::push(ConstBytes bytes) { return connection_->write_some(bytes); }

void ToeStream::reset() noexcept {
  reset_ = true;
  connection_->abort();
}

TransportState ToeStream::state() const {
  const host::Connection& connection = *connection_;
  TransportState now;
  now.peer_finished = connection.fin_received();
  now.fin_acked = connection.fin_acked();
  now.final = connection.final();
  now.acked = connection.bytes_acked();
  if (reset_) {
    now.failure = Errc::kConnectionAborted;
  } else if (now.final) {
    now.failure = connection.error();
    // A card must not forget a connection in order before both ends have finished.
    if (!now.failure && !(now.peer_finished && now.fin_acked))
      now.failure = Errc::kConnectionAborted;
  }
  return now;
}

const host::Connection& ToeFlow::connection() const {
  return static_cast<const ToeStream*>(core())->connection();
}

void ToeFlow::set_options(const host::ConnectionOptions& options) {
  auto* const stream = static_cast<ToeStream*>(core());
  stream->set_options(options);
}

const host::ConnectionOptions& ToeFlow::options() const { return connection().options(); }

Task<Result<ToeFlow>> toe_connect(EventLoop& loop, host::Runtime& runtime, host::Endpoint remote,
                                  ToeConnectOptions options) {
  auto* stream = new ToeStream(loop, runtime, remote);
  Ref<StreamCore> core(stream);  // not a flow before it has a connection
  host::ConnectOptions request;
  request.remote = remote;
  request.local_port = options.local_port;
  request.tx_size = options.buffers.tx_bytes;
  request.rx_size = options.buffers.rx_bytes;
  request.options = options.connection;
  if (auto opened = stream->open(request); !opened) {
    co_return std::unexpected(std::move(opened.error()));
  }
  ToeFlow flow(std::move(core));
  const std::error_code failure = co_await OpenAwaiter(*stream, options);
  if (failure) co_return std::unexpected(connect_error(failure, remote));
  co_return std::move(flow);
}

}  // namespace millrace::flow
