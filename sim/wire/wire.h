// SPDX-License-Identifier: Apache-2.0
// The wire seam: what a card's MAC sees of whatever is plugged in (link to another card, TAP
// device, script). Frames are Ethernet frames from destination MAC to the end of the payload,
// without FCS. Times are nanoseconds of the simulation and never decrease from call to call.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace millrace::sim {

inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// The shortest frame on Ethernet without FCS (IEEE 802.3 3.2.8); senders pad with zeros.
inline constexpr std::size_t kMinFrameBytes = 60;

struct Frame {
  std::vector<std::byte> bytes;
  bool bad_fcs = false;  // the MAC found it damaged: handed on with tuser set
};

// One end of a wire.
class Wire {
 public:
  Wire() = default;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  virtual ~Wire() = default;

  // False while the line is so far behind that the MAC must hold the card's next frame back.
  virtual bool ready(std::uint64_t now_ns) const = 0;

  // The card sends a frame. The content of `frame` is taken; it comes back empty or with recycled
  // storage.
  virtual void send(std::uint64_t now_ns, Frame& frame) = 0;

  // When the next frame for the card arrives, kNever if none is under way; may be in the past.
  virtual std::uint64_t next_arrival_ns() const = 0;

  // Takes the next frame that has arrived by `now_ns` into `frame` (whose storage is recycled);
  // false if none has.
  virtual bool receive(std::uint64_t now_ns, Frame& frame) = 0;

  // Looks for frames from outside the simulation; called often while time passes.
  virtual void poll() {}

  // A file descriptor that becomes readable when a frame arrives from outside the simulation, or
  // -1. A wire that has one makes simulated time follow the wall clock.
  virtual int poll_fd() const { return -1; }
};

// Nothing plugged in: frames vanish.
class OpenWire final : public Wire {
 public:
  bool ready(std::uint64_t) const override { return true; }
  void send(std::uint64_t, Frame& frame) override { frame.bytes.clear(); }
  std::uint64_t next_arrival_ns() const override { return kNever; }
  bool receive(std::uint64_t, Frame&) override { return false; }
};

}  // namespace millrace::sim
