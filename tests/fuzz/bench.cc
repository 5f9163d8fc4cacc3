// SPDX-License-Identifier: Apache-2.0
// The card, its host and the wire.

#include "tests/fuzz/bench.h"

#include <algorithm>
#include <cstring>

#include "sim/model/card_model.h"

namespace millrace::fuzz {
namespace {

using contract::Counter;

constexpr std::uint64_t kStepUs = 1;
constexpr int kSettleSteps = 2000;  // of at most 250 clocks
constexpr std::uint32_t kIsn = 0x7FFFF000;
constexpr std::size_t kRingBytes = 4096;

host::Policy draw_policy(Input& header) {
  host::Policy policy;
  const std::uint32_t sizes[] = {1460, 536, 64, 8960};
  const std::uint8_t first = header.u8();
  policy.mss = sizes[first & 3];
  policy.delayed_ack_us = (first & 4) != 0 ? 0 : 40'000;
  policy.initial_window = (first & 8) != 0 ? 1 : 10;
  policy.syn_cookies = (first >> 4) % 3;
  policy.congestion_control = (first >> 6) % 3;
  policy.tcp_options = header.u8();
  const std::uint8_t third = header.u8();
  policy.challenge_ack_rate = (third & 1) != 0 ? 2 : 1000;
  policy.dup_ack_threshold = (third & 2) != 0 ? 1 : 3;
  policy.timestamp_shift = (third & 4) != 0 ? 0 : 10;
  policy.user_timeout = (third & 8) != 0 ? 300 : 0;
  policy.pmtu_floor = (third & 16) != 0 ? 104 : 552;
  if ((third & 32) != 0) policy.congestion_control |= host::kKeepWindow;
  policy.rto_min_us = policy.rto_initial_us = 50'000;
  policy.rto_max_us = 400'000;
  policy.retries_max = policy.syn_retries_max = 3;
  policy.time_wait_us = 1000;
  policy.keepalive_idle = 200;
  policy.keepalive_interval = 100;
  policy.keepalive_probes = 2;
  return policy;
}

sim::MemoryModel draw_memory(Input& header) {
  sim::MemoryModel memory;
  const std::uint8_t chosen = header.u8();
  if ((chosen & 1) != 0) memory = *sim::memory_model("pcie_gen3_x16");
  if ((chosen & 2) != 0) memory.latency_jitter = 100;
  if ((chosen & 4) != 0) memory.stall = 0.2;
  if ((chosen & 8) != 0) memory.write_bytes_per_clock = 8;
  return memory;
}

Station station(std::uint8_t last) {
  Station one;
  one.mac = {2, 0, 0, 0, 0, last};
  one.ipv4 = 0x0A000000u + last;
  one.ipv6 = {0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
  return one;
}

host::IpAddress address_of(const Ip& ip) {
  host::IpAddress::Words words{};
  for (std::size_t i = 0; i < 16; ++i) words[i / 4] = words[i / 4] << 8 | ip[i];
  return host::IpAddress::ipv6(words);
}

// Peers of these ports are the honest station's.
bool honest_port(std::uint16_t port) {
  return port == Bench::kControlPort || port == Bench::kFreshPort;
}

bool later(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) > 0; }

}  // namespace

void append_timestamps(Bytes& options, Peer& peer) {
  append(options, 0x0101080A, 4);
  append(options, peer.clock++, 4);
  append(options, peer.echo, 4);
}

const Station& Bench::card_station() {
  static const Station kStation = station(1);
  return kStation;
}
const Station& Bench::honest() {
  static const Station kStation = station(2);
  return kStation;
}
const Station& Bench::attacker() {
  static const Station kStation = station(3);
  return kStation;
}

Bench::Bench(Input header) { bring_up(header); }

void Bench::bring_up(Input& header) {
  const host::Policy policy = draw_policy(header);
  simulation_->add_card(sim::make_small_card({.seed = 7, .trace = {}}),
                        {.memory = draw_memory(header), .seed = 7});
  wire_ = &simulation_->add_script(0);
  device_ = std::make_unique<sim::SimDevice>(simulation_, 0, "card under attack");
  rings_ = std::make_unique<sim::RingWatch>(*device_);
  sim_card().watch_writes(rings_.get());
  host::CardOptions options;
  options.mac = card_station().mac;
  options.ipv4 = card_station().ipv4;
  options.ipv6 = address_of(card_station().ipv6);
  options.policy = policy;
  options.seed = 99;
  auto card = host::Card::open(*rings_, options);
  if (!card) return fail("the card does not come up: " + to_string(card.error()));
  card_ = std::move(*card);
  open_host(header);
}

// The runtime with its listener, and the control connection.
void Bench::open_host(Input& header) {
  host::RuntimeOptions options;
  options.queue_pair.buffer_bytes = std::size_t{1} << 20;
  const std::uint8_t chosen = header.u8();
  const std::uint32_t entries = (chosen & 1) != 0 ? 16 : 64;
  courteous_ = (chosen & 2) != 0;
  options.queue_pair.submission_entries = options.queue_pair.completion_entries = entries;
  auto opened = host::Runtime::open(*card_, options);
  if (!opened) return fail("no runtime: " + to_string(opened.error()));
  runtime_ = std::move(*opened);
  free_before_ = card_->free_connections().value_or(0);
  frames_in_before_ = sim_card().counters().frames_in;
  sim_card().watch_frames(this);
  auto listener = runtime_->listen(
      {.port = kPort, .backlog = 4, .tx_size = kRingBytes, .rx_size = kRingBytes}, quiet_);
  if (!listener) return fail("no listener: " + to_string(listener.error()));
  listener_ = *listener;
  settle();
  control_peer_ = &peer(kControlPort, kPort, false);
  open(*control_peer_, 0);
  control_ = take_honest(kControlPort);
  if (control_ == nullptr) fail("the control connection does not open");
}

Bench::~Bench() {
  runtime_.reset();
  card_.reset();
  if (device_) sim_card().watch_writes(nullptr);
}

void Bench::fail(std::string what) {
  if (failure_.empty()) failure_ = "at " + std::to_string(now_us()) + " us: " + std::move(what);
}

// --- The wire

void Bench::on_frame(std::uint64_t now_ns, sim::PcapngWriter::Direction direction,
                     const sim::Frame& frame) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(frame.bytes.data()),
                        frame.bytes.size());
  if (direction != sim::PcapngWriter::Direction::kOutbound) {
    if (look_at(bytes).kind == Seen::Kind::kIcmpError) ++icmp_errors_;
    return;
  }
  digest_ = (digest_ ^ now_ns) * 0x100000001B3u;
  for (const std::uint8_t byte : bytes) digest_ = (digest_ ^ byte) * 0x100000001B3u;
  if (!checksums_right(bytes)) fail("a frame of the card has a wrong checksum");
  learn(look_at(bytes), bytes);
}

