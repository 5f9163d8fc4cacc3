// SPDX-License-Identifier: Apache-2.0
// Frames for tests beyond IPv4: IPv6 with extension headers, ICMPv6, ICMP errors, 802.1Q tags.
// Right or wrong on purpose, like frame_builder.h.
#pragma once

#include <array>
#include <utility>

#include "hw/wire/frame_builder.h"
#include "hw/wire/wire_settings.h"

namespace millrace::sim {

// Body of an extension header: all but its first byte, the next header's type.
struct Extension {
  std::uint8_t type = 60;
  Bytes body;  // 8 n + 7 bytes
};

struct Ipv6Header {
  std::uint64_t to_mac = kOurMac;
  std::uint64_t from_mac = kPeerMac;
  Ipv6 from = kPeerIpv6;
  Ipv6 to = kOurIpv6;
  std::vector<Extension> extensions{};
  std::uint8_t traffic_class = 0;
  std::uint32_t flow = 0;
  std::uint8_t hop_limit = 64;
  std::uint8_t version = 6;
  int length_error = 0;  // added to the payload length
  std::uint16_t ether_type = 0x86dd;
  std::size_t trailer = 0;
};

inline std::size_t extension_bytes(const Ipv6Header& ip) {
  std::size_t bytes = 0;
  for (const Extension& e : ip.extensions) bytes += 1 + e.body.size();
  return bytes;
}

inline Bytes build_ipv6(const Ipv6Header& ip, std::uint8_t protocol,
                        std::span<const std::uint8_t> body) {
  Bytes frame;
  append(frame, ip.to_mac, 6);
  append(frame, ip.from_mac, 6);
  append(frame, ip.ether_type, 2);
  append(frame,
         std::uint64_t{ip.version & 15u} << 28 | std::uint64_t{ip.traffic_class} << 20 |
             (ip.flow & 0xfffff),
         4);
  append(frame, extension_bytes(ip) + body.size() + ip.length_error, 2);
  append(frame, ip.extensions.empty() ? protocol : ip.extensions[0].type, 1);
  append(frame, ip.hop_limit, 1);
  append(frame, ip.from);
  append(frame, ip.to);
  for (std::size_t i = 0; i < ip.extensions.size(); ++i) {
    append(frame, i + 1 < ip.extensions.size() ? ip.extensions[i + 1].type : protocol, 1);
    append(frame, ip.extensions[i].body);
  }
  append(frame, body);
  frame.insert(frame.end(), ip.trailer, 0xa5);
  if (frame.size() < 60) frame.resize(60, 0);
  return frame;
}

// Checksum over pseudo header and body (RFC 8200 8.1), put at `at`.
inline void put_checksum6(const Ipv6Header& ip, std::uint8_t protocol, Bytes& body, std::size_t at,
                          std::uint16_t error) {
  Bytes pseudo;
  append(pseudo, ip.from);
  append(pseudo, ip.to);
  append(pseudo, body.size() + ip.length_error, 4);
  append(pseudo, protocol, 4);
  const auto start = static_cast<std::uint16_t>(~checksum(pseudo));
  const std::uint16_t sum = checksum(body, start) ^ error;
  body[at] = static_cast<std::uint8_t>(sum >> 8);
  body[at + 1] = static_cast<std::uint8_t>(sum);
}

inline Bytes build_tcp6(const Ipv6Header& ip, const TcpHeader& tcp,
                        std::span<const std::uint8_t> payload) {
  Bytes body = tcp_bytes(tcp, payload);
  put_checksum6(ip, 6, body, 16, tcp.sum_error);
  return build_ipv6(ip, 6, body);
}

// `rest` follows type, code and checksum.
inline Bytes build_icmp6(const Ipv6Header& ip, std::uint8_t type, std::uint8_t code,
                         std::span<const std::uint8_t> rest, std::uint16_t sum_error = 0) {
  Bytes body{type, code, 0, 0};
  append(body, rest);
  put_checksum6(ip, 58, body, 2, sum_error);
  return build_ipv6(ip, 58, body);
}

inline Bytes build_icmp(const Ipv4Header& ip, std::uint8_t type, std::uint8_t code,
                        std::span<const std::uint8_t> rest, std::uint16_t sum_error = 0) {
  Bytes body{type, code, 0, 0};
  append(body, rest);
  const std::uint16_t sum = checksum(body) ^ sum_error;
  body[2] = static_cast<std::uint8_t>(sum >> 8);
  body[3] = static_cast<std::uint8_t>(sum);
  return build_ipv4(ip, 1, body);
}

// The packet of a frame: what an ICMP error quotes, up to `most` bytes.
inline Bytes packet_of(const Bytes& frame, std::size_t most) {
  const std::size_t n = std::min(frame.size() - 14, most);
  return {frame.begin() + 14, frame.begin() + 14 + static_cast<std::ptrdiff_t>(n)};
}

inline Bytes with_tag(Bytes frame, std::uint16_t tci, std::uint16_t type = 0x8100) {
  Bytes tag;
  append(tag, type, 2);
  append(tag, tci, 2);
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  return frame;
}

inline Ipv6 link_local(std::uint64_t mac) {
  Ipv6 a{0xfe, 0x80};
  for (std::size_t i = 0; i < 6; ++i) {
    a[(i < 3 ? 8 : 10) + i] = static_cast<std::uint8_t>(mac >> (40 - 8 * i));
  }
  a[8] ^= 2, a[11] = 0xff, a[12] = 0xfe;
  return a;
}

inline Ipv6 solicited_node(const Ipv6& address) {
  return {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, address[13], address[14], address[15]};
}

inline std::uint64_t group_mac(const Ipv6& group) {
  std::uint64_t mac = 0x3333;
  for (std::size_t i = 12; i < 16; ++i) mac = mac << 8 | group[i];
  return mac;
}

inline constexpr Ipv6 kAllNodes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

}  // namespace millrace::sim
