// SPDX-License-Identifier: Apache-2.0
// Beats of 64 bytes; every beat but the last of a frame is full.

#include "sim/bus/axis.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace millrace::sim {
namespace {

constexpr std::size_t kFrameBytesMax = 16 * 1024;

}  // namespace

void AxisSource::settle() {
  if (taken_) {
    *pins_.tvalid = 0;
    taken_ = false;
  }
}

void AxisSource::load(Frame& frame) {
  std::swap(frame_, frame);
  at_ = 0;
}

void AxisSource::drive(bool stall) {
  if (*pins_.tvalid == 0 && at_ < frame_.bytes.size() && !stall) {
    const std::size_t bytes = std::min(kBeatBytes, frame_.bytes.size() - at_);
    if (bytes < kBeatBytes) std::memset(pins_.tdata, 0, kBeatBytes);
    std::memcpy(pins_.tdata, frame_.bytes.data() + at_, bytes);
    at_ += bytes;
    const bool last = at_ == frame_.bytes.size();
    *pins_.tkeep = ~std::uint64_t{0} >> (kBeatBytes - bytes);
    *pins_.tlast = last;
    *pins_.tuser = last && frame_.bad_fcs;
    *pins_.tvalid = 1;
  }
  taken_ = *pins_.tvalid != 0 && *pins_.tready != 0;
}

bool AxisSink::tick(bool ready) {
  // Once begun a frame is taken without a pause, as a MAC that must not starve would want it.
  const bool take = in_frame_ || ready;
  *pins_.tready = take;
  if (*pins_.tvalid == 0) {
    if (waiting_ && error_.empty()) error_ = "AXI-Stream tvalid fell before tready";
    waiting_ = false;
    return false;
  }
  waiting_ = !take;
  if (!take) return false;
  if (!in_frame_) frame_.bytes.clear();
  const std::uint64_t keep = *pins_.tkeep;
  const bool last = *pins_.tlast != 0;
  const auto bytes = static_cast<std::size_t>(std::countr_one(keep));
  if (bytes == 0 || std::popcount(keep) != static_cast<int>(bytes) ||
      (!last && bytes != kBeatBytes)) {
    if (error_.empty()) error_ = "AXI-Stream tkeep is not a run of ones, or short before tlast";
  }
  const auto* data = reinterpret_cast<const std::byte*>(pins_.tdata);
  if (frame_.bytes.size() < kFrameBytesMax) {
    frame_.bytes.insert(frame_.bytes.end(), data, data + bytes);
  } else if (error_.empty()) {
    error_ = "frame from the card is longer than 16 KiB";
  }
  in_frame_ = !last;
  if (last && frame_.bytes.size() < kMinFrameBytes && error_.empty()) {
    error_ = "frame from the card is shorter than 60 bytes";
  }
  return last;
}

}  // namespace millrace::sim
