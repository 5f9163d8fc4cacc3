// SPDX-License-Identifier: Apache-2.0
// millrace serve: accepts flows and serves HTTP on each.

#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "flow/cli/commands.h"
#include "flow/cli/http_server.h"

namespace millrace::flow::cli {
namespace {

constexpr std::uint64_t kFarewellUs = 2'000'000;

// How long bytes moved, in simulated and in wall time: the sum of the times in which a request was
// open.
struct ServeTotals {
  HttpFigures http;
  std::uint64_t connections = 0;
  std::uint64_t open = 0;
  std::chrono::steady_clock::duration wall{};
  std::chrono::steady_clock::time_point since;
  std::uint64_t busy_ns = 0;
  std::uint64_t busy_since_ns = 0;
};

std::uint64_t busy_ns(Session& session) {
  return session.peer() != nullptr ? session.peer()->busy_ns() : 0;
}

Task<void> serve_one(Session& session, AnyFlow flow, std::filesystem::path root,
                     std::shared_ptr<ServeTotals> totals) {
  ++totals->connections;
  if (totals->open++ == 0) {
    totals->since = std::chrono::steady_clock::now();
    totals->busy_since_ns = busy_ns(session);
  }
  co_await serve_http(std::move(flow), session.asio(), std::move(root), totals->http);
  if (--totals->open == 0) {
    totals->wall += std::chrono::steady_clock::now() - totals->since;
    totals->busy_ns += busy_ns(session) - totals->busy_since_ns;
  }
}

void report(Session& session, const ServeTotals& totals, bool json) {
  const double bits =
      8.0 * static_cast<double>(totals.http.bytes_sent + totals.http.bytes_received);
  const double wall_us = std::chrono::duration<double, std::micro>(totals.wall).count();
  const double busy = static_cast<double>(totals.busy_ns);
  const double gbps = busy > 0 ? bits / busy : 0;
  const double mbps = wall_us > 0 ? bits / wall_us : 0;
  CardFigures card;
  if (session.peer() != nullptr) card = session.peer()->figures();
  if (json) {
    const nlohmann::json object = {
        {"connections", totals.connections},
        {"requests", totals.http.requests},
        {"failed", totals.http.failed},
        {"bytes_sent", totals.http.bytes_sent},
        {"bytes_received", totals.http.bytes_received},
        {"goodput_busy_gbps", gbps},
        {"goodput_wall_mbps", mbps},
        {"segments_received", card.segments_received},
        {"segments_sent", card.segments_sent},
        {"retransmissions", card.retransmissions},
        {"frames_dropped", card.frames_dropped},
    };
    fmt::print("{}\n", object.dump());
  } else {
    fmt::print(
        "{} requests on {} connections; {} bytes sent, {} received; {} segments sent, {} "
        "received, {} retransmissions\n",
        totals.http.requests, totals.connections, totals.http.bytes_sent,
        totals.http.bytes_received, card.segments_sent, card.segments_received,
        card.retransmissions);
  }
}

}  // namespace

Task<Outcome> serve(Session& session, ServeOptions options, bool json) {
  std::error_code failed;
  if (!std::filesystem::is_directory(options.root, failed)) {
    co_return Outcome(ExitCode::kFile, "not a folder: " + options.root.string());
  }
  auto acceptor = co_await session.listeners().listen(options.at);
  if (!acceptor) co_return Outcome(acceptor.error());
  announce((*acceptor)->local());
  auto totals = std::make_shared<ServeTotals>();
  OpOptions accepting;
  accepting.stop = session.interrupted();
  for (;;) {
    Result<AnyFlow> flow = co_await (*acceptor)->accept(accepting);
    if (!flow) {
      if (flow.error().code != Errc::kCancelled) co_return Outcome(flow.error());
      break;
    }
    session.loop().spawn(serve_one(session, std::move(*flow), options.root, totals));
  }
  (*acceptor)->stop();
  const std::uint64_t until = session.loop().in_us(kFarewellUs);
  while (totals->open > 0 && session.loop().now_us() < until) {
    co_await session.loop().sleep_for(1'000);
  }
  report(session, *totals, json);
  co_return Outcome();
}

}  // namespace millrace::flow::cli
