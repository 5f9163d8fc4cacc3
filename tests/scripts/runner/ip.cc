// SPDX-License-Identifier: Apache-2.0
// Headers below TCP, addresses as text, tags.

#include "tests/scripts/runner/ip.h"

#include <arpa/inet.h>

#include <array>

namespace millrace::script {
namespace {

constexpr std::ptrdiff_t kTagAt = 12;
constexpr std::uint32_t kTagType = 0x8100;

std::size_t address_bytes(const Address& address) { return address.v6 ? 16 : 4; }

// RFC 1071, not complemented.
std::uint32_t sum_of(std::span<const std::byte> bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto octet = std::to_integer<std::uint32_t>(bytes[i]);
    sum += i % 2 == 0 ? octet << 8 : octet;
  }
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum;
}

}  // namespace

void put(Bytes& out, std::uint64_t value, std::size_t octets) {
  for (std::size_t i = octets; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void set16(Bytes& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::byte>(value >> 8);
  out[at + 1] = static_cast<std::byte>(value & 0xFF);
}

std::uint32_t get(std::span<const std::byte> bytes, std::size_t at, std::size_t octets) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < octets; ++i) {
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  }
  return value;
}

void put_address(Bytes& out, const Address& address) {
  for (std::size_t i = 0; i < address_bytes(address); ++i) {
    out.push_back(std::byte{address.octets[i]});
  }
}

Address get_address(std::span<const std::byte> bytes, std::size_t at, bool v6) {
  Address address{.v6 = v6, .octets = {}};
  for (std::size_t i = 0; i < address_bytes(address); ++i) {
    address.octets[i] = std::to_integer<std::uint8_t>(bytes[at + i]);
  }
  return address;
}

std::uint16_t checksum(std::span<const std::byte> bytes, std::uint32_t sum) {
  return static_cast<std::uint16_t>(~sum_of(bytes, sum));
}

std::uint32_t pseudo_sum(const Address& source, const Address& destination, std::uint8_t protocol,
                         std::size_t bytes) {
  Bytes pseudo;
  put_address(pseudo, source);
  put_address(pseudo, destination);
  put(pseudo, bytes, 4);
  put(pseudo, protocol, 4);
  return sum_of(pseudo);
}

void put_ethernet(Bytes& frame, const Mac& from, const Mac& to, bool v6) {
  for (const std::uint8_t octet : to) frame.push_back(std::byte{octet});
  for (const std::uint8_t octet : from) frame.push_back(std::byte{octet});
  put(frame, v6 ? 0x86DD : 0x0800, 2);
}

void put_ip(Bytes& out, const IpHeader& ip, std::size_t bytes, bool bad_checksum) {
  if (ip.source.v6) {
    put(out, 0x60000000U | static_cast<std::uint32_t>(ip.ecn) << 20, 4);
    put(out, bytes, 2);
    put(out, ip.protocol, 1);
    put(out, ip.ttl, 1);
    put_address(out, ip.source);
    put_address(out, ip.destination);
    return;
  }
  const std::size_t start = out.size();
  put(out, 0x4500U | static_cast<std::uint32_t>(ip.ecn), 2);
  put(out, kIpv4Bytes + bytes, 2);
  put(out, 0x00004000, 4);  // identification 0, do not fragment
  put(out, ip.ttl, 1);
  put(out, ip.protocol, 1);
  put(out, 0, 2);
  put_address(out, ip.source);
  put_address(out, ip.destination);
  const std::uint16_t sum = checksum(std::span(out).subspan(start, kIpv4Bytes));
  set16(out, start + 10, bad_checksum ? sum ^ 0x0100 : sum);
}

std::expected<IpHeader, std::string> decode_ip(std::span<const std::byte>& rest, bool v6) {
  IpHeader ip;
  const std::size_t least = v6 ? kIpv6Bytes : kIpv4Bytes;
  if (rest.size() < least) return std::unexpected("the IP header is cut off");
  if (v6) {
    ip.ecn = static_cast<Ecn>(get(rest, 0, 4) >> 20 & 3);
    ip.protocol = static_cast<std::uint8_t>(get(rest, 6, 1));
    ip.ttl = static_cast<std::uint8_t>(get(rest, 7, 1));
    ip.source = get_address(rest, 8, true);
    ip.destination = get_address(rest, 24, true);
    const std::size_t bytes = get(rest, 4, 2);
    if (kIpv6Bytes + bytes > rest.size()) return std::unexpected("the IPv6 payload is cut off");
    rest = rest.subspan(kIpv6Bytes, bytes);
    return ip;
  }
  const std::size_t header = (get(rest, 0, 1) & 0xF) * 4;
  const std::size_t total = get(rest, 2, 2);
  if (get(rest, 0, 1) >> 4 != 4 || header < kIpv4Bytes || total < header || total > rest.size()) {
    return std::unexpected("version or lengths of the IPv4 header are wrong");
  }
  if (checksum(rest.first(header)) != 0) return std::unexpected("the IPv4 checksum is wrong");
  if ((get(rest, 6, 2) & 0x3FFF) != 0) return std::unexpected("a fragment");
  ip.ecn = static_cast<Ecn>(get(rest, 1, 1) & 3);
  ip.ttl = static_cast<std::uint8_t>(get(rest, 8, 1));
  ip.protocol = static_cast<std::uint8_t>(get(rest, 9, 1));
  ip.source = get_address(rest, 12, false);
  ip.destination = get_address(rest, 16, false);
  rest = rest.subspan(header, total - header);
  return ip;
}

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  if (inet_pton(AF_INET, text.c_str(), address.octets.data()) == 1) return address;
  address.v6 = true;
  if (inet_pton(AF_INET6, text.c_str(), address.octets.data()) == 1) return address;
  return std::nullopt;
}

host::IpAddress host_address(const Address& address) {
  if (!address.v6) return address.ipv4();
  host::IpAddress::Words words{};
  for (std::size_t i = 0; i < 16; ++i) words[i / 4] = words[i / 4] << 8 | address.octets[i];
  return host::IpAddress::ipv6(words);
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.octets.data(), text.data(), text.size());
  return text.data();
}

void add_tag(Bytes& frame, std::uint16_t control) {
  Bytes tag;
  put(tag, kTagType, 2);
  put(tag, control, 2);
  frame.insert(frame.begin() + kTagAt, tag.begin(), tag.end());
}

std::optional<std::uint16_t> take_tag(Bytes& frame) {
  if (frame.size() < kEthernetBytes + 4 || get(frame, kTagAt, 2) != kTagType) return std::nullopt;
  const auto control = static_cast<std::uint16_t>(get(frame, kTagAt + 2, 2));
  frame.erase(frame.begin() + kTagAt, frame.begin() + kTagAt + 4);
  return control;
}

}  // namespace millrace::script
