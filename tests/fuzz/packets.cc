// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.1, RFC 791, RFC 8200, RFC 826, RFC 4861, byte by byte.

#include "tests/fuzz/packets.h"

#include <algorithm>

namespace millrace::fuzz {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::uint16_t kIpv4 = 0x0800, kArp = 0x0806, kIpv6 = 0x86DD, kTag = 0x8100;
constexpr std::uint8_t kProtoIcmp = 1, kProtoTcp = 6, kProtoIcmp6 = 58;
constexpr std::size_t kLeastFrame = 60;

void put_all(Bytes& out, std::span<const std::uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_ethernet(Bytes& out, const Station& from, const Station& to, std::uint16_t type) {
  put_all(out, to.mac);
  put_all(out, from.mac);
  put(out, type, 2);
}

void put_ip(Bytes& out, const Station& from, const Station& to, bool six, std::uint8_t protocol,
            std::uint8_t traffic_class, std::uint8_t hop_limit, const Bytes& body) {
  put_ethernet(out, from, to, six ? kIpv6 : kIpv4);
  if (six) {
    put(out, 0x60000000u | std::uint32_t{traffic_class} << 20, 4);
    put(out, body.size(), 2);
    put(out, protocol, 1);
    put(out, hop_limit, 1);
    put_all(out, from.ipv6);
    put_all(out, to.ipv6);
  } else {
    put(out, 0x45, 1);
    put(out, traffic_class, 1);
    put(out, 20 + body.size(), 2);
    put(out, 0x00004000, 4);  // identification 0, don't fragment
    put(out, hop_limit, 1);
    put(out, protocol, 1);
    put(out, 0, 2);
    put(out, from.ipv4, 4);
    put(out, to.ipv4, 4);
  }
  put_all(out, body);
}

std::uint32_t sum_of(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
  }
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum;
}

void write_sum(Bytes& frame, std::size_t at, std::uint32_t sum) {
  const std::uint32_t value = ~sum & 0xFFFF;
  frame[at] = static_cast<std::uint8_t>(value >> 8);
  frame[at + 1] = static_cast<std::uint8_t>(value);
}

// The checksum of what IP carries, `length` bytes at `at`; `pseudo` is the sum of its
// pseudo-header.
void fix_upper(Bytes& frame, std::size_t at, std::size_t length, std::uint8_t protocol,
               std::uint32_t pseudo) {
  const std::size_t field = protocol == kProtoTcp ? 16 : 2;
  if (protocol != kProtoTcp && protocol != kProtoIcmp && protocol != kProtoIcmp6) return;
  if (at + length > frame.size() || length < field + 2) return;
  frame[at + field] = frame[at + field + 1] = 0;
  const std::uint32_t start = protocol == kProtoIcmp ? 0 : pseudo;
  write_sum(frame, at + field, sum_of(std::span(frame).subspan(at, length), start));
}

// Behind a tag, if there is one.
std::size_t network_at(std::span<const std::uint8_t> frame) {
  return frame.size() >= kEthernet + 4 && get(frame, 12, 2) == kTag ? kEthernet + 4 : kEthernet;
}

void look_at_tcp(Seen& seen, std::span<const std::uint8_t> frame, std::size_t at,
                 std::size_t length) {
  if (length < 20 || at + length > frame.size()) return;
  const std::size_t header = (frame[at + 12] >> 4) * std::size_t{4};
  if (header < 20 || header > length) return;
  seen.kind = Seen::Kind::kTcp;
  seen.from_port = static_cast<std::uint16_t>(get(frame, at, 2));
  seen.to_port = static_cast<std::uint16_t>(get(frame, at + 2, 2));
  seen.seq = get(frame, at + 4, 4);
  seen.ack = get(frame, at + 8, 4);
  seen.flags = frame[at + 13];
  seen.length = static_cast<std::uint32_t>(length - header);
  seen.payload_at = at + header;
  for (std::size_t i = at + 20; i + 1 < at + header && frame[i] != 0;) {
    if (frame[i] == 1) {
      ++i;
      continue;
    }
    if (frame[i] == 8 && i + 10 <= at + header) seen.timestamp = get(frame, i + 2, 4);
    i += std::max<std::size_t>(frame[i + 1], 2);
  }
}

void look_at_icmp(Seen& seen, std::span<const std::uint8_t> frame, std::size_t at,
                  std::size_t length) {
  if (length < 8 || at + length > frame.size()) return;
  if (frame[at] == (seen.six ? 129 : 0)) {
    seen.kind = Seen::Kind::kEchoReply;
    seen.payload_at = at + 4;
    seen.length = static_cast<std::uint32_t>(length - 4);
  } else if (seen.six ? frame[at] < 128 : frame[at] >= 3 && frame[at] <= 12 && frame[at] != 8) {
    seen.kind = Seen::Kind::kIcmpError;
  } else if (seen.six && frame[at] == 135 && length >= 24) {
    seen.kind = Seen::Kind::kSolicitation;
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at) + 8, 16, seen.to6.begin());
  }
}

}  // namespace

