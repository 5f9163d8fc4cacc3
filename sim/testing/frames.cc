// SPDX-License-Identifier: Apache-2.0
// Ethernet II, ARP, IPv4 without options and ICMP echo.

#include "sim/testing/frames.h"

namespace millrace::sim {
namespace {

constexpr std::size_t kEthernetBytes = 14;
constexpr std::size_t kIpv4Bytes = 20;

void put_be(std::vector<std::byte>& frame, std::uint32_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) frame.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void put_mac(std::vector<std::byte>& frame, const MacAddress& mac) {
  for (const std::uint8_t octet : mac) frame.push_back(std::byte{octet});
}

void set_checksum(std::vector<std::byte>& frame, std::size_t at, std::size_t from,
                  std::size_t bytes) {
  const std::uint16_t sum = internet_checksum(std::span(frame).subspan(from, bytes));
  frame[at] = static_cast<std::byte>(sum >> 8);
  frame[at + 1] = static_cast<std::byte>(sum & 0xFF);
}

std::vector<std::byte> arp(std::uint16_t operation, const Host& from, const MacAddress& ethernet_to,
                           const Host& to) {
  std::vector<std::byte> frame;
  put_mac(frame, ethernet_to);
  put_mac(frame, from.mac);
  put_be(frame, 0x0806, 2);
  put_be(frame, 0x00010800, 4);  // Ethernet, IPv4
  put_be(frame, 0x0604, 2);
  put_be(frame, operation, 2);
  put_mac(frame, from.mac);
  put_be(frame, from.ipv4, 4);
  put_mac(frame, to.mac);
  put_be(frame, to.ipv4, 4);
  return frame;
}

}  // namespace

std::uint32_t read_be(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  }
  return value;
}

std::uint16_t internet_checksum(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += std::to_integer<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  }
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::vector<std::byte> arp_request(const Host& from, std::uint32_t target_ipv4) {
  const MacAddress broadcast{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
  return arp(1, from, broadcast, {{}, target_ipv4});
}

std::vector<std::byte> arp_reply(const Host& from, const Host& to) {
  return arp(2, from, to.mac, to);
}

std::vector<std::byte> echo_request(const Host& from, const Host& to, std::uint16_t sequence,
                                    std::size_t payload) {
  std::vector<std::byte> frame;
  put_mac(frame, to.mac);
  put_mac(frame, from.mac);
  put_be(frame, 0x0800, 2);
  put_be(frame, 0x4500, 2);
  put_be(frame, static_cast<std::uint32_t>(kIpv4Bytes + 8 + payload), 2);
  put_be(frame, 0x00014000, 4);  // identification, do not fragment
  put_be(frame, 0x4001, 2);      // TTL 64, ICMP
  put_be(frame, 0, 2);
  put_be(frame, from.ipv4, 4);
  put_be(frame, to.ipv4, 4);
  put_be(frame, 0x0800, 2);  // echo request
  put_be(frame, 0, 2);
  put_be(frame, 0x1234, 2);
  put_be(frame, sequence, 2);
  for (std::size_t i = 0; i < payload; ++i) frame.push_back(static_cast<std::byte>(i));
  set_checksum(frame, kEthernetBytes + 10, kEthernetBytes, kIpv4Bytes);
  set_checksum(frame, kEthernetBytes + kIpv4Bytes + 2, kEthernetBytes + kIpv4Bytes, 8 + payload);
  return frame;
}

}  // namespace millrace::sim
