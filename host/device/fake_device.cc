// SPDX-License-Identifier: Apache-2.0
// The software card: registers, rings, and connections without TCP.

#include "host/device/fake_device.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "host/base/assert.h"

namespace millrace::host {
namespace {

using contract::CompletionFlag;
using contract::Opcode;
using contract::Status;
using contract::TcpState;

constexpr std::size_t kPage = 4096;

std::uint8_t bit(CompletionFlag flag) { return static_cast<std::uint8_t>(flag); }

}  // namespace

FakeDevice::FakeDevice() : FakeDevice(Options()) {}

FakeDevice::FakeDevice(Options options)
    : options_(options),
      pairs_(options.queue_pairs),
      regions_(contract::kRegions),
      listens_(options.listeners),
      conns_(options.connections) {}

FakeDevice::~FakeDevice() {
  for (const auto& [address, bytes] : memory_) std::free(bytes.data());
}

std::expected<SharedMemory, DeviceError> FakeDevice::allocate(std::size_t bytes) {
  if (lost_) return std::unexpected(DeviceError::kLost);
  const std::size_t size = (bytes + kPage - 1) & ~(kPage - 1);
  if (size > options_.memory) return std::unexpected(DeviceError::kNoMemory);
  options_.memory -= size;
  auto* data = static_cast<std::byte*>(std::aligned_alloc(kPage, size));
  std::memset(data, 0, size);
  memory_.emplace_back(next_address_, std::span(data, size));
  const SharedMemory result{.bytes = {data, size}, .card_address = next_address_};
  next_address_ += size + kPage;
  return result;
}

std::byte* FakeDevice::at(std::uint64_t card_address) {
  for (const auto& [address, bytes] : memory_) {
    if (card_address >= address && card_address < address + bytes.size()) {
      return bytes.data() + (card_address - address);
    }
  }
  MILLRACE_ASSERT(false && "the card was given an address that is not shared memory");
  return nullptr;
}

std::expected<std::uint32_t, DeviceError> FakeDevice::read_register(std::uint32_t offset) {
  if (lost_) return std::unexpected(DeviceError::kLost);
  ++reads;
  if (silent_) return 0xFFFFFFFF;
  switch (offset) {
    case contract::kRegId:
      return options_.id;
    case contract::kRegContractHashLo:
      return static_cast<std::uint32_t>(options_.hash);
    case contract::kRegContractHashHi:
      return static_cast<std::uint32_t>(options_.hash >> 32);
    case contract::kRegContractRevision:
      return options_.revision;
    case contract::kRegLimitConnections:
      return options_.connections;
    case contract::kRegLimitQueuePairs:
      return options_.queue_pairs;
    case contract::kRegLimitRegions:
      return contract::kRegions;
    case contract::kRegLimitListeners:
      return options_.listeners;
    case contract::kRegStatus:
      return (now_us_ >= options_.ready_at_us ? 1U : 0U) | (dma_error_ ? 4U : 0U);
    case contract::kRegNowUs:
      return static_cast<std::uint32_t>(now_us_);
    case contract::kRegFreeConnections:
      return static_cast<std::uint32_t>(conns_.size() - used_connections());
    default:
      return registers[offset];
  }
}

std::expected<void, DeviceError> FakeDevice::write_register(std::uint32_t offset,
                                                            std::uint32_t value) {
  if (lost_) return std::unexpected(DeviceError::kLost);
  if (offset >= contract::kDoorbellBase) {
    Pair& pair = pairs_.at((offset - contract::kDoorbellBase) / contract::kDoorbellStride);
    ++doorbells;
    pair.sq_tail = static_cast<std::uint16_t>(value);
    pair.cq_head = static_cast<std::uint16_t>(value >> 16);
    return {};
  }
  registers[offset] = value;
  if (offset == contract::kRegRegionCommit) {
    const std::uint64_t base =
        registers[contract::kRegRegionBaseLo] |
        (static_cast<std::uint64_t>(registers[contract::kRegRegionBaseHi]) << 32);
    regions_.at(value & 0xFF) = {base, registers[contract::kRegRegionPages] * kPage, value >> 16};
  } else if (offset == contract::kRegQpCommit) {
    commit_pair(value);
  }
  return {};
}

std::uint64_t FakeDevice::pair_of(std::uint32_t offset) const {
  return registers.at(offset) | (static_cast<std::uint64_t>(registers.at(offset + 4)) << 32);
}

void FakeDevice::commit_pair(std::uint32_t value) {
  Pair& pair = pairs_.at(value & 0xFF);
  pair = Pair();
  pair.enabled = (value >> 31) != 0;
  if (!pair.enabled) return;
  pair.sq = at(pair_of(contract::kRegQpSqBaseLo));
  pair.cq = at(pair_of(contract::kRegQpCqBaseLo));
  pair.status_line = at(pair_of(contract::kRegQpStatusLo));
  pair.sq_log2 = registers[contract::kRegQpSizes] & 0xFF;
  pair.cq_log2 = (registers[contract::kRegQpSizes] >> 8) & 0xFF;
}

std::expected<void, DeviceError> FakeDevice::wait(std::uint64_t deadline_us) {
  if (lost_) return std::unexpected(DeviceError::kLost);
  const std::uint64_t before = now_us_;
  run();
  now_us_ = std::max(before + 1, std::min(deadline_us, before + 1'000'000));
  return {};
}

std::size_t FakeDevice::used_connections() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(conns_, [](const Conn& conn) { return conn.used; }));
}

