// SPDX-License-Identifier: Apache-2.0
// The commands. Each runs to its end and says how it went; results as JSON go to standard output if
// asked for.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "flow/cli/session.h"

namespace millrace::flow::cli {

struct ServeOptions {
  std::filesystem::path root;
  Endpoint at;
};
/// HTTP/1.1 server of a folder until interrupted.
Task<Outcome> serve(Session& session, ServeOptions options, bool json);

struct GetOptions {
  std::string url;     ///< http://host[:port]/path
  std::string scheme;  ///< of the flow: toe or tcp
  std::string output;  ///< empty: standard output
  std::uint64_t connect_timeout_us = kNever;
};
Task<Outcome> get(Session& session, GetOptions options, bool json);
/// PUT of a local file, for `loop` and for trying.
struct PutOptions {
  std::string url;
  std::string scheme;
  std::string input;
};
Task<Outcome> put(Session& session, PutOptions options);

struct PipeOptions {
  Endpoint endpoint;
  bool listen = false;
  std::uint64_t connect_timeout_us = kNever;
};
/// Standard input and output over one flow.
Task<Outcome> pipe(Session& session, PipeOptions options);

struct ProxyOptions {
  Endpoint from;
  Endpoint to;
};
Task<Outcome> proxy(Session& session, ProxyOptions options);

struct PerfOptions {
  Endpoint endpoint;
  bool listen = false;
  bool send = true;  ///< client: from here to there
  bool receive = false;
  std::uint64_t bytes = 64 << 20;  ///< of each flow in each direction
  std::uint32_t flows = 1;
};
Task<Outcome> perf(Session& session, PerfOptions options, bool json);

struct LoopOptions {
  std::uint64_t bytes = 4 << 20;
};
/// Serves, fetches and uploads between the two cards of a session opened with open_pair().
Task<Outcome> loop(Session& session, LoopOptions options, bool json);

}  // namespace millrace::flow::cli