void Bench::inject(const Bytes& frame, bool bad_fcs) {
  if (frame.empty()) return;
  const Seen seen = look_at(frame);
  const bool tcp = seen.kind == Seen::Kind::kTcp;
  if (tcp && !seen.six && seen.from4 == honest().ipv4) return;
  wire_->inject(std::as_bytes(std::span(frame)), simulation_->now_ns(), bad_fcs, false);
}

Peer& Bench::peer(std::uint16_t port, std::uint16_t card_port, bool six) {
  for (Peer& one : peers_) {
    if (one.port == port && one.card_port == card_port && one.six == six) return one;
  }
  Peer& made = peers_.emplace_back();
  made.six = six;
  made.port = port;
  made.card_port = card_port;
  made.next = made.acked = kIsn;
  return made;
}

void Bench::learn(const Seen& seen, std::span<const std::uint8_t> frame) {
  const auto payload = frame.subspan(seen.payload_at, seen.length);
  if (seen.kind == Seen::Kind::kEchoReply) echoed_.assign(payload.begin(), payload.end());
  if (seen.kind != Seen::Kind::kTcp) return;
  if ((seen.flags & (kSyn | kAck)) == kSyn) {
    called_ = &peer(seen.to_port, seen.from_port, seen.six);
  }
  for (Peer& one : peers_) {
    if (one.six != seen.six || one.port != seen.to_port || one.card_port != seen.from_port) {
      continue;
    }
    const std::uint32_t past = seen.seq + seen.length + ((seen.flags & kSyn) != 0 ? 1 : 0) +
                               ((seen.flags & kFin) != 0 ? 1 : 0);
    if (!one.heard || (seen.flags & kSyn) != 0) {
      one.card_next = one.card_acked = seen.seq;
      one.pattern = {};
    }
    learn_payload(one, seen, payload);
    one.heard = true;
    if (later(past, one.card_next)) one.card_next = past;
    if ((seen.flags & kAck) != 0 && later(seen.ack, one.acked)) one.acked = seen.ack;
    if (seen.timestamp) {
      one.echo = *seen.timestamp;
      one.timestamps = true;
    }
  }
}

