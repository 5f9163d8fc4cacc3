// SPDX-License-Identifier: Apache-2.0
// Frames from segments and back.

#include "tests/scripts/runner/codec.h"

#include <algorithm>

#include "tests/scripts/runner/codec_options.h"
#include "tests/scripts/runner/ip.h"

namespace millrace::script {
namespace {

constexpr std::size_t kTcpBytes = 20;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmpv6 = 58;

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

}  // namespace

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
