// SPDX-License-Identifier: Apache-2.0
// millrace proxy: every flow accepted at one endpoint is joined to a new one to another.

#include <fmt/core.h>

#include "flow/cli/commands.h"
#include "flow/copy.h"

namespace millrace::flow::cli {
namespace {

constexpr std::uint64_t kCloseUs = 30'000'000;

struct ProxyTotals {
  std::uint64_t open = 0;
};

Task<void> close_flow(AnyFlow& flow) {
  CloseOptions options;
  options.deadline_us = flow.loop().in_us(kCloseUs);
  co_await flow.close(options);
}

Task<void> join(Session& session, AnyFlow near, Endpoint to, std::shared_ptr<ProxyTotals> totals) {
  ++totals->open;
  OpOptions connecting;
  connecting.stop = session.interrupted();
  Result<AnyFlow> far = co_await session.connectors().connect(to, connecting);
  if (far) {
    const ProxyResult result = co_await flow::proxy(near, *far);
    if (result.ok()) co_await when_all(close_flow(near), close_flow(*far));
  } else {
    fmt::print(stderr, "{}\n", to_string(far.error()));
    near.abort();
  }
  --totals->open;
}

}  // namespace

Task<Outcome> proxy(Session& session, ProxyOptions options) {
  auto listener = co_await session.listeners().listen(options.from);
  if (!listener) co_return Outcome(listener.error());
  announce((*listener)->local());
  auto totals = std::make_shared<ProxyTotals>();
  OpOptions accepting;
  accepting.stop = session.interrupted();
  for (;;) {
    Result<AnyFlow> flow = co_await (*listener)->accept(accepting);
    if (!flow && flow.error().code == Errc::kCancelled) break;
    if (!flow) co_return Outcome(flow.error());
    session.loop().spawn(join(session, std::move(*flow), options.to, totals));
  }
  (*listener)->stop();
  const std::uint64_t until = session.loop().in_us(2'000'000);
  while (totals->open > 0 && session.loop().now_us() < until) {
    co_await session.loop().sleep_for(1'000);
  }
  co_return Outcome();
}

}  // namespace millrace::flow::cli
