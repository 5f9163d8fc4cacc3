// SPDX-License-Identifier: Apache-2.0
// A wire whose far end is a test: it injects frames and collects what the card sent.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "sim/wire/wire.h"

namespace millrace::sim {

class ScriptWire final : public Wire {
 public:
  struct Sent {
    std::uint64_t time_ns;
    std::vector<std::byte> bytes;
  };

  // Gives the card a frame as soon as time reaches `at_ns` and all injected before are taken.
  // Padded to 60 bytes unless `pad` is false.
  void inject(std::span<const std::byte> bytes, std::uint64_t at_ns = 0, bool bad_fcs = false,
              bool pad = true) {
    Frame frame{{bytes.begin(), bytes.end()}, bad_fcs};
    if (pad && frame.bytes.size() < kMinFrameBytes) frame.bytes.resize(kMinFrameBytes);
    arriving_.emplace_back(at_ns, std::move(frame));
  }

  // What the card sent and nobody has taken yet, oldest first; the caller pops.
  std::deque<Sent>& sent() { return sent_; }

  // While true the MAC holds the card's frames back.
  void hold(bool held) { held_ = held; }

  bool ready(std::uint64_t) const override { return !held_; }
  void send(std::uint64_t now_ns, Frame& frame) override {
    sent_.push_back({now_ns, std::move(frame.bytes)});
    frame.bytes.clear();
  }
  std::uint64_t next_arrival_ns() const override {
    return arriving_.empty() ? kNever : arriving_.front().first;
  }
  bool receive(std::uint64_t now_ns, Frame& frame) override {
    if (arriving_.empty() || arriving_.front().first > now_ns) return false;
    frame = std::move(arriving_.front().second);
    arriving_.pop_front();
    return true;
  }

 private:
  std::deque<std::pair<std::uint64_t, Frame>> arriving_;
  std::deque<Sent> sent_;
  bool held_ = false;
};

}  // namespace millrace::sim
