// SPDX-License-Identifier: Apache-2.0
// Frames for the receive side at random: of every kind that it tells apart, good or nearly good.
#pragma once

#include <algorithm>
#include <random>

#include "hw/wire/rx_cases.h"

namespace millrace::sim {

class RandomFrames {
 public:
  explicit RandomFrames(std::mt19937_64& random) : r_(random) {}

  // A frame of any kind; one in four has a byte or more changed, half of those good sums again.
  Bytes next() {
    Bytes frame = any();
    if (r_() % 4 == 0) {
      for (std::uint64_t n = 1 + r_() % 3; n > 0; --n) {
        std::uint8_t& octet = frame[r_() % std::min<std::size_t>(frame.size(), 150)];
        octet = static_cast<std::uint8_t>(r_() % 2 ? octet ^ (1u << (r_() % 8)) : r_());
      }
      if (r_() % 2) put_sums(frame);
    }
    if (r_() % 16 == 0) frame.resize(1 + r_() % frame.size());
    if (r_() % 32 == 0) frame.insert(frame.end(), r_() % 100, 0xee);
    return frame;
  }

 private:
  Bytes any() {
    switch (r_() % 12) {
      case 0:
      case 1:
        return build_tcp(ip4(), tcp(), payload());
      case 2:
        return build_tcp6(ip6(), tcp(), payload());
      case 3:
        return extended();
      case 4:
        return with_tag(r_() % 2 ? build_tcp(ip4(), tcp(), payload()) : extended(), tci());
      case 5:
        return error4();
      case 6:
        return error6();
      case 7:
        return echo();
      case 8:
        return arp();
      default:
        return nd();
    }
  }

  std::uint16_t tci() { return static_cast<std::uint16_t>(r_() % 4 ? 0xe000 : r_()); }
  Bytes payload() { return random_bytes(r_, r_() % 4 == 0 ? r_() % 1400 : r_() % 30); }

  Ipv4Header ip4() {
    Ipv4Header ip = to_us();
    if (r_() % 4 == 0) ip.options = random_bytes(r_, 4 * (r_() % 11));
    ip.tos = static_cast<std::uint8_t>(r_());
    ip.from = static_cast<std::uint32_t>(r_());
    return ip;
  }
  Ipv6Header ip6() {
    Ipv6Header ip{.traffic_class = static_cast<std::uint8_t>(r_()),
                  .flow = static_cast<std::uint32_t>(r_()),
                  .hop_limit = static_cast<std::uint8_t>(r_() % 4 ? 255 : r_())};
    if (r_() % 2) ip.to = link_local(kOurMac), ip.from = link_local(kPeerMac);
    if (r_() % 16 == 0) ip.from = {};
    if (r_() % 8 == 0) ip.to = r_() % 2 ? kAllNodes : solicited_node(ip.to);
    if (ip.to[0] == 0xff && r_() % 4) ip.to_mac = group_mac(ip.to);
    return ip;
  }
  TcpHeader tcp() {
    TcpHeader tcp = random_tcp(r_);
    if (r_() % 2) tcp.flags |= 2;
    if (r_() % 2) append_timestamps(tcp.options, r_);
    if (r_() % 4 == 0) append_sack(tcp.options, 1 + static_cast<int>(r_() % 3), r_);
    if (r_() % 8 == 0) tcp.options = random_bytes(r_, 4 * (r_() % 11));
    return tcp;
  }
  Bytes extended() {
    Ipv6Header ip = ip6();
    for (std::uint64_t n = 1 + r_() % 5, i = 0; i < n; ++i) {
      const std::uint8_t types[] = {60, 43, 60, 0, 44};
      Extension e{types[r_() % (r_() % 8 ? 3 : 5)], {}};
      if (i == 0 && r_() % 2) e.type = 0;
      const std::size_t units = 1 + (r_() % 4 ? 0 : r_() % 8);
      append(e.body, units - 1, 1);
      if (e.type == 43) append(e.body, r_() % 8 ? 0 : r_(), 2);
      while (e.body.size() < 8 * units - 1) option(e.body, 8 * units - 1 - e.body.size());
      ip.extensions.push_back(e);
    }
    return build_tcp6(ip, tcp(), payload());
  }
  void option(Bytes& out, std::size_t room) {
    const std::size_t length = room < 2 ? 0 : r_() % (room - 1);
    if (room < 2 || r_() % 3 == 0) {
      out.push_back(0);
      return;
    }
    append(out, r_() % 16 ? r_() % 64 : r_(), 1);
    append(out, length + (r_() % 32 == 0), 1);
    append(out, random_bytes(r_, length));
  }
  Bytes error4() {
    Ipv4Header sent{
        .to_mac = kPeerMac, .from_mac = kOurMac, .from = kOurIp, .to = kPeerIp, .options = {}};
    if (r_() % 16 == 0) sent.from ^= 1;
    Bytes rest;
    append(rest, r_() % 2 ? 0 : r_() % 1600, 4);
    const std::size_t most = r_() % 4 ? 28 + r_() % 500 : 20 + r_() % 16;
    append(rest, packet_of(build_tcp(sent, tcp(), payload()), most));
    const std::uint8_t types[] = {3, 3, 3, 11, 12, 4, 5, 0};
    return build_icmp(ip4(), types[r_() % 8], static_cast<std::uint8_t>(r_() % 17), rest);
  }
  Bytes error6() {
    Ipv6Header sent{.to_mac = kPeerMac, .from_mac = kOurMac, .from = kOurIpv6, .to = kPeerIpv6};
    if (r_() % 2) sent.from = link_local(kOurMac);
    if (r_() % 16 == 0) sent.from[12] ^= 1;
    Bytes rest;
    append(rest, r_() % 2 ? 1270 + r_() % 20 : r_() % 4 ? 1400 : r_(), 4);
    const std::size_t most = r_() % 4 ? 48 + r_() % 500 : 40 + r_() % 16;
    append(rest, packet_of(build_tcp6(sent, tcp(), payload()), most));
    return build_icmp6(ip6(), static_cast<std::uint8_t>(r_() % 6),
                       static_cast<std::uint8_t>(r_() % 8), rest);
  }
  Bytes echo() {
    const Bytes body = random_bytes(r_, 4 + r_() % 1500);
    if (r_() % 2) return build_icmp(ip4(), 8, r_() % 16 == 0, body);
    return build_icmp6(ip6(), r_() % 8 ? 128 : 129, r_() % 16 == 0, body);
  }
  Bytes arp() {
    return build_arp(r_() % 2 ? kOurMac : kBroadcast, 1 + static_cast<int>(r_() % 3), kPeerMac,
                     kPeerIp, kOurMac, r_() % 4 ? kOurIp : kPeerIp);
  }
  Bytes nd() {
    Ipv6Header ip = ip6();
    const bool solicit = r_() % 2;
    Bytes rest;
    append(rest, r_() & 0xe0000000, 4);
    const Ipv6 targets[] = {kOurIpv6, link_local(kOurMac), kPeerIpv6};
    append(rest, targets[r_() % 3]);
    for (std::uint64_t n = r_() % 4; n > 0; --n) {
      const std::size_t units = r_() % 8 ? 1 : r_() % 4;
      append(rest, r_() % 2 ? (solicit ? 1 : 2) : r_() % 20, 1);
      append(rest, units, 1);
      append(rest, random_bytes(r_, units == 0 ? 6 : 8 * units - 2));
    }
    return build_icmp6(ip, solicit ? 135 : 136, r_() % 32 == 0, rest);
  }

