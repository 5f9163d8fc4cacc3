// SPDX-License-Identifier: Apache-2.0
// Model of the transmit side of toe_wire: segments to send and the frames the card must make of
// them, byte by byte.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "hw/wire/frame_builder.h"
#include "hw/wire/wire_settings.h"

namespace millrace::sim {

// toe_pkg: which of our addresses a segment leaves from.
inline constexpr int kLocalIpv4 = 0;
inline constexpr int kLocalIpv6 = 1;
inline constexpr int kLocalIpv6Link = 2;

struct TxSegment {
  int local_kind = kLocalIpv4;
  std::uint32_t remote_ip = kPeerIp;
  Ipv6 remote_ipv6 = kPeerIpv6;  // of the two other kinds
  std::uint16_t remote_port = 0, local_port = 0;
  std::uint32_t seq = 0, ack = 0;
  std::uint16_t wnd = 0;
  std::uint8_t flags = 0x10;
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> ws;
  bool sack_ok = false;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> ts;  // value, echo
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sack;  // at most 4
  std::uint8_t ecn = 0;
  std::uint64_t ring_page = 0x12345;
  int ring_log2 = 16;
  std::uint32_t ring_offset = 0;
  std::uint16_t len = 0;

  std::size_t option_bytes() const {
    return (mss ? 4u : 0u) + (ws ? 4u : 0u) + (ts ? 12u : (sack_ok ? 4u : 0u)) +
           (sack.empty() ? 0u : 4u + 8 * sack.size());
  }
};

inline std::uint8_t memory_byte(std::uint64_t address) {
  return static_cast<std::uint8_t>((address * 0x9e3779b97f4a7c15ull) >> 53);
}

// Our link-local address (RFC 4291 appendix A).
inline Ipv6 our_link_local() {
  Ipv6 a{0xfe, 0x80};
  for (std::size_t i = 0; i < 6; ++i) {
    a[(i < 3 ? 8 : 10) + i] = static_cast<std::uint8_t>(kOurMac >> (40 - 8 * i));
  }
  a[8] ^= 2, a[11] = 0xff, a[12] = 0xfe;
  return a;
}

// Options as Linux orders them, or as FreeBSD's rule does: each at its own alignment, NOPs between,
// an end-of-list and zeros behind.
inline Bytes model_options(const TxSegment& s, bool freebsd) {
  Bytes o;
  auto align = [&o](std::size_t modulus, std::size_t rest) {
    while (o.size() % modulus != rest || (rest != 0 && o.empty())) o.push_back(1);
  };
  auto put_mss = [&] { append(o, 0x0204, 2), append(o, *s.mss, 2); };
  auto put_ts = [&] {
    append(o, 0x080a, 2), append(o, s.ts->first, 4), append(o, s.ts->second, 4);
  };
  if (s.mss) put_mss();
  if (freebsd) {
    if (s.ws) align(2, 1), append(o, 0x0303, 2), append(o, *s.ws, 1);
    if (s.sack_ok) align(2, 0), append(o, 0x0402, 2);
    if (s.ts) align(4, 2), put_ts();
  } else {
    if (s.ts) append(o, s.sack_ok ? 0x0402 : 0x0101, 2), put_ts();
    if (s.sack_ok && !s.ts) append(o, 0x01010402, 4);
    if (s.ws) append(o, 0x010303, 3), append(o, *s.ws, 1);
  }
  if (!s.sack.empty()) {
    align(4, 0);
    append(o, 0x010105, 3), append(o, 2 + 8 * s.sack.size(), 1);
    for (const auto& [start, end] : s.sack) append(o, start, 4), append(o, end, 4);
  }
  o.resize((o.size() + 3) / 4 * 4, 0);
  return o;
}

// Addresses and ports, folded into 20 bits: the last ones are the ports' lowest.
inline std::uint32_t model_flow_fold(const TxSegment& s) {
  Bytes flow(s.remote_ipv6.begin(), s.remote_ipv6.end());
  append(flow, s.remote_port, 2), append(flow, s.local_port, 2);
  std::uint32_t x = 0;
  for (std::size_t i = 0; i < 160; ++i) {
    const std::uint32_t bit = (flow[i / 8] >> (7 - i % 8)) & 1u;
    x ^= bit << (19 - i % 20);
  }
  return x;
}

// Flow label (RFC 6437): never 0.
inline std::uint32_t model_flow_label(const TxSegment& s) {
  const std::uint32_t fold = model_flow_fold(s);
  const std::uint32_t label = (fold + (fold << 9)) & 0xfffff;
  return label == 0 ? 1 : label;
}

inline void append_tag(Bytes& frame, const Settings& settings) {
  if (settings.vlan) append(frame, 0x8100, 2), append(frame, *settings.vlan, 2);
}

// The frame that the card must make of a segment.
inline Bytes expected_frame(const TxSegment& s, std::uint64_t to_mac,
                            const Settings& settings = {}) {
  const bool six = s.local_kind != kLocalIpv4;
  const Bytes options = model_options(s, settings.option_order);
  const Ipv6 own = s.local_kind == kLocalIpv6 ? settings.ipv6 : our_link_local();
  Bytes tcp;
  append(tcp, s.local_port, 2), append(tcp, s.remote_port, 2);
  append(tcp, s.seq, 4), append(tcp, s.ack, 4);
  append(tcp, (5 + options.size() / 4) << 4, 1), append(tcp, s.flags, 1);
  append(tcp, s.wnd, 2), append(tcp, 0, 4);
  append(tcp, options);
  for (std::uint32_t i = 0; i < s.len; ++i) {
    const std::uint64_t offset = (s.ring_offset + i) & ((1ull << s.ring_log2) - 1);
    tcp.push_back(memory_byte((s.ring_page << 12) + offset));
  }
  Bytes addresses;
  if (six) {
    append(addresses, own), append(addresses, s.remote_ipv6);
  } else {
    append(addresses, kOurIp, 4), append(addresses, s.remote_ip, 4);
  }
  Bytes pseudo = addresses;
  append(pseudo, tcp.size(), 4), append(pseudo, 6, 4);
  const std::uint16_t sum = checksum(tcp, static_cast<std::uint16_t>(~checksum(pseudo)));
  tcp[16] = static_cast<std::uint8_t>(sum >> 8), tcp[17] = static_cast<std::uint8_t>(sum);

  Bytes frame;
  append(frame, to_mac, 6), append(frame, kOurMac, 6);
  append_tag(frame, settings);
  append(frame, six ? 0x86dd : 0x0800, 2);
  Bytes ip;
  if (six) {
    append(ip, 0x60000000u | (s.ecn << 20) | model_flow_label(s), 4);
    append(ip, tcp.size(), 2), append(ip, 6, 1), append(ip, settings.time_to_live, 1);
  } else {
    append(ip, 0x4500u | s.ecn, 2), append(ip, 20 + tcp.size(), 2), append(ip, 0x4000, 4);
    append(ip, settings.time_to_live, 1), append(ip, 6, 1), append(ip, 0, 2);
    const std::uint16_t ip_sum = checksum(addresses, static_cast<std::uint16_t>(~checksum(ip)));
    ip[10] = static_cast<std::uint8_t>(ip_sum >> 8), ip[11] = static_cast<std::uint8_t>(ip_sum);
  }
  append(ip, addresses);
  append(frame, ip), append(frame, tcp);
  if (frame.size() < 60) frame.resize(60, 0);
  return frame;
}

// Writes toe_pkg::tx_segment_t.
template <typename Wide>
void put_segment(Wide& v, const TxSegment& s) {
  int top = 696;
  auto put = [&](std::uint64_t value, int width) { put_bits(v, top, value, width); };
  put(s.local_kind, 2);
  if (s.local_kind == kLocalIpv4) {
    put(0, 64), put(0xffff, 32), put(s.remote_ip, 32);
  } else {
    for (std::uint8_t octet : s.remote_ipv6) put(octet, 8);
  }
  put(s.remote_port, 16), put(s.local_port, 16);
  put(s.seq, 32), put(s.ack, 32), put(s.wnd, 16), put(s.flags, 8);
  put(s.mss.has_value(), 1), put(s.mss.value_or(0xdead), 16);
  put(s.ws.has_value(), 1), put(s.ws.value_or(9), 4);
  put(s.sack_ok, 1);
  put(s.ts.has_value(), 1);
  put(s.ts ? s.ts->first : 0x12345678, 32), put(s.ts ? s.ts->second : 0x9abcdef0, 32);
  put(s.sack.size(), 3);
  for (std::size_t i = 4; i-- > 0;) {
    const bool there = i < s.sack.size();
    put(there ? s.sack[i].second : 0xeeeeeeee, 32), put(there ? s.sack[i].first : 0x55555555, 32);
  }
  put(s.ecn, 2);
  put(s.ring_page, 52), put(s.ring_log2, 5), put(s.ring_offset, 24), put(s.len, 16);
}

}  // namespace millrace::sim
