// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery messages (RFC 4861 4.3, 4.4) for tests of toe_wire, built byte by byte.
#pragma once

#include "hw/wire/frame_builder6.h"
#include "hw/wire/tx_model.h"
#include "hw/wire/wire_settings.h"

namespace millrace::sim {

inline constexpr Ipv6 kNoIpv6{};
inline constexpr std::uint64_t kAllNodesMac = 0x3333'0000'0001;
inline constexpr Ipv6 kPeerLink = {0xfe, 0x80, 0,    0,    0,    0,    0,    0,
                                   2,    0xaa, 0xbb, 0xff, 0xfe, 0xcc, 0xdd, 0xee};

struct NdMessage {
  std::uint64_t to_mac = 0, from_mac = 0;
  Ipv6 from{}, to{};
  std::uint8_t type = 135;  // solicitation; 136 advertisement
  std::uint32_t flags = 0;  // router, solicited, override: bits 31 to 29
  Ipv6 target{};
  std::optional<std::uint64_t> lladdr;  // source (1) or target (2) link-layer address option
};

inline constexpr std::uint32_t kNdSolicited = 0x4000'0000;
inline constexpr std::uint32_t kNdOverride = 0x2000'0000;

inline Bytes build_nd(const NdMessage& m, const Settings& settings = {}) {
  Bytes body;
  append(body, m.type, 1), append(body, 0, 3), append(body, m.flags, 4);
  append(body, m.target);
  if (m.lladdr) append(body, m.type == 135 ? 0x0101 : 0x0201, 2), append(body, *m.lladdr, 6);
  Bytes pseudo;
  append(pseudo, m.from), append(pseudo, m.to);
  append(pseudo, body.size(), 4), append(pseudo, 58, 4);
  const std::uint16_t sum = checksum(body, static_cast<std::uint16_t>(~checksum(pseudo)));
  body[2] = static_cast<std::uint8_t>(sum >> 8), body[3] = static_cast<std::uint8_t>(sum);
  Bytes frame;
  append(frame, m.to_mac, 6), append(frame, m.from_mac, 6);
  append_tag(frame, settings);
  append(frame, 0x86dd, 2), append(frame, 0x60000000, 4);
  append(frame, body.size(), 2), append(frame, 58, 1), append(frame, 255, 1);
  append(frame, m.from), append(frame, m.to), append(frame, body);
  return frame;
}

// Our question about an address, to all who might have it.
inline Bytes our_solicit(const Ipv6& target, const Ipv6& from, const Settings& settings = {}) {
  const Ipv6 group = solicited_node(target);
  return build_nd({.to_mac = group_mac(group),
                   .from_mac = kOurMac,
                   .from = from,
                   .to = group,
                   .flags = 0,
                   .target = target,
                   .lladdr = kOurMac},
                  settings);
}

}  // namespace millrace::sim
