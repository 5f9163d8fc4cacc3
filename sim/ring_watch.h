// SPDX-License-Identifier: Apache-2.0
// Stands between a host and its device and holds the card to the contract of rings and memory: it
// knows from the host's own registers and entries what the card may write, now, and how often each
// connection may end. Independent of the host's runtime, whose book-keeping it does not trust.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/device/device.h"
#include "hw/contract/generated/contract.h"
#include "sim/bus/axi_memory.h"

namespace millrace::sim {

class RingWatch final : public host::Device, public WriteWatch {
 public:
  // Borrows the device. The card's writes must be shown to on_write().
  explicit RingWatch(host::Device& below) : below_(below) {}

  std::expected<std::uint32_t, host::DeviceError> read_register(std::uint32_t offset) override {
    return below_.read_register(offset);
  }
  std::expected<void, host::DeviceError> write_register(std::uint32_t offset,
                                                        std::uint32_t value) override;
  std::expected<host::SharedMemory, host::DeviceError> allocate(std::size_t bytes) override;
  std::uint64_t now_us() const override { return below_.now_us(); }
  std::expected<void, host::DeviceError> wait(std::uint64_t deadline_us) override {
    return below_.wait(deadline_us);
  }
  void wake() override { below_.wake(); }
  std::string description() const override { return below_.description(); }
  std::string failure() const override { return below_.failure(); }

  // Allowed: completion rings, the first word of status lines, receive rings of connections that
  // were handed to the card and have not ended, and what allow() named.
  void on_write(std::uint64_t address, std::uint64_t strobes) override;

  // Memory of somebody whose entries this does not see.
  void allow(std::uint64_t address, std::uint64_t bytes) { allowed_.push_back({address, bytes}); }

  // Connections handed to the card (connect and accept) and those that came back (refused, or with
  // a final report), as far as the host has told that it read the report.
  std::uint64_t handed() const { return handed_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t ended() const { return ended_; }

  // What the card did wrong, one sentence each; the first 16.
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  struct Region {
    std::uint64_t base = 0;
    std::uint64_t bytes = 0;
  };
  struct Pair {
    bool enabled = false;
    std::uint64_t submissions = 0;  // card addresses
    std::uint64_t completions = 0;
    std::uint64_t status = 0;
    std::uint32_t sq_log2 = 0;
    std::uint32_t cq_log2 = 0;
    std::uint16_t tail = 0;
    std::uint16_t head = 0;
  };
  struct Ring {
    std::uint64_t base = 0;
    std::uint64_t bytes = 0;
  };

  void commit_region(std::uint32_t value);
  void commit_pair(std::uint32_t value);
  void doorbell(std::uint32_t number, std::uint32_t value);
  void take_completion(const contract::CompletionEntry& entry);
  void give(std::uint32_t number, const contract::OpenEntry& entry);
  void end(std::uint32_t cookie, const char* how);
  const std::byte* host_address(std::uint64_t card_address) const;
  void report(std::string text);

  host::Device& below_;
  std::unordered_map<std::uint32_t, std::uint32_t> registers_;  // as last written
  std::vector<host::SharedMemory> blocks_;
  std::array<Region, contract::kRegions> regions_{};
  std::array<Pair, contract::kQueuePairsMax> pairs_{};
  std::vector<Ring> allowed_;
  std::unordered_map<std::uint32_t, Ring> live_;            // by cookie
  std::unordered_map<std::uint64_t, std::uint32_t> pages_;  // of live receive rings
  std::uint64_t handed_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t ended_ = 0;
  std::vector<std::string> errors_;
};

}  // namespace millrace::sim
