// SPDX-License-Identifier: Apache-2.0
// Model of the receive side of toe_wire: toe_pkg::segment_t, and what a list of TCP options says.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <utility>
#include <vector>

#include "hw/wire/frame_builder.h"
#include "hw/wire/wire_settings.h"

namespace millrace::sim {

inline Ipv6 mapped(std::uint32_t ipv4) {
  Ipv6 address{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  for (int i = 0; i < 4; ++i) address[12 + i] = static_cast<std::uint8_t>(ipv4 >> (24 - 8 * i));
  return address;
}

struct RxOptions {
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> ws;
  bool sack_ok = false;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> timestamps;  // value, echo
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sack;          // start, end
  bool operator==(const RxOptions&) const = default;
};

struct RxSegment {
  bool icmp = false, hard = false, ce = false;
  std::uint8_t local_kind = 0;
  Ipv6 remote{};
  std::uint16_t remote_port = 0, local_port = 0;
  std::uint32_t seq = 0, ack = 0;
  std::uint16_t wnd = 0;
  std::uint8_t flags = 0;
  std::uint16_t len = 0;
  std::uint8_t start = 0;
  RxOptions options;
  bool operator==(const RxSegment&) const = default;
};

inline void PrintTo(const RxSegment& s, std::ostream* out) {
  *out << (s.icmp ? "icmp " : "") << (s.hard ? "hard " : "") << (s.ce ? "ce " : "") << "kind "
       << int{s.local_kind} << " from";
  for (std::uint8_t octet : s.remote) *out << ' ' << int{octet};
  *out << " ports " << s.remote_port << ' ' << s.local_port << " seq " << s.seq << " ack " << s.ack
       << " wnd " << s.wnd << " flags " << int{s.flags} << " len " << s.len << " start "
       << int{s.start};
  if (s.options.mss) *out << " mss " << *s.options.mss;
  if (s.options.ws) *out << " ws " << int{*s.options.ws};
  if (s.options.sack_ok) *out << " sackOK";
  if (s.options.timestamps) {
    *out << " ts " << s.options.timestamps->first << ' ' << s.options.timestamps->second;
  }
  for (const auto& [start, end] : s.options.sack) *out << " sack " << start << ':' << end;
}

// Reads toe_pkg::segment_t. What its valid flags say nothing about is not looked at.
template <typename Wide>
RxSegment take_segment(const Wide& wide) {
  int top = 624;
  auto take = [&](int width) { return take_bits(wide, top, width); };
  RxSegment s;
  s.icmp = take(1), s.hard = take(1), s.ce = take(1);
  s.local_kind = static_cast<std::uint8_t>(take(2));
  for (std::uint8_t& octet : s.remote) octet = static_cast<std::uint8_t>(take(8));
  s.remote_port = take(16), s.local_port = take(16);
  s.seq = take(32), s.ack = take(32), s.wnd = take(16), s.flags = take(8);
  s.len = take(16), s.start = take(8);
  if (s.icmp) s.start = 0;
  const bool mss_valid = take(1);
  const auto mss = static_cast<std::uint16_t>(take(16));
  if (mss_valid) s.options.mss = mss;
  const bool ws_valid = take(1);
  const auto ws = static_cast<std::uint8_t>(take(4));
  if (ws_valid) s.options.ws = ws;
  s.options.sack_ok = take(1);
  const bool ts_valid = take(1);
  const auto ts_val = static_cast<std::uint32_t>(take(32));
  const auto ts_ecr = static_cast<std::uint32_t>(take(32));
  if (ts_valid) s.options.timestamps = {ts_val, ts_ecr};
  const auto blocks = static_cast<int>(take(3));
  for (int i = 0; i < blocks; ++i) {
    int block_top = 64 * i + 64;
    const auto end = static_cast<std::uint32_t>(take_bits(wide, block_top, 32));
    const auto start = static_cast<std::uint32_t>(take_bits(wide, block_top, 32));
    s.options.sack.emplace_back(start, end);
  }
  return s;
}

// What the options of a segment say, byte by byte as RFC 9293 3.1 has it; nothing if malformed.
inline std::optional<RxOptions> parse_options(std::span<const std::uint8_t> bytes, bool syn) {
  RxOptions said;
  auto word = [&](std::size_t at, int n) {
    std::uint32_t value = 0;
    for (int i = 0; i < n; ++i) value = value << 8 | bytes[at + i];
    return value;
  };
  std::size_t at = 0;
  while (at < bytes.size() && bytes[at] != 0) {
    if (bytes[at] == 1) {
      ++at;
      continue;
    }
    if (at + 2 > bytes.size()) return std::nullopt;
    const std::size_t len = bytes[at + 1];
    if (len < 2 || at + len > bytes.size()) return std::nullopt;
    const auto is = [&](int kind, std::size_t n) { return bytes[at] == kind && len == n; };
    if (is(2, 4) && syn) said.mss = static_cast<std::uint16_t>(std::max(word(at + 2, 2), 64u));
    if (is(3, 3) && syn) said.ws = static_cast<std::uint8_t>(std::min(word(at + 2, 1), 14u));
    if (is(4, 2) && syn) said.sack_ok = true;
    if (is(8, 10)) said.timestamps = {word(at + 2, 4), word(at + 6, 4)};
    if (bytes[at] == 5 && len > 2 && len % 8 == 2) {
      said.sack.clear();
      for (std::size_t b = at + 2; b < at + len; b += 8) {
        said.sack.emplace_back(word(b, 4), word(b + 4, 4));
      }
    }
    at += len;
  }
  return said;
}

}  // namespace millrace::sim
