// SPDX-License-Identifier: Apache-2.0
// Frames for tests, right or wrong on purpose, with checksums computed here byte by byte: nothing
// is shared with the card's way of computing them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace::sim {

using Bytes = std::vector<std::uint8_t>;

// Appends `bytes` bytes of value, most significant first.
inline void append(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

inline void append(Bytes& out, std::span<const std::uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Internet checksum (RFC 1071) of bytes, continued from `sum` (not complemented).
inline std::uint16_t checksum(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += (i % 2 == 0) ? bytes[i] << 8 : bytes[i];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(~sum);
}

struct Ipv4Header {
  std::uint64_t to_mac = 0;
  std::uint64_t from_mac = 0;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  Bytes options;  // multiple of 4 bytes, at most 40
  std::uint16_t fragment = 0x4000;
  std::uint16_t id = 0;
  std::uint8_t ttl = 64;
  std::uint8_t tos = 0;
  std::uint8_t version = 4;
  int ihl_error = 0;
  int length_error = 0;         // added to the total length
  std::uint16_t sum_error = 0;  // flipped in the checksum
  std::uint16_t ether_type = 0x0800;
  std::size_t trailer = 0;  // bytes behind the datagram, besides the padding to 60
};

// Whole frame, at least 60 bytes, padded with `fill`.
inline Bytes build_ipv4(const Ipv4Header& ip, std::uint8_t protocol,
                        std::span<const std::uint8_t> body, std::uint8_t fill = 0) {
  Bytes frame;
  append(frame, ip.to_mac, 6);
  append(frame, ip.from_mac, 6);
  append(frame, ip.ether_type, 2);
  const std::size_t words = 5 + ip.options.size() / 4;
  append(frame, ((ip.version & 15u) << 4) | ((words + ip.ihl_error) & 15u), 1);
  append(frame, ip.tos, 1);
  append(frame, words * 4 + body.size() + ip.length_error, 2);
  append(frame, ip.id, 2);
  append(frame, ip.fragment, 2);
  append(frame, ip.ttl, 1);
  append(frame, protocol, 1);
  append(frame, 0, 2);
  append(frame, ip.from, 4);
  append(frame, ip.to, 4);
  append(frame, ip.options);
  // The checksum covers what the length field says, if that much is there.
  const std::size_t said = 4 * ((words + ip.ihl_error) & 15u);
  const std::size_t covered = said <= words * 4 ? said : words * 4;
  const std::uint16_t sum = checksum(std::span(frame).subspan(14, covered)) ^ ip.sum_error;
  frame[24] = static_cast<std::uint8_t>(sum >> 8);
  frame[25] = static_cast<std::uint8_t>(sum);
  append(frame, body);
  frame.insert(frame.end(), ip.trailer, fill);
  if (frame.size() < 60) frame.resize(60, fill);
  return frame;
}

struct TcpHeader {
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t wnd = 0;
  Bytes options;  // multiple of 4 bytes, at most 40
  int offset_error = 0;
  std::uint16_t sum_error = 0;
};

// Header and payload with a checksum of zero, which depends on what carries them.
inline Bytes tcp_bytes(const TcpHeader& tcp, std::span<const std::uint8_t> payload) {
  Bytes body;
  append(body, tcp.from_port, 2);
  append(body, tcp.to_port, 2);
  append(body, tcp.seq, 4);
  append(body, tcp.ack, 4);
  append(body, ((5 + tcp.options.size() / 4 + tcp.offset_error) & 15u) << 4, 1);
  append(body, tcp.flags, 1);
  append(body, tcp.wnd, 2);
  append(body, 0, 4);
  append(body, tcp.options);
  append(body, payload);
  return body;
}

inline Bytes build_tcp(const Ipv4Header& ip, const TcpHeader& tcp,
                       std::span<const std::uint8_t> payload, std::uint8_t fill = 0) {
  Bytes body = tcp_bytes(tcp, payload);
  Bytes pseudo;
  append(pseudo, ip.from, 4);
  append(pseudo, ip.to, 4);
  append(pseudo, 6, 2);
  append(pseudo, body.size() + ip.length_error, 2);
  const auto start = static_cast<std::uint16_t>(~checksum(pseudo));
  const std::uint16_t sum = checksum(body, start) ^ tcp.sum_error;
  body[16] = static_cast<std::uint8_t>(sum >> 8);
  body[17] = static_cast<std::uint8_t>(sum);
  return build_ipv4(ip, 6, body, fill);
}

inline Bytes build_echo(const Ipv4Header& ip, std::uint8_t type,
                        std::span<const std::uint8_t> payload, std::uint16_t sum_error = 0) {
  Bytes body;
  append(body, type, 1);
  append(body, 0, 3);
  append(body, payload);
  const std::uint16_t sum = checksum(body) ^ sum_error;
  body[2] = static_cast<std::uint8_t>(sum >> 8);
  body[3] = static_cast<std::uint8_t>(sum);
  return build_ipv4(ip, 1, body);
}

inline Bytes build_arp(std::uint64_t to_mac, int operation, std::uint64_t sender_mac,
                       std::uint32_t sender_ip, std::uint64_t target_mac, std::uint32_t target_ip) {
  Bytes frame;
  append(frame, to_mac, 6);
  append(frame, sender_mac, 6);
  append(frame, 0x0806'0001'0800'0604, 8);
  append(frame, operation, 2);
  append(frame, sender_mac, 6);
  append(frame, sender_ip, 4);
  append(frame, target_mac, 6);
  append(frame, target_ip, 4);
  frame.resize(60, 0);
  return frame;
}

}  // namespace millrace::sim
