// SPDX-License-Identifier: Apache-2.0
// Endpoints as text.

#include "flow/endpoint.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace millrace::flow {
namespace {

std::unexpected<Error> bad(std::string_view text, std::string_view why) {
  return std::unexpected(Error(Errc::kInvalidArgument, "parse",
                               "endpoint '" + std::string(text) + "': " + std::string(why)));
}

bool is_scheme(std::string_view text) {
  const auto fits = [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '+' || c == '-' || c == '.';
  };
  return !text.empty() && std::islower(static_cast<unsigned char>(text.front())) != 0 &&
         std::ranges::all_of(text, fits);
}

}  // namespace

Endpoint Endpoint::network(std::string_view scheme, std::string_view host, std::uint16_t port) {
  return Endpoint{std::string(scheme), std::string(host), port, {}};
}

Endpoint Endpoint::named(std::string_view scheme, std::string_view path) {
  return Endpoint{std::string(scheme), {}, 0, std::string(path)};
}

std::expected<Endpoint, Error> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return bad(text, "no scheme");
  Endpoint endpoint;
  endpoint.scheme = text.substr(0, colon);
  if (!is_scheme(endpoint.scheme)) return bad(text, "no scheme");
  std::string_view rest = text.substr(colon + 1);
  if (!rest.starts_with("//")) {
    if (rest.empty()) return bad(text, "no path");
    endpoint.path = rest;
    return endpoint;
  }
  rest.remove_prefix(2);
  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return bad(text, "'[' without ']'");
    endpoint.host = rest.substr(1, end - 1);
    port = rest.substr(end + 1);
    if (!port.starts_with(':')) return bad(text, "no port");
    port.remove_prefix(1);
  } else {
    const std::size_t separator = rest.find(':');
    if (separator == std::string_view::npos) return bad(text, "no port");
    endpoint.host = rest.substr(0, separator);
    port = rest.substr(separator + 1);
    if (port.contains(':')) return bad(text, "an IPv6 address needs brackets");
  }
  if (endpoint.host.empty()) endpoint.host = "localhost";
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (port.empty()) return bad(text, "no port");
  if (error != std::errc() || end != port.data() + port.size()) return bad(text, "bad port");
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.host.empty()) return endpoint.scheme + ":" + endpoint.path;
  const bool brackets = endpoint.host.contains(':');
  return endpoint.scheme + "://" + (brackets ? "[" : "") + endpoint.host + (brackets ? "]" : "") +
         ":" + std::to_string(endpoint.port);
}

std::expected<std::uint32_t, Error> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 4; ++i) {
    unsigned part = 0;
    const auto [next, error] = std::from_chars(at, end, part);
    const bool separated = i == 3 ? next == end : next != end && *next == '.';
    if (error != std::errc() || part > 255 || !separated) {
      return std::unexpected(Error(Errc::kInvalidArgument, "parse",
                                   "'" + std::string(text) + "' is not an IPv4 address"));
    }
    address = address << 8 | part;
    at = next + 1;
  }
  return address;
}

std::string ipv4_to_string(std::uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string(address >> shift & 255) + (shift > 0 ? "." : "");
  }
  return text;
}

}  // namespace millrace::flow
