// SPDX-License-Identifier: Apache-2.0
// Solicitations of the card taken apart, advertisements for it made (RFC 4861 4.3, 4.4, 7.1).

#include "tests/scripts/runner/neighbour.h"

#include "tests/scripts/runner/ip.h"

namespace millrace::script {
namespace {

constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint32_t kSolicitation = 135;
constexpr std::uint32_t kAdvertisement = 136;
constexpr std::size_t kMessageBytes = 24;
constexpr std::size_t kLinkOptionBytes = 8;
constexpr std::uint32_t kSolicitedOverride = 0x60000000;

// RFC 4291 2.7.1, RFC 2464 7.
bool is_group_of(const Address& group, const Address& target) {
  constexpr std::array<std::uint8_t, 13> kPrefix{0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF};
  for (std::size_t i = 0; i < 16; ++i) {
    if (group.octets[i] != (i < 13 ? kPrefix[i] : target.octets[i])) return false;
  }
  return true;
}

bool is_group_mac(std::span<const std::byte> frame, const Address& group) {
  if (get(frame, 0, 2) != 0x3333) return false;
  for (std::size_t i = 0; i < 4; ++i) {
    if (get(frame, 2 + i, 1) != group.octets[12 + i]) return false;
  }
  return true;
}

}  // namespace

bool is_neighbour(std::span<const std::byte> frame) {
  if (!is_protocol(frame, kIcmpv6) || frame.size() < kEthernetBytes + kIpv6Bytes + 1) return false;
  const std::uint32_t type = get(frame, kEthernetBytes + kIpv6Bytes, 1);
  return type == kSolicitation || type == kAdvertisement;
}

std::expected<Neighbour, std::string> decode_neighbour(std::span<const std::byte> frame) {
  std::span<const std::byte> rest = frame.subspan(kEthernetBytes);
  const auto ip = decode_ip(rest, true);
  if (!ip) return std::unexpected(ip.error());
  if (ip->ttl != 255) return std::unexpected("neighbour discovery with another hop limit than 255");
  if (rest.size() < kMessageBytes) return std::unexpected("neighbour discovery is cut off");
  if (checksum(rest, pseudo_sum(ip->source, ip->destination, kIcmpv6, rest.size())) != 0) {
    return std::unexpected("the ICMPv6 checksum is wrong");
  }
  Neighbour neighbour{.source = ip->source,
                      .destination = ip->destination,
                      .solicitation = get(rest, 0, 1) == kSolicitation,
                      .target = get_address(rest, 8, true)};
  if (!neighbour.solicitation) return neighbour;
  const bool multicast = ip->destination.octets[0] == 0xFF;
  if (multicast &&
      (!is_group_of(ip->destination, neighbour.target) || !is_group_mac(frame, ip->destination))) {
    return std::unexpected("a solicitation goes to another group than its target's");
  }
  // Source link-layer address: it is the frame's.
  if (rest.size() != kMessageBytes + kLinkOptionBytes || get(rest, kMessageBytes, 2) != 0x0101) {
    return std::unexpected("a solicitation without the link-layer address of its source");
  }
  for (std::size_t i = 0; i < 6; ++i) {
    if (rest[kMessageBytes + 2 + i] != frame[6 + i]) {
      return std::unexpected("a solicitation with another link-layer address than the frame's");
    }
  }
  return neighbour;
}

Bytes encode_advertisement(const Neighbour& question, const Mac& from, const Mac& to) {
  Bytes message;
  put(message, kAdvertisement << 24, 4);
  put(message, kSolicitedOverride, 4);
  put_address(message, question.target);
  put(message, 0x0201, 2);  // target link-layer address
  for (const std::uint8_t octet : from) message.push_back(std::byte{octet});
  const IpHeader ip{question.target, question.source, kIcmpv6, Ecn::kNone, 255};
  set16(message, 2,
        checksum(message, pseudo_sum(ip.source, ip.destination, kIcmpv6, message.size())));
  Bytes frame;
  put_ethernet(frame, from, to, true);
  put_ip(frame, ip, message.size(), false);
  frame.insert(frame.end(), message.begin(), message.end());
  return frame;
}

}  // namespace millrace::script
