// SPDX-License-Identifier: Apache-2.0
// Two simulated cards on one link with a runtime each: what the system tests and benchmarks run on.

#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/card.h"
#include "host/runtime.h"
#include "sim/sim_device.h"
#include "sim/simulation.h"

namespace millrace::tests {

struct TwoCardsOptions {
  sim::LinkOptions link;
  sim::MemoryModel memory;
  host::Policy policy;
  host::RuntimeOptions runtime;
  std::uint64_t seed = 1;  // of reset values, keys and memory jitter
  std::optional<std::uint64_t> reset_seed = std::nullopt;  // of reset values alone; unset: seed
  std::string capture;                                     // pcapng of card 0's MAC; empty: none
  // Puts something between card 0's device and its host; it outlives the pair.
  std::function<host::Device&(sim::SimDevice&)> seam = nullptr;
};

class TwoCards {
 public:
  static constexpr std::uint32_t kIp[2] = {0x0A000001, 0x0A000002};
  // 2001:db8::1 and ::2; and the link-local addresses that the cards make themselves.
  static constexpr host::IpAddress kIpv6[2] = {host::IpAddress::ipv6({0x20010DB8, 0, 0, 1}),
                                               host::IpAddress::ipv6({0x20010DB8, 0, 0, 2})};
  static host::IpAddress link_local(int side);

  // The text of the first failure, if any.
  static std::expected<std::unique_ptr<TwoCards>, std::string> make(const TwoCardsOptions& options);

  sim::Simulation& simulation() { return *simulation_; }
  sim::SimDevice& device(int side) { return *devices_[side]; }
  host::Card& card(int side) { return *cards_[side]; }
  host::Runtime& runtime(int side) { return *runtimes_[side]; }
  sim::Link& link() { return *link_; }

  // Polls both runtimes, calls `turn`, lets time pass; until `done` or `limit_us` of simulated
  // time.
  template <typename Done, typename Turn>
  bool run(Done done, Turn turn, std::uint64_t limit_us) {
    const std::uint64_t end = devices_[0]->now_us() + limit_us;
    while (true) {
      runtimes_[0]->poll();
      runtimes_[1]->poll();
      turn();
      if (done()) return true;
      if (devices_[0]->now_us() >= end || !simulation_->errors().empty()) return false;
      // A lost runtime has nothing to wait for, and gives the other no time.
      const int waits = runtimes_[0]->lost() ? 1 : 0;
      runtimes_[1 - waits]->flush();
      runtimes_[waits]->wait(end);
    }
  }
  template <typename Done>
  bool run(Done done, std::uint64_t limit_us) {
    return run(done, [] {}, limit_us);
  }

  ~TwoCards();

 private:
  TwoCards() = default;

  std::shared_ptr<sim::Simulation> simulation_;
  sim::Link* link_ = nullptr;
  std::array<std::unique_ptr<sim::SimDevice>, 2> devices_;
  std::array<std::unique_ptr<host::Card>, 2> cards_;
  std::array<std::unique_ptr<host::Runtime>, 2> runtimes_;
};

}  // namespace millrace::tests