  // Right checksums for the headers as they are, as far as they can be found.
  void put_sums(Bytes& frame) {
    const std::size_t at = frame.size() > 18 && frame[12] == 0x81 ? 18 : 14;
    if (frame.size() < at + 40) return;
    const bool six = frame[at - 2] == 0x86;
    std::size_t l4 = at + 40;
    std::size_t end = at + 40 + (frame[at + 4] << 8 | frame[at + 5]);
    std::uint8_t protocol = frame[at + (six ? 6 : 9)];
    if (!six) {
      l4 = at + 4 * (frame[at] & 15u);
      end = at + (frame[at + 2] << 8 | frame[at + 3]);
      if (l4 < at + 20 || l4 > frame.size()) return;
      put_sum(frame, at + 10, at, l4, 0);
    }
    while (six && (protocol == 0 || protocol == 43 || protocol == 60) && l4 + 8 < frame.size()) {
      protocol = frame[l4];
      l4 += 8 + 8 * std::size_t{frame[l4 + 1]};
    }
    if (end > frame.size() || l4 + 20 > end) return;
    Bytes pseudo(frame.begin() + static_cast<std::ptrdiff_t>(at + (six ? 8 : 12)),
                 frame.begin() + static_cast<std::ptrdiff_t>(at + (six ? 40 : 20)));
    append(pseudo, end - l4, 4), append(pseudo, protocol, 4);
    const auto start = static_cast<std::uint16_t>(~checksum(pseudo));
    if (protocol == 6) put_sum(frame, l4 + 16, l4, end, start);
    if (protocol == 58) put_sum(frame, l4 + 2, l4, end, start);
    if (protocol == 1) put_sum(frame, l4 + 2, l4, end, 0);
  }
  static void put_sum(Bytes& frame, std::size_t where, std::size_t begin, std::size_t end,
                      std::uint16_t start) {
    frame[where] = 0, frame[where + 1] = 0;
    const std::uint16_t sum = checksum(std::span(frame).subspan(begin, end - begin), start);
    frame[where] = static_cast<std::uint8_t>(sum >> 8);
    frame[where + 1] = static_cast<std::uint8_t>(sum);
  }

  std::mt19937_64& r_;
};

}  // namespace millrace::sim