void put(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint32_t get(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[at + i];
  return value;
}

Bytes make_tcp(const Station& from, const Station& to, const Segment& segment) {
  Bytes options = segment.options;
  options.resize(std::min<std::size_t>(options.size(), 40));
  while (options.size() % 4 != 0) options.push_back(0);
  Bytes body;
  put(body, segment.from_port, 2);
  put(body, segment.to_port, 2);
  put(body, segment.seq, 4);
  put(body, segment.ack, 4);
  put(body, (5 + options.size() / 4) << 4, 1);
  put(body, segment.flags, 1);
  put(body, segment.window, 2);
  put(body, 0, 2);
  put(body, segment.urgent, 2);
  put_all(body, options);
  put_all(body, segment.payload);
  Bytes frame;
  put_ip(frame, from, to, segment.six, kProtoTcp, segment.traffic_class, segment.hop_limit, body);
  if (frame.size() < kLeastFrame) frame.resize(kLeastFrame);
  return frame;
}

Bytes make_icmp(const Station& from, const Station& to, bool six, const Bytes& body,
                std::uint8_t hop_limit) {
  Bytes frame;
  put_ip(frame, from, to, six, six ? kProtoIcmp6 : kProtoIcmp, 0, hop_limit, body);
  if (frame.size() < kLeastFrame) frame.resize(kLeastFrame);
  return frame;
}

Bytes make_arp(const Station& from, const Station& to, std::uint16_t operation) {
  Bytes frame;
  put_ethernet(frame, from, to, kArp);
  put(frame, 0x0001080006040000u | operation, 8);
  put_all(frame, from.mac);
  put(frame, from.ipv4, 4);
  put_all(frame, to.mac);
  put(frame, to.ipv4, 4);
  frame.resize(kLeastFrame);
  return frame;
}

Bytes make_advertisement(const Station& from, const Station& to) {
  Bytes body = {136, 0, 0, 0, 0x60, 0, 0, 0};
  put_all(body, from.ipv6);
  put(body, 0x0201, 2);
  put_all(body, from.mac);
  return make_icmp(from, to, true, body, 255);
}

void fix_checksums(Bytes& frame) {
  const std::size_t at = network_at(frame);
  if (frame.size() < at + 20) return;
  const std::uint32_t type = get(frame, at - 2, 2);
  if (type == kIpv4) {
    const std::size_t header = (frame[at] & 15) * std::size_t{4};
    if (header < 20 || at + header > frame.size()) return;
    frame[at + 10] = frame[at + 11] = 0;
    write_sum(frame, at + 10, sum_of(std::span(frame).subspan(at, header)));
    const std::size_t total = get(frame, at + 2, 2);
    if (total < header) return;
    const auto length = static_cast<std::uint32_t>(total - header);
    const std::uint8_t protocol = frame[at + 9];
    const std::uint32_t pseudo =
        sum_of(std::span(frame).subspan(at + 12, 8), std::uint32_t{protocol} + length);
    fix_upper(frame, at + header, length, protocol, pseudo);
  } else if (type == kIpv6 && frame.size() >= at + 40) {
    const std::uint32_t length = get(frame, at + 4, 2);
    const std::uint8_t protocol = frame[at + 6];
    const std::uint32_t pseudo =
        sum_of(std::span(frame).subspan(at + 8, 32), std::uint32_t{protocol} + length);
    fix_upper(frame, at + 40, length, protocol, pseudo);
  }
}

Seen look_at(std::span<const std::uint8_t> frame) {
  Seen seen;
  const std::size_t at = network_at(frame);
  if (frame.size() < at + 28) return seen;
  const std::uint32_t type = get(frame, at - 2, 2);
  if (type == kArp) {
    if (get(frame, at + 6, 2) == 1) seen.kind = Seen::Kind::kArpRequest;
    seen.from4 = get(frame, at + 14, 4);
    seen.to4 = get(frame, at + 24, 4);
  } else if (type == kIpv4) {
    seen.from4 = get(frame, at + 12, 4);
    seen.to4 = get(frame, at + 16, 4);
    const std::size_t header = (frame[at] & 15) * std::size_t{4};
    const std::size_t total = get(frame, at + 2, 2);
    if (total < header) return seen;
    if (frame[at + 9] == kProtoTcp) look_at_tcp(seen, frame, at + header, total - header);
    if (frame[at + 9] == kProtoIcmp) look_at_icmp(seen, frame, at + header, total - header);
  } else if (type == kIpv6 && frame.size() >= at + 40) {
    seen.six = true;
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at) + 8, 16, seen.from6.begin());
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at) + 24, 16, seen.to6.begin());
    const std::size_t length = get(frame, at + 4, 2);
    if (frame[at + 6] == kProtoTcp) look_at_tcp(seen, frame, at + 40, length);
    if (frame[at + 6] == kProtoIcmp6) look_at_icmp(seen, frame, at + 40, length);
  }
  return seen;
}

bool checksums_right(std::span<const std::uint8_t> frame) {
  Bytes right(frame.begin(), frame.end());
  fix_checksums(right);
  return std::ranges::equal(right, frame);
}

}  // namespace millrace::fuzz
