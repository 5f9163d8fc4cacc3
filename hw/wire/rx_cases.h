// SPDX-License-Identifier: Apache-2.0
// What tests of the receive side share: headers of frames for us, and the segments they must make.
#pragma once

#include <random>

#include "hw/wire/frame_builder6.h"
#include "hw/wire/rx_model.h"

namespace millrace::sim {

inline Ipv4Header to_us() {
  return {.to_mac = kOurMac, .from_mac = kPeerMac, .from = kPeerIp, .to = kOurIp, .options = {}};
}

inline Bytes random_bytes(std::mt19937_64& random, std::size_t n) {
  Bytes bytes(n);
  for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
  return bytes;
}

// Options that the list is malformed for are not expected here: they are dropped.
inline RxSegment expected(const Ipv4Header& ip, const TcpHeader& tcp, std::size_t len) {
  return {.ce = (ip.tos & 3) == 3,
          .remote = mapped(ip.from),
          .remote_port = tcp.from_port,
          .local_port = tcp.to_port,
          .seq = tcp.seq,
          .ack = tcp.ack,
          .wnd = tcp.wnd,
          .flags = tcp.flags,
          .len = static_cast<std::uint16_t>(len),
          .start = static_cast<std::uint8_t>(54 + ip.options.size() + tcp.options.size()),
          .options = parse_options(tcp.options, tcp.flags & 2).value_or(RxOptions{})};
}

inline RxSegment expected6(const Ipv6Header& ip, const TcpHeader& tcp, std::size_t len) {
  RxSegment s = expected({}, tcp, len);
  s.ce = (ip.traffic_class & 3) == 3;
  s.local_kind = ip.to == link_local(kOurMac) ? 2 : 1;
  s.remote = ip.from;
  s.start = static_cast<std::uint8_t>(74 + extension_bytes(ip) + tcp.options.size());
  return s;
}

inline TcpHeader random_tcp(std::mt19937_64& r) {
  return {.from_port = static_cast<std::uint16_t>(r()),
          .to_port = static_cast<std::uint16_t>(r()),
          .seq = static_cast<std::uint32_t>(r()),
          .ack = static_cast<std::uint32_t>(r()),
          .flags = static_cast<std::uint8_t>(r() & ~2ull),
          .wnd = static_cast<std::uint16_t>(r()),
          .options = {}};
}

// NOP, NOP, timestamps.
inline void append_timestamps(Bytes& options, std::mt19937_64& r) {
  append(options, 0x0101080a, 4);
  append(options, r(), 8);
}

// NOP, NOP, SACK.
inline void append_sack(Bytes& options, int blocks, std::mt19937_64& r) {
  append(options, 0x01010502 + 8 * blocks, 4);
  for (int i = 0; i < blocks; ++i) append(options, r(), 8);
}

}  // namespace millrace::sim
