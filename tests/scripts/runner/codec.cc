// SPDX-License-Identifier: Apache-2.0
// Frames from segments and back.

#include "tests/scripts/runner/codec.h"

#include <arpa/inet.h>

#include <algorithm>

#include "tests/scripts/runner/codec_options.h"

namespace millrace::script {
namespace {

constexpr std::size_t kEthernetBytes = 14;
constexpr std::size_t kIpv4Bytes = 20;
constexpr std::size_t kIpv6Bytes = 40;
constexpr std::size_t kTcpBytes = 20;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmpv6 = 58;

void put(Bytes& out, std::uint64_t value, std::size_t octets) {
  for (std::size_t i = octets; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void set16(Bytes& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::byte>(value >> 8);
  out[at + 1] = static_cast<std::byte>(value & 0xFF);
}

std::uint32_t get(std::span<const std::byte> bytes, std::size_t at, std::size_t octets) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < octets; ++i) {
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  }
  return value;
}

std::size_t address_bytes(const Address& address) { return address.v6 ? 16 : 4; }

void put_address(Bytes& out, const Address& address) {
  for (std::size_t i = 0; i < address_bytes(address); ++i) {
    out.push_back(std::byte{address.octets[i]});
  }
}

Address get_address(std::span<const std::byte> bytes, std::size_t at, bool v6) {
  Address address{.v6 = v6, .octets = {}};
  for (std::size_t i = 0; i < address_bytes(address); ++i) {
    address.octets[i] = std::to_integer<std::uint8_t>(bytes[at + i]);
  }
  return address;
}

// RFC 1071, not complemented.
std::uint32_t sum_of(std::span<const std::byte> bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto octet = std::to_integer<std::uint32_t>(bytes[i]);
    sum += i % 2 == 0 ? octet << 8 : octet;
  }
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum;
}

std::uint16_t checksum(std::span<const std::byte> bytes, std::uint32_t sum = 0) {
  return static_cast<std::uint16_t>(~sum_of(bytes, sum));
}

// Sum of the pseudo header (RFC 9293 3.1, RFC 8200 8.1).
std::uint32_t pseudo_sum(const Address& source, const Address& destination, std::uint8_t protocol,
                         std::size_t bytes) {
  Bytes pseudo;
  put_address(pseudo, source);
  put_address(pseudo, destination);
  put(pseudo, bytes, 4);
  put(pseudo, protocol, 4);
  return sum_of(pseudo);
}

void put_ethernet(Bytes& frame, const Mac& from, const Mac& to, bool v6) {
  for (const std::uint8_t octet : to) frame.push_back(std::byte{octet});
  for (const std::uint8_t octet : from) frame.push_back(std::byte{octet});
  put(frame, v6 ? 0x86DD : 0x0800, 2);
}

struct IpHeader {
  Address source;
  Address destination;
  std::uint8_t protocol = kTcp;
  Ecn ecn = Ecn::kNone;
  std::uint8_t ttl = 64;
};

void put_ip(Bytes& out, const IpHeader& ip, std::size_t bytes, bool bad_checksum) {
  if (ip.source.v6) {
    put(out, 0x60000000U | static_cast<std::uint32_t>(ip.ecn) << 20, 4);
    put(out, bytes, 2);
    put(out, ip.protocol, 1);
    put(out, ip.ttl, 1);
    put_address(out, ip.source);
    put_address(out, ip.destination);
    return;
  }
  const std::size_t start = out.size();
  put(out, 0x4500U | static_cast<std::uint32_t>(ip.ecn), 2);
  put(out, kIpv4Bytes + bytes, 2);
  put(out, 0x00004000, 4);  // identification 0, do not fragment
  put(out, ip.ttl, 1);
  put(out, ip.protocol, 1);
  put(out, 0, 2);
  put_address(out, ip.source);
  put_address(out, ip.destination);
  const std::uint16_t sum = checksum(std::span(out).subspan(start, kIpv4Bytes));
  set16(out, start + 10, bad_checksum ? sum ^ 0x0100 : sum);
}

Bytes tcp_bytes(const Segment& segment) {
  const auto options = encode_options(segment.options);
  Bytes out;
  put(out, segment.source_port, 2);
  put(out, segment.destination_port, 2);
  put(out, segment.seq, 4);
  put(out, segment.ack, 4);
  put(out, (kTcpBytes + options.size()) / 4 << 4, 1);
  put(out, segment.flags, 1);
  put(out, segment.window, 2);
  put(out, 0, 2);
  put(out, segment.urgent, 2);
  for (const std::uint8_t octet : options) out.push_back(std::byte{octet});
  out.insert(out.end(), segment.payload.begin(), segment.payload.end());
  const std::uint32_t pseudo = pseudo_sum(segment.source, segment.destination, kTcp, out.size());
  set16(out, 16, checksum(out, pseudo));
  return out;
}

// Type, code and the word behind the checksum.
std::array<std::uint32_t, 3> icmp_words(IcmpKind kind, std::uint32_t mtu, bool v6) {
  switch (kind) {
    case IcmpKind::kNetUnreachable:
      return v6 ? std::array<std::uint32_t, 3>{1, 0, 0} : std::array<std::uint32_t, 3>{3, 0, 0};
    case IcmpKind::kHostUnreachable:
      return v6 ? std::array<std::uint32_t, 3>{1, 3, 0} : std::array<std::uint32_t, 3>{3, 1, 0};
    case IcmpKind::kProtocolUnreachable:
      return v6 ? std::array<std::uint32_t, 3>{4, 1, 6} : std::array<std::uint32_t, 3>{3, 2, 0};
    case IcmpKind::kPortUnreachable:
      return v6 ? std::array<std::uint32_t, 3>{1, 4, 0} : std::array<std::uint32_t, 3>{3, 3, 0};
    case IcmpKind::kFragmentationNeeded:
      return v6 ? std::array<std::uint32_t, 3>{2, 0, mtu} : std::array<std::uint32_t, 3>{3, 4, mtu};
    case IcmpKind::kTimeExceeded:
      return v6 ? std::array<std::uint32_t, 3>{3, 0, 0} : std::array<std::uint32_t, 3>{11, 0, 0};
    case IcmpKind::kSourceQuench:
      return {4, 0, 0};
    case IcmpKind::kParameterProblem:
      return v6 ? std::array<std::uint32_t, 3>{4, 0, 0} : std::array<std::uint32_t, 3>{12, 0, 0};
    case IcmpKind::kNone:
      break;
  }
  return {0, 0, 0};
}

std::expected<IpHeader, std::string> decode_ip(std::span<const std::byte>& rest, bool v6) {
  IpHeader ip;
  const std::size_t least = v6 ? kIpv6Bytes : kIpv4Bytes;
  if (rest.size() < least) return std::unexpected("the IP header is cut off");
  if (v6) {
    ip.ecn = static_cast<Ecn>(get(rest, 0, 4) >> 20 & 3);
    ip.protocol = static_cast<std::uint8_t>(get(rest, 6, 1));
    ip.ttl = static_cast<std::uint8_t>(get(rest, 7, 1));
    ip.source = get_address(rest, 8, true);
    ip.destination = get_address(rest, 24, true);
    const std::size_t bytes = get(rest, 4, 2);
    if (kIpv6Bytes + bytes > rest.size()) return std::unexpected("the IPv6 payload is cut off");
    rest = rest.subspan(kIpv6Bytes, bytes);
    return ip;
  }
  const std::size_t header = (get(rest, 0, 1) & 0xF) * 4;
  const std::size_t total = get(rest, 2, 2);
  if (get(rest, 0, 1) >> 4 != 4 || header < kIpv4Bytes || total < header || total > rest.size()) {
    return std::unexpected("version or lengths of the IPv4 header are wrong");
  }
  if (checksum(rest.first(header)) != 0) return std::unexpected("the IPv4 checksum is wrong");
  if ((get(rest, 6, 2) & 0x3FFF) != 0) return std::unexpected("a fragment");
  ip.ecn = static_cast<Ecn>(get(rest, 1, 1) & 3);
  ip.ttl = static_cast<std::uint8_t>(get(rest, 8, 1));
  ip.protocol = static_cast<std::uint8_t>(get(rest, 9, 1));
  ip.source = get_address(rest, 12, false);
  ip.destination = get_address(rest, 16, false);
  rest = rest.subspan(header, total - header);
  return ip;
}

}  // namespace

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  if (inet_pton(AF_INET, text.c_str(), address.octets.data()) == 1) return address;
  address.v6 = true;
  if (inet_pton(AF_INET6, text.c_str(), address.octets.data()) == 1) return address;
  return std::nullopt;
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.octets.data(), text.data(), text.size());
  return text.data();
}