void Bench::learn_payload(Peer& peer, const Seen& seen, std::span<const std::uint8_t> payload) {
  if (payload.empty()) return;
  const bool honest = honest_port(peer.port);
  if (honest && seen.seq == peer.card_next) {
    peer.stream.insert(peer.stream.end(), payload.begin(), payload.end());
  }
  if (!honest && !allowed_.empty()) {
    for (const std::uint8_t byte : payload) {
      if (std::ranges::find(allowed_, byte) == allowed_.end()) {
        return fail("the card sent " + std::to_string(byte) + ", which is not its owner's");
      }
    }
    return;
  }
  if (!peer.pattern.matches(seen.seq, payload)) {
    fail("the card sent wrong bytes for sequence number " + std::to_string(seen.seq));
  }
}

void Bench::transmit(Bytes frame) {
  fix_checksums(frame);
  wire_->inject(std::as_bytes(std::span(frame)), simulation_->now_ns());
}

// Whoever asks for a station's address is told.
void Bench::answer() {
  while (!wire_->sent().empty()) {
    const auto frame = std::move(wire_->sent().front().bytes);
    wire_->sent().pop_front();
    const Seen seen =
        look_at(std::span(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()));
    if (courteous_ && seen.kind == Seen::Kind::kTcp) answer_segment(seen);
    for (const Station* one : {&honest(), &attacker()}) {
      Bytes reply;
      if (seen.kind == Seen::Kind::kArpRequest && seen.to4 == one->ipv4) {
        reply = make_arp(*one, card_station(), 2);
      } else if (seen.kind == Seen::Kind::kSolicitation && seen.to6 == one->ipv6) {
        reply = make_advertisement(*one, card_station());
      }
      if (!reply.empty()) transmit(std::move(reply));
    }
  }
}

void Bench::answer_segment(const Seen& seen) {
  if (honest_port(seen.to_port)) return;
  Peer& one = peer(seen.to_port, seen.from_port, seen.six);
  if ((seen.flags & kRst) != 0) return;
  if ((seen.flags & (kSyn | kAck)) == kSyn) return send_syn(one, 7);
  if (seen.length != 0 || (seen.flags & (kSyn | kFin)) != 0) send(one, kAck);
}

void Bench::send(Peer& peer, std::uint8_t flags, std::span<const std::uint8_t> payload) {
  Segment segment;
  segment.six = peer.six;
  segment.from_port = peer.port;
  segment.to_port = peer.card_port;
  segment.seq = peer.next;
  segment.ack = peer.card_next;
  segment.flags = flags;
  segment.window = 60000;
  if (peer.timestamps) append_timestamps(segment.options, peer);
  segment.payload.assign(payload.begin(), payload.end());
  const Station& from = honest_port(peer.port) ? honest() : attacker();
  transmit(make_tcp(from, card_station(), segment));
  peer.card_acked = peer.card_next;
  peer.next += static_cast<std::uint32_t>(payload.size()) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
}

