// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.1, RFC 791, RFC 8200, RFC 826, RFC 4861: frames by hw/wire's builder, and what it does
// not have: reading them, and checksums that come last.

#include "tests/fuzz/packets.h"

#include <algorithm>

#include "hw/wire/frame_builder6.h"

namespace millrace::fuzz {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::uint16_t kIpv4 = 0x0800, kArp = 0x0806, kIpv6 = 0x86DD, kTag = 0x8100;
constexpr std::uint8_t kProtoIcmp = 1, kProtoTcp = 6, kProtoIcmp6 = 58;

std::uint64_t number_of(const Mac& mac) {
  return std::uint64_t{get(mac, 0, 2)} << 32 | get(mac, 2, 4);
}

Bytes make_ip(const Station& from, const Station& to, bool six, std::uint8_t protocol,
              std::uint8_t traffic_class, std::uint8_t hop_limit, const Bytes& body) {
  if (six) {
    sim::Ipv6Header ip;
    ip.to_mac = number_of(to.mac);
    ip.from_mac = number_of(from.mac);
    ip.from = from.ipv6;
    ip.to = to.ipv6;
    ip.traffic_class = traffic_class;
    ip.hop_limit = hop_limit;
    return sim::build_ipv6(ip, protocol, body);
  }
  sim::Ipv4Header ip;
  ip.to_mac = number_of(to.mac);
  ip.from_mac = number_of(from.mac);
  ip.from = from.ipv4;
  ip.to = to.ipv4;
  ip.ttl = hop_limit;
  ip.tos = traffic_class;
  Bytes frame = sim::build_ipv4(ip, protocol, body);
  frame[kEthernet + 10] = frame[kEthernet + 11] = 0;
  return frame;
}

void write_word(Bytes& bytes, std::size_t at, std::uint16_t word) {
  bytes[at] = static_cast<std::uint8_t>(word >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(word);
}

// The checksum of what IP carries, `length` bytes at `at`; `pseudo` is the sum of its
// pseudo-header.
void fix_upper(Bytes& frame, std::size_t at, std::size_t length, std::uint8_t protocol,
               std::uint32_t pseudo) {
  const std::size_t field = protocol == kProtoTcp ? 16 : 2;
  if (protocol != kProtoTcp && protocol != kProtoIcmp && protocol != kProtoIcmp6) return;
  if (at + length > frame.size() || length < field + 2) return;
  frame[at + field] = frame[at + field + 1] = 0;
  const std::uint32_t start = protocol == kProtoIcmp ? 0 : pseudo;
  write_word(frame, at + field, sim::checksum(std::span(frame).subspan(at, length), start));
}

// Behind a tag, if there is one.
std::size_t network_at(std::span<const std::uint8_t> frame) {
  return frame.size() >= kEthernet + 4 && get(frame, 12, 2) == kTag ? kEthernet + 4 : kEthernet;
}

void look_at_tcp(Seen& seen, std::span<const std::uint8_t> frame, std::size_t at,
                 std::size_t length) {
  if (length < 20 || at + length > frame.size()) return;
  const std::size_t header = (frame[at + 12] >> 4) * std::size_t{4};
  if (header < 20 || header > length) return;
  seen.kind = Seen::Kind::kTcp;
  seen.from_port = static_cast<std::uint16_t>(get(frame, at, 2));
  seen.to_port = static_cast<std::uint16_t>(get(frame, at + 2, 2));
  seen.seq = get(frame, at + 4, 4);
  seen.ack = get(frame, at + 8, 4);
  seen.flags = frame[at + 13];
  seen.length = static_cast<std::uint32_t>(length - header);
  seen.payload_at = at + header;
  for (std::size_t i = at + 20; i + 1 < at + header && frame[i] != 0;) {
    if (frame[i] == 1) {
      ++i;
      continue;
    }
    if (frame[i] == 8 && i + 10 <= at + header) seen.timestamp = get(frame, i + 2, 4);
    i += std::max<std::size_t>(frame[i + 1], 2);
  }
}

void look_at_icmp(Seen& seen, std::span<const std::uint8_t> frame, std::size_t at,
                  std::size_t length) {
  if (length < 8 || at + length > frame.size()) return;
  if (frame[at] == (seen.six ? 129 : 0)) {
    seen.kind = Seen::Kind::kEchoReply;
    seen.payload_at = at + 4;
    seen.length = static_cast<std::uint32_t>(length - 4);
  } else if (seen.six ? frame[at] < 128 : frame[at] >= 3 && frame[at] <= 12 && frame[at] != 8) {
    seen.kind = Seen::Kind::kIcmpError;
  } else if (seen.six && frame[at] == 135 && length >= 24) {
    seen.kind = Seen::Kind::kSolicitation;
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at) + 8, 16, seen.to6.begin());
  }
}

}  // namespace

