// SPDX-License-Identifier: Apache-2.0
// The device seam on a simulated card. Simulated time passes in read_register() and wait() alone,
// for the whole simulation: hosts of several cards share one thread and give each other time by
// waiting in turn.

#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "host/device/device.h"
#include "sim/simulation.h"

namespace millrace::sim {

class SimDevice final : public host::Device {
 public:
  // `card` is a card of `simulation`; at most one device per card.
  SimDevice(std::shared_ptr<Simulation> simulation, int card, std::string description);

  std::expected<std::uint32_t, host::DeviceError> read_register(std::uint32_t offset) override;
  std::expected<void, host::DeviceError> write_register(std::uint32_t offset,
                                                        std::uint32_t value) override;
  std::expected<host::SharedMemory, host::DeviceError> allocate(std::size_t bytes) override;
  std::uint64_t now_us() const override { return simulation_->now_ns() / 1000; }
  // Returns when any card of the simulation wrote its host's memory, so that no host starves
  // another.
  std::expected<void, host::DeviceError> wait(std::uint64_t deadline_us) override;
  void wake() override { simulation_->wake(); }
  std::string description() const override { return description_; }
  std::string failure() const override;

  // The card stops answering, as one that lost power.
  void kill() { simulation_->card(card_).kill(); }

  Simulation& simulation() { return *simulation_; }
  SimCard& card() { return simulation_->card(card_); }

 private:
  host::DeviceError lose(std::string why);
  bool lost();

  std::shared_ptr<Simulation> simulation_;
  int card_;
  std::string description_;
  std::string failure_;
  std::uint64_t writes_seen_ = 0;
};

}  // namespace millrace::sim
