// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 on one flow, by Boost.Beast on the Asio adaptor: GET, HEAD and PUT of files below a
// folder.

#pragma once

#include <cstdint>
#include <filesystem>

#include "flow/any_flow.h"
#include "flow/asio/asio_source.h"

namespace millrace::flow::cli {

struct HttpFigures {
  std::uint64_t requests = 0;
  std::uint64_t bytes_sent = 0;      ///< of files
  std::uint64_t bytes_received = 0;  ///< of files
  std::uint64_t failed = 0;          ///< connections that ended in the middle of something
};

/// Answers requests until the peer closes, asks for that, misbehaves or is silent for a minute;
/// then closes the flow. `figures` and `source` must outlive the task.
Task<void> serve_http(AnyFlow flow, AsioSource& source, std::filesystem::path root,
                      HttpFigures& figures);

}  // namespace millrace::flow::cli
