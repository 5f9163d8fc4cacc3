// SPDX-License-Identifier: Apache-2.0
// What the host told the card, read from its registers and rings.

#include "sim/ring_watch.h"

#include <cstdio>
#include <cstring>

namespace millrace::sim {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::size_t kErrorsKept = 16;
constexpr std::uint64_t kStatusStrobes = 0xF;  // the first 32 bits of the line

std::string hex(std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

void RingWatch::report(std::string text) {
  if (errors_.size() < kErrorsKept) errors_.push_back(std::move(text));
}

std::expected<host::SharedMemory, host::DeviceError> RingWatch::allocate(std::size_t bytes) {
  auto memory = below_.allocate(bytes);
  if (memory) blocks_.push_back(*memory);
  return memory;
}

const std::byte* RingWatch::host_address(std::uint64_t card_address) const {
  for (const host::SharedMemory& block : blocks_) {
    if (card_address >= block.card_address &&
        card_address - block.card_address < block.bytes.size()) {
      return block.bytes.data() + (card_address - block.card_address);
    }
  }
  return nullptr;
}

std::expected<void, host::DeviceError> RingWatch::write_register(std::uint32_t offset,
                                                                 std::uint32_t value) {
  if (offset == contract::kRegRegionCommit) {
    commit_region(value);
  } else if (offset == contract::kRegQpCommit) {
    commit_pair(value);
  } else if (offset >= contract::kDoorbellBase) {
    doorbell((offset - contract::kDoorbellBase) / contract::kDoorbellStride, value);
  } else {
    registers_[offset] = value;
  }
  return below_.write_register(offset, value);
}

void RingWatch::commit_region(std::uint32_t value) {
  Region& region = regions_[(value & 0xFF) % contract::kRegions];
  region.base = (std::uint64_t{registers_[contract::kRegRegionBaseHi]} << 32) |
                registers_[contract::kRegRegionBaseLo];
  region.bytes = std::uint64_t{registers_[contract::kRegRegionPages]} * kPage;
}

void RingWatch::commit_pair(std::uint32_t value) {
  const auto address = [this](std::uint32_t low, std::uint32_t high) {
    return (std::uint64_t{registers_[high]} << 32) | registers_[low];
  };
  Pair& pair = pairs_[(value & 0xFF) % contract::kQueuePairsMax];
  pair = {};
  pair.enabled = value >> 31 != 0;
  pair.submissions = address(contract::kRegQpSqBaseLo, contract::kRegQpSqBaseHi);
  pair.completions = address(contract::kRegQpCqBaseLo, contract::kRegQpCqBaseHi);
  pair.status = address(contract::kRegQpStatusLo, contract::kRegQpStatusHi);
  pair.sq_log2 = registers_[contract::kRegQpSizes] & 0xFF;
  pair.cq_log2 = registers_[contract::kRegQpSizes] >> 8 & 0xFF;
}

// Completions first: the host may have used a slot again that one of them gave back.
void RingWatch::doorbell(std::uint32_t number, std::uint32_t value) {
  if (number >= pairs_.size() || !pairs_[number].enabled) return;
  Pair& pair = pairs_[number];
  const std::byte* completions = host_address(pair.completions);
  const std::byte* submissions = host_address(pair.submissions);
  if (completions == nullptr || submissions == nullptr) return;
  const auto head = static_cast<std::uint16_t>(value >> 16);
  for (; pair.head != head; ++pair.head) {
    contract::CompletionEntry entry;
    const std::uint32_t at = pair.head & ((1U << pair.cq_log2) - 1);
    std::memcpy(&entry, completions + std::size_t{at} * contract::kEntryBytes, sizeof entry);
    take_completion(entry);
  }
  const auto tail = static_cast<std::uint16_t>(value);
  for (; pair.tail != tail; ++pair.tail) {
    contract::OpenEntry entry;
    const std::uint32_t at = pair.tail & ((1U << pair.sq_log2) - 1);
    std::memcpy(&entry, submissions + std::size_t{at} * contract::kEntryBytes, sizeof entry);
    give(number, entry);
  }
}

void RingWatch::give(std::uint32_t number, const contract::OpenEntry& entry) {
  const auto opcode = static_cast<contract::Opcode>(entry.opcode);
  if (opcode != contract::Opcode::kConnect && opcode != contract::Opcode::kAccept) return;
  ++handed_;
  if (entry.rx_size_log2 < contract::kSlotLog2Min || entry.rx_size_log2 > contract::kSlotLog2Max) {
    return;  // to be refused
  }
  const Region& region = regions_[entry.rx_region % contract::kRegions];
  const std::uint64_t bytes = std::uint64_t{1} << entry.rx_size_log2;
  const Ring ring{region.base + entry.rx_slot * bytes, bytes};
  if (ring.base + bytes > region.base + region.bytes) return;
  if (!live_.emplace(entry.cookie, ring).second) {
    report("the host gave cookie " + hex(entry.cookie) + " of queue pair " +
           std::to_string(number) + " twice");
    return;
  }
  for (std::uint64_t page = ring.base / kPage; page < (ring.base + bytes) / kPage; ++page) {
    if (!pages_.emplace(page, entry.cookie).second) {
      report("the host gave the receive ring of cookie " + hex(pages_[page]) + " to cookie " +
             hex(entry.cookie) + " too");
    }
  }
}

void RingWatch::take_completion(const contract::CompletionEntry& entry) {
  const auto kind = static_cast<contract::CompletionKind>(entry.kind);
  if (kind == contract::CompletionKind::kReport) {
    if ((entry.flags & static_cast<std::uint8_t>(contract::CompletionFlag::kFinal)) != 0) {
      ++ended_;
      end(entry.cookie, "final report");
    } else if (!live_.contains(entry.cookie)) {
      report("a report of cookie " + hex(entry.cookie) + ", which is no connection");
    }
  } else if (kind == contract::CompletionKind::kResponse) {
    const auto opcode = static_cast<contract::Opcode>(entry.detail);
    if (opcode == contract::Opcode::kConnect || opcode == contract::Opcode::kAccept) {
      ++refused_;
      end(entry.cookie, "refusal");
    }
  }
}

void RingWatch::end(std::uint32_t cookie, const char* how) {
  const auto found = live_.find(cookie);
  if (found == live_.end()) {
    report(std::string("a ") + how + " of cookie " + hex(cookie) + ", which is no connection");
    return;
  }
  const Ring ring = found->second;
  for (std::uint64_t page = ring.base / kPage; page < (ring.base + ring.bytes) / kPage; ++page) {
    pages_.erase(page);
  }
  live_.erase(found);
}

void RingWatch::on_write(std::uint64_t address, std::uint64_t strobes) {
  if (strobes == 0 || pages_.contains(address / kPage)) return;
  for (const Pair& pair : pairs_) {
    if (!pair.enabled) continue;
    const std::uint64_t ring_bytes = std::uint64_t{contract::kEntryBytes} << pair.cq_log2;
    if (address >= pair.completions && address - pair.completions < ring_bytes) return;
    if (address == (pair.status & ~std::uint64_t{63}) &&
        (strobes & ~(kStatusStrobes << (pair.status & 63))) == 0) {
      return;
    }
  }
  for (const Ring& ring : allowed_) {
    if (address >= ring.base && address - ring.base < ring.bytes) return;
  }
  report("the card wrote at card address " + hex(address) + " (bytes " + hex(strobes) +
         "), which no live connection or ring owns");
}

}  // namespace millrace::sim
