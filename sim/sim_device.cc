// SPDX-License-Identifier: Apache-2.0
// Register access and waiting as steps of the simulation.

#include "sim/sim_device.h"

#include <utility>

namespace millrace::sim {
namespace {

constexpr std::uint32_t kRegisterBytes = 1u << 20;  // s_axil addresses have 20 bits
// A card that has not answered after so many clocks never will: 400 us, a thousand times what it
// needs.
constexpr std::uint64_t kAnswerClocksMax = 100'000;
// What a wait whose deadline is past gives the card.
constexpr int kShortTurnClocks = 64;
// How long a wait that nothing but wake() can end sleeps at a time.
constexpr int kSleepMilliseconds = 100;

bool valid(std::uint32_t offset) { return offset < kRegisterBytes && offset % 4 == 0; }

}  // namespace

SimDevice::SimDevice(std::shared_ptr<Simulation> simulation, int card, std::string description)
    : simulation_(std::move(simulation)), card_(card), description_(std::move(description)) {}

host::DeviceError SimDevice::lose(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
  return host::DeviceError::kLost;
}

bool SimDevice::lost() {
  if (failure_.empty() && card().failed()) lose(card().errors());
  return !failure_.empty();
}

std::string SimDevice::failure() const { return failure_; }

std::expected<std::uint32_t, host::DeviceError> SimDevice::read_register(std::uint32_t offset) {
  if (lost()) return std::unexpected(host::DeviceError::kLost);
  if (!valid(offset)) return std::unexpected(host::DeviceError::kBadOffset);
  AxiLiteMaster& registers = card().registers();
  registers.read(simulation_->cycle(), offset);
  for (std::uint64_t clocks = 0; clocks < kAnswerClocksMax; ++clocks) {
    if (registers.done(simulation_->cycle())) {
      const std::uint32_t value = registers.take();
      if (registers.refused()) return std::unexpected(host::DeviceError::kBadOffset);
      return value;
    }
    simulation_->advance(simulation_->now_ns());
    if (lost()) break;
  }
  registers.abandon();
  return std::unexpected(lose("the card did not answer a register read within 100,000 clocks"));
}

std::expected<void, host::DeviceError> SimDevice::write_register(std::uint32_t offset,
                                                                 std::uint32_t value) {
  if (lost()) return std::unexpected(host::DeviceError::kLost);
  if (!valid(offset)) return std::unexpected(host::DeviceError::kBadOffset);
  AxiLiteMaster& registers = card().registers();
  for (std::uint64_t clocks = 0; !registers.can_write(); ++clocks) {
    if (clocks == kAnswerClocksMax) {
      return std::unexpected(lose("the card took no register write within 100,000 clocks"));
    }
    simulation_->advance(simulation_->now_ns());
  }
  registers.write(simulation_->cycle(), offset, value);
  return {};
}

std::expected<host::SharedMemory, host::DeviceError> SimDevice::allocate(std::size_t bytes) {
  if (lost()) return std::unexpected(host::DeviceError::kLost);
  const auto block = card().memory().allocate(bytes);
  if (!block) return std::unexpected(host::DeviceError::kNoMemory);
  return host::SharedMemory{block->bytes, block->card_address};
}

std::expected<void, host::DeviceError> SimDevice::wait(std::uint64_t deadline_us) {
  const std::uint64_t deadline_ns = deadline_us >= kNever / 1000 ? kNever : deadline_us * 1000;
  int clocks = 0;
  while (true) {
    if (lost()) return std::unexpected(host::DeviceError::kLost);
    if (simulation_->take_wake()) return {};
    const std::uint64_t writes = simulation_->host_writes();
    if (writes != writes_seen_) {
      writes_seen_ = writes;
      return {};
    }
    const bool due = simulation_->now_ns() >= deadline_ns;
    if (due && clocks >= kShortTurnClocks) return {};
    ++clocks;
    if (simulation_->advance(deadline_ns)) continue;
    simulation_->sleep_for_wake(kSleepMilliseconds);
    return {};
  }
}

}  // namespace millrace::sim
