// SPDX-License-Identifier: Apache-2.0
// Frames that tests of a card's wire need: ARP and ICMP echo, built and taken apart byte by byte.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace::sim {

using MacAddress = std::array<std::uint8_t, 6>;

struct Host {
  MacAddress mac;
  std::uint32_t ipv4;  // first octet in bits 31:24
};

// Reads big-endian numbers out of a frame.
std::uint32_t read_be(std::span<const std::byte> bytes, std::size_t at, std::size_t size);

// RFC 1071 over `bytes`; 0 if they contain their right checksum.
std::uint16_t internet_checksum(std::span<const std::byte> bytes);

// RFC 826: "who has target_ipv4" from `from`, broadcast.
std::vector<std::byte> arp_request(const Host& from, std::uint32_t target_ipv4);
// RFC 826: `from` answers `to`.
std::vector<std::byte> arp_reply(const Host& from, const Host& to);

// RFC 792 echo request with `payload` bytes that count up.
std::vector<std::byte> echo_request(const Host& from, const Host& to, std::uint16_t sequence,
                                    std::size_t payload);

}  // namespace millrace::sim
