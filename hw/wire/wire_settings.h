// SPDX-License-Identifier: Apache-2.0
// Who is who in tests of toe_wire, the card's settings there, and packed structs bit by bit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace millrace::sim {

inline constexpr std::uint64_t kOurMac = 0x02'00'5e'10'20'30;
inline constexpr std::uint64_t kPeerMac = 0x02'aa'bb'cc'dd'ee;
inline constexpr std::uint64_t kBroadcast = 0xffff'ffff'ffff;
inline constexpr std::uint32_t kOurIp = 0x0a000001;
inline constexpr std::uint32_t kPeerIp = 0x0a000002;
inline constexpr std::uint32_t kGateway = 0x0a0000fe;

using Ipv6 = std::array<std::uint8_t, 16>;

inline constexpr Ipv6 kOurIpv6 = {0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x11};
inline constexpr Ipv6 kPeerIpv6 = {0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0x8a, 0x2e, 3, 0x70, 7, 3, 3, 4};
inline constexpr Ipv6 kGatewayIpv6 = {0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xfe};

// What a test may set of the card's configuration, before WireBench::configure.
struct Settings {
  std::uint32_t gateway = kGateway;
  std::uint32_t arp_age_us = 60'000'000;
  bool option_order = false;
  std::uint8_t time_to_live = 64;
  std::optional<std::uint16_t> vlan;  // control information of the 802.1Q tag
  Ipv6 ipv6 = kOurIpv6;
  std::uint8_t ipv6_prefix = 64;
  Ipv6 ipv6_gateway = kGatewayIpv6;
};

// Fields of a packed struct, first field highest.
template <typename Wide>
void put_bits(Wide& wide, int& top, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) {
    const int bit = top - width + i;
    const std::uint32_t mask = 1u << (bit % 32);
    if ((value >> i) & 1) {
      wide[bit / 32] |= mask;
    } else {
      wide[bit / 32] &= ~mask;
    }
  }
  top -= width;
}

template <typename Wide>
std::uint64_t take_bits(const Wide& wide, int& top, int width) {
  std::uint64_t value = 0;
  for (int i = 0; i < width; ++i) {
    const int bit = top - width + i;
    value |= std::uint64_t{(wide[bit / 32] >> (bit % 32)) & 1} << i;
  }
  top -= width;
  return value;
}

}  // namespace millrace::sim
