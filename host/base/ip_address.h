// SPDX-License-Identifier: Apache-2.0
// An IP address of either family as a value, and one end of a TCP connection.

#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "host/base/error.h"

namespace millrace::host {

// An IPv4 address is kept, and compared, as the IPv4-mapped IPv6 address (RFC 4291 2.5.5.2); the
// default is no address, "::".
class IpAddress {
 public:
  using Words = std::array<std::uint32_t, 4>;  // bits 127:96 first

  constexpr IpAddress() = default;
  // An IPv4 address, first octet in bits 31:24: a number everywhere in this code.
  constexpr IpAddress(std::uint32_t ipv4)  // NOLINT(google-explicit-constructor)
      : words_{0, 0, 0xFFFF, ipv4} {}
  static constexpr IpAddress ipv6(const Words& words) {
    IpAddress address;
    address.words_ = words;
    return address;
  }

  constexpr bool is_ipv4() const { return words_[0] == 0 && words_[1] == 0 && words_[2] == 0xFFFF; }
  // Of an IPv4 address.
  constexpr std::uint32_t ipv4() const { return words_[3]; }
  constexpr const Words& words() const { return words_; }

  // 0.0.0.0 or ::.
  constexpr bool is_none() const {
    return words_[0] == 0 && words_[1] == 0 && (is_ipv4() || words_[2] == 0) && words_[3] == 0;
  }
  // fe80::/10.
  constexpr bool is_link_local() const { return (words_[0] >> 22) == 0x3FA; }
  // One host's, as far as the address tells: not this network, loopback, multicast or broadcast.
  bool is_unicast() const;
  // The first `prefix` bits of all 128 are the same.
  bool shares_prefix(const IpAddress& other, unsigned prefix) const;

  // "10.0.0.2", "2001:db8::2", "::ffff:10.0.0.2" (the same as "10.0.0.2"); no brackets, no zone.
  // invalid_argument names the text.
  static std::expected<IpAddress, Error> parse(std::string_view text);
  // As RFC 5952 says; parse(to_string()) gives the address again.
  std::string to_string() const;

  constexpr bool operator==(const IpAddress&) const = default;

 private:
  Words words_{};
};

// The address that a card with this MAC address makes itself (RFC 4291 2.5.6 and appendix A).
IpAddress link_local_of(const std::array<std::uint8_t, 6>& mac);

// One end of a connection.
struct Endpoint {
  IpAddress ip{};
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

// "10.0.0.2:80", "[2001:db8::2]:80".
std::string to_string(const Endpoint& endpoint);

}  // namespace millrace::host
