// SPDX-License-Identifier: Apache-2.0
// Whole transfers between two cards, and what must be as before when they are over.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/transfer.h"
#include "tests/system/two_cards.h"

namespace millrace::tests {

// What one flow carries: bytes from card 0 (which connects) to card 1, and back. Different sizes
// make a half-closed connection whose other direction goes on.
struct FlowPlan {
  std::uint64_t up = 0;
  std::uint64_t down = 0;
};

// Flows between the two cards; each ends when both cards' final reports have come.
class Transfer {
 public:
  // Opens `port` on card 1 and connects one flow per plan from card 0. Rings are of `ring_bytes`.
  // Fails with a text.
  static std::expected<std::unique_ptr<Transfer>, std::string> start(
      TwoCards& cards, const std::vector<FlowPlan>& plans, std::uint16_t port = 7,
      std::size_t ring_bytes = std::size_t{64} << 10);

  // Accepts what came; to be called between polls.
  void turn();
  bool done() const;
  // All ended with every byte right and in order both ways; otherwise the text says which did not.
  std::string verdict() const;
  // What arrived at both ends so far.
  std::uint64_t received() const;

  // How each client's flow ended, if it did.
  std::vector<host::Status> client_statuses() const;

  // Closes the port; once done().
  void close();
  // Connections in LISTEN when the port was closed.
  std::uint32_t unused_backlog() const { return unused_backlog_; }

 private:
  Transfer() = default;

  struct Quiet final : host::ListenerHandler {
    void on_event(host::Listener& /*listener*/) noexcept override {}
  };

  Quiet quiet_;
  host::Listener* listener_ = nullptr;
  std::vector<FlowPlan> plans_;
  std::vector<std::unique_ptr<TransferEnd>> clients_;
  std::vector<std::unique_ptr<TransferEnd>> servers_;
  std::uint32_t unused_backlog_ = 0;
};

// What both cards and hosts hold; two of them tell what a test left behind.
struct Holdings {
  struct Side {
    std::uint32_t free_connections = 0;
    std::uint32_t handles = 0;
    std::size_t buffer_bytes = 0;
    host::CounterSnapshot counters;
  };
  Side sides[2];

  static Holdings of(TwoCards& cards);
};

// Lets TIME-WAIT expire on both cards and everything settle, then says what is not as at `before`:
// connections, handles, rings, reports that still came, refusals, connections opened and not
// closed. `unused_backlog` connections of card 1 were in LISTEN and freed. Empty: all is as before.
std::string left_behind(TwoCards& cards, const Holdings& before, std::uint32_t unused_backlog);

}  // namespace millrace::tests
