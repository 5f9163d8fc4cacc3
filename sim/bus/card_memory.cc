// SPDX-License-Identifier: Apache-2.0
// Anonymous mappings, which the system zeroes and backs as they are touched.

#include "sim/bus/card_memory.h"

#include <sys/mman.h>

namespace millrace::sim {
namespace {

constexpr std::uint64_t kGuardBytes = 2u << 20;

}  // namespace

CardMemory::~CardMemory() {
  for (const Block& block : blocks_) ::munmap(block.bytes.data(), block.bytes.size());
}

std::optional<CardMemory::Block> CardMemory::allocate(std::size_t bytes) {
  const std::size_t rounded = (bytes + kPageBytes - 1) & ~(kPageBytes - 1);
  if (bytes == 0 || rounded < bytes) return std::nullopt;
  void* at = ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return std::nullopt;
  const Block block{{static_cast<std::byte*>(at), rounded}, next_address_};
  blocks_.push_back(block);
  next_address_ += (rounded + 2 * kGuardBytes - 1) & ~(kGuardBytes - 1);
  return block;
}

std::byte* CardMemory::search(std::uint64_t address, std::size_t bytes) {
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (contains(blocks_[i], address, bytes)) {
      last_ = i;
      return blocks_[i].bytes.data() + (address - blocks_[i].card_address);
    }
  }
  return nullptr;
}

}  // namespace millrace::sim
