// SPDX-License-Identifier: Apache-2.0
// Serialisation, queue, faults and delivery order.

#include "sim/wire/line.h"

#include <algorithm>
#include <utility>

namespace millrace::sim {
namespace {

// Preamble, FCS and the gap between frames, which take the line too (IEEE 802.3).
constexpr std::uint64_t kLineOverheadBytes = 8 + 4 + 12;

// What the MAC takes beyond the frame on the line: its transmit FIFO. It holds a whole frame of any
// size, so that the next one can enter while the last one leaves.
constexpr std::uint64_t kMacFifoBytes = 4096;

std::uint64_t line_time_ps(std::uint64_t bytes, double gbps) {
  return static_cast<std::uint64_t>(static_cast<double>(bytes * 8) * 1000.0 / gbps);
}

bool is_ipv4(const Frame& frame) {
  return frame.bytes.size() >= 14 && frame.bytes[12] == std::byte{0x08} &&
         frame.bytes[13] == std::byte{0x00};
}

}  // namespace

bool Line::ready(std::uint64_t now_ns) const {
  return mac_free_ps_ <=
         now_ns * 1000 + line_time_ps(std::max(kMacFifoBytes, mac_fifo_bytes_), options_.mac_gbps);
}

void Line::send(std::uint64_t now_ns, Frame& frame) {
  const std::uint64_t bytes = frame.bytes.size() + kLineOverheadBytes;
  const std::uint64_t start = std::max(mac_free_ps_, now_ns * 1000);
  mac_free_ps_ = start + line_time_ps(bytes, options_.mac_gbps);
  mac_fifo_bytes_ = bytes;
  ++counters_.frames;
  // All draws happen for every frame, whatever becomes of it: see Random::chance.
  const bool lost = random_.chance(options_.loss);
  const bool reordered = random_.chance(options_.reorder);
  const bool duplicated = random_.chance(options_.duplicate);
  const bool corrupted = random_.chance(options_.corrupt);
  const std::uint64_t where = random_.next();
  if (lost) {
    ++counters_.lost;
    return;
  }
  const std::uint64_t queue_limit_ps = line_time_ps(options_.queue_bytes, options_.rate_gbps);
  if (line_free_ps_ > mac_free_ps_ + queue_limit_ps) {
    ++counters_.overflowed;
    return;
  }
  line_free_ps_ = std::max(
      mac_free_ps_, std::max(line_free_ps_, start) + line_time_ps(bytes, options_.rate_gbps));
  std::uint64_t arrival_ns = line_free_ps_ / 1000 + options_.delay_ns;
  if (corrupted) corrupt(frame, where);
  if (reordered) {
    ++counters_.reordered;
    arrival_ns += options_.reorder_ns;
  }
  if (duplicated) {
    ++counters_.duplicated;
    Frame copy = frame;
    deliver(arrival_ns + options_.reorder_ns, copy);
  }
  deliver(arrival_ns, frame);
}

bool Line::receive(std::uint64_t now_ns, Frame& frame) {
  if (heap_.empty() || heap_.front().arrival_ns > now_ns) return false;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  std::swap(frame, heap_.back().frame);
  free_.push_back(std::move(heap_.back().frame));
  heap_.pop_back();
  ++counters_.delivered;
  return true;
}

void Line::clear() {
  counters_.lost += heap_.size();
  heap_.clear();
}

void Line::deliver(std::uint64_t arrival_ns, Frame& frame) {
  Flying flying{arrival_ns, order_++, {}};
  if (!free_.empty()) {
    flying.frame = std::move(free_.back());
    free_.pop_back();
  }
  std::swap(flying.frame, frame);
  heap_.push_back(std::move(flying));
  std::push_heap(heap_.begin(), heap_.end(), later);
}

// One bit, which every Internet checksum finds.
void Line::corrupt(Frame& frame, std::uint64_t where) {
  ++counters_.corrupted;
  const std::uint64_t bit = where % (frame.bytes.size() * 8);
  if (!is_ipv4(frame) || options_.mark_corrupt) frame.bad_fcs = true;
  frame.bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
}

}  // namespace millrace::sim