void FakeDevice::run() {
  if (silent_ || paused_) return;
  bool moved = true;
  while (moved) {
    moved = false;
    for (std::uint32_t qp = 0; qp < pairs_.size(); ++qp) {
      Pair& pair = pairs_[qp];
      if (!pair.enabled) continue;
      while (pair.sq_head != pair.sq_tail) {
        const std::byte* entry =
            pair.sq + (pair.sq_head & ((1U << pair.sq_log2) - 1)) * contract::kEntryBytes;
        const bool phase = (static_cast<unsigned>(entry[1]) & 0x80U) != 0;
        if (phase == (((pair.sq_head >> pair.sq_log2) & 1U) != 0)) ++bad_phases;
        ++pair.sq_head;
        if (ignore_ > 0) {
          --ignore_;
        } else {
          execute(qp, entry);
        }
        const std::uint32_t head = pair.sq_head;
        __atomic_store_n(reinterpret_cast<std::uint32_t*>(pair.status_line), head,
                         __ATOMIC_RELEASE);
        moved = true;
      }
      while (complete(pair)) moved = true;
    }
  }
}

contract::CompletionEntry FakeDevice::next_report(Pair& pair) {
  const std::uint16_t index = pair.reports.front();
  Conn& conn = conns_[index];
  if (conn.passive && !conn.peer_told && (conn.flags & bit(CompletionFlag::kEstablished)) != 0) {
    conn.peer_told = true;
    const auto& words = conn.remote_ip.words();
    contract::PeerEntry peer{};
    peer.kind = static_cast<std::uint8_t>(contract::CompletionKind::kPeer);
    peer.family = conn.remote_ip.is_ipv4() ? 4 : 6;
    peer.remote_port = conn.remote_port;
    peer.local_port = conn.local_port;
    peer.cookie = conn.open.cookie;
    peer.address_0 = words[0];
    peer.address_1 = words[1];
    peer.address_2 = words[2];
    peer.address_3 = words[3];
    return std::bit_cast<contract::CompletionEntry>(peer);
  }
  pair.reports.pop_front();
  conn.pending = false;
  contract::CompletionEntry entry{};
  entry.kind = static_cast<std::uint8_t>(contract::CompletionKind::kReport);
  entry.flags = conn.flags;
  entry.state = static_cast<std::uint8_t>(conn.state);
  entry.status = static_cast<std::uint8_t>(conn.status);
  entry.connection_id = index | (std::uint32_t{conn.generation} << 24);
  entry.cookie = conn.open.cookie;
  entry.received_up_to = conn.received;
  entry.acked_up_to = conn.acked;
  entry.remote_ip = conn.remote_ip.is_ipv4() ? conn.remote_ip.ipv4() : 0;
  entry.remote_port = conn.remote_port;
  entry.local_port = conn.local_port;
  if ((conn.flags & bit(CompletionFlag::kFinal)) != 0) conn.used = false;
  return entry;
}

