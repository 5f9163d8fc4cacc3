// SPDX-License-Identifier: Apache-2.0
// Which state (RFC 9293 3.3.2) the card's connections are in, and which transitions a run visited.
//
// The card has no register that shows a connection's state, and a completion names one only when
// there is other news. So a state is inferred from what the card itself says, never from what a
// script hopes for: SYN, SYN-ACK and FIN are states once the card has sent them; ESTABLISHED, the
// peer's FIN, the acknowledgement of ours and the end are states once a completion said so.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/conn/connection.h"
#include "tests/scripts/runner/codec.h"

namespace millrace::script {

using State = contract::TcpState;
using Transition = std::pair<State, State>;

// "FIN-WAIT-1".
std::string_view state_name(State state);
std::optional<State> state_named(std::string_view name);

// The transitions of RFC 9293 (figure 5 and 3.10) that can happen on this card. LISTEN to SYN-SENT
// needs a SEND on a listening port, which neither sockets nor the card's host interface have.
const std::vector<Transition>& rfc_transitions();

class StateObserver {
 public:
  void on_listen() { visit(State::kClosed, State::kListen); }
  void on_unlisten() { visit(State::kListen, State::kClosed); }
  // A segment of the card.
  void on_segment(const Segment& segment);
  // A connection after a completion.
  void on_report(const host::Connection& connection);
  // An injected RST ended a handshake: the connection waits for another SYN.
  void on_relisten(std::uint16_t remote_port, std::uint16_t local_port);
  // The card has forgotten every connection that was in TIME-WAIT.
  void on_time_wait_over();

  // CLOSED if nothing is known of it.
  State state(std::uint16_t remote_port, std::uint16_t local_port) const;
  bool passive(std::uint16_t remote_port, std::uint16_t local_port) const;
  // Connections in a state.
  std::size_t count(State state) const;
  // Connections that occupy one of the card's, those of a listener apart.
  std::size_t living() const;

  // Connections that end by time alone when their host is gone: TIME-WAIT, passive SYN-RECEIVED.
  std::size_t may_stay() const;

  // How often each transition was made.
  const std::map<Transition, unsigned>& visited() const { return visited_; }

 private:
  struct Flow {
    State state = State::kClosed;
    bool passive = false;
    bool ended = false;  // its final report was seen
  };
  using Key = std::pair<std::uint16_t, std::uint16_t>;

  void visit(State from, State to) { ++visited_[{from, to}]; }
  void move(Flow& flow, State to);
  void finish(Flow& flow, const host::Connection& connection);

  std::map<Key, Flow> flows_;
  std::set<const host::Connection*> ended_;
  std::map<Transition, unsigned> visited_;
};

}  // namespace millrace::script
