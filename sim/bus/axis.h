// SPDX-License-Identifier: Apache-2.0
// The MAC's two stream ports: frames to 512-bit beats and back. Byte 0 of a frame is bits 7:0 of
// its first beat.

#pragma once

#include <cstdint>
#include <string>

#include "sim/bus/pins.h"
#include "sim/wire/wire.h"

namespace millrace::sim {

// Plays one frame after the other into the card.
class AxisSource {
 public:
  explicit AxisSource(const AxisSourcePins& pins) : pins_(pins) { *pins_.tvalid = 0; }

  // Call settle() first in each clock; then, if it can take a frame, load() may be called; then
  // drive().
  void settle();
  bool can_load() const { return at_ >= frame_.bytes.size(); }
  // Takes the content of `frame`, which must not be empty, and leaves recycled storage in it.
  void load(Frame& frame);
  // `stall`: withhold the next beat in this clock unless it is already shown.
  void drive(bool stall);

  bool idle() const { return can_load() && *pins_.tvalid == 0; }

 private:
  AxisSourcePins pins_;
  Frame frame_;
  std::size_t at_ = 0;  // first byte that was not shown yet
  bool taken_ = false;  // by the coming edge
};

// Collects frames from the card and checks the stream's rules.
class AxisSink {
 public:
  explicit AxisSink(const AxisSinkPins& pins) : pins_(pins) { *pins_.tready = 0; }

  // Drives tready and takes the beat of the coming edge. True when a frame is complete: the caller
  // takes the content of frame() before the next call.
  bool tick(bool ready);
  Frame& frame() { return frame_; }

  bool idle() const { return !in_frame_; }
  // The first rule that the card broke, empty if none.
  const std::string& error() const { return error_; }

 private:
  AxisSinkPins pins_;
  Frame frame_;
  bool in_frame_ = false;
  bool waiting_ = false;  // a beat was shown and not taken: it must stay
  std::string error_;
};

}  // namespace millrace::sim
