// SPDX-License-Identifier: Apache-2.0
// Ethernet and IP headers of both versions, and the Internet checksum, octet by octet.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "tests/scripts/runner/codec.h"

namespace millrace::script {

inline constexpr std::size_t kEthernetBytes = 14;
inline constexpr std::size_t kIpv4Bytes = 20;
inline constexpr std::size_t kIpv6Bytes = 40;

struct IpHeader {
  Address source;
  Address destination;
  std::uint8_t protocol = 6;
  Ecn ecn = Ecn::kNone;
  std::uint8_t ttl = 64;
};

// Numbers in network order.
void put(Bytes& out, std::uint64_t value, std::size_t octets);
void set16(Bytes& out, std::size_t at, std::uint16_t value);
std::uint32_t get(std::span<const std::byte> bytes, std::size_t at, std::size_t octets);

void put_address(Bytes& out, const Address& address);
Address get_address(std::span<const std::byte> bytes, std::size_t at, bool v6);

// RFC 1071; `sum` is what the pseudo header gives.
std::uint16_t checksum(std::span<const std::byte> bytes, std::uint32_t sum = 0);
// Sum of the pseudo header (RFC 9293 3.1, RFC 8200 8.1).
std::uint32_t pseudo_sum(const Address& source, const Address& destination, std::uint8_t protocol,
                         std::size_t bytes);

void put_ethernet(Bytes& frame, const Mac& from, const Mac& to, bool v6);
// For a payload of so many bytes.
void put_ip(Bytes& out, const IpHeader& ip, std::size_t bytes, bool bad_checksum);
// Leaves `rest` with the payload; the error says what is wrong with the header.
std::expected<IpHeader, std::string> decode_ip(std::span<const std::byte>& rest, bool v6);

}  // namespace millrace::script
