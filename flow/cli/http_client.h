// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 request on one flow: GET into a file, PUT from one.

#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "flow/any_flow.h"
#include "flow/asio/asio_source.h"
#include "flow/cli/exit_code.h"

namespace millrace::flow::cli {

struct Url {
  std::string host{};       ///< without brackets
  std::string authority{};  ///< as written, for the header Host
  std::uint16_t port = 80;
  std::string target = "/";
};
/// http://host[:port][/target], an IPv6 address in brackets; nothing for anything else.
std::optional<Url> parse_url(const std::string& text);

/// Told the bytes so far and, if known, of how many; 0: unknown.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Writes the body of the answer to `file`. kHttp for a status of 400 and more, kFile, kReset (cut
/// short).
Task<Outcome> http_get(AnyFlow& flow, AsioSource& source, Url url, std::FILE* file,
                       Progress progress);
/// Sends `size` bytes of `file`.
Task<Outcome> http_put(AnyFlow& flow, AsioSource& source, Url url, std::FILE* file,
                       std::uint64_t size, Progress progress);

}  // namespace millrace::flow::cli
