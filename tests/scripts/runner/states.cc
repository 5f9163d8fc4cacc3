// SPDX-License-Identifier: Apache-2.0
// States from segments and completions.

#include "tests/scripts/runner/states.h"

#include <algorithm>

namespace millrace::script {
namespace {

constexpr std::array<std::string_view, 11> kNames = {
    "CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
    "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT"};

}  // namespace

std::string_view state_name(State state) { return kNames.at(static_cast<std::size_t>(state)); }

std::optional<State> state_named(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<State>(found - kNames.begin());
}

const std::vector<Transition>& rfc_transitions() {
  static const std::vector<Transition> kTransitions = {
      {State::kClosed, State::kListen},         {State::kClosed, State::kSynSent},
      {State::kListen, State::kClosed},         {State::kListen, State::kSynReceived},
      {State::kSynSent, State::kSynReceived},   {State::kSynSent, State::kEstablished},
      {State::kSynSent, State::kClosed},        {State::kSynReceived, State::kEstablished},
      {State::kSynReceived, State::kListen},    {State::kSynReceived, State::kClosed},
      {State::kSynReceived, State::kFinWait1},  {State::kEstablished, State::kFinWait1},
      {State::kEstablished, State::kCloseWait}, {State::kEstablished, State::kClosed},
      {State::kFinWait1, State::kFinWait2},     {State::kFinWait1, State::kClosing},
      {State::kFinWait1, State::kTimeWait},     {State::kFinWait1, State::kClosed},
      {State::kFinWait2, State::kTimeWait},     {State::kFinWait2, State::kClosed},
      {State::kCloseWait, State::kLastAck},     {State::kCloseWait, State::kClosed},
      {State::kClosing, State::kTimeWait},      {State::kClosing, State::kClosed},
      {State::kLastAck, State::kClosed},        {State::kTimeWait, State::kClosed},
  };
  return kTransitions;
}

void StateObserver::move(Flow& flow, State to) {
  if (flow.state == to) return;
  visit(flow.state, to);
  flow.state = to;
}

void StateObserver::on_segment(const Segment& segment) {
  const bool syn = (segment.flags & kSyn) != 0;
  const bool ack = (segment.flags & kAck) != 0;
  Flow& flow = flows_[{segment.destination_port, segment.source_port}];
  if (syn && !ack) {
    if (flow.state == State::kTimeWait) move(flow, State::kClosed);
    if (flow.state == State::kClosed) flow = Flow{};
    move(flow, State::kSynSent);
  } else if (syn) {
    const bool fresh = flow.state == State::kClosed || flow.state == State::kTimeWait;
    if (fresh) {
      if (flow.state == State::kTimeWait) visit(State::kTimeWait, State::kClosed);
      flow = Flow{.state = State::kListen, .passive = true};
    }
    move(flow, State::kSynReceived);
  } else if ((segment.flags & kFin) != 0) {
    const bool open = flow.state == State::kEstablished || flow.state == State::kSynReceived;
    if (open) move(flow, State::kFinWait1);
    if (flow.state == State::kCloseWait) move(flow, State::kLastAck);
  }
}

void StateObserver::finish(Flow& flow, const host::Connection& connection) {
  flow.ended = true;
  ended_.insert(&connection);
  const bool waits =
      connection.status() == host::Status::kOk && connection.state() == State::kTimeWait;
  move(flow, waits ? State::kTimeWait : State::kClosed);
}

void StateObserver::on_report(const host::Connection& connection) {
  if (connection.local_port() == 0) return;
  const Key key{connection.remote().port, connection.local_port()};
  const auto found = flows_.find(key);
  if (found == flows_.end()) return;
  Flow& flow = found->second;
  // A connection whose end was seen has nothing to say about a later one of the same ports.
  if (flow.ended || ended_.contains(&connection)) return;
  const bool handshake = flow.state == State::kSynSent || flow.state == State::kSynReceived;
  if (handshake && connection.established()) move(flow, State::kEstablished);
  if (connection.fin_received()) {
    if (flow.state == State::kEstablished) move(flow, State::kCloseWait);
    if (flow.state == State::kFinWait2) move(flow, State::kTimeWait);
    if (flow.state == State::kFinWait1) {
      move(flow, connection.fin_acked() ? State::kTimeWait : State::kClosing);
    }
  }
  if (connection.fin_acked()) {
    if (flow.state == State::kFinWait1) move(flow, State::kFinWait2);
    if (flow.state == State::kClosing) move(flow, State::kTimeWait);
  }
  if (connection.final()) finish(flow, connection);
}

void StateObserver::on_relisten(std::uint16_t remote_port, std::uint16_t local_port) {
  Flow& flow = flows_[{remote_port, local_port}];
  if (flow.state != State::kSynReceived) return;
  move(flow, State::kListen);
  flow = Flow{};
}

void StateObserver::on_time_wait_over() {
  for (auto& [key, flow] : flows_) {
    if (flow.state == State::kTimeWait) move(flow, State::kClosed);
  }
}

State StateObserver::state(std::uint16_t remote_port, std::uint16_t local_port) const {
  const auto found = flows_.find({remote_port, local_port});
  return found == flows_.end() ? State::kClosed : found->second.state;
}

bool StateObserver::passive(std::uint16_t remote_port, std::uint16_t local_port) const {
  const auto found = flows_.find({remote_port, local_port});
  return found != flows_.end() && found->second.passive;
}

std::size_t StateObserver::count(State state) const {
  return static_cast<std::size_t>(
      std::count_if(flows_.begin(), flows_.end(),
                    [state](const auto& one) { return one.second.state == state; }));
}

std::size_t StateObserver::living() const {
  return static_cast<std::size_t>(std::count_if(flows_.begin(), flows_.end(), [](const auto& one) {
    const Flow& flow = one.second;
    const bool listed = flow.passive && flow.state == State::kSynReceived;
    return flow.state != State::kClosed && !listed;
  }));
}

std::size_t StateObserver::may_stay() const {
  return count(State::kTimeWait) +
         static_cast<std::size_t>(std::count_if(flows_.begin(), flows_.end(), [](const auto& one) {
           return one.second.passive && one.second.state == State::kSynReceived;
         }));
}

}  // namespace millrace::script