bool FakeDevice::complete(Pair& pair) {
  const auto used = static_cast<std::uint16_t>(pair.cq_tail - pair.cq_head);
  if ((pair.responses.empty() && pair.reports.empty()) || (used >> pair.cq_log2) != 0) return false;
  contract::CompletionEntry entry{};
  if (!pair.responses.empty()) {
    entry = pair.responses.front();
    pair.responses.pop_front();
  } else {
    entry = next_report(pair);
  }
  if (((pair.cq_tail >> pair.cq_log2) & 1U) == 0) entry.flags |= bit(CompletionFlag::kPhase);
  entry.sq_head = pair.sq_head;
  // The word with the phase bit last: the host may look from another thread.
  std::byte* const to =
      pair.cq + (pair.cq_tail & ((1U << pair.cq_log2) - 1)) * contract::kEntryBytes;
  std::uint32_t word = 0;
  std::memcpy(&word, &entry, sizeof(word));
  const std::span rest = std::as_bytes(std::span(&entry, 1)).subspan(sizeof(word));
  std::memcpy(to + sizeof(word), rest.data(), rest.size());
  __atomic_store_n(reinterpret_cast<std::uint32_t*>(to), word, __ATOMIC_RELEASE);
  ++pair.cq_tail;
  return true;
}

void FakeDevice::execute(std::uint32_t qp, const std::byte* entry) {
  switch (static_cast<Opcode>(entry[0])) {
    case Opcode::kUpdate:
    case Opcode::kAbort: {
      contract::UpdateEntry update{};
      std::memcpy(&update, entry, sizeof(update));
      execute_update(qp, update);
      break;
    }
    case Opcode::kConnect:
    case Opcode::kAccept: {
      contract::OpenEntry open{};
      std::memcpy(&open, entry, sizeof(open));
      execute_open(qp, open);
      break;
    }
    case Opcode::kListen:
    case Opcode::kUnlisten: {
      contract::ListenEntry listen{};
      std::memcpy(&listen, entry, sizeof(listen));
      execute_listen(qp, listen);
      break;
    }
    case Opcode::kAddress: {
      contract::AddressEntry address{};
      std::memcpy(&address, entry, sizeof(address));
      execute_address(qp, address);
      break;
    }
    case Opcode::kSet: {
      contract::OptionsEntry options{};
      std::memcpy(&options, entry, sizeof(options));
      execute_set(qp, options);
      break;
    }
    case Opcode::kNop:
      break;
    default:
      respond(qp, Status::kBadOpcode, 0, 0, static_cast<std::uint8_t>(entry[0]));
  }
}

void FakeDevice::respond(std::uint32_t qp, Status status, std::uint32_t id, std::uint32_t cookie,
                         std::uint8_t opcode) {
  contract::CompletionEntry entry{};
  entry.kind = static_cast<std::uint8_t>(contract::CompletionKind::kResponse);
  entry.status = static_cast<std::uint8_t>(status);
  entry.connection_id = id;
  entry.cookie = cookie;
  entry.detail = opcode;
  pairs_[qp].responses.push_back(entry);
}

std::byte* FakeDevice::ring(std::uint8_t region, std::uint32_t slot, unsigned log2,
                            std::uint32_t qp) {
  const Region& found = regions_.at(region);
  const std::uint64_t offset = static_cast<std::uint64_t>(slot) << log2;
  const bool allowed = ((found.pairs >> qp) & 1U) != 0;
  if (!allowed || offset + (std::uint64_t{1} << log2) > found.bytes) return nullptr;
  return at(found.base + offset);
}

