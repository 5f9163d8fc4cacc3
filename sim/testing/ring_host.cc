// SPDX-License-Identifier: Apache-2.0
// Rings by hand: phase bits, free-running indices, one doorbell per poll.

#include "sim/testing/ring_host.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

namespace millrace::sim {
namespace {

constexpr std::uint32_t kQueueLog2 = 10;
constexpr std::uint32_t kQueueEntries = 1u << kQueueLog2;
constexpr std::uint32_t kQueueBytes = kQueueEntries * contract::kEntryBytes;
constexpr std::uint32_t kRingBytes = 1u << RingHost::kRingLog2;
constexpr std::uint32_t kListenerCookie = 0xFFFF0000;
constexpr std::size_t kPatternBytes = 65521;  // prime: no ring or segment size divides it

// Stream byte o is pattern[o mod kPatternBytes]; twice, so that any run of that length is
// contiguous.
const std::array<std::byte, 2 * kPatternBytes>& pattern() {
  static const auto bytes = [] {
    std::array<std::byte, 2 * kPatternBytes> made{};
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < kPatternBytes; ++i) {
      state = state * 1664525 + 1013904223;
      made[i] = made[i + kPatternBytes] = static_cast<std::byte>(state >> 24);
    }
    return made;
  }();
  return bytes;
}

bool has(std::uint8_t flags, contract::CompletionFlag flag) {
  return (flags & static_cast<std::uint8_t>(flag)) != 0;
}

}  // namespace

RingHost::RingHost(host::Device& device, const Host& address, std::uint32_t connections)
    : device_(device), address_(address), connections_max_(connections) {
  connections_.reserve(connections);
}

void RingHost::fail(const std::string& why) {
  if (error_.empty()) error_ = why;
}

void RingHost::write(std::uint32_t offset, std::uint32_t value) {
  if (!device_.write_register(offset, value)) fail("register write: " + device_.failure());
}

void RingHost::write_address(std::uint32_t offset, std::uint64_t address) {
  write(offset, static_cast<std::uint32_t>(address));
  write(offset + 4, static_cast<std::uint32_t>(address >> 32));
}

bool RingHost::bring_up() {
  const auto queues = device_.allocate(2 * kQueueBytes + 4096);
  const auto buffers = device_.allocate(std::size_t{2} * kRingBytes * connections_max_);
  if (!queues || !buffers) {
    fail("no memory");
    return false;
  }
  queues_ = *queues;
  buffers_ = *buffers;
  for (int i = 0;; ++i) {
    const auto status = device_.read_register(contract::kRegStatus);
    if (!status || i == 10'000) {
      fail("the card does not become ready");
      return false;
    }
    if ((*status & 1) != 0) break;
  }
  const MacAddress& mac = address_.mac;
  write(contract::kRegMacHi, mac[0] << 8 | mac[1]);
  write(contract::kRegMacLo,
        static_cast<std::uint32_t>(mac[2]) << 24 | mac[3] << 16 | mac[4] << 8 | mac[5]);
  write(contract::kRegIpv4, address_.ipv4);
  write(contract::kRegNetmask, 0xFFFFFF00);
  write_address(contract::kRegRegionBaseLo, buffers_.card_address);
  write(contract::kRegRegionPages, static_cast<std::uint32_t>(buffers_.bytes.size() / 4096));
  write(contract::kRegRegionCommit, 1u << 16);
  write_address(contract::kRegQpSqBaseLo, queues_.card_address);
  write_address(contract::kRegQpCqBaseLo, queues_.card_address + kQueueBytes);
  write_address(contract::kRegQpStatusLo, queues_.card_address + 2 * kQueueBytes);
  write(contract::kRegQpSizes, kQueueLog2 << 8 | kQueueLog2);
  write(contract::kRegQpCommit, 1u << 31);
  write(contract::kRegControl, 1);
  return error_.empty();
}

