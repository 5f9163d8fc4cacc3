// SPDX-License-Identifier: Apache-2.0
// Model of the transmit side of toe_wire: segments to send and the frames the card must make of
// them.
#pragma once

#include "hw/wire/frame_builder.h"
#include "hw/wire/wire_settings.h"

namespace millrace::sim {

struct TxSegment {
  std::uint32_t remote_ip = kPeerIp;
  std::uint16_t remote_port = 0, local_port = 0;
  std::uint32_t seq = 0, ack = 0;
  std::uint16_t wnd = 0;
  std::uint8_t flags = 0x10;
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> ws;
  std::uint64_t ring_page = 0x12345;
  int ring_log2 = 16;
  std::uint32_t ring_offset = 0;
  std::uint16_t len = 0;
};

inline std::uint8_t memory_byte(std::uint64_t address) {
  return static_cast<std::uint8_t>((address * 0x9e3779b97f4a7c15ull) >> 53);
}

// The frame that the card must make of a segment.
inline Bytes expected_frame(const TxSegment& s, std::uint64_t to_mac) {
  Bytes payload;
  for (std::uint32_t i = 0; i < s.len; ++i) {
    const std::uint64_t offset = (s.ring_offset + i) & ((1ull << s.ring_log2) - 1);
    payload.push_back(memory_byte((s.ring_page << 12) + offset));
  }
  TcpHeader tcp{.from_port = s.local_port,
                .to_port = s.remote_port,
                .seq = s.seq,
                .ack = s.ack,
                .flags = s.flags,
                .wnd = s.wnd,
                .options = {}};
  if (s.mss) append(tcp.options, 0x02040000u | *s.mss, 4);
  if (s.ws) append(tcp.options, 0x01030300u | *s.ws, 4);
  return build_tcp(
      {.to_mac = to_mac, .from_mac = kOurMac, .from = kOurIp, .to = s.remote_ip, .options = {}},
      tcp, payload);
}

// Writes toe_pkg::tx_segment_t.
template <typename Wide>
void put_segment(Wide& v, const TxSegment& s) {
  int top = 696;
  put_bits(v, top, 0, 2);  // IPv4
  put_bits(v, top, 0, 64);
  put_bits(v, top, 0xffff, 32);
  put_bits(v, top, s.remote_ip, 32);
  put_bits(v, top, s.remote_port, 16);
  put_bits(v, top, s.local_port, 16);
  put_bits(v, top, s.seq, 32);
  put_bits(v, top, s.ack, 32);
  put_bits(v, top, s.wnd, 16);
  put_bits(v, top, s.flags, 8);
  put_bits(v, top, s.mss.has_value(), 1);
  put_bits(v, top, s.mss.value_or(0xdead), 16);
  put_bits(v, top, s.ws.has_value(), 1);
  put_bits(v, top, s.ws.value_or(9), 4);
  for (int i = 0; i < 327; ++i) put_bits(v, top, 0, 1);  // SACK, timestamps, ECN
  put_bits(v, top, s.ring_page, 52);
  put_bits(v, top, s.ring_log2, 5);
  put_bits(v, top, s.ring_offset, 24);
  put_bits(v, top, s.len, 16);
}

}  // namespace millrace::sim
