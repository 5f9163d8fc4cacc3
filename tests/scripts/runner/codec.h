// SPDX-License-Identifier: Apache-2.0
// TCP segments and ICMP errors to Ethernet frames and back, over IPv4 and IPv6. Checksums are
// computed here byte by byte, apart from the card's way of doing it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "host/base/ip_address.h"
#include "tests/scripts/runner/ast.h"

namespace millrace::script {

using Bytes = std::vector<std::byte>;
using Mac = std::array<std::uint8_t, 6>;

struct Address {
  bool v6 = false;
  std::array<std::uint8_t, 16> octets{};  // IPv4: the first four
  bool operator==(const Address&) const = default;
  std::uint32_t ipv4() const {  // first octet in bits 31:24
    return static_cast<std::uint32_t>(octets[0]) << 24 |
           static_cast<std::uint32_t>(octets[1]) << 16 |
           static_cast<std::uint32_t>(octets[2]) << 8 | octets[3];
  }
};

// As the host has it.
host::IpAddress host_address(const Address& address);
// "192.0.2.1" or "2001:db8::1"; nothing if it is neither.
std::optional<Address> parse_address(const std::string& text);
std::string to_string(const Address& address);

// A segment as it is on the wire.
struct Segment {
  Address source;
  Address destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  std::uint16_t urgent = 0;
  Ecn ecn = Ecn::kNone;
  std::uint8_t ttl = 64;
  std::vector<TcpOption> options;
  Bytes payload;
};

// What is wrong on purpose with a frame.
struct Damage {
  bool tcp_checksum = false;
  bool ip_checksum = false;
};

// The frame, without padding and FCS.
Bytes encode(const Segment& segment, const Mac& from, const Mac& to, const Damage& damage = {});

// An ICMP error of `kind` to `segment.source`... which sent `segment` (RFC 792, RFC 4443): quotes
// its header and eight octets of TCP; `segment.payload` gives only the length quoted.
Bytes encode_icmp(const Segment& segment, IcmpKind kind, std::uint32_t mtu, const Mac& from,
                  const Mac& to);

// A frame that holds a TCP segment; the error says what is wrong with it: lengths, checksums,
// options. Frames of other protocols are an error too.
std::expected<Segment, std::string> decode(std::span<const std::byte> frame);

// Puts an 802.1Q tag into a frame that has none.
void add_tag(Bytes& frame, std::uint16_t control);
// Takes the tag out of a frame and returns it; nothing if there is none.
std::optional<std::uint16_t> take_tag(Bytes& frame);

// True for an Ethernet frame of this type that carries this IP protocol (6: TCP, 1: ICMP).
bool is_protocol(std::span<const std::byte> frame, std::uint8_t protocol);
bool is_arp(std::span<const std::byte> frame);

// Options as octets, padded to a multiple of four with zeros; `*` counts as 0.
std::vector<std::uint8_t> encode_options(const std::vector<TcpOption>& options);

}  // namespace millrace::script
