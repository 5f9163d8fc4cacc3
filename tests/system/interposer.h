// SPDX-License-Identifier: Apache-2.0
// A wire between a card's MAC and what was plugged in: hands frames on, gives the card frames of
// the test's own, and shows what the card sent.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "sim/simulation.h"
#include "sim/wire/wire.h"

namespace millrace::tests {

class Interposer final : public sim::Wire {
 public:
  // Plugs itself in front of the card's present wire; must outlive the simulation's last step.
  explicit Interposer(sim::SimCard& card) : inner_(card.wire()) { card.plug(*this); }

  // The card's next frame, before all others.
  void inject(sim::Frame frame) { injected_.push_back(std::move(frame)); }
  void inject(const std::vector<std::uint8_t>& bytes) {
    sim::Frame frame;
    for (const std::uint8_t byte : bytes) frame.bytes.push_back(std::byte{byte});
    inject(std::move(frame));
  }

  // Called with every frame on its way to the card; what it returns is delivered before it.
  void set_forger(std::function<std::optional<sim::Frame>(const sim::Frame&)> forger) {
    forger_ = std::move(forger);
  }
  // Called with every frame the card sends.
  void set_observer(std::function<void(const sim::Frame&)> observer) {
    observer_ = std::move(observer);
  }

  bool ready(std::uint64_t now_ns) const override { return inner_.ready(now_ns); }
  void send(std::uint64_t now_ns, sim::Frame& frame) override {
    if (observer_) observer_(frame);
    inner_.send(now_ns, frame);
  }
  std::uint64_t next_arrival_ns() const override {
    return injected_.empty() ? inner_.next_arrival_ns() : 0;
  }
  bool receive(std::uint64_t now_ns, sim::Frame& frame) override {
    if (injected_.empty()) {
      if (!inner_.receive(now_ns, frame)) return false;
      std::optional<sim::Frame> forged;
      if (forger_) forged = forger_(frame);
      if (!forged) return true;
      injected_.push_back(std::move(*forged));
      injected_.push_back(frame);
    }
    frame = std::move(injected_.front());
    injected_.pop_front();
    return true;
  }

 private:
  sim::Wire& inner_;
  std::deque<sim::Frame> injected_;
  std::function<std::optional<sim::Frame>(const sim::Frame&)> forger_;
  std::function<void(const sim::Frame&)> observer_;
};

}  // namespace millrace::tests
