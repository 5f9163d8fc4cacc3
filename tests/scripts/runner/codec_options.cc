// SPDX-License-Identifier: Apache-2.0
// TCP options to octets and back (RFC 9293 3.1, 3.2; RFC 7323; RFC 2018).

#include "tests/scripts/runner/codec_options.h"

#include "tests/scripts/runner/codec.h"

namespace millrace::script {
namespace {

using Kind = TcpOption::Kind;
using Octets = std::vector<std::uint8_t>;

void put(Octets& out, std::uint32_t value, std::size_t octets) {
  for (std::size_t i = octets; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void put_option(Octets& out, const TcpOption& option) {
  const auto kind = static_cast<std::uint8_t>(option.kind);
  switch (option.kind) {
    case Kind::kEnd:
    case Kind::kNop:
      put(out, kind, 1);
      break;
    case Kind::kMss:
      put(out, kind << 8 | 4, 2);
      put(out, option.value.value_or(0), 2);
      break;
    case Kind::kWindowScale:
      put(out, kind << 8 | 3, 2);
      put(out, option.value.value_or(0), 1);
      break;
    case Kind::kSackPermitted:
      put(out, kind << 8 | 2, 2);
      break;
    case Kind::kSack:
      put(out, kind << 8 | static_cast<std::uint32_t>(2 + 8 * option.blocks.size()), 2);
      for (const auto& [start, end] : option.blocks) {
        put(out, start, 4);
        put(out, end, 4);
      }
      break;
    case Kind::kTimestamp:
      put(out, kind << 8 | 10, 2);
      put(out, option.value.value_or(0), 4);
      put(out, option.echo.value_or(0), 4);
      break;
    case Kind::kRaw:
      put(out, option.raw_kind, 1);
      put(out, static_cast<std::uint32_t>(2 + option.raw.size()), 1);
      out.insert(out.end(), option.raw.begin(), option.raw.end());
      break;
    case Kind::kRest:
      break;
  }
}

std::uint32_t get(std::span<const std::byte> bytes, std::size_t at, std::size_t octets) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < octets; ++i) {
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  }
  return value;
}

// `body` is what follows kind and length.
TcpOption decode_one(std::uint32_t kind, std::span<const std::byte> body) {
  TcpOption option;
  if (kind == 2 && body.size() == 2) {
    option.kind = Kind::kMss;
    option.value = get(body, 0, 2);
  } else if (kind == 3 && body.size() == 1) {
    option.kind = Kind::kWindowScale;
    option.value = get(body, 0, 1);
  } else if (kind == 4 && body.empty()) {
    option.kind = Kind::kSackPermitted;
  } else if (kind == 5 && !body.empty() && body.size() % 8 == 0) {
    option.kind = Kind::kSack;
    for (std::size_t at = 0; at < body.size(); at += 8) {
      option.blocks.emplace_back(get(body, at, 4), get(body, at + 4, 4));
    }
  } else if (kind == 8 && body.size() == 8) {
    option.kind = Kind::kTimestamp;
    option.value = get(body, 0, 4);
    option.echo = get(body, 4, 4);
  } else {
    option.kind = Kind::kRaw;
    option.raw_kind = static_cast<std::uint8_t>(kind);
    for (const std::byte octet : body) option.raw.push_back(std::to_integer<std::uint8_t>(octet));
  }
  return option;
}

}  // namespace

std::vector<std::uint8_t> encode_options(const std::vector<TcpOption>& options) {
  Octets out;
  for (const auto& option : options) put_option(out, option);
  while (out.size() % 4 != 0) out.push_back(0);
  return out;
}

std::expected<std::vector<TcpOption>, std::string> decode_options(
    std::span<const std::byte> bytes) {
  std::vector<TcpOption> options;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::uint32_t kind = get(bytes, at, 1);
    if (kind == 0) {
      for (; at < bytes.size(); ++at) {
        if (bytes[at] != std::byte{0}) return std::unexpected("the options' padding is not zero");
      }
      return options;
    }
    if (kind == 1) {
      options.emplace_back().kind = Kind::kNop;
      ++at;
      continue;
    }
    const std::size_t length = at + 1 < bytes.size() ? get(bytes, at + 1, 1) : 0;
    if (length < 2 || at + length > bytes.size()) {
      return std::unexpected("the length of a TCP option is wrong");
    }
    options.push_back(decode_one(kind, bytes.subspan(at + 2, length - 2)));
    at += length;
  }
  return options;
}

}  // namespace millrace::script
