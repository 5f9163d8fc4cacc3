// SPDX-License-Identifier: Apache-2.0
// Bring-up of the pair of cards.

#include "tests/system/two_cards.h"

#include <utility>

namespace millrace::tests {

namespace {

std::array<std::uint8_t, 6> mac_of(int side) {
  return {2, 0, 0, 0, 0, static_cast<std::uint8_t>(side + 1)};
}

}  // namespace

host::IpAddress TwoCards::link_local(int side) { return host::link_local_of(mac_of(side)); }

TwoCards::~TwoCards() {
  for (auto& runtime : runtimes_) runtime.reset();
  for (auto& card : cards_) card.reset();
}

std::expected<std::unique_ptr<TwoCards>, std::string> TwoCards::make(
    const TwoCardsOptions& options) {
  std::unique_ptr<TwoCards> pair(new TwoCards);
  pair->simulation_ = std::make_shared<sim::Simulation>();
  for (int side = 0; side < 2; ++side) {
    const std::uint64_t seed = options.seed * 2 + static_cast<std::uint64_t>(side);
    const std::uint64_t reset_seed = options.reset_seed.value_or(options.seed) * 2 + (seed & 1);
    pair->simulation_->add_card(sim::make_verilated_card({.seed = reset_seed, .trace = {}}),
                                {.memory = options.memory, .seed = seed});
  }
  pair->link_ = &pair->simulation_->add_link(0, 1, options.link);
  if (!options.capture.empty()) {
    if (auto made = pair->simulation_->add_capture(0, options.capture); !made) {
      return std::unexpected(made.error());
    }
  }
  for (int side = 0; side < 2; ++side) {
    pair->devices_[side] =
        std::make_unique<sim::SimDevice>(pair->simulation_, side, side == 0 ? "card 0" : "card 1");
    host::CardOptions card_options;
    card_options.mac = mac_of(side);
    card_options.ipv4 = kIp[side];
    card_options.ipv6 = kIpv6[side];
    card_options.policy = options.policy;
    card_options.seed = options.seed + 100 + static_cast<std::uint64_t>(side);
    const bool between = side == 0 && options.seam;
    host::Device& device = between ? options.seam(*pair->devices_[0]) : *pair->devices_[side];
    auto card = host::Card::open(device, card_options);
    if (!card) return std::unexpected(card.error().context + pair->simulation_->errors());
    pair->cards_[side] = std::move(*card);
    auto runtime = host::Runtime::open(*pair->cards_[side], options.runtime);
    if (!runtime) return std::unexpected(runtime.error().context + pair->simulation_->errors());
    pair->runtimes_[side] = std::move(*runtime);
  }
  return pair;
}

}  // namespace millrace::tests
