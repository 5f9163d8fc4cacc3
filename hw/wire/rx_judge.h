// SPDX-License-Identifier: Apache-2.0
// Model of the receive side of toe_wire: what becomes of a whole frame, read byte by byte. It says
// the rules of the RFCs once more; nothing is shared with the card's way of applying them.
#pragma once

#include <algorithm>
#include <optional>
#include <span>

#include "hw/wire/frame_builder6.h"
#include "hw/wire/rx_model.h"

namespace millrace::sim {

enum class Fate { kDropEth, kDropIp, kDropIp6, kDropTcp, kArp, kNd, kEcho, kSegment };

// A neighbour discovery message that passed.
struct NdSeen {
  bool solicit = false;
  Ipv6 source{};
  std::uint64_t source_mac = 0;
  Ipv6 target{};
  int target_kind = 0;  // 0: not ours
  std::optional<std::uint64_t> lladdr;
  bool router = false, solicited = false, override_flag = false, multicast = false;
  bool operator==(const NdSeen&) const = default;
};

struct Judged {
  Fate fate = Fate::kDropEth;
  RxSegment segment{};
  NdSeen nd{};
};

class RxJudge {
 public:
  RxJudge(Bytes frame, const Settings& settings) : frame_(std::move(frame)), set_(settings) {}

  Judged judge(bool marked) {
    const std::optional<std::uint16_t> type = marked ? std::nullopt : ethernet();
    if (!type) return {};
    if (*type == 0x0806) return arp();
    if (*type == 0x0800) {
      if (!to_us_) return {};
      return packet(frame_).size() < 20 ? Judged{Fate::kDropIp} : ipv4(packet(frame_));
    }
    if (*type != 0x86dd || (!to_us_ && !group())) return {};
    return packet(frame_).size() < 40 ? Judged{Fate::kDropIp6} : ipv6(packet(frame_));
  }

 private:
  using View = std::span<const std::uint8_t>;

  static View packet(const Bytes& frame) { return View(frame).subspan(14); }
  static std::uint64_t number(View bytes, std::size_t at, int n) {
    std::uint64_t value = 0;
    for (int i = 0; i < n; ++i) value = value << 8 | bytes[at + i];
    return value;
  }
  static Ipv6 address(View bytes, std::size_t at) {
    Ipv6 a{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 16, a.begin());
    return a;
  }
  static bool prefix(const Ipv6& a, const Ipv6& b, std::size_t octets) {
    return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(octets), b.begin());
  }
  // 0 none of ours, as toe_pkg's local kinds else.
  int kind(const Ipv6& a) const {
    if (set_.ipv6 != Ipv6{} && a == set_.ipv6) return 1;
    return a == link_ ? 2 : 0;
  }

  // Takes the tag out; the EtherType, if the frame may go on.
  std::optional<std::uint16_t> ethernet() {
    if (frame_.size() < 14) return std::nullopt;
    auto type = static_cast<std::uint16_t>(number(frame_, 12, 2));
    if (type == 0x8100) {
      if (frame_.size() < 18) return std::nullopt;
      const auto vid = number(frame_, 14, 2) & 0xfff;
      if (vid != (set_.vlan ? *set_.vlan & 0xfffu : 0u)) return std::nullopt;
      frame_.erase(frame_.begin() + 12, frame_.begin() + 16);
      type = static_cast<std::uint16_t>(number(frame_, 12, 2));
    } else if (set_.vlan) {
      return std::nullopt;
    }
    to_us_ = number(frame_, 0, 6) == kOurMac;
    return type;
  }
  bool group() const {
    const auto to = number(frame_, 0, 6);
    const auto low = to & 0xffffff;
    if (to == 0x3333'0000'0001) return true;
    return to >> 24 == 0x3333ff && (low == number(link_, 13, 3) ||
                                    (set_.ipv6 != Ipv6{} && low == number(set_.ipv6, 13, 3)));
  }
  Judged arp() const {
    if (!to_us_ && number(frame_, 0, 6) != kBroadcast) return {};
    if (frame_.size() < 42 || number(frame_, 14, 6) != 0x0001'0800'0604) return {};
    const auto operation = number(frame_, 20, 2);
    if (operation != 1 && operation != 2) return {};
    return {frame_[22] & 1 ? Fate::kDropEth : Fate::kArp};
  }

