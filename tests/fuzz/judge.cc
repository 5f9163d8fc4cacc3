// SPDX-License-Identifier: Apache-2.0
// What must hold when an input is over.

#include <algorithm>
#include <cstring>

#include "tests/fuzz/bench.h"

namespace millrace::fuzz {
namespace {

using contract::Counter;

constexpr std::uint64_t kPatienceUs = 8'000'000;  // for connections to end, retries included
constexpr std::size_t kBytes = 100;

}  // namespace

std::string Bench::judge(const Claims& claims) {
  if (failure_.empty()) settle();
  if (failure_.empty()) exchange(*control_, *control_peer_);
  if (failure_.empty()) probe_echo(false);
  if (failure_.empty()) probe_echo(true);
  if (failure_.empty()) end_attacked();
  if (failure_.empty()) probe_connection();
  if (failure_.empty()) close_all(claims);
  if (failure_.empty()) check_counters(claims);
  if (rings_ && !rings_->errors().empty()) fail(rings_->errors().front());
  if (const std::string errors = simulation_->errors(); !errors.empty()) fail(errors);
  return failure_;
}

host::Connection* Bench::take_honest(std::uint16_t port) {
  const auto found = std::ranges::find_if(
      honest_, [port](const host::Connection* one) { return one->remote().port == port; });
  if (found == honest_.end()) return nullptr;
  host::Connection* result = *found;
  honest_.erase(found);
  return result;
}

// Both directions of an honest station's connection carry bytes, the right ones.
void Bench::exchange(host::Connection& connection, Peer& peer) {
  const std::string name = "the connection of port " + std::to_string(peer.port);
  if (connection.final()) {
    return fail(name + " ended with status " +
                std::to_string(static_cast<int>(connection.status())));
  }
  const std::size_t before = peer.stream.size();
  write(connection, kBytes);
  Bytes sent(kBytes);
  for (std::size_t i = 0; i < kBytes; ++i) sent[i] = pattern_at(i + 1000);
  send(peer, kAck | kPsh, sent);
  const std::uint64_t end = now_us() + kPatienceUs;
  while (now_us() < end && failure_.empty()) {
    settle();
    if (peer.card_acked != peer.card_next) send(peer, kAck);
    if (peer.stream.size() >= before + kBytes && connection.readable_bytes() >= kBytes &&
        peer.acked == peer.next) {
      break;
    }
    run(20'000);
  }
  settle();
  if (!failure_.empty()) return;
  const auto got = connection.readable();
  if (got.size() != kBytes || std::memcmp(got.data(), sent.data(), kBytes) != 0) {
    return fail(name + " received " + std::to_string(got.size()) +
                " bytes instead of the 100 that were sent, or others");
  }
  if (peer.stream.size() != before + kBytes) {
    return fail(name + " sent " + std::to_string(peer.stream.size() - before) +
                " bytes instead of its 100");
  }
  for (std::size_t i = 0; i < peer.stream.size(); ++i) {
    if (peer.stream[i] != pattern_at(i)) return fail(name + " sent wrong bytes");
  }
  connection.consume(kBytes);
}

void Bench::probe_echo(bool six) {
  Bytes body = {static_cast<std::uint8_t>(six ? 128 : 8), 0, 0, 0};
  for (std::uint8_t i = 0; i < 60; ++i) body.push_back(static_cast<std::uint8_t>(i * 3 + 1));
  echoed_.clear();
  transmit(make_icmp(honest(), card_station(), six, body));
  settle();
  if (!std::ranges::equal(echoed_, std::span(body).subspan(4))) {
    fail(std::string("no echo over IPv") + (six ? "6" : "4"));
  }
}

// The stations that fuzz fall silent; what they leave half-open ends by itself.
void Bench::end_attacked() {
  courteous_ = false;
  for (Attacked& one : attacked_) {
    read(one, SIZE_MAX);
    one.connection->release();
  }
  attacked_.clear();
  run(20'000);
  settle();
}

// An honest station that calls again and again, as long as others use up the backlog.
void Bench::probe_connection() {
  Peer& fresh = peer(kFreshPort, kPort, false);
  const std::uint64_t end = now_us() + kPatienceUs;
  host::Connection* connection = nullptr;
  while (connection == nullptr && now_us() < end && failure_.empty()) {
    if (!fresh.heard) {
      fresh.next = fresh.acked;
      open(fresh, 0);
    } else {
      send(fresh, kAck);  // the first may have met a full backlog
    }
    run(50'000);
    end_attacked();  // what was established meanwhile
    connection = take_honest(kFreshPort);
  }
  if (!failure_.empty()) return;
  if (connection == nullptr) return fail("no new connection is accepted");
  exchange(*connection, fresh);
  connection->release();
}

void Bench::close_all(const Claims& claims) {
  control_->release();
  listener_->release();
  listener_ = nullptr;
  const std::uint64_t end = now_us() + kPatienceUs;
  while (runtime_->open_connections() > 0 && now_us() < end && failure_.empty()) {
    settle();
    run(20'000);
  }
  run(20'000);  // TIME-WAIT
  settle();
  if (!failure_.empty()) return;
  if (runtime_->open_connections() > 0) {
    return fail(std::to_string(runtime_->open_connections()) + " connections do not end");
  }
  if (runtime_->lost()) return fail(to_string(*runtime_->failure()));
  const std::uint32_t free = card_->free_connections().value_or(0);
  if (claims.tables && free != free_before_) {
    fail(std::to_string(free) + " of " + std::to_string(free_before_) +
         " connections of the card are free");
  }
}

void Bench::check_counters(const Claims& claims) {
  const auto counters = card_->counters();
  const auto status = card_->status();
  if (!counters || !status) return fail("the card does not answer");
  const auto equal = [this](const char* what, std::uint64_t is, std::uint64_t wanted) {
    if (static_cast<std::uint32_t>(is) == static_cast<std::uint32_t>(wanted)) return;
    fail(std::string(what) + " is " + std::to_string(is) + " instead of " + std::to_string(wanted));
  };
  std::uint32_t known = 0;
  for (const Counter counter :
       {Counter::kRxTcpSegments, Counter::kRxArp, Counter::kRxIcmpEcho, Counter::kRxIcmp6Nd,
        Counter::kRxDroppedEth, Counter::kRxDroppedIp, Counter::kRxDroppedIp6,
        Counter::kRxDroppedTcp, Counter::kRxDroppedOverrun}) {
    known += (*counters)[counter];
  }
  const sim::CardCounters& seen = sim_card().counters();
  equal("rx_frames", (*counters)[Counter::kRxFrames], seen.frames_in - frames_in_before_);
  // ICMP errors that quote no connection of ours are counted nowhere else.
  const std::uint32_t rest = (*counters)[Counter::kRxFrames] - known;
  if (rest > icmp_errors_) fail(std::to_string(rest) + " frames are not accounted for");
  equal("tx_frames", (*counters)[Counter::kTxFrames], seen.frames_out);
  equal("dma_error", status->dma_error ? 1 : 0, 0);
  const host::RuntimeStats stats = runtime_->stats();
  equal("stray reports", stats.stray_reports, 0);
  equal("bad offsets", stats.bad_offsets, 0);
  equal("connections that came back to the host", rings_->ended() + rings_->refused(),
        rings_->handed());
  if (!claims.counters) return;
  equal("cq_entries", (*counters)[Counter::kCqEntries], stats.completions);
  equal("sq_entries", (*counters)[Counter::kSqEntries], stats.submissions);
  equal("conn_closed", (*counters)[Counter::kConnClosed], rings_->handed() - rings_->refused());
}

}  // namespace millrace::fuzz