void Bench::send_syn(Peer& peer, std::uint8_t options) {
  Segment syn;
  syn.six = peer.six;
  syn.from_port = peer.port;
  syn.to_port = peer.card_port;
  syn.seq = peer.next;
  syn.flags = peer.heard ? kSyn | kAck : kSyn;
  syn.ack = peer.card_next;
  syn.window = 60000;
  append(syn.options, 0x020405B4, 4);
  if ((options & 1) != 0) append(syn.options, 0x01030300 | (options >> 4), 4);
  if ((options & 2) != 0) append(syn.options, 0x01010402, 4);
  if ((options & 4) != 0) append_timestamps(syn.options, peer);
  const Station& from = honest_port(peer.port) ? honest() : attacker();
  transmit(make_tcp(from, card_station(), syn));
  ++peer.next;
}

void Bench::open(Peer& peer, std::uint8_t options) {
  send_syn(peer, options);
  settle();
  if (peer.heard) send(peer, kAck);
  settle();
}

// --- The host

void Bench::connect(std::uint16_t port, bool six) {
  host::ConnectOptions options;
  options.remote = six ? host::Endpoint{address_of(attacker().ipv6), port}
                       : host::Endpoint{attacker().ipv4, port};
  options.tx_size = options.rx_size = kRingBytes;
  auto made = runtime_->connect(options, quiet_);
  if (made) attacked_.push_back({.connection = *made});
}

void Bench::write(host::Connection& connection, std::size_t bytes) {
  Bytes out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = pattern_at(connection.bytes_committed() + i);
  connection.write_some(std::as_bytes(std::span(out)));
}

void Bench::read(Attacked& attacked, std::size_t most) {
  host::Connection& connection = *attacked.connection;
  while (most > 0 && connection.readable_bytes() > 0) {
    const auto readable = connection.readable();
    const std::size_t count = std::min(most, readable.size());
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(readable.data()), count);
    if (!spoiled_ && !attacked.pattern.matches(connection.bytes_consumed(), bytes)) {
      return fail("the host was given wrong bytes at offset " +
                  std::to_string(connection.bytes_consumed()));
    }
    connection.consume(count);
    most -= count;
  }
}

void Bench::accept() {
  while (listener_ != nullptr) {
    host::Connection* connection = listener_->accept();
    if (connection == nullptr) return;
    connection->set_handler(&quiet_);
    const bool honest = connection->remote().ip == host::IpAddress(Bench::honest().ipv4);
    if (honest) {
      honest_.push_back(connection);
    } else {
      attacked_.push_back({.connection = connection});
    }
  }
}

void Bench::run(std::uint64_t us) {
  const std::uint64_t end = now_us() + us;
  do {
    runtime_->poll();
    accept();
    (void)runtime_->wait(now_us());  // tells the card everything
    answer();
    if (const std::string errors = simulation_->errors(); !errors.empty()) return fail(errors);
    const std::uint64_t left = end - std::min(end, now_us());
    // Quiet time is jumped over, in which nothing comes for the host.
    const bool asleep = sim_card().asleep(simulation_->now_ns());
    simulation_->run_us(asleep ? std::max<std::uint64_t>(left, kStepUs) : kStepUs);
  } while (now_us() < end);
}

void Bench::settle() {
  for (int step = 0; step < kSettleSteps; ++step) {
    run(kStepUs);
    if (!failure_.empty()) return;
    if (sim_card().asleep(simulation_->now_ns()) && wire_->sent().empty() &&
        runtime_->poll() == 0 && !runtime_->backlogged()) {
      return;
    }
  }
  fail("the card is still busy after " + std::to_string(kSettleSteps) + " us");
}

}  // namespace millrace::fuzz
