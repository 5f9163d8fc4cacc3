// SPDX-License-Identifier: Apache-2.0
// A wire to the Linux kernel: a TAP device of the network namespace that the process is in.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "sim/wire/wire.h"

namespace millrace::sim {

class TapWire final : public Wire {
 public:
  // Attaches to the TAP device `name`, which must exist (ip tuntap add NAME mode tap) or which the
  // process may create. The error is a sentence that says what to do.
  static std::expected<std::unique_ptr<TapWire>, std::string> open(const std::string& name);
  ~TapWire() override;

  bool ready(std::uint64_t) const override { return true; }
  // A frame that the kernel does not take at once is dropped and counted, as a full NIC queue
  // would.
  void send(std::uint64_t now_ns, Frame& frame) override;
  std::uint64_t next_arrival_ns() const override { return staged_.bytes.empty() ? kNever : 0; }
  bool receive(std::uint64_t now_ns, Frame& frame) override;
  void poll() override;
  int poll_fd() const override { return fd_; }

  std::uint64_t dropped() const { return dropped_; }

 private:
  static constexpr std::size_t kMaxFrameBytes = 16 * 1024;

  explicit TapWire(int fd) : fd_(fd) {}

  int fd_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kMaxFrameBytes);
  Frame staged_;  // read from the kernel, not yet taken by the card
  std::uint64_t dropped_ = 0;
};

}  // namespace millrace::sim
