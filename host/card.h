// SPDX-License-Identifier: Apache-2.0
// A card, brought up: identified, checked against the contract, given keys, addresses and policy,
// enabled. Hands out queue pairs with registered memory. Belongs to one thread, as its device does.

#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/base/error.h"
#include "host/base/ip_address.h"
#include "host/device/device.h"
#include "host/policy.h"
#include "hw/contract/generated/contract.h"

namespace millrace::host {

struct CardOptions {
  std::array<std::uint8_t, 6> mac{};  // unicast
  std::uint32_t ipv4 = 0;             // first octet in bits 31:24
  std::uint32_t netmask = 0xFFFFFF00;
  std::uint32_t gateway = 0;  // 0: none
  // Beside the link-local address, which the card makes from its MAC address. Default: none.
  IpAddress ipv6{};
  unsigned ipv6_prefix = 64;  // bits of it that name the link
  IpAddress ipv6_gateway{};   // default: none
  // Control information of the 802.1Q tag that all frames have (VLAN in bits 11:0). Default: no
  // tag.
  std::optional<std::uint16_t> vlan = std::nullopt;
  Policy policy{};
  std::optional<std::uint64_t> seed =
      std::nullopt;  // of the card's keys; without it they come from the system
  std::uint64_t ready_timeout_us = 1'000'000;
};

struct CardLimits {
  std::uint32_t connections = 0;
  std::uint32_t queue_pairs = 0;
  std::uint32_t regions = 0;
  std::uint32_t listeners = 0;
};

struct CardStatus {
  bool ready = false;
  bool idle = false;
  bool dma_error = false;  // the card saw a failed memory access; it stays set
};

// All counters at one moment, in the contract's order; 32 bits each, they wrap.
struct CounterSnapshot {
  std::array<std::uint32_t, contract::kCounters.size()> values{};

  std::uint32_t operator[](contract::Counter counter) const {
    return values[static_cast<std::size_t>(counter)];
  }
  // What was counted after `earlier`.
  CounterSnapshot since(const CounterSnapshot& earlier) const;
};

struct QueuePairOptions {
  std::uint32_t submission_entries = 1024;  // powers of two, 16 to 32,768
  std::uint32_t completion_entries = 1024;
  std::size_t buffer_bytes = 64UL << 20;  // for the rings of all connections
};

struct QueuePair {
  std::uint32_t number = 0;
  std::uint32_t region = 0;  // the region that `buffers` is registered as
  unsigned sq_log2 = 0;
  unsigned cq_log2 = 0;
  SharedMemory submissions;
  SharedMemory completions;
  SharedMemory status_line;
  SharedMemory buffers;
};

// Its functions may be called by several threads: each locks, and is seldom needed. Threads that
// share a card leave the device that it was opened with to it, and have views of their own.
class Card {
 public:
  // Brings the card behind `device` (which must outlive it) up. Errors: device_lost (silent, or not
  // ready in time), not_supported (not a card of this family), contract_mismatch (the text says
  // which is older), bad_limits, invalid_argument (names the option).
  static std::expected<std::unique_ptr<Card>, Error> open(Device& device,
                                                          const CardOptions& options);
  // Disables the card.
  ~Card();
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;

  // Makes and enables a queue pair with its memory, registered for it alone. no_buffer_space,
  // invalid_argument, device_lost.
  std::expected<QueuePair, Error> create_queue_pair(const QueuePairOptions& options);
  // Disables a queue pair. Its memory is used again if `quiet`: no connection of the pair lives on
  // the card.
  void destroy_queue_pair(const QueuePair& pair, bool quiet);

  // Reads the id register: the card is there and sane. Otherwise device_lost.
  std::expected<void, Error> check_alive();
  std::expected<CardStatus, Error> status();
  std::expected<CounterSnapshot, Error> counters();
  std::expected<std::uint32_t, Error> free_connections();

  const CardLimits& limits() const { return limits_; }
  const CardOptions& options() const { return options_; }
  Device& device() const { return device_; }
  // The own address that connections to `remote` have.
  IpAddress address_toward(const IpAddress& remote) const;
  // One line for people.
  std::string description() const;

 private:
  explicit Card(Device& device) : device_(device) {}

  std::expected<std::uint32_t, Error> read(std::uint32_t offset, const char* what);
  std::expected<void, Error> write(std::uint32_t offset, std::uint32_t value);
  std::expected<void, Error> write_all(
      std::span<const std::pair<std::uint32_t, std::uint32_t>> values);
  std::expected<SharedMemory, Error> allocate(std::size_t bytes, const char* what);
  std::expected<void, Error> check_identity();
  std::expected<void, Error> read_limits();
  std::expected<void, Error> wait_ready();
  std::expected<void, Error> configure();
  std::expected<void, Error> write_keys();
  std::expected<void, Error> commit(const QueuePair& pair);
  std::expected<QueuePair, Error> pair_memory(const QueuePairOptions& options,
                                              std::uint32_t number);
  Error device_error(DeviceError error, const std::string& what) const;

  std::mutex mutex_;
  Device& device_;
  CardOptions options_;
  CardLimits limits_;
  std::vector<bool> pair_used_;
  std::vector<QueuePair> spare_;  // memory of destroyed quiet pairs
  bool enabled_ = false;
};

}  // namespace millrace::host
