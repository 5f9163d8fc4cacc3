// SPDX-License-Identifier: Apache-2.0
// Flows, their verdict, and what they left behind.

#include "tests/system/world.h"

#include <algorithm>

namespace millrace::tests {
namespace {

constexpr std::uint32_t kBacklog = 16;
constexpr std::uint64_t kOpenUs = 10'000;
constexpr std::uint64_t kSettleUs = 1'000;

std::uint64_t up_key(std::size_t flow) { return 2 * flow + 1; }
std::uint64_t down_key(std::size_t flow) { return 2 * flow + 2; }

std::string end_text(const char* who, std::size_t flow, const TransferEnd& end) {
  return std::string(who) + " " + std::to_string(flow) + ": done " + std::to_string(end.done()) +
         " sent " + std::to_string(end.sent()) + " received " + std::to_string(end.received()) +
         " mismatch " + std::to_string(end.mismatch()) + " status " +
         std::to_string(static_cast<int>(end.status())) + "\n";
}

}  // namespace

std::expected<std::unique_ptr<Transfer>, std::string> Transfer::start(
    TwoCards& cards, const std::vector<FlowPlan>& plans, std::uint16_t port,
    std::size_t ring_bytes) {
  std::unique_ptr<Transfer> transfer(new Transfer);
  transfer->plans_ = plans;
  auto listener = cards.runtime(1).listen(
      {.port = port, .backlog = kBacklog, .tx_size = ring_bytes, .rx_size = ring_bytes},
      transfer->quiet_);
  if (!listener) return std::unexpected(listener.error().context);
  transfer->listener_ = *listener;
  const bool open = cards.run(
      [&] {
        return (*listener)->state() == host::Listener::State::kOpen &&
               (*listener)->posted() == kBacklog;
      },
      kOpenUs);
  if (!open) return std::unexpected("the port does not open: " + cards.simulation().errors());
  for (std::size_t i = 0; i < plans.size(); ++i) {
    transfer->clients_.push_back(
        std::make_unique<TransferEnd>(up_key(i), plans[i].up, down_key(i), plans[i].down));
    auto connection = cards.runtime(0).connect({.remote = {TwoCards::kIp[1], port},
                                                .local_port = 0,
                                                .tx_size = ring_bytes,
                                                .rx_size = ring_bytes},
                                               *transfer->clients_.back());
    if (!connection) return std::unexpected(connection.error().context);
  }
  return transfer;
}

void Transfer::turn() {
  while (host::Connection* connection = listener_->accept()) {
    // The client's port, known to it before the SYN left, tells which flow this is.
    const auto client = std::ranges::find(clients_, connection->remote().port,
                                          [](const auto& end) { return end->local_port(); });
    const auto flow = static_cast<std::size_t>(client - clients_.begin());
    const FlowPlan plan = flow < plans_.size() ? plans_[flow] : FlowPlan{1, 1};
    servers_.push_back(
        std::make_unique<TransferEnd>(down_key(flow), plan.down, up_key(flow), plan.up));
    servers_.back()->attach(*connection);
  }
}

bool Transfer::done() const {
  const auto ended = [](const auto& end) { return end->done(); };
  return servers_.size() == plans_.size() && std::ranges::all_of(clients_, ended) &&
         std::ranges::all_of(servers_, ended);
}

std::string Transfer::verdict() const {
  std::string text;
  if (servers_.size() != plans_.size()) {
    text = std::to_string(servers_.size()) + " of " + std::to_string(plans_.size()) +
           " flows were accepted\n";
  }
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (!clients_[i]->clean()) text += end_text("client", i, *clients_[i]);
  }
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (!servers_[i]->clean()) text += end_text("server", i, *servers_[i]);
  }
  return text;
}

std::uint64_t Transfer::received() const {
  std::uint64_t bytes = 0;
  for (const auto& end : clients_) bytes += end->received();
  for (const auto& end : servers_) bytes += end->received();
  return bytes;
}

std::vector<host::Status> Transfer::client_statuses() const {
  std::vector<host::Status> statuses;
  statuses.reserve(clients_.size());
  for (const auto& end : clients_) statuses.push_back(end->status());
  return statuses;
}

void Transfer::close() {
  unused_backlog_ = listener_->posted();
  listener_->release();
  listener_ = nullptr;
}

Holdings Holdings::of(TwoCards& cards) {
  Holdings holdings;
  for (int side = 0; side < 2; ++side) {
    Side& one = holdings.sides[side];
    one.free_connections = cards.card(side).free_connections().value_or(0);
    one.handles = cards.runtime(side).open_connections();
    one.buffer_bytes = cards.runtime(side).free_buffer_bytes();
    one.counters = cards.card(side).counters().value_or(host::CounterSnapshot{});
  }
  return holdings;
}

std::string left_behind(TwoCards& cards, const Holdings& before, std::uint32_t unused_backlog) {
  using contract::Counter;
  // Reports that are still under way come now; afterwards there must be none for ever.
  cards.run([] { return false; }, kSettleUs);
  const std::uint64_t reports[2] = {cards.runtime(0).stats().completions,
                                    cards.runtime(1).stats().completions};
  const std::uint64_t wait_us = cards.card(0).options().policy.time_wait_us;
  cards.run([] { return false; }, wait_us + kSettleUs);
  const Holdings now = Holdings::of(cards);
  std::string text = cards.simulation().errors();
  for (int side = 0; side < 2; ++side) {
    const auto expect = [&](const char* what, std::uint64_t is, std::uint64_t was) {
      if (is == was) return;
      text += "card " + std::to_string(side) + ": " + what + " is " + std::to_string(is) +
              ", expected " + std::to_string(was) + "\n";
    };
    const Holdings::Side& then = before.sides[side];
    const Holdings::Side& one = now.sides[side];
    const auto counted = one.counters.since(then.counters);
    const host::RuntimeStats stats = cards.runtime(side).stats();
    expect("free_connections", one.free_connections, then.free_connections);
    expect("handles in use", one.handles, then.handles);
    expect("free buffer bytes", one.buffer_bytes, then.buffer_bytes);
    expect("completions", stats.completions, reports[side]);
    expect("cq_entries", one.counters[Counter::kCqEntries],
           static_cast<std::uint32_t>(stats.completions));
    expect("conn_closed", counted[Counter::kConnClosed],
           counted[Counter::kConnOpenedActive] + counted[Counter::kConnOpenedPassive] +
               (side == 1 ? unused_backlog : 0));
    expect("bad offsets", stats.bad_offsets, 0);
    expect("stray reports", stats.stray_reports, 0);
    expect("lost", cards.runtime(side).lost() ? 1 : 0, 0);
    const auto status = cards.card(side).status();
    expect("dma_error", status && status->dma_error ? 1 : 0, 0);
  }
  return text;
}

}  // namespace millrace::tests