void FakeDevice::execute_open(std::uint32_t qp, const contract::OpenEntry& entry) {
  const bool accept = static_cast<Opcode>(entry.opcode) == Opcode::kAccept;
  const auto refuse = [&](Status status) {
    respond(qp, status, entry.listener_id, entry.cookie, entry.opcode);
  };
  if (ring(entry.tx_region, entry.tx_slot, entry.tx_size_log2, qp) == nullptr ||
      ring(entry.rx_region, entry.rx_slot, entry.rx_size_log2, qp) == nullptr) {
    return refuse(Status::kBadSlot);
  }
  if (accept && (entry.listener_id >= listens_.size() || !listens_[entry.listener_id].used)) {
    return refuse(Status::kBadListener);
  }
  const bool on_ipv6 =
      (entry.flags & static_cast<std::uint8_t>(contract::SubmissionFlag::kIpv6)) != 0;
  if (on_ipv6 && !pairs_[qp].named) return refuse(Status::kBadAddress);
  const auto free = std::ranges::find_if(conns_, [](const Conn& conn) { return !conn.used; });
  if (free == conns_.end()) return refuse(Status::kNoConnection);
  const auto generation = static_cast<std::uint8_t>(free->generation + 1);
  *free = Conn();
  free->used = true;
  free->generation = generation;
  free->qp = qp;
  free->open = entry;
  free->state = accept ? TcpState::kListen : TcpState::kSynSent;
  free->listener = entry.listener_id;
  free->passive = accept;
  free->remote_ip = on_ipv6 ? *pairs_[qp].named : IpAddress(entry.remote_ip);
  free->remote_port = entry.remote_port;
  free->local_port = entry.local_port != 0 ? entry.local_port : std::uint16_t{50000};
  if (accept) free->local_port = listens_[entry.listener_id].port;
  report(static_cast<std::uint16_t>(free - conns_.begin()));
}

void FakeDevice::execute_listen(std::uint32_t qp, const contract::ListenEntry& entry) {
  if (static_cast<Opcode>(entry.opcode) == Opcode::kListen) {
    const bool taken = std::ranges::any_of(
        listens_, [&](const Listen& l) { return l.used && l.port == entry.local_port; });
    if (taken) return respond(qp, Status::kAddressInUse, 0, entry.cookie, entry.opcode);
    const auto free = std::ranges::find_if(listens_, [](const Listen& l) { return !l.used; });
    if (free == listens_.end()) {
      return respond(qp, Status::kNoListener, 0, entry.cookie, entry.opcode);
    }
    *free = {.used = true, .port = entry.local_port, .qp = qp};
    const auto id = static_cast<std::uint32_t>(free - listens_.begin());
    return respond(qp, Status::kOk, id, entry.cookie, entry.opcode);
  }
  if (entry.listener_id >= listens_.size() || !listens_[entry.listener_id].used) {
    return respond(qp, Status::kBadListener, entry.listener_id, entry.cookie, entry.opcode);
  }
  listens_[entry.listener_id].used = false;
  const auto count = static_cast<std::uint16_t>(conns_.size());
  for (std::uint16_t i = 0; i < count; ++i) {
    const bool waits = conns_[i].used && conns_[i].state == TcpState::kListen;
    if (waits && conns_[i].listener == entry.listener_id) end(i, Status::kListenerClosed);
  }
  respond(qp, Status::kOk, entry.listener_id, entry.cookie, entry.opcode);
}

FakeDevice::Conn* FakeDevice::named(std::uint32_t qp, std::uint32_t connection_id) {
  const auto index = static_cast<std::uint16_t>(connection_id);
  const auto generation = static_cast<std::uint8_t>(connection_id >> 24);
  if (index >= conns_.size() || !conns_[index].used || conns_[index].generation != generation ||
      conns_[index].qp != qp) {
    return nullptr;
  }
  return &conns_[index];
}

void FakeDevice::execute_address(std::uint32_t qp, const contract::AddressEntry& entry) {
  ++addresses;
  const IpAddress address =
      IpAddress::ipv6({entry.ipv6_0, entry.ipv6_1, entry.ipv6_2, entry.ipv6_3});
  pairs_[qp].named.reset();
  if (!address.is_unicast() || address.is_ipv4()) {
    return respond(qp, Status::kBadAddress, 0, entry.cookie, entry.opcode);
  }
  pairs_[qp].named = address;
}

void FakeDevice::execute_set(std::uint32_t qp, const contract::OptionsEntry& entry) {
  Conn* const conn = named(qp, entry.connection_id);
  const auto refuse = [&](Status status) {
    respond(qp, status, entry.connection_id, entry.cookie, entry.opcode);
  };
  if (conn == nullptr) return refuse(Status::kBadConnection);
  if (entry.options > 7 || entry.congestion_control > 3) return refuse(Status::kBadOption);
  conn->options = entry;
}