Bytes encode(const Segment& segment, const Mac& from, const Mac& to, const Damage& damage) {
  Bytes tcp = tcp_bytes(segment);
  if (damage.tcp_checksum) tcp[16] ^= std::byte{1};
  Bytes frame;
  put_ethernet(frame, from, to, segment.source.v6);
  const IpHeader ip{segment.source, segment.destination, kTcp, segment.ecn, segment.ttl};
  put_ip(frame, ip, tcp.size(), damage.ip_checksum);
  frame.insert(frame.end(), tcp.begin(), tcp.end());
  return frame;
}

Bytes encode_icmp(const Segment& segment, IcmpKind kind, std::uint32_t mtu, const Mac& from,
                  const Mac& to) {
  const bool v6 = segment.source.v6;
  const auto [type, code, word] = icmp_words(kind, mtu, v6);
  Bytes icmp;
  put(icmp, type, 1);
  put(icmp, code, 1);
  put(icmp, 0, 2);
  put(icmp, word, 4);
  const Bytes tcp = tcp_bytes(segment);
  put_ip(icmp, {segment.source, segment.destination, kTcp, segment.ecn, segment.ttl}, tcp.size(),
         false);
  icmp.insert(icmp.end(), tcp.begin(), tcp.begin() + 8);
  const std::uint8_t protocol = v6 ? kIcmpv6 : kIcmp;
  // The router that complains has the address of the remote host: the script has no other.
  const IpHeader ip{segment.destination, segment.source, protocol, Ecn::kNone, 64};
  const std::uint32_t pseudo =
      v6 ? pseudo_sum(ip.source, ip.destination, protocol, icmp.size()) : 0;
  set16(icmp, 2, checksum(icmp, pseudo));
  Bytes frame;
  put_ethernet(frame, from, to, v6);
  put_ip(frame, ip, icmp.size(), false);
  frame.insert(frame.end(), icmp.begin(), icmp.end());
  return frame;
}