std::uint32_t RingHost::room() const {
  std::uint32_t taken = 0;  // the status line
  std::memcpy(&taken, queues_.bytes.data() + 2 * kQueueBytes, sizeof taken);
  return kQueueEntries - static_cast<std::uint16_t>(tail_ - taken);
}

void RingHost::mark(std::uint32_t number) {
  if (connections_[number].changed) return;
  connections_[number].changed = true;
  changed_.push_back(number);
}

template <typename Entry>
void RingHost::post(Entry entry) {
  static_assert(sizeof(Entry) == contract::kEntryBytes);
  if (room() == 0) {
    fail("submission ring full");
    return;
  }
  if ((tail_ >> kQueueLog2 & 1) == 0) {
    entry.flags |= static_cast<std::uint8_t>(contract::SubmissionFlag::kPhase);
  }
  std::memcpy(queues_.bytes.data() + (tail_ % kQueueEntries) * sizeof entry, &entry, sizeof entry);
  ++tail_;
  bell_ = true;
}

std::uint32_t RingHost::add_connection() {
  const auto number = static_cast<std::uint32_t>(connections_.size());
  if (number == connections_max_) fail("too many connections");
  Connection connection;
  connection.tx_ring = buffers_.bytes.data() + std::size_t{2} * kRingBytes * number;
  connection.rx_ring = connection.tx_ring + kRingBytes;
  connections_.push_back(connection);
  return number;
}

void RingHost::post_open(contract::Opcode opcode, std::uint32_t number, std::uint32_t listener,
                         std::uint32_t remote_ip, std::uint16_t port) {
  contract::OpenEntry entry{};
  entry.opcode = static_cast<std::uint8_t>(opcode);
  entry.tx_size_log2 = entry.rx_size_log2 = kRingLog2;
  entry.listener_id = listener;
  entry.cookie = number;
  entry.remote_ip = remote_ip;
  entry.remote_port = port;
  entry.options = static_cast<std::uint8_t>(contract::ConnectionOption::kNodelay);
  entry.tx_slot = 2 * number;
  entry.rx_slot = 2 * number + 1;
  post(entry);
}

void RingHost::listen(std::uint16_t port, std::uint32_t backlog) {
  contract::ListenEntry entry{};
  entry.opcode = static_cast<std::uint8_t>(contract::Opcode::kListen);
  entry.local_port = port;
  entry.cookie = kListenerCookie;
  backlog_ = backlog;
  post(entry);
}

std::uint32_t RingHost::connect(std::uint32_t remote_ipv4, std::uint16_t port) {
  const std::uint32_t number = add_connection();
  post_open(contract::Opcode::kConnect, number, 0, remote_ipv4, port);
  return number;
}

void RingHost::send(std::uint32_t connection, std::uint64_t bytes, bool end) {
  connections_[connection].to_send += bytes;
  connections_[connection].end |= end;
  mark(connection);
}

bool RingHost::poll() {
  bool busy = take_completions();
  while (!changed_.empty() && room() > 0) {
    Connection& connection = connections_[changed_.front()];
    changed_.pop_front();
    connection.changed = false;
    progress(connection);
    busy = true;
  }
  if (bell_) {
    write(contract::kDoorbellBase, tail_ | static_cast<std::uint32_t>(head_) << 16);
    bell_ = false;
  }
  return busy;
}

bool RingHost::take_completions() {
  const std::byte* ring = queues_.bytes.data() + kQueueBytes;
  bool any = false;
  while (true) {
    contract::CompletionEntry entry;
    std::memcpy(&entry, ring + (head_ % kQueueEntries) * sizeof entry, sizeof entry);
    const bool phase = (head_ >> kQueueLog2 & 1) == 0;
    if (has(entry.flags, contract::CompletionFlag::kPhase) != phase) break;
    ++head_;
    any = true;
    if (entry.kind == static_cast<std::uint8_t>(contract::CompletionKind::kReport)) {
      take_report(entry);
    } else if (entry.kind != static_cast<std::uint8_t>(contract::CompletionKind::kPeer)) {
      take_response(entry);
    }
  }
  bell_ |= any;
  return any;
}

