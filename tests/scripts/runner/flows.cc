// SPDX-License-Identifier: Apache-2.0
// Relative numbers to absolute ones, and frames.

#include "tests/scripts/runner/flows.h"

#include "tests/scripts/runner/matcher.h"
#include "tests/scripts/runner/payload.h"
#include "tests/scripts/runner/print.h"
#include "tests/scripts/runner/world.h"

namespace millrace::script {
namespace {

constexpr std::uint16_t kDefaultWindow = 65535;
constexpr unsigned kPeersMax = 1000;

}  // namespace

Flows::Flow& Flows::at(unsigned index) {
  const auto [found, fresh] = flows_.try_emplace(index);
  Flow& flow = found->second;
  if (fresh) {
    flow.numbers.remote_isn = settings_.remote_isn + index * 0x01000000U;
    flow.numbers.local_stream = local_stream(index);
  }
  return flow;
}

std::pair<std::uint16_t, std::uint16_t> Flows::ports(const Peer& peer) {
  Flow& flow = at(peer.index);
  if (peer.local_port != 0) flow.local_port = peer.local_port;
  if (flow.local_port == 0) flow.local_port = settings_.local_port;
  return {static_cast<std::uint16_t>(settings_.remote_port + peer.index), flow.local_port};
}

Segment Flows::segment_of(const Packet& packet, const Flow& flow) const {
  const Numbers& numbers = flow.numbers;
  Segment segment;
  segment.source = settings_.remote_ip;
  segment.destination = settings_.local_ip;
  segment.source_port = static_cast<std::uint16_t>(settings_.remote_port + packet.peer.index);
  segment.destination_port = flow.local_port;
  segment.seq = numbers.remote(packet.seq);
  segment.ack = packet.ack ? numbers.local(*packet.ack) : 0;
  segment.flags = packet.flags;
  segment.window = packet.window.value_or(kDefaultWindow);
  segment.urgent = packet.urgent.value_or(0);
  segment.ecn = packet.ecn.value_or(Ecn::kNone);
  segment.ttl = packet.ttl.value_or(64);
  segment.options = packet.options;
  for (auto& option : segment.options) {
    if (option.kind == TcpOption::Kind::kTimestamp && option.echo.value_or(0) != 0) {
      option.echo = *option.echo + numbers.timestamp_base.value_or(0);
    }
    for (auto& [start, end] : option.blocks) {
      start += numbers.local_base();
      end += numbers.local_base();
    }
  }
  const std::uint32_t syn = (packet.flags & kSyn) != 0 ? 1 : 0;
  const std::uint32_t first = segment.seq + syn - numbers.remote_isn - 1;
  const std::uint64_t stream =
      packet.pattern != 0 ? other_stream(packet.pattern) : remote_stream(packet.peer.index);
  for (std::uint32_t i = 0; i < packet.length; ++i) {
    segment.payload.push_back(stream_byte(stream, first + i));
  }
  return segment;
}

// The segment of the card that an ICMP error is about.
Segment Flows::quoted_of(const Packet& packet, const Flow& flow) const {
  Segment segment;
  segment.source = settings_.local_ip;
  segment.destination = settings_.remote_ip;
  segment.source_port = flow.local_port;
  segment.destination_port = static_cast<std::uint16_t>(settings_.remote_port + packet.peer.index);
  segment.seq = flow.numbers.local(packet.seq);
  segment.flags = kAck;
  segment.payload.resize(packet.length);
  return segment;
}

std::expected<Bytes, std::string> Flows::frame_of(const Packet& packet) {
  ports(packet.peer);
  const Flow& flow = at(packet.peer.index);
  if (packet.icmp != IcmpKind::kNone) {
    return encode_icmp(quoted_of(packet, flow), packet.icmp, packet.mtu, World::kRemoteMac,
                       World::kCardMac);
  }
  return encode(segment_of(packet, flow), World::kRemoteMac, World::kCardMac,
                {.tcp_checksum = packet.bad_tcp_checksum, .ip_checksum = packet.bad_ip_checksum});
}

std::optional<unsigned> Flows::index_of(const Segment& segment) const {
  const unsigned index =
      static_cast<std::uint16_t>(segment.destination_port - settings_.remote_port);
  if (index >= kPeersMax) return std::nullopt;
  return index;
}

std::optional<std::string> Flows::difference(const Packet& expected, const Segment& actual) {
  if (actual.source != settings_.local_ip || actual.destination != settings_.remote_ip) {
    return "addresses: from " + to_string(actual.source) + " to " + to_string(actual.destination);
  }
  const auto index = index_of(actual);
  if (!index) return "port: to " + std::to_string(actual.destination_port);
  if (*index != expected.peer.index) {
    return "peer: expected @" + std::to_string(expected.peer.index) + ", came @" +
           std::to_string(*index);
  }
  Flow& flow = at(*index);
  // The card chooses the port of an active open.
  const bool active = (actual.flags & (kSyn | kAck)) == kSyn;
  const bool unknown = flow.local_port == 0 && expected.peer.local_port == 0;
  if (active || unknown) flow.local_port = actual.source_port;
  const auto local = ports(expected.peer).second;
  if (actual.source_port != local) {
    return "port: expected from " + std::to_string(local) + ", came from " +
           std::to_string(actual.source_port);
  }
  return script::difference(expected, actual, flow.numbers);
}

std::string Flows::shown(const Segment& segment) const {
  const auto index = index_of(segment);
  const auto found = index ? flows_.find(*index) : flows_.end();
  const Numbers none;
  std::string text = to_string(segment, found == flows_.end() ? none : found->second.numbers);
  if (index && *index != 0) text.insert(2, "@" + std::to_string(*index) + " ");
  return text;
}

std::optional<std::uint32_t> Flows::local_isn(unsigned index) const {
  const auto found = flows_.find(index);
  if (found == flows_.end()) return std::nullopt;
  return found->second.numbers.local_isn;
}

void Flows::forget(const std::vector<std::string>& words) {
  const unsigned index =
      words.size() > 1 ? static_cast<unsigned>(std::strtoul(words[1].c_str(), nullptr, 10)) : 0;
  at(index).numbers.local_isn.reset();
  at(index).numbers.timestamp_base.reset();
}

}  // namespace millrace::script
