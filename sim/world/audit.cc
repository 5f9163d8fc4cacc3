// SPDX-License-Identifier: Apache-2.0
// What must be as before, and what must agree, when a world is over.

#include "sim/world/state.h"

namespace millrace::sim::world {
namespace {

using contract::Counter;

class Findings {
 public:
  explicit Findings(int machine) : machine_(machine) {}
  void equal(const char* what, std::uint64_t is, std::uint64_t wanted) {
    if (is == wanted) return;
    text_ += "machine " + std::to_string(machine_) + ": " + what + " is " + std::to_string(is) +
             ", expected " + std::to_string(wanted) + "; ";
  }
  const std::string& text() const { return text_; }

 private:
  int machine_;
  std::string text_;
};

// Every frame that came in became a segment, an ARP packet, an echo or a message of neighbour
// discovery, or is counted as dropped.
void balance_frames(Findings& findings, const host::CounterSnapshot& counters,
                    const CardCounters& card, std::uint64_t before_enabled) {
  std::uint32_t known = 0;
  for (const Counter counter :
       {Counter::kRxTcpSegments, Counter::kRxArp, Counter::kRxIcmpEcho, Counter::kRxIcmp6Nd,
        Counter::kRxDroppedEth, Counter::kRxDroppedIp, Counter::kRxDroppedIp6,
        Counter::kRxDroppedTcp, Counter::kRxDroppedOverrun}) {
    known += counters[counter];
  }
  // Frames that came before the card was enabled are not counted.
  const std::uint64_t counted = counters[Counter::kRxFrames];
  if (counted > card.frames_in || counted + before_enabled < card.frames_in) {
    findings.equal("rx_frames", counted, card.frames_in);
  }
  findings.equal("sum of what became of received frames", known, counters[Counter::kRxFrames]);
  findings.equal("tx_frames", counters[Counter::kTxFrames],
                 static_cast<std::uint32_t>(card.frames_out));
}

// What the host did last (lazy news, register reads) may be under way.
bool becomes_idle(Machine& machine) {
  for (int i = 0; i < 1000; ++i) {
    const auto status = machine.card().status();
    if (!status || status->idle) return status.has_value();
  }
  return false;
}

void audit_machine(Findings& findings, Machine& machine) {
  const auto counters = machine.card().counters();
  const auto status = machine.card().status();
  const host::RuntimeStats stats = machine.runtime().stats();
  if (!counters || !status) {
    findings.equal("answering", 0, 1);
    return;
  }
  const RingWatch& rings = machine.rings();
  findings.equal("free_connections", machine.card().free_connections().value_or(0),
                 machine.baseline().free_connections);
  findings.equal("handles in use", machine.runtime().open_connections(), 0);
  findings.equal("free buffer bytes", machine.runtime().free_buffer_bytes(),
                 machine.baseline().free_buffer_bytes);
  findings.equal("dma_error", status->dma_error ? 1 : 0, 0);
  findings.equal("idle", becomes_idle(machine) ? 1 : 0, 1);
  findings.equal("bad offsets", stats.bad_offsets, 0);
  findings.equal("stray reports", stats.stray_reports, 0);
  findings.equal("lost", machine.runtime().lost() ? 1 : 0, 0);
  findings.equal("cq_entries", (*counters)[Counter::kCqEntries],
                 static_cast<std::uint32_t>(stats.completions));
  findings.equal("sq_entries", (*counters)[Counter::kSqEntries],
                 static_cast<std::uint32_t>(stats.submissions));
  // What was handed to the card came back, once each.
  findings.equal("ended and refused connections", rings.ended() + rings.refused(), rings.handed());
  findings.equal("conn_closed", (*counters)[Counter::kConnClosed],
                 static_cast<std::uint32_t>(rings.handed() - rings.refused()));
  balance_frames(findings, *counters, machine.sim_card().counters(), machine.baseline().frames_in);
}

}  // namespace

std::string audit(State& state) {
  std::string text = state.simulation->errors();
  for (const auto& machine : state.machines) {
    Findings findings(machine->index());
    audit_machine(findings, *machine);
    text += findings.text() + machine->errors();
  }
  return text;
}

bool may_wait_for_ever(const State& state, const Session& session) {
  const End* peer = state.streams.peer_of(*session.end);
  if (peer != nullptr) {
    if (!peer->over) return false;
    if (!peer->broken && !state.may_be_haunted(*session.end, *peer)) return false;
  }
  const host::Connection* connection = session.connection;
  if (connection == nullptr) return false;
  if (connection->bytes_acked() < connection->bytes_committed()) return false;
  return !connection->finishing() || connection->fin_acked();
}

}  // namespace millrace::sim::world
