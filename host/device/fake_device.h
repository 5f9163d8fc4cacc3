// SPDX-License-Identifier: Apache-2.0
// A device with a small software card, for unit tests of the host: it executes the rings as the
// contract says and lets the test play the peer. No wire, no TCP, no sim.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/ip_address.h"
#include "host/device/device.h"
#include "hw/contract/generated/contract.h"

namespace millrace::host {

class FakeDevice : public Device {
 public:
  struct Options {
    std::uint32_t connections = 64;
    std::uint32_t queue_pairs = 2;
    std::uint32_t listeners = 8;
    std::uint32_t id = contract::kMagic;
    std::uint64_t hash = contract::kHash;
    std::uint32_t revision = contract::kRevision;
    std::uint64_t ready_at_us = 30;
    std::size_t memory = std::size_t{1} << 30;
  };

  struct Conn {  // as the card sees it
    bool used = false;
    std::uint8_t generation = 0;
    std::uint32_t qp = 0;
    std::uint32_t listener = 0;
    contract::OpenEntry open{};
    contract::TcpState state = contract::TcpState::kClosed;
    contract::Status status = contract::Status::kOk;
    std::uint8_t flags = 0;
    IpAddress remote_ip{};
    std::uint16_t remote_port = 0;
    std::uint16_t local_port = 0;
    std::optional<contract::OptionsEntry> options = std::nullopt;  // the last set entry
    std::uint32_t received = 0;
    std::uint32_t consumed = 0;
    std::uint32_t sent = 0;   // up to here the host filled the ring
    std::uint32_t taken = 0;  // up to here the peer took
    std::uint32_t acked = 0;
    bool fin = false;      // the host finished
    bool pending = false;  // a report waits
    bool passive = false;
    bool peer_told = false;
  };

  FakeDevice();
  explicit FakeDevice(Options options);
  ~FakeDevice() override;

  std::expected<std::uint32_t, DeviceError> read_register(std::uint32_t offset) override;
  std::expected<void, DeviceError> write_register(std::uint32_t offset,
                                                  std::uint32_t value) override;
  std::expected<SharedMemory, DeviceError> allocate(std::size_t bytes) override;
  std::uint64_t now_us() const override { return now_us_; }
  std::expected<void, DeviceError> wait(std::uint64_t deadline_us) override;
  void wake() override {}
  std::string description() const override { return "fake card"; }
  std::string failure() const override { return lost_ ? "unplugged by the test" : ""; }

  // --- Faults.
  void unplug() { lost_ = true; }     // every call gives kLost
  void silence() { silent_ = true; }  // registers read all ones, the card stops
  void raise_dma_error() { dma_error_ = true; }
  void pause(bool paused) { paused_ = paused; }  // the card does not look at its rings
  void ignore_next_entry() { ++ignore_; }        // an entry is taken and nothing becomes of it

  // --- The peer. A connection is named by its index on the card.
  Conn& conn(std::uint16_t index) { return conns_[index]; }
  std::optional<std::uint16_t> find(contract::TcpState state) const;
  void establish(std::uint16_t index);  // answers SYN
  // Opens to a listener.
  std::optional<std::uint16_t> peer_connect(std::uint16_t port,
                                            const Endpoint& from = {0x0A000002, 40001});
  std::size_t peer_send(std::uint16_t index,
                        std::span<const std::byte> bytes);  // as the window allows
  std::vector<std::byte> peer_take(std::uint16_t index);  // takes what was sent and acknowledges it
  void peer_fin(std::uint16_t index);
  void ack_fin(std::uint16_t index);
  void end(std::uint16_t index, contract::Status status);  // final report
  void report(std::uint16_t index);

  // Executes entries and writes completions until nothing moves.
  void run();
  std::size_t used_connections() const;

  // --- What was done.
  std::uint64_t doorbells = 0;
  std::uint64_t reads = 0;
  std::uint64_t updates = 0;
  std::uint64_t addresses = 0;  // address entries
  std::uint64_t bad_phases = 0;
  std::map<std::uint32_t, std::uint32_t> registers;  // last written

 private:
  struct Pair {
    bool enabled = false;
    std::byte* sq = nullptr;
    std::byte* cq = nullptr;
    std::byte* status_line = nullptr;
    unsigned sq_log2 = 0;
    unsigned cq_log2 = 0;
    std::uint16_t sq_head = 0;
    std::uint16_t sq_tail = 0;
    std::uint16_t cq_head = 0;
    std::uint16_t cq_tail = 0;
    std::deque<contract::CompletionEntry> responses;
    std::deque<std::uint16_t> reports;
    std::optional<IpAddress> named = std::nullopt;  // by an address entry
  };
  struct Region {
    std::uint64_t base = 0;
    std::uint64_t bytes = 0;
    std::uint32_t pairs = 0;
  };
  struct Listen {
    bool used = false;
    std::uint16_t port = 0;
    std::uint32_t qp = 0;
  };

  std::byte* at(std::uint64_t card_address);
  std::byte* ring(std::uint8_t region, std::uint32_t slot, unsigned log2, std::uint32_t qp);
  std::uint64_t pair_of(std::uint32_t offset) const;
  void commit_pair(std::uint32_t value);
  void execute(std::uint32_t qp, const std::byte* entry);
  void execute_open(std::uint32_t qp, const contract::OpenEntry& entry);
  void execute_listen(std::uint32_t qp, const contract::ListenEntry& entry);
  void execute_update(std::uint32_t qp, const contract::UpdateEntry& entry);
  void execute_address(std::uint32_t qp, const contract::AddressEntry& entry);
  void execute_set(std::uint32_t qp, const contract::OptionsEntry& entry);
  // The connection that an entry names, or null.
  Conn* named(std::uint32_t qp, std::uint32_t connection_id);
  contract::CompletionEntry next_report(Pair& pair);
  void respond(std::uint32_t qp, contract::Status status, std::uint32_t id, std::uint32_t cookie,
               std::uint8_t opcode);
  bool complete(Pair& pair);

  Options options_;
  std::uint64_t now_us_ = 0;
  bool lost_ = false;
  bool silent_ = false;
  bool dma_error_ = false;
  bool paused_ = false;
  int ignore_ = 0;
  std::vector<std::pair<std::uint64_t, std::span<std::byte>>> memory_;
  std::uint64_t next_address_ = 0x4000'0000;
  std::vector<Pair> pairs_;
  std::vector<Region> regions_;
  std::vector<Listen> listens_;
  std::vector<Conn> conns_;
};

}  // namespace millrace::host