void RingHost::take_response(const contract::CompletionEntry& entry) {
  // An update that crossed the final report of its connection: harmless, says the contract.
  if (entry.status == static_cast<std::uint8_t>(contract::Status::kBadConnection)) return;
  if (entry.status != 0) {
    fail("entry with opcode " + std::to_string(entry.detail) + " refused with status " +
         std::to_string(entry.status));
    return;
  }
  if (entry.cookie != kListenerCookie) return;
  for (; backlog_ > 0; --backlog_) {
    post_open(contract::Opcode::kAccept, add_connection(), entry.connection_id, 0, 0);
  }
}

void RingHost::take_report(const contract::CompletionEntry& entry) {
  if (entry.cookie >= connections_.size()) {
    fail("report with unknown cookie " + std::to_string(entry.cookie));
    return;
  }
  Connection& connection = connections_[entry.cookie];
  connection.id = entry.connection_id;
  connection.known = true;
  connection.established |= has(entry.flags, contract::CompletionFlag::kEstablished);
  connection.fin_acked |= has(entry.flags, contract::CompletionFlag::kFinAcked);
  if (has(entry.flags, contract::CompletionFlag::kBadOffset)) fail("an offset was refused");
  if (has(entry.flags, contract::CompletionFlag::kFinal)) {
    connection.final = true;
    connection.status = entry.status;
  }
  connection.acked += entry.acked_up_to - static_cast<std::uint32_t>(connection.acked);
  if (connection.acked > connection.sent) fail("more was acknowledged than sent");
  verify(connection, entry.received_up_to);
  connection.fin_received |= has(entry.flags, contract::CompletionFlag::kFinReceived);
  mark(entry.cookie);
}

void RingHost::verify(Connection& connection, std::uint32_t received_up_to) {
  std::uint32_t left = received_up_to - static_cast<std::uint32_t>(connection.received);
  if (left > kRingBytes) {
    fail("received more than the ring holds");
    return;
  }
  while (left > 0) {
    const std::uint32_t at = connection.received % kRingBytes;
    const std::uint32_t run = std::min({left, kRingBytes - at, std::uint32_t{kPatternBytes}});
    const std::byte* want = pattern().data() + connection.received % kPatternBytes;
    if (std::memcmp(connection.rx_ring + at, want, run) != 0) {
      fail("wrong byte received near stream offset " + std::to_string(connection.received));
    }
    connection.received += run;
    left -= run;
  }
}

void RingHost::progress(Connection& connection) {
  if (!connection.known || connection.final) return;
  contract::UpdateEntry entry{};
  while (connection.established && connection.sent < connection.to_send &&
         connection.sent - connection.acked < kRingBytes) {
    const std::uint32_t at = connection.sent % kRingBytes;
    const std::uint64_t room = kRingBytes - (connection.sent - connection.acked);
    const std::uint64_t run = std::min<std::uint64_t>(
        {room, connection.to_send - connection.sent, kRingBytes - at, kPatternBytes});
    std::memcpy(connection.tx_ring + at, pattern().data() + connection.sent % kPatternBytes, run);
    connection.sent += run;
  }
  entry.opcode = static_cast<std::uint8_t>(contract::Opcode::kUpdate);
  entry.connection_id = connection.id;
  entry.sent_up_to = static_cast<std::uint32_t>(connection.sent);
  entry.consumed_up_to = static_cast<std::uint32_t>(connection.received);
  if (connection.established && connection.end && connection.sent == connection.to_send) {
    entry.flags = static_cast<std::uint8_t>(contract::SubmissionFlag::kFin);
  }
  post(entry);
}

}  // namespace millrace::sim