void FakeDevice::execute_update(std::uint32_t qp, const contract::UpdateEntry& entry) {
  ++updates;
  Conn* const found = named(qp, entry.connection_id);
  if (found == nullptr) {
    return respond(qp, Status::kBadConnection, entry.connection_id, 0, entry.opcode);
  }
  Conn& conn = *found;
  const auto index = static_cast<std::uint16_t>(found - conns_.data());
  if (static_cast<Opcode>(entry.opcode) == Opcode::kAbort) return end(index, Status::kAborted);
  const std::uint32_t in_ring = entry.sent_up_to - conn.acked;
  const std::uint32_t freed = entry.consumed_up_to - conn.consumed;
  if (in_ring > (1U << conn.open.tx_size_log2) || freed > conn.received - conn.consumed) {
    conn.flags |= bit(CompletionFlag::kBadOffset);
    return report(index);
  }
  conn.sent = entry.sent_up_to;
  conn.consumed = entry.consumed_up_to;
  conn.fin = conn.fin || (entry.flags & 1U) != 0;
}

std::optional<std::uint16_t> FakeDevice::find(TcpState state) const {
  const auto count = static_cast<std::uint16_t>(conns_.size());
  for (std::uint16_t i = 0; i < count; ++i) {
    if (conns_[i].used && conns_[i].state == state) return i;
  }
  return std::nullopt;
}

void FakeDevice::report(std::uint16_t index) {
  Conn& conn = conns_[index];
  if (conn.pending) return;
  conn.pending = true;
  pairs_[conn.qp].reports.push_back(index);
}

void FakeDevice::establish(std::uint16_t index) {
  conns_[index].state = TcpState::kEstablished;
  conns_[index].flags |= bit(CompletionFlag::kEstablished);
  report(index);
}

std::optional<std::uint16_t> FakeDevice::peer_connect(std::uint16_t port, const Endpoint& from) {
  const auto count = static_cast<std::uint16_t>(conns_.size());
  for (std::uint16_t i = 0; i < count; ++i) {
    Conn& conn = conns_[i];
    if (!conn.used || conn.state != TcpState::kListen || conn.local_port != port) continue;
    conn.remote_ip = from.ip;
    conn.remote_port = from.port;
    establish(i);
    return i;
  }
  return std::nullopt;
}

std::size_t FakeDevice::peer_send(std::uint16_t index, std::span<const std::byte> bytes) {
  Conn& conn = conns_[index];
  const std::uint32_t size = 1U << conn.open.rx_size_log2;
  std::byte* base = ring(conn.open.rx_region, conn.open.rx_slot, conn.open.rx_size_log2, conn.qp);
  const std::size_t count =
      std::min<std::size_t>(bytes.size(), size - (conn.received - conn.consumed));
  for (std::size_t i = 0; i < count; ++i) base[conn.received++ & (size - 1)] = bytes[i];
  if (count != 0) report(index);
  return count;
}

std::vector<std::byte> FakeDevice::peer_take(std::uint16_t index) {
  Conn& conn = conns_[index];
  const std::uint32_t size = 1U << conn.open.tx_size_log2;
  const std::byte* base =
      ring(conn.open.tx_region, conn.open.tx_slot, conn.open.tx_size_log2, conn.qp);
  std::vector<std::byte> bytes;
  while (conn.taken != conn.sent) bytes.push_back(base[conn.taken++ & (size - 1)]);
  if (conn.acked != conn.taken) {
    conn.acked = conn.taken;
    report(index);
  }
  return bytes;
}

void FakeDevice::peer_fin(std::uint16_t index) {
  conns_[index].flags |= bit(CompletionFlag::kFinReceived);
  conns_[index].state = TcpState::kCloseWait;
  report(index);
}

void FakeDevice::ack_fin(std::uint16_t index) {
  conns_[index].flags |= bit(CompletionFlag::kFinAcked);
  conns_[index].state = TcpState::kFinWait2;
  report(index);
}

void FakeDevice::end(std::uint16_t index, Status status) {
  conns_[index].flags |= bit(CompletionFlag::kFinal);
  conns_[index].state = TcpState::kClosed;
  conns_[index].status = status;
  report(index);
}

}  // namespace millrace::host
