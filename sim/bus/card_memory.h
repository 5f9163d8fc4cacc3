// SPDX-License-Identifier: Apache-2.0
// Host memory that the card may reach: allocations with card addresses of their own, so that a card
// which confuses addresses hits nothing.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace millrace::sim {

class CardMemory {
 public:
  static constexpr std::size_t kPageBytes = 4096;

  struct Block {
    std::span<std::byte> bytes;
    std::uint64_t card_address;
  };

  CardMemory() = default;
  ~CardMemory();
  CardMemory(const CardMemory&) = delete;
  CardMemory& operator=(const CardMemory&) = delete;

  // Zeroed, page-aligned, rounded up to pages; nothing if the system has no more or `bytes` is 0.
  // Between two blocks lie card addresses that belong to nobody.
  std::optional<Block> allocate(std::size_t bytes);

  // Where the card's [address, address + bytes) lies, null unless it is within one block.
  std::byte* find(std::uint64_t address, std::size_t bytes) {
    if (last_ < blocks_.size() && contains(blocks_[last_], address, bytes)) {
      return blocks_[last_].bytes.data() + (address - blocks_[last_].card_address);
    }
    return search(address, bytes);
  }

 private:
  static bool contains(const Block& block, std::uint64_t address, std::size_t bytes) {
    return address >= block.card_address && address - block.card_address < block.bytes.size() &&
           bytes <= block.bytes.size() - (address - block.card_address);
  }
  std::byte* search(std::uint64_t address, std::size_t bytes);

  std::vector<Block> blocks_;
  std::size_t last_ = 0;
  std::uint64_t next_address_ = 0x20'0000'0000;  // where XRT's platforms put host memory
};

}  // namespace millrace::sim
