// SPDX-License-Identifier: Apache-2.0
// What the card is told seldom: opening of a connection, its options, its abort; and updates that
// do not go straight to the ring.

#include <algorithm>
#include <bit>

#include "host/base/assert.h"
#include "host/runtime.h"

namespace millrace::host {
namespace {

constexpr std::uint32_t kLongestTicks = 0x7FFFFFFF;  // the card compares times modulo 2^32

std::uint8_t option_bits(const ConnectionOptions& options) {
  using contract::ConnectionOption;
  const auto bit = [](bool on, ConnectionOption option) {
    return on ? static_cast<unsigned>(option) : 0U;
  };
  return static_cast<std::uint8_t>(bit(options.nodelay, ConnectionOption::kNodelay) |
                                   bit(options.keepalive, ConnectionOption::kKeepalive) |
                                   bit(options.quickack, ConnectionOption::kQuickack));
}

std::uint8_t congestion_control_code(const ConnectionOptions& options) {
  if (!options.congestion_control) return 0;
  return static_cast<std::uint8_t>(static_cast<unsigned>(*options.congestion_control) + 1);
}

unsigned log2_of(std::size_t size) { return static_cast<unsigned>(std::countr_zero(size)); }

}  // namespace

// Stores one entry at most; what cannot be told yet stays wanted until a report makes it possible.
// Returns the item to go on with: the same if there is more to store for its connection.
Connection** Runtime::submit(Connection** item) {
  Connection& connection = **item;
  const std::uint32_t work = connection.work_;
  const bool known = (work & Connection::kIdKnown) != 0;
  const bool established = (work & Connection::kEstablished) != 0;
  const bool listening = (work & Connection::kListening) != 0;
  // CLOSE before ESTABLISHED: the card knows when FIN may leave (RFC 9293 3.10.4).
  const bool early_fin = (work & Connection::kFin) != 0 && known && !listening;
  bool done = true;
  if ((work & Connection::kFinal) != 0) {
    connection.work_ &= ~Connection::kWantUpdate;  // nobody is left to be told
  } else if ((work & Connection::kWantOpen) != 0) {
    done = submit_open(connection);
  } else if ((work & Connection::kWantAbort) != 0) {
    if (known) {
      connection.work_ &= ~(Connection::kWantAbort | Connection::kWantSet);
      submit_update(connection, contract::Opcode::kAbort);
    }
  } else if ((work & Connection::kWantSet) != 0 && known && !listening) {
    submit_options(connection);
    done = (work & Connection::kWantUpdate) == 0;
  } else if ((work & Connection::kWantUpdate) != 0 && (established || early_fin)) {
    submit_update(connection, contract::Opcode::kUpdate);
  }
  if (!done) return item;
  connection.work_ &= ~Connection::kInDirty;
  return item + 1;
}

void Runtime::submit_update(Connection& connection, contract::Opcode opcode) {
  connection.work_ &= ~Connection::kWantUpdate;
  outbox_.submissions.store_update(
      outbox_.submissions.take(), opcode,
      opcode == contract::Opcode::kUpdate ? connection.work_ & Connection::kFin : 0, connection.id_,
      static_cast<std::uint32_t>(connection.tx_.committed()), connection.announce());
}

bool Runtime::submit_open(Connection& connection) {
  const bool listening = (connection.work_ & Connection::kListening) != 0;
  const ConnectionDetails& more = details(connection);
  const bool on_ipv6 = !listening && !more.remote_ip.is_ipv4();
  if (on_ipv6 && named_ != more.remote_ip) {
    const IpAddress::Words& words = more.remote_ip.words();
    contract::AddressEntry entry{};
    entry.opcode = static_cast<std::uint8_t>(contract::Opcode::kAddress);
    entry.cookie = connection.cookie_;
    entry.ipv6_0 = words[0];
    entry.ipv6_1 = words[1];
    entry.ipv6_2 = words[2];
    entry.ipv6_3 = words[3];
    outbox_.submissions.push(entry);
    named_ = more.remote_ip;
    return false;
  }
  connection.work_ &= ~Connection::kWantOpen;
  if (listening && connection.listener_->state_ != Listener::State::kOpen) {
    end(connection, Status::kListenerClosed);  // stopped meanwhile: the card need not know
    return true;
  }
  const std::byte* base = pair_.buffers.bytes.data();
  contract::OpenEntry entry{};
  entry.opcode =
      static_cast<std::uint8_t>(listening ? contract::Opcode::kAccept : contract::Opcode::kConnect);
  const unsigned tx_log2 = log2_of(connection.tx_.size());
  const unsigned rx_log2 = log2_of(connection.rx_.size());
  entry.tx_size_log2 = static_cast<std::uint8_t>(tx_log2);
  entry.rx_size_log2 = static_cast<std::uint8_t>(rx_log2);
  entry.cookie = connection.cookie_;
  if (listening) {
    entry.listener_id = connection.listener_->id_;
  } else {
    if (on_ipv6) entry.flags = static_cast<std::uint8_t>(contract::SubmissionFlag::kIpv6);
    entry.remote_ip = on_ipv6 ? 0 : more.remote_ip.ipv4();
    entry.remote_port = connection.remote_port_;
    entry.local_port = connection.local_port_;
  }
  entry.options = option_bits(more.options);
  entry.congestion_control = congestion_control_code(more.options);
  entry.tx_region = static_cast<std::uint8_t>(pair_.region);
  entry.rx_region = static_cast<std::uint8_t>(pair_.region);
  entry.tx_slot = static_cast<std::uint32_t>((connection.tx_.base() - base) >> tx_log2);
  entry.rx_slot = static_cast<std::uint32_t>((connection.rx_.base() - base) >> rx_log2);
  outbox_.submissions.push(entry);
  // All but the user timeout was said.
  connection.work_ &= ~Connection::kWantSet;
  if (more.options.user_timeout_us != 0) connection.work_ |= Connection::kWantSet;
  return true;
}

void Runtime::submit_options(Connection& connection) {
  connection.work_ &= ~Connection::kWantSet;
  const ConnectionOptions& options = details(connection).options;
  contract::OptionsEntry entry{};
  entry.opcode = static_cast<std::uint8_t>(contract::Opcode::kSet);
  entry.options = option_bits(options);
  entry.congestion_control = congestion_control_code(options);
  entry.connection_id = connection.id_;
  entry.cookie = connection.cookie_;
  entry.user_timeout = std::min(ticks_of_us(options.user_timeout_us), kLongestTicks);
  outbox_.submissions.push(entry);
}

std::size_t Connection::write_other(std::span<const std::byte> bytes) {
  if (writing_ended() || bytes.empty()) return 0;
  const std::size_t count = tx_.write(bytes);
  tell();
  return count;
}

void Connection::consumed_alone() {
  if (unannounced() >= rx_.size() / 4) {
    tell();
  } else if ((work_ & (kInLazy | kWantUpdate)) == 0) {
    work_ |= kInLazy;
    outbox_->lazy.push(this);
  }
}

void Connection::tell_other() {
  if (in_order() && outbox_->submissions.has_room()) {
    tell();
  } else {
    request(kWantUpdate);
  }
}

void Connection::set_options(const ConnectionOptions& options) {
  ConnectionDetails& more = outbox_->runtime.details(*this);
  if (final() || more.options == options) return;
  more.options = options;
  request(kWantSet);
}

const ConnectionOptions& Connection::options() const {
  return outbox_->runtime.details(*this).options;
}

Endpoint Connection::remote() const {
  return {outbox_->runtime.details(*this).remote_ip, remote_port_};
}

void Connection::abort() {
  if ((work_ & (kFinal | kAborting)) != 0) return;
  work_ |= kAborting;
  if ((work_ & kWantOpen) != 0) {  // the card has not heard of it
    work_ &= ~static_cast<std::uint32_t>(kWantOpen);
    outbox_->runtime.end(*this, Status::kAborted);
  } else {
    request(kWantAbort);
  }
}

void Connection::release() {
  MILLRACE_ASSERT((work_ & (kListening | kQueued | kReleased)) == 0);
  MILLRACE_ASSERT(cookie_ != kNoCookie);
  set_handler(nullptr);
  if (!final()) {
    work_ |= kReleased;
    // With both directions ended the final report is under way, and an abort would reset a peer
    // that still waits for our last acknowledgement.
    if (!(fin_received() && fin_acked())) abort();
  } else {
    outbox_->runtime.recycle(*this);
  }
}

}  // namespace millrace::host
