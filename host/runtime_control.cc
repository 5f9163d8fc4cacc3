// SPDX-License-Identifier: Apache-2.0
// What happens once in the life of a connection, a listener or a runtime: beginning, first and last
// reports, responses, refusals, the end of the card. What the card is told: runtime_submit.cc.

#include <algorithm>
#include <bit>

#include "host/base/assert.h"
#include "host/runtime.h"

namespace millrace::host {
namespace {

constexpr std::uint32_t kIndexBits = contract::kConnIndexBits;
constexpr std::uint64_t kDrainUs = 20'000;  // for the card to agree that all is over
constexpr std::uint64_t kRefusedUs = 10'000;

bool slot_size_ok(std::size_t size) {
  return std::has_single_bit(size) && size >= (std::size_t{1} << contract::kSlotLog2Min) &&
         size <= (std::size_t{1} << contract::kSlotLog2Max);
}

unsigned log2_of(std::size_t size) { return static_cast<unsigned>(std::countr_zero(size)); }

std::uint32_t word_of(Status status) { return static_cast<std::uint32_t>(status) << 24; }

std::optional<Error> check_sizes(std::size_t tx_size, std::size_t rx_size) {
  if (slot_size_ok(tx_size) && slot_size_ok(rx_size)) return std::nullopt;
  return make_error(Errc::kInvalidArgument, "tx_size " + std::to_string(tx_size) + ", rx_size " +
                                                std::to_string(rx_size) +
                                                ": must be powers of two, 4 KiB to 16 MiB");
}

}  // namespace

// --- Runtime: start and end

std::expected<std::unique_ptr<Runtime>, Error> Runtime::open(Card& card,
                                                             const RuntimeOptions& options) {
  const std::uint32_t most = 1U << kIndexBits;
  const std::uint32_t wanted =
      options.max_connections == 0 ? card.limits().connections : options.max_connections;
  if (wanted > most) {
    return std::unexpected(make_error(Errc::kInvalidArgument, "max_connections: at most 65536"));
  }
  const auto pair = card.create_queue_pair(options.queue_pair);
  if (!pair) return std::unexpected(pair.error());
  return std::unique_ptr<Runtime>(new Runtime(card, options, *pair, std::bit_ceil(wanted)));
}

Runtime::Runtime(Card& card, const RuntimeOptions& options, const QueuePair& pair,
                 std::uint32_t capacity)
    : card_(card),
      device_(options.device == nullptr ? card.device() : *options.device),
      outbox_(*this, SubmissionRing(pair.submissions.bytes.data(), pair.sq_log2,
                                    pair.status_line.bytes.data())),
      completions_(pair.completions.bytes.data(), pair.cq_log2),
      connections_(std::make_unique<Connection[]>(capacity)),
      details_(std::make_unique<ConnectionDetails[]>(capacity)),
      capacity_(capacity),
      cookie_mask_(capacity - 1),
      doorbell_(contract::kDoorbellBase + pair.number * contract::kDoorbellStride),
      pair_(pair),
      slots_(pair.buffers.bytes),
      incarnation_(capacity),
      listeners_(std::make_unique<Listener[]>(card.limits().listeners)),
      liveness_interval_us_(std::max<std::uint64_t>(options.liveness_interval_us, 1)) {
  outbox_.dirty.reserve(capacity);
  outbox_.lazy.reserve(capacity);
  outbox_.changed.reserve(std::size_t{2} * capacity);  // handlers may add all anew
  free_.reserve(capacity);
  for (std::uint32_t i = capacity; i-- > 0;) free_.push_back(i);
}

Runtime::~Runtime() {
  MILLRACE_ASSERT(mode_ != Mode::kPolling);
  for (std::uint32_t i = 0; i < capacity_; ++i) {
    Connection& connection = connections_[i];
    connection.set_handler(nullptr);
    const bool listening = (connection.work_ & Connection::kListening) != 0;
    const bool done = (connection.work_ & (Connection::kReleased | Connection::kQueued)) != 0;
    if (connection.cookie_ != Connection::kNoCookie && !listening && !done) connection.release();
  }
  for (std::uint32_t i = 0; i < card_.limits().listeners; ++i) {
    if (listeners_[i].used_ && !listeners_[i].released_) listeners_[i].release();
  }
  drain();
  card_.destroy_queue_pair(pair_, !lost() && open_connections() == 0);
}

void Runtime::drain() {
  constexpr int kMostTurns = 100'000;  // for a device whose clock stands still
  const std::uint64_t deadline = now_us() + kDrainUs;
  const auto busy = [&] {
    return open_connections() != 0 ||
           std::any_of(listeners_.get(), listeners_.get() + card_.limits().listeners,
                       [](const Listener& l) { return l.used_; });
  };
  for (int turn = 0; turn < kMostTurns && busy() && !lost() && now_us() < deadline; ++turn) {
    wait(deadline);
    poll();
  }
}

// --- Connections

std::expected<Connection*, Error> Runtime::allocate(std::size_t tx_size, std::size_t rx_size) {
  if (free_.empty()) {
    return std::unexpected(make_error(Errc::kNoBufferSpace,
                                      "all " + std::to_string(capacity_) +
                                          " connections of this runtime are in use; release some"));
  }
  const auto tx = slots_.allocate(log2_of(tx_size));
  const auto rx = slots_.allocate(log2_of(rx_size));
  if (!tx || !rx) {
    if (tx) slots_.release(*tx, log2_of(tx_size));
    if (rx) slots_.release(*rx, log2_of(rx_size));
    return std::unexpected(make_error(Errc::kNoBufferSpace,
                                      "rings of " + std::to_string(tx_size) + " and " +
                                          std::to_string(rx_size) + " bytes do not fit into the " +
                                          std::to_string(slots_.free_bytes()) +
                                          " free ones; release connections or raise buffer_bytes"));
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Connection& connection = connections_[index];
  connection.rx_ = RxBuffer(slots_.bytes(*rx, log2_of(rx_size)));
  connection.tx_ = TxBuffer(slots_.bytes(*tx, log2_of(tx_size)));
  connection.work_ &= Connection::kInLists;  // an earlier life may still be in a list
  connection.last_word_ = Connection::kNoWord;
  incarnation_[index] = (incarnation_[index] + 1) & 0x7FFF;
  connection.cookie_ = index | (std::uint32_t{incarnation_[index]} << kIndexBits);
  connection.id_ = 0;
  connection.set_handler(nullptr);
  connection.outbox_ = &outbox_;
  connection.batch_ = 0;
  connection.listener_ = nullptr;
  details(connection) = {};
  connection.remote_port_ = 0;
  connection.local_port_ = 0;
  connection.announced_ = 0;
  return &connection;
}

void Runtime::recycle(Connection& connection) {
  MILLRACE_ASSERT(connection.cookie_ != Connection::kNoCookie);
  const std::byte* base = pair_.buffers.bytes.data();
  slots_.release(static_cast<std::size_t>(connection.tx_.base() - base),
                 log2_of(connection.tx_.size()));
  slots_.release(static_cast<std::size_t>(connection.rx_.base() - base),
                 log2_of(connection.rx_.size()));
  connection.tx_ = TxBuffer();
  connection.rx_ = RxBuffer();
  connection.work_ = (connection.work_ & Connection::kInLists) | Connection::kFinal;
  connection.last_word_ = Connection::kNoWord;
  connection.cookie_ = Connection::kNoCookie;
  connection.set_handler(nullptr);
  connection.listener_ = nullptr;
  free_.push_back(index_of(connection));
  freed_ = true;
  if (starved_) outbox_.control = true;
}

std::expected<Connection*, Error> Runtime::connect(const ConnectOptions& options,
                                                   ConnectionHandler& handler) {
  if (failure_) return std::unexpected(*failure_);
  if (auto wrong = check_sizes(options.tx_size, options.rx_size)) return std::unexpected(*wrong);
  if (!options.remote.ip.is_unicast() || options.remote.port == 0) {
    return std::unexpected(make_error(
        Errc::kInvalidArgument,
        "connect to " + to_string(options.remote) + ": not one host's address, or port 0"));
  }
  auto made = allocate(options.tx_size, options.rx_size);
  if (!made) return made;
  Connection& connection = **made;
  connection.handler_ = &handler;
  details(connection).remote_ip = options.remote.ip;
  details(connection).options = options.options;
  connection.remote_port_ = options.remote.port;
  connection.local_port_ = options.local_port;
  connection.request(Connection::kWantOpen);
  return made;
}

// --- Completions

void Runtime::apply_other(const contract::CompletionEntry& entry, std::uint32_t word) {
  const auto kind = static_cast<contract::CompletionKind>(word & 0xFF);
  if (kind == contract::CompletionKind::kPeer) {
    apply_peer(entry);
  } else if (kind != contract::CompletionKind::kReport) {
    apply_response(entry, word);
  } else if (!apply_report(entry, word)) {
    fault(entry);
  }
}

void Runtime::apply_peer(const contract::CompletionEntry& entry) {
  const auto peer = std::bit_cast<contract::PeerEntry>(entry);
  Connection& connection = connections_[peer.cookie & cookie_mask_];
  if (connection.cookie_ != peer.cookie || connection.final()) {
    ++stats_.stray_reports;
    return;
  }
  details(connection).remote_ip =
      IpAddress::ipv6({peer.address_0, peer.address_1, peer.address_2, peer.address_3});
  connection.remote_port_ = peer.remote_port;
  connection.local_port_ = peer.local_port;
}

bool Runtime::apply_report(const contract::CompletionEntry& entry, std::uint32_t word) {
  using contract::CompletionFlag;
  Connection& connection = connections_[entry.cookie & cookie_mask_];
  if (connection.cookie_ != entry.cookie || connection.final()) {
    ++stats_.stray_reports;
    return true;
  }
  if (!connection.rx_.set_received(entry.received_up_to) ||
      !connection.tx_.set_acked(entry.acked_up_to)) {
    return false;
  }
  const bool had_bad_offset = connection.has(CompletionFlag::kBadOffset);
  connection.last_word_ = word;
  connection.id_ = entry.connection_id;
  // An orderly end can be reported before the last acknowledgement is: FIN acknowledged means all.
  if (connection.fin_acked()) {
    connection.tx_.set_acked(static_cast<std::uint32_t>(connection.tx_.committed()));
  }
  if (entry.remote_ip != 0) details(connection).remote_ip = entry.remote_ip;
  if (entry.remote_port != 0) connection.remote_port_ = entry.remote_port;
  if (entry.local_port != 0) connection.local_port_ = entry.local_port;
  if (connection.has(CompletionFlag::kBadOffset) && !had_bad_offset) ++stats_.bad_offsets;
  if ((connection.work_ & Connection::kIdKnown) == 0) {
    connection.work_ |= Connection::kIdKnown;
    if ((connection.work_ & (Connection::kWantAbort | Connection::kWantSet)) != 0) {
      connection.request(0);
    }
  }
  if (connection.has(CompletionFlag::kEstablished) && !connection.established()) {
    became_established(connection);
  }
  if (connection.has(CompletionFlag::kFinal)) {
    became_final(connection);
  } else {
    connection.mark_changed();
  }
  return true;
}

void Runtime::became_established(Connection& connection) {
  connection.work_ |= Connection::kEstablished;
  if ((connection.work_ & (Connection::kWantUpdate | Connection::kWantSet)) != 0) {
    connection.request(0);
  }
  if ((connection.work_ & Connection::kListening) == 0) return;
  Listener& listener = *connection.listener_;
  connection.work_ &= ~Connection::kListening;
  --listener.posted_;
  if (listener.released_) {
    connection.listener_ = nullptr;
    connection.release();
    close_if_done(listener);
    return;
  }
  connection.work_ |= Connection::kQueued;
  const std::uint32_t index = index_of(connection);
  if (listener.queue_tail_ == Listener::kNone) {
    listener.queue_head_ = index;
  } else {
    details_[listener.queue_tail_].next = index;
  }
  listener.queue_tail_ = index;
  refill(listener);
  changed(listener);
  close_if_done(listener);
}

// The connection ends here, without or before a final report of the card.
void Runtime::end(Connection& connection, Status status) {
  connection.last_word_ = (connection.last_word_ & 0xFF00) | word_of(status);
  became_final(connection);
}

void Runtime::became_final(Connection& connection) {
  connection.work_ |= Connection::kFinal;
  connection.work_ &= ~(Connection::kWantOpen | Connection::kWantUpdate | Connection::kWantAbort |
                        Connection::kWantSet);
  if ((connection.work_ & Connection::kListening) != 0) {
    MILLRACE_ASSERT(connection.listener_ != nullptr);
    Listener& listener = *connection.listener_;
    connection.work_ &= ~Connection::kListening;
    --listener.posted_;
    recycle(connection);
    close_if_done(listener);
    if (listener.state_ == Listener::State::kOpen) starve();
  } else if ((connection.work_ & Connection::kReleased) != 0) {
    recycle(connection);
  } else {
    connection.mark_changed();
  }
}

void Runtime::apply_response(const contract::CompletionEntry& entry, std::uint32_t word) {
  const auto status = static_cast<Status>(word >> 24);
  const auto opcode = static_cast<contract::Opcode>(entry.detail);
  if (opcode == contract::Opcode::kListen || opcode == contract::Opcode::kUnlisten) {
    const std::uint32_t index = entry.cookie & 0xFF;
    if (index < card_.limits().listeners && listeners_[index].used_ &&
        listeners_[index].cookie_ == entry.cookie) {
      if (opcode == contract::Opcode::kListen) {
        apply_listen_response(listeners_[index], status, entry.connection_id);
      } else {
        listeners_[index].unlistened_ = true;
        close_if_done(listeners_[index]);
      }
    } else {
      ++stats_.stray_reports;
    }
    return;
  }
  if (opcode != contract::Opcode::kConnect && opcode != contract::Opcode::kAccept) {
    if (opcode == contract::Opcode::kAddress) named_ = {};
    ++stats_.refused_updates;
    return;
  }
  Connection& connection = connections_[entry.cookie & cookie_mask_];
  if (connection.cookie_ != entry.cookie || connection.final()) {
    ++stats_.stray_reports;
    return;
  }
  const bool listening = (connection.work_ & Connection::kListening) != 0;
  end(connection, status);
  if (listening) {  // try again later, not at once
    freed_ = false;
    next_refill_us_ = now_us() + kRefusedUs;
  }
}

// --- The card is lost

void Runtime::end_all() {
  if (ended_) return;
  ended_ = true;
  for (std::uint32_t i = 0; i < capacity_; ++i) {
    Connection& connection = connections_[i];
    if (connection.cookie_ != Connection::kNoCookie && !connection.final()) {
      end(connection, Status::kAborted);
    }
  }
  for (std::uint32_t i = 0; i < card_.limits().listeners; ++i) {
    Listener& listener = listeners_[i];
    if (!listener.used_ || listener.state_ == Listener::State::kClosed) continue;
    listener.error_ = make_error_code(Errc::kConnectionAborted);
    listener.state_ = Listener::State::kClosing;
    listener.unlistened_ = true;
    close_if_done(listener);
  }
  outbox_.dirty.clear();
  outbox_.lazy.clear();
  for (std::uint32_t i = 0; i < capacity_; ++i) {
    connections_[i].work_ &= ~(Connection::kInDirty | Connection::kInLazy);
  }
  starved_ = false;
}

}  // namespace millrace::host
