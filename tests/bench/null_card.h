// SPDX-License-Identifier: Apache-2.0
// A card that costs next to nothing: no TCP, no wire, no copy. It accepts every connection, takes
// all that is sent at once, and lets the peer send as the benchmark says. The bytes that it reports
// are those that the ring holds anyway. So what is measured over it is the host.

#pragma once

#include <cstdint>
#include <vector>

#include "host/device/device.h"
#include "hw/contract/generated/contract.h"

namespace millrace::bench {

class NullCard final : public host::Device {
 public:
  explicit NullCard(std::uint32_t connections) : connections_(connections) {
    conns_.reserve(connections);
  }
  ~NullCard() override;

  // Executes the entries that were rung.
  void run();
  // The peer of the connection that was opened as number `index` sends `bytes`; the report also
  // acknowledges what was sent. False if the completion ring is full.
  bool deliver(std::uint32_t index, std::uint32_t bytes);
  // Bytes that connection `index` has sent, modulo 2^32.
  std::uint32_t sent(std::uint32_t index) const { return conns_[index].sent; }
  std::size_t opened() const { return conns_.size(); }
  std::uint64_t doorbells() const { return doorbells_; }
  std::uint64_t reads() const { return reads_; }

  std::expected<std::uint32_t, host::DeviceError> read_register(std::uint32_t offset) override;
  std::expected<void, host::DeviceError> write_register(std::uint32_t offset,
                                                        std::uint32_t value) override {
    if (offset >= contract::kDoorbellBase) {  // of the one queue pair
      doorbell_ = value;
      ++doorbells_;
      return {};
    }
    return write_control(offset, value);
  }
  std::expected<host::SharedMemory, host::DeviceError> allocate(std::size_t bytes) override;
  std::uint64_t now_us() const override { return now_us_; }
  std::expected<void, host::DeviceError> wait(std::uint64_t deadline_us) override;
  void wake() override {}
  std::string description() const override { return "null card"; }
  std::string failure() const override { return ""; }

 private:
  struct Conn {
    std::uint32_t cookie = 0;
    std::uint32_t sent = 0;
    std::uint32_t received = 0;
  };
  std::expected<void, host::DeviceError> write_control(std::uint32_t offset, std::uint32_t value);
  // Of what the host has not taken yet, by the head in its last doorbell.
  bool completions_full() const {
    return static_cast<std::uint16_t>(cq_tail_ - (doorbell_ >> 16)) >> cq_log2_ != 0;
  }
  bool complete(std::uint32_t index, contract::CompletionFlag more);

  std::uint32_t connections_;
  std::vector<Conn> conns_;
  std::uint32_t doorbell_ = 0;
  std::uint64_t doorbells_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t now_us_ = 0;
  std::uint32_t registers_[contract::kDoorbellBase / 4] = {};
  std::byte* sq_ = nullptr;
  std::byte* cq_ = nullptr;
  std::uint32_t* status_line_ = nullptr;
  unsigned sq_log2_ = 0;
  unsigned cq_log2_ = 0;
  std::uint16_t sq_head_ = 0;
  std::uint16_t cq_tail_ = 0;
  std::vector<void*> memory_;
};

}  // namespace millrace::bench
