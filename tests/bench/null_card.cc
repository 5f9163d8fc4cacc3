// SPDX-License-Identifier: Apache-2.0
// The null card's registers and rings. Card addresses are the host's.

#include "tests/bench/null_card.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace millrace::bench {

using contract::CompletionFlag;
using contract::Opcode;
using host::DeviceError;

NullCard::~NullCard() {
  for (void* memory : memory_) std::free(memory);
}

std::expected<host::SharedMemory, DeviceError> NullCard::allocate(std::size_t bytes) {
  constexpr std::size_t kPage = 4096;
  const std::size_t size = (bytes + kPage - 1) & ~(kPage - 1);
  void* const memory = std::aligned_alloc(kPage, size);
  if (memory == nullptr) return std::unexpected(DeviceError::kNoMemory);
  std::memset(memory, 0, size);
  memory_.push_back(memory);
  return host::SharedMemory{.bytes = {static_cast<std::byte*>(memory), size},
                            .card_address = reinterpret_cast<std::uint64_t>(memory)};
}

std::expected<std::uint32_t, DeviceError> NullCard::read_register(std::uint32_t offset) {
  ++reads_;
  switch (offset) {
    case contract::kRegId:
      return contract::kMagic;
    case contract::kRegContractHashLo:
      return static_cast<std::uint32_t>(contract::kHash);
    case contract::kRegContractHashHi:
      return static_cast<std::uint32_t>(contract::kHash >> 32);
    case contract::kRegContractRevision:
      return contract::kRevision;
    case contract::kRegLimitConnections:
      return connections_;
    case contract::kRegLimitQueuePairs:
      return 1;
    case contract::kRegLimitRegions:
      return contract::kRegions;
    case contract::kRegLimitListeners:
    case contract::kRegStatus:
      return 1;
    default:
      return registers_[offset / 4];
  }
}

std::expected<void, DeviceError> NullCard::write_control(std::uint32_t offset,
                                                         std::uint32_t value) {
  registers_[offset / 4] = value;
  if (offset != contract::kRegQpCommit || (value >> 31) == 0) return {};
  const auto address = [&](std::uint32_t low) {
    return std::bit_cast<std::byte*>(registers_[low / 4] |
                                     (std::uint64_t{registers_[low / 4 + 1]} << 32));
  };
  sq_ = address(contract::kRegQpSqBaseLo);
  cq_ = address(contract::kRegQpCqBaseLo);
  status_line_ = reinterpret_cast<std::uint32_t*>(address(contract::kRegQpStatusLo));
  const std::uint32_t sizes = registers_[contract::kRegQpSizes / 4];
  sq_log2_ = sizes & 0xFF;
  cq_log2_ = (sizes >> 8) & 0xFF;
  return {};
}

std::expected<void, DeviceError> NullCard::wait(std::uint64_t deadline_us) {
  run();
  now_us_ = std::max(now_us_ + 1, std::min(deadline_us, now_us_ + 1000));
  return {};
}

void NullCard::run() {
  const auto tail = static_cast<std::uint16_t>(doorbell_);
  while (sq_head_ != tail) {
    const std::byte* const at =
        sq_ + (sq_head_ & ((1U << sq_log2_) - 1)) * std::size_t{contract::kEntryBytes};
    const auto opcode = static_cast<Opcode>(*at);
    if (opcode == Opcode::kUpdate) {
      contract::UpdateEntry entry;
      std::memcpy(&entry, at, sizeof(entry));
      conns_[entry.connection_id].sent = entry.sent_up_to;
    } else if (opcode == Opcode::kConnect) {
      // A full completion ring holds the entry back.
      if (completions_full()) break;
      contract::OpenEntry entry;
      std::memcpy(&entry, at, sizeof(entry));
      conns_.push_back({.cookie = entry.cookie});
      complete(static_cast<std::uint32_t>(conns_.size() - 1), CompletionFlag::kEstablished);
    } else if (opcode == Opcode::kAbort) {
      contract::UpdateEntry entry;
      std::memcpy(&entry, at, sizeof(entry));
      if (!complete(entry.connection_id, CompletionFlag::kFinal)) break;
    }
    ++sq_head_;
  }
  *status_line_ = sq_head_;
}

bool NullCard::deliver(std::uint32_t index, std::uint32_t bytes) {
  conns_[index].received += bytes;
  return complete(index, CompletionFlag::kEstablished);
}

bool NullCard::complete(std::uint32_t index, CompletionFlag more) {
  if (completions_full()) return false;
  const Conn& conn = conns_[index];
  contract::CompletionEntry entry{};
  entry.kind = static_cast<std::uint8_t>(contract::CompletionKind::kReport);
  entry.flags =
      static_cast<std::uint8_t>(CompletionFlag::kEstablished) | static_cast<std::uint8_t>(more);
  if (((cq_tail_ >> cq_log2_) & 1U) == 0) {
    entry.flags |= static_cast<std::uint8_t>(CompletionFlag::kPhase);
  }
  const bool final = more == CompletionFlag::kFinal;
  entry.state = static_cast<std::uint8_t>(final ? contract::TcpState::kClosed
                                                : contract::TcpState::kEstablished);
  if (final) entry.status = static_cast<std::uint8_t>(contract::Status::kAborted);
  entry.connection_id = index;
  entry.cookie = conn.cookie;
  entry.received_up_to = conn.received;
  entry.acked_up_to = conn.sent;
  entry.remote_ip = 0x0A000002;
  entry.remote_port = 7;
  entry.local_port = 50000;
  entry.sq_head = sq_head_;
  std::memcpy(cq_ + (cq_tail_ & ((1U << cq_log2_) - 1)) * std::size_t{contract::kEntryBytes},
              &entry, sizeof(entry));
  ++cq_tail_;
  return true;
}

}  // namespace millrace::bench
