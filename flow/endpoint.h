// SPDX-License-Identifier: Apache-2.0
// Where a flow can lead, as text and as a value: `toe://10.0.0.2:80`, `tcp://[::1]:80`,
// `unix:/run/x`, `mem:name`.

#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "flow/error.h"

namespace millrace::flow {

/// One end. The set of schemes is open: "scheme://host:port" and "scheme:path" are the two forms of
/// all of them.
struct Endpoint {
  std::string scheme;      ///< lower case, never empty in a parsed endpoint
  std::string host;        ///< name or address without brackets; empty in the path form
  std::uint16_t port = 0;  ///< 0: chosen when listening
  std::string path;        ///< path form only

  static Endpoint network(std::string_view scheme, std::string_view host, std::uint16_t port);
  static Endpoint named(std::string_view scheme, std::string_view path);
  bool operator==(const Endpoint&) const = default;
};

/// Reads one endpoint; parse(to_string(e)) == e. A missing host means "localhost". kInvalidArgument
/// with a detail that names the text and what is wrong with it: "no scheme", "no port", "bad port",
/// ...
std::expected<Endpoint, Error> parse_endpoint(std::string_view text);
std::string to_string(const Endpoint& endpoint);

/// "10.0.0.2" as 0x0A000002; kInvalidArgument for anything but four decimal numbers of 0..255.
std::expected<std::uint32_t, Error> parse_ipv4(std::string_view text);
std::string ipv4_to_string(std::uint32_t address);

}  // namespace millrace::flow
