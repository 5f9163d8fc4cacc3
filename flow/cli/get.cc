// SPDX-License-Identifier: Apache-2.0
// millrace get: one file by HTTP over a flow.

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "flow/cli/commands.h"
#include "flow/cli/http_client.h"
#include "flow/cli/progress.h"

namespace millrace::flow::cli {

Task<Outcome> get(Session& session, GetOptions options, bool json) {
  const std::optional<Url> url = parse_url(options.url);
  if (!url) co_return Outcome(ExitCode::kUsage, "not an http:// URL: " + options.url);
  OpOptions connecting;
  connecting.stop = session.interrupted();
  if (options.connect_timeout_us != kNever) {
    connecting.deadline_us = session.loop().in_us(options.connect_timeout_us);
  }
  const Endpoint endpoint = Endpoint::network(options.scheme, url->host, url->port);
  const std::uint64_t begin_us = session.loop().now_us();
  Result<AnyFlow> flow = co_await session.connectors().connect(endpoint, connecting);
  if (!flow) co_return Outcome(flow.error());
  std::FILE* file = options.output.empty() ? stdout : std::fopen(options.output.c_str(), "wb");
  if (file == nullptr) co_return Outcome(ExitCode::kFile, "cannot write " + options.output);
  std::uint64_t bytes = 0;
  Outcome outcome;
  {
    ProgressLine line(url->target);
    Progress progress = [&](std::uint64_t done, std::uint64_t total) {
      bytes = done;
      line.show(done, total);
    };
    // An interrupt aborts the flow, which ends the transfer.
    const std::stop_callback on_stop(session.interrupted(), [&] { flow->abort(); });
    outcome = co_await http_get(*flow, session.asio(), *url, file, std::move(progress));
  }
  if (file != stdout && std::fclose(file) != 0 && outcome.code == ExitCode::kDone) {
    outcome = Outcome(ExitCode::kFile, "cannot write " + options.output);
  }
  if (session.interrupted().stop_requested()) co_return Outcome(ExitCode::kInterrupted, "");
  if (outcome.code != ExitCode::kDone) co_return outcome;
  CloseOptions closing;
  closing.unread = Unread::kDrain;
  closing.deadline_us = session.loop().in_us(5'000'000);
  co_await flow->close(closing);
  if (json) {
    const std::uint64_t took_us = session.loop().now_us() - begin_us;
    fmt::print(options.output.empty() ? stderr : stdout, "{}\n",
               nlohmann::json{{"bytes", bytes}, {"microseconds", took_us}}.dump());
  }
  co_return Outcome();
}

}  // namespace millrace::flow::cli