  Judged ipv4(View p) const {
    const Judged drop{Fate::kDropIp};
    const std::size_t header = 4 * (p[0] & 15u), total = number(p, 2, 2);
    const auto from = static_cast<std::uint32_t>(number(p, 12, 4));
    if (p[0] >> 4 != 4 || header < 20 || total < header || p.size() < total) return drop;
    if (checksum(p.subspan(0, header)) != 0 || (number(p, 6, 2) & 0x3fff) != 0) return drop;
    if (from >> 24 == 0 || from >> 24 == 127 || from >> 29 == 7 || from == kOurIp) return drop;
    if (number(p, 16, 4) != kOurIp) return drop;
    const View body = p.subspan(header, total - header);
    RxSegment s;
    s.remote = mapped(from);
    s.ce = (p[1] & 3) == 3;
    if (p[9] == 6) {
      const auto sum = pseudo(p.subspan(12, 8), body.size(), 6);
      return tcp(s, body, sum, 14 + header);
    }
    if (p[9] != 1 || body.size() < 8 || checksum(body) != 0) return drop;
    if (body[0] == 8 && body[1] == 0 && header == 20 && total <= 1500) return {Fate::kEcho};
    return icmp_error(body);
  }

  Judged ipv6(View p) const {
    const Judged drop{Fate::kDropIp6};
    const std::size_t length = number(p, 4, 2);
    const Ipv6 from = address(p, 8), to = address(p, 24);
    if (p[0] >> 4 != 6 || length == 0 || p.size() < 40 + length) return drop;
    const bool nobody = from == Ipv6{};
    const Ipv6 one{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    if (from[0] == 0xff || from == one || prefix(from, mapped(0), 12) || kind(from) != 0) {
      return drop;
    }
    Ipv6 solicited{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
    const bool asked =
        prefix(to, solicited, 13) &&
        (std::equal(to.begin() + 13, to.end(), link_.begin() + 13) ||
         (set_.ipv6 != Ipv6{} && std::equal(to.begin() + 13, to.end(), set_.ipv6.begin() + 13)));
    const Ipv6 all{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    const bool multicast = asked || to == all;
    if (!multicast && (kind(to) == 0 || !to_us_)) return drop;
    std::uint8_t next = p[6];
    const std::optional<std::size_t> skipped = extensions(p.subspan(40, length), next);
    if (!skipped) return drop;
    const View body = p.subspan(40 + *skipped, length - *skipped);
    if (next == 6) {
      if (multicast || nobody) return drop;
      RxSegment s;
      s.remote = from;
      s.local_kind = static_cast<std::uint8_t>(kind(to));
      s.ce = (number(p, 0, 2) >> 4 & 3) == 3;
      // Options of extension headers count after the transport header's length, before the sum.
      if (!early_tcp_fault(body) && !options_good(p.subspan(40), p[6], *skipped)) return drop;
      return tcp(s, body, pseudo(p.subspan(8, 32), body.size(), 6), 54 + *skipped);
    }
    if (next != 58 || *skipped != 0 || body.size() < 4) return drop;
    if (checksum(body, pseudo(p.subspan(8, 32), body.size(), 58)) != 0) return drop;
    if (body[0] == 135 || body[0] == 136) {
      return nd(p, body, nobody, multicast, asked).value_or(drop);
    }
    if (multicast || nobody || body.size() < 8) return drop;
    if (body[0] == 128 && body[1] == 0 && length <= 1460) return {Fate::kEcho};
    return icmp6_error(body);
  }

  // Sum of a pseudo header, not complemented.
  static std::uint32_t pseudo(View addresses, std::size_t length, std::uint8_t protocol) {
    Bytes rest;
    append(rest, length, 4), append(rest, protocol, 4);
    const auto sum = static_cast<std::uint16_t>(~checksum(addresses));
    return static_cast<std::uint16_t>(~checksum(rest, sum));
  }

  static bool early_tcp_fault(View body) {
    return body.size() < 13 || body[12] >> 4 < 5 || body.size() < 4u * (body[12] >> 4);
  }

  static Judged tcp(RxSegment s, View body, std::uint32_t sum, std::size_t start) {
    const Judged drop{Fate::kDropTcp};
    if (early_tcp_fault(body) || checksum(body, sum) != 0) return drop;
    const std::size_t header = 4 * (body[12] >> 4);
    const auto said = parse_options(body.subspan(20, header - 20), body[13] & 2);
    if (!said) return drop;
    s.remote_port = static_cast<std::uint16_t>(number(body, 0, 2));
    s.local_port = static_cast<std::uint16_t>(number(body, 2, 2));
    s.seq = static_cast<std::uint32_t>(number(body, 4, 4));
    s.ack = static_cast<std::uint32_t>(number(body, 8, 4));
    s.flags = body[13];
    s.wnd = static_cast<std::uint16_t>(number(body, 14, 2));
    s.len = static_cast<std::uint16_t>(body.size() - header);
    s.start = static_cast<std::uint8_t>(start + header);
    s.options = *said;
    return {Fate::kSegment, s};
  }

  // Bytes of extension headers, at most four and 64; `next` becomes what follows them.
  static std::optional<std::size_t> extensions(View p, std::uint8_t& next) {
    std::size_t at = 0;
    for (int count = 0; next == 0 || next == 43 || next == 60; ++count) {
      if (count == 4 || (next == 0 && count > 0) || at + 8 > p.size()) return std::nullopt;
      if (next == 43 && p[at + 3] != 0) return std::nullopt;
      next = p[at];
      at += 8 + 8 * std::size_t{p[at + 1]};
      if (at > 64 || at > p.size()) return std::nullopt;
    }
    return at;
  }

  static bool options_good(View p, std::uint8_t type, std::size_t bytes) {
    for (std::size_t at = 0; at < bytes;) {
      const std::size_t end = at + 8 + 8 * std::size_t{p[at + 1]};
      std::size_t option = at + 2;
      while (type != 43 && option < end) {
        if (p[option] == 0) {
          ++option;
          continue;
        }
        if (p[option] >= 64 || option + 2 > end || option + 2 + p[option + 1] > end) return false;
        option += 2 + std::size_t{p[option + 1]};
      }
      type = p[at];
      at = end;
    }
    return true;
  }

  std::optional<Judged> nd(View p, View m, bool nobody, bool multicast, bool asked) const {
    const bool solicit = m[0] == 135;
    if (m[1] != 0 || p[7] != 255 || m.size() < 24 || m.size() > 56) return std::nullopt;
    if (m[8] == 0xff || (nobody && (!solicit || !asked))) return std::nullopt;
    if (!solicit && multicast && (m[4] & 0x40) != 0) return std::nullopt;
    NdSeen seen{.solicit = solicit,
                .source = address(p, 8),
                .source_mac = number(frame_, 6, 6),
                .target = address(m, 8),
                .target_kind = kind(address(m, 8)),
                .lladdr = {},
                .router = (m[4] & 0x80) != 0,
                .solicited = (m[4] & 0x40) != 0,
                .override_flag = (m[4] & 0x20) != 0,
                .multicast = multicast};
    for (std::size_t at = 24; at < m.size();) {
      if (at + 8 > m.size()) return std::nullopt;
      const std::size_t length = 8 * std::size_t{m[at + 1]};
      if (length == 0 || at + length > m.size()) return std::nullopt;
      if (m[at] == (solicit ? 1 : 2) && length == 8 && !seen.lladdr) {
        seen.lladdr = number(m, at + 2, 6);
      }
      at += length;
    }
    if (nobody && seen.lladdr) return std::nullopt;
    return Judged{Fate::kNd, {}, seen};
  }

  static Judged quoted(RxSegment s, View tcp) {
    s.icmp = true;
    s.local_port = static_cast<std::uint16_t>(number(tcp, 0, 2));
    s.remote_port = static_cast<std::uint16_t>(number(tcp, 2, 2));
    s.seq = static_cast<std::uint32_t>(number(tcp, 4, 4));
    return {Fate::kSegment, s};
  }

  static Judged icmp_error(View m) {
    const Judged drop{Fate::kDropIp};
    if (!((m[0] == 3 && m[1] < 16) || m[0] == 11 || m[0] == 12) || m.size() < 36) return drop;
    const View q = m.subspan(8);
    const auto length = number(q, 2, 2);
    if (q[0] != 0x45 || length < 40 || (number(q, 6, 2) & 0x1fff) != 0 || q[9] != 6) return drop;
    if (number(q, 12, 4) != kOurIp) return drop;
    RxSegment s;
    s.hard = m[0] == 3 && (m[1] == 2 || m[1] == 3);
    if (m[0] == 3 && m[1] == 4) {
      s.wnd = static_cast<std::uint16_t>(number(m, 6, 2));
      if (s.wnd == 0) {
        s.wnd = 68;
        for (int plateau : {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296}) {
          if (plateau < static_cast<int>(length) && s.wnd == 68) {
            s.wnd = static_cast<std::uint16_t>(plateau);
          }
        }
      }
    }
    s.remote = mapped(static_cast<std::uint32_t>(number(q, 16, 4)));
    return quoted(s, q.subspan(20));
  }

  Judged icmp6_error(View m) const {
    const Judged drop{Fate::kDropIp6};
    if (m[0] < 1 || m[0] > 4 || m.size() < 56) return drop;
    const View q = m.subspan(8);
    if (q[0] >> 4 != 6 || number(q, 4, 2) < 20 || q[6] != 6 || kind(address(q, 8)) == 0)
      return drop;
    RxSegment s;
    s.local_kind = static_cast<std::uint8_t>(kind(address(q, 8)));
    s.hard = m[0] == 1 && (m[1] == 1 || m[1] == 4);
    if (m[0] == 2) {
      const auto mtu = number(m, 4, 4);
      if (mtu < 1280) return drop;
      s.wnd = static_cast<std::uint16_t>(std::min<std::uint64_t>(mtu, 0xffff));
    }
    s.remote = address(q, 24);
    return quoted(s, q.subspan(40));
  }

  Bytes frame_;
  const Settings& set_;
  const Ipv6 link_ = link_local(kOurMac);
  bool to_us_ = false;
};

inline Judged judge(const Bytes& frame, const Settings& settings, bool marked = false) {
  return RxJudge(frame, settings).judge(marked);
}

}  // namespace millrace::sim