bool is_arp(std::span<const std::byte> frame) {
  return frame.size() >= kEthernetBytes && get(frame, 12, 2) == 0x0806;
}

bool is_protocol(std::span<const std::byte> frame, std::uint8_t protocol) {
  if (frame.size() < kEthernetBytes + kIpv4Bytes) return false;
  const std::uint32_t type = get(frame, 12, 2);
  if (type == 0x0800) return get(frame, 23, 1) == protocol;
  return type == 0x86DD && get(frame, 20, 1) == protocol;
}

std::expected<Segment, std::string> decode(std::span<const std::byte> frame) {
  if (!is_protocol(frame, kTcp)) return std::unexpected("not TCP");
  const bool v6 = get(frame, 12, 2) == 0x86DD;
  std::span<const std::byte> rest = frame.subspan(kEthernetBytes);
  const auto ip = decode_ip(rest, v6);
  if (!ip) return std::unexpected(ip.error());
  if (rest.size() < kTcpBytes) return std::unexpected("the TCP header is cut off");
  const std::size_t header = (get(rest, 12, 1) >> 4) * 4;
  if (header < kTcpBytes || header > rest.size()) {
    return std::unexpected("the data offset is wrong");
  }
  if (checksum(rest, pseudo_sum(ip->source, ip->destination, kTcp, rest.size())) != 0) {
    return std::unexpected("the TCP checksum is wrong");
  }
  Segment segment;
  segment.source = ip->source;
  segment.destination = ip->destination;
  segment.ecn = ip->ecn;
  segment.ttl = ip->ttl;
  segment.source_port = static_cast<std::uint16_t>(get(rest, 0, 2));
  segment.destination_port = static_cast<std::uint16_t>(get(rest, 2, 2));
  segment.seq = get(rest, 4, 4);
  segment.ack = get(rest, 8, 4);
  segment.flags = static_cast<std::uint8_t>(get(rest, 13, 1));
  segment.window = static_cast<std::uint16_t>(get(rest, 14, 2));
  segment.urgent = static_cast<std::uint16_t>(get(rest, 18, 2));
  auto options = decode_options(rest.subspan(kTcpBytes, header - kTcpBytes));
  if (!options) return std::unexpected(options.error());
  segment.options = std::move(*options);
  segment.payload.assign(rest.begin() + static_cast<std::ptrdiff_t>(header), rest.end());
  return segment;
}

}  // namespace millrace::script