std::uint32_t get(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[at + i];
  return value;
}

Bytes make_tcp(const Station& from, const Station& to, const Segment& segment) {
  sim::TcpHeader tcp;
  tcp.from_port = segment.from_port;
  tcp.to_port = segment.to_port;
  tcp.seq = segment.seq;
  tcp.ack = segment.ack;
  tcp.flags = segment.flags;
  tcp.wnd = segment.window;
  tcp.options = segment.options;
  tcp.options.resize(std::min<std::size_t>((tcp.options.size() + 3) & ~std::size_t{3}, 40));
  Bytes body = sim::tcp_bytes(tcp, segment.payload);
  write_word(body, 18, segment.urgent);
  return make_ip(from, to, segment.six, kProtoTcp, segment.traffic_class, segment.hop_limit, body);
}

Bytes make_icmp(const Station& from, const Station& to, bool six, const Bytes& body,
                std::uint8_t hop_limit) {
  return make_ip(from, to, six, six ? kProtoIcmp6 : kProtoIcmp, 0, hop_limit, body);
}

Bytes make_arp(const Station& from, const Station& to, std::uint16_t operation) {
  const std::uint64_t to_mac = number_of(to.mac);
  return sim::build_arp(to_mac, operation, number_of(from.mac), from.ipv4, to_mac, to.ipv4);
}

Bytes make_advertisement(const Station& from, const Station& to) {
  Bytes body = {136, 0, 0, 0, 0x60, 0, 0, 0};
  append(body, from.ipv6);
  append(body, 0x0201, 2);
  append(body, from.mac);
  return make_icmp(from, to, true, body, 255);
}

void fix_checksums(Bytes& frame) {
  const std::size_t at = network_at(frame);
  if (frame.size() < at + 20) return;
  const std::uint32_t type = get(frame, at - 2, 2);
  if (type == kIpv4) {
    const std::size_t header = (frame[at] & 15) * std::size_t{4};
    if (header < 20 || at + header > frame.size()) return;
    frame[at + 10] = frame[at + 11] = 0;
    write_word(frame, at + 10, sim::checksum(std::span(frame).subspan(at, header)));
    const std::size_t total = get(frame, at + 2, 2);
    if (total < header) return;
    const auto length = static_cast<std::uint32_t>(total - header);
    const std::uint8_t protocol = frame[at + 9];
    const std::uint16_t pseudo =
        ~sim::checksum(std::span(frame).subspan(at + 12, 8), std::uint32_t{protocol} + length);
    fix_upper(frame, at + header, length, protocol, pseudo);
  } else if (type == kIpv6 && frame.size() >= at + 40) {
    const std::uint32_t length = get(frame, at + 4, 2);
    const std::uint8_t protocol = frame[at + 6];
    const std::uint16_t pseudo =
        ~sim::checksum(std::span(frame).subspan(at + 8, 32), std::uint32_t{protocol} + length);
    fix_upper(frame, at + 40, length, protocol, pseudo);
  }
}

Seen look_at(std::span<const std::uint8_t> frame) {
  Seen seen;
  const std::size_t at = network_at(frame);
  if (frame.size() < at + 28) return seen;
  const std::uint32_t type = get(frame, at - 2, 2);
  if (type == kArp) {
    if (get(frame, at + 6, 2) == 1) seen.kind = Seen::Kind::kArpRequest;
    seen.from4 = get(frame, at + 14, 4);
    seen.to4 = get(frame, at + 24, 4);
  } else if (type == kIpv4) {
    seen.from4 = get(frame, at + 12, 4);
    seen.to4 = get(frame, at + 16, 4);
    const std::size_t header = (frame[at] & 15) * std::size_t{4};
    const std::size_t total = get(frame, at + 2, 2);
    if (total < header) return seen;
    if (frame[at + 9] == kProtoTcp) look_at_tcp(seen, frame, at + header, total - header);
    if (frame[at + 9] == kProtoIcmp) look_at_icmp(seen, frame, at + header, total - header);
  } else if (type == kIpv6 && frame.size() >= at + 40) {
    seen.six = true;
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at) + 8, 16, seen.from6.begin());
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at) + 24, 16, seen.to6.begin());
    const std::size_t length = get(frame, at + 4, 2);
    if (frame[at + 6] == kProtoTcp) look_at_tcp(seen, frame, at + 40, length);
    if (frame[at + 6] == kProtoIcmp6) look_at_icmp(seen, frame, at + 40, length);
  }
  return seen;
}

bool checksums_right(std::span<const std::uint8_t> frame) {
  Bytes right(frame.begin(), frame.end());
  fix_checksums(right);
  return std::ranges::equal(right, frame);
}

}  // namespace millrace::fuzz
