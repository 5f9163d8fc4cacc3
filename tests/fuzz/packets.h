// SPDX-License-Identifier: Apache-2.0
// Frames for the fuzzers: written field by field, changed at will, and made right again in their
// checksums; and what the card's own frames say.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include "hw/wire/frame_builder.h"

namespace millrace::fuzz {

using sim::append;
using sim::Bytes;
using Mac = std::array<std::uint8_t, 6>;
using Ip = std::array<std::uint8_t, 16>;  // IPv4: the last four octets

constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10;

std::uint32_t get(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size);

// One host on the wire.
struct Station {
  Mac mac{};
  std::uint32_t ipv4 = 0;
  Ip ipv6{};
};

struct Segment {
  bool six = false;
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  std::uint16_t urgent = 0;
  std::uint8_t traffic_class = 0;
  std::uint8_t hop_limit = 64;
  Bytes options;  // padded to words by make()
  Bytes payload;
};

// Whole frames without FCS, checksums still zero.
Bytes make_tcp(const Station& from, const Station& to, const Segment& segment);
// ICMP or ICMPv6 with this body (type, code, checksum field, rest).
Bytes make_icmp(const Station& from, const Station& to, bool six, const Bytes& body,
                std::uint8_t hop_limit = 64);
Bytes make_arp(const Station& from, const Station& to, std::uint16_t operation);
// Neighbour advertisement of `from` to `to`, solicited, with its address.
Bytes make_advertisement(const Station& from, const Station& to);

// Computes every checksum that the frame's own lengths allow for.
void fix_checksums(Bytes& frame);
// They are what fix_checksums() would make them.
bool checksums_right(std::span<const std::uint8_t> frame);

// What a frame of the card is.
struct Seen {
  enum class Kind : std::uint8_t {
    kOther,
    kTcp,
    kArpRequest,
    kSolicitation,
    kEchoReply,
    kIcmpError,
  } kind = Kind::kOther;
  bool six = false;
  std::uint32_t from4 = 0, to4 = 0;  // TCP: addresses; ARP request: the one asked for is to4
  Ip from6{}, to6{};                 // solicitation: the one asked for is to6
  std::uint16_t from_port = 0, to_port = 0;
  std::uint32_t seq = 0, ack = 0;
  std::uint8_t flags = 0;
  std::uint32_t length = 0;  // of the payload; of an echo, what follows its checksum
  std::size_t payload_at = 0;
  std::optional<std::uint32_t> timestamp;
};
Seen look_at(std::span<const std::uint8_t> frame);

}  // namespace millrace::fuzz
