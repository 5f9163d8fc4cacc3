// SPDX-License-Identifier: Apache-2.0
// The device seam: all that the host runtime asks of a card, real or Verilated. A card is a
// register file, memory that both sides can reach, and time. One thread at a time uses a device;
// only wake() may be called from another meanwhile. Threads that share a card have a device each,
// views of the same card (RuntimeOptions::device).

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

namespace millrace::host {

// Why the seam refused. kLost is for ever: every later call on the device gives kLost too.
enum class DeviceError : std::uint8_t {
  kLost,       // the card does not answer, or failed; failure() says how
  kBadOffset,  // register offset outside the card's window, or not a multiple of 4
  kNoMemory,   // no shared memory of that size is left
};

// Memory that host and card reach alike. Owned by the device and valid as long as it.
struct SharedMemory {
  std::span<std::byte> bytes;      // at the host; zeroed when allocated, 4 KiB aligned
  std::uint64_t card_address = 0;  // of bytes[0] as the card sees it; a multiple of 4 KiB
};

class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  // Reads the register at byte `offset` (contract.h). Slow: waits for the card, a microsecond or
  // so. Every earlier write_register has reached the card before the read does.
  virtual std::expected<std::uint32_t, DeviceError> read_register(std::uint32_t offset) = 0;

  // Writes the register at byte `offset`. Posted: returns before the card has it; writes stay in
  // order among themselves, and what was stored in shared memory before is visible to a card that
  // sees the write.
  virtual std::expected<void, DeviceError> write_register(std::uint32_t offset,
                                                          std::uint32_t value) = 0;

  // Gives `bytes` (rounded up to 4 KiB, more than 0) of shared memory. Never given back before the
  // device is destroyed.
  virtual std::expected<SharedMemory, DeviceError> allocate(std::size_t bytes) = 0;

  // The clock of deadlines, in microseconds from an arbitrary start: simulated time or the
  // monotonic clock. Never decreases; advances only in calls of this device if simulated.
  virtual std::uint64_t now_us() const = 0;

  // Lets the card work and returns when it may have written shared memory since the last wait, when
  // now_us() has reached `deadline_us` (a deadline in the past: one short turn), or after wake().
  // May return early for no reason.
  virtual std::expected<void, DeviceError> wait(std::uint64_t deadline_us) = 0;

  // Makes the present or else the next wait() return. The one function for other threads and signal
  // handlers.
  virtual void wake() = 0;

  // For people: what the device is ("Verilated card, seed 7, memory pcie_gen4_x8"), one line.
  virtual std::string description() const = 0;

  // For people: why the device was lost, one line; empty while it is not.
  virtual std::string failure() const = 0;
};

}  // namespace millrace::host
