// SPDX-License-Identifier: Apache-2.0
// IP addresses as text, and what their bits say.

#include "host/base/ip_address.h"

#include <arpa/inet.h>

#include <array>
#include <bit>
#include <cstring>

namespace millrace::host {
namespace {

std::uint32_t word_at(const unsigned char* octets) {
  return static_cast<std::uint32_t>(octets[0]) << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
}

void put_word(unsigned char* octets, std::uint32_t word) {
  for (int i = 0; i < 4; ++i) octets[i] = static_cast<unsigned char>(word >> (24 - 8 * i));
}

}  // namespace

bool IpAddress::is_unicast() const {
  if (is_ipv4()) {
    const std::uint32_t first = ipv4() >> 24;
    return first != 0 && first != 127 && first < 224;
  }
  const bool small = words_[0] == 0 && words_[1] == 0 && words_[2] == 0 && words_[3] <= 1;
  return !small && (words_[0] >> 24) != 0xFF;
}

bool IpAddress::shares_prefix(const IpAddress& other, unsigned prefix) const {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::uint32_t difference = words_[i] ^ other.words_[i];
    if (difference == 0) continue;
    return 32 * i + static_cast<unsigned>(std::countl_zero(difference)) >= prefix;
  }
  return true;
}

std::expected<IpAddress, Error> IpAddress::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  std::array<unsigned char, 16> octets{};
  if (text.size() < terminated.size() && !text.contains('\0')) {
    std::memcpy(terminated.data(), text.data(), text.size());
    if (inet_pton(AF_INET, terminated.data(), octets.data()) == 1) {
      return IpAddress(word_at(octets.data()));
    }
    if (inet_pton(AF_INET6, terminated.data(), octets.data()) == 1) {
      Words words{};
      for (std::size_t i = 0; i < words.size(); ++i) words[i] = word_at(octets.data() + 4 * i);
      return ipv6(words);
    }
  }
  return std::unexpected(
      make_error(Errc::kInvalidArgument, "'" + std::string(text) + "' is not an IP address"));
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  std::array<unsigned char, 16> octets{};
  for (std::size_t i = 0; i < words_.size(); ++i) put_word(octets.data() + 4 * i, words_[i]);
  const bool old = is_ipv4();
  inet_ntop(old ? AF_INET : AF_INET6, octets.data() + (old ? 12 : 0), text.data(), text.size());
  return text.data();
}

IpAddress link_local_of(const std::array<std::uint8_t, 6>& mac) {
  const std::uint32_t flipped = mac[0] ^ 0x02U;
  return IpAddress::ipv6({0xFE800000, 0, flipped << 24 | mac[1] << 16 | mac[2] << 8 | 0xFFU,
                          0xFE000000U | mac[3] << 16 | mac[4] << 8 | mac[5]});
}

std::string to_string(const Endpoint& endpoint) {
  const std::string ip = endpoint.ip.to_string();
  return (endpoint.ip.is_ipv4() ? ip : "[" + ip + "]") + ":" + std::to_string(endpoint.port);
}

}  // namespace millrace::host
