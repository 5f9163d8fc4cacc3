// SPDX-License-Identifier: Apache-2.0
// millrace perf: how fast flows are. The client opens the flows and says in a header of 16 bytes
// what is to happen: "MRPF", directions (bit 0: client sends, bit 1: server sends), three zeros,
// bytes of each direction, little endian. Then both send a known pattern and check what they
// receive.

#include <fmt/core.h>

#include <array>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "flow/cli/commands.h"
#include "flow/cli/progress.h"
#include "flow/when_all.h"

namespace millrace::flow::cli {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::size_t kPeriod = 65'521;  // a prime, so that a shifted stream does not look right

struct Header {
  std::array<char, 4> magic{'M', 'R', 'P', 'F'};
  std::uint8_t directions = 0;
  std::array<std::uint8_t, 3> zero{};
  std::uint64_t bytes = 0;
};
static_assert(sizeof(Header) == 16);

const std::vector<std::byte>& pattern() {
  static const std::vector<std::byte> kPattern = [] {
    std::vector<std::byte> bytes(kPeriod + kPieceBytes);
    std::uint32_t x = 1;
    for (std::size_t i = 0; i < kPeriod; ++i) {
      x = x * 1664525 + 1013904223;
      bytes[i] = static_cast<std::byte>(x >> 24);
    }
    // One by one, as a piece is longer than the period: its end repeats what was just copied.
    for (std::size_t i = kPeriod; i < bytes.size(); ++i) bytes[i] = bytes[i - kPeriod];
    return bytes;
  }();
  return kPattern;
}

// Whether `piece` is what comes after `done` bytes of the stream.
bool matches(ConstBytes piece, std::uint64_t done) {
  while (!piece.empty()) {
    const ConstBytes part = piece.first(std::min(piece.size(), kPieceBytes));
    if (std::memcmp(part.data(), pattern().data() + done % kPeriod, part.size()) != 0) return false;
    done += part.size();
    piece = piece.subspan(part.size());
  }
  return true;
}

struct PerfTotals {
  std::uint64_t moved = 0;
  std::uint32_t open = 0;
  Outcome outcome;
  void fail(Outcome why) {
    if (outcome.code == ExitCode::kDone) outcome = std::move(why);
  }
};

Task<void> send_pattern(AnyFlow& flow, std::uint64_t bytes, bool wanted, PerfTotals& totals) {
  for (std::uint64_t done = 0; wanted && done < bytes;) {
    const std::size_t count = std::min<std::uint64_t>(kPieceBytes, bytes - done);
    const ConstBytes piece = ConstBytes(pattern()).subspan(done % kPeriod, count);
    if (Result<void> written = co_await flow.write(piece); !written) {
      totals.fail(Outcome(written.error()));
      co_return;
    }
    done += count;
    totals.moved += count;
  }
  co_await flow.shutdown(Direction::kWrite);
}

Task<void> check_pattern(AnyFlow& flow, std::uint64_t bytes, bool wanted, PerfTotals& totals) {
  std::uint64_t done = 0;
  const std::uint64_t total = wanted ? bytes : 0;
  for (;;) {
    Result<ReadResult> got = co_await flow.read();
    if (!got) {
      totals.fail(Outcome(got.error()));
      co_return;
    }
    if (got->eof()) break;
    const ConstBytes piece = got->data().bytes();
    if (!matches(piece, done)) {
      totals.fail(Outcome(ExitCode::kFailed, "perf: received bytes differ from those sent"));
      flow.abort();
      co_return;
    }
    done += piece.size();
    totals.moved += piece.size();
  }
  if (done != total) totals.fail(Outcome(ExitCode::kReset, "perf: the stream ended early"));
}

Task<void> close_flow(AnyFlow& flow) {
  CloseOptions options;
  options.deadline_us = flow.loop().in_us(30'000'000);
  co_await flow.close(options);
}

Task<void> client_flow(Session& session, PerfOptions options, PerfTotals& totals) {
  OpOptions connecting;
  connecting.stop = session.interrupted();
  Result<AnyFlow> flow = co_await session.connectors().connect(options.endpoint, connecting);
  if (!flow) {
    totals.fail(Outcome(flow.error()));
  } else {
    const std::stop_callback on_stop(session.interrupted(), [&] { flow->abort(); });
    Header header;
    header.directions =
        static_cast<std::uint8_t>((options.send ? 1 : 0) | (options.receive ? 2 : 0));
    header.bytes = options.bytes;
    const ConstBytes bytes = std::as_bytes(std::span(&header, 1));
    if (Result<void> told = co_await flow->write(bytes); !told) totals.fail(Outcome(told.error()));
    co_await when_all(send_pattern(*flow, options.bytes, options.send, totals),
                      check_pattern(*flow, options.bytes, options.receive, totals));
    co_await close_flow(*flow);
  }
  --totals.open;
}

Task<void> server_flow(AnyFlow flow, std::shared_ptr<PerfTotals> totals) {
  Header header;
  const MutableBytes space = std::as_writable_bytes(std::span(&header, 1));
  std::size_t have = 0;
  while (have < space.size()) {
    Result<std::size_t> got = co_await flow.read_into(space.subspan(have));
    if (!got || *got == 0) co_return;
    have += *got;
  }
  if (header.magic != Header().magic) {
    fmt::print(stderr, "perf: not a perf client: {}\n", to_string(flow.peer()));
    flow.abort();
    co_return;
  }
  co_await when_all(send_pattern(flow, header.bytes, (header.directions & 2) != 0, *totals),
                    check_pattern(flow, header.bytes, (header.directions & 1) != 0, *totals));
  co_await close_flow(flow);
  if (totals->outcome.code != ExitCode::kDone) {
    fmt::print(stderr, "{}\n", totals->outcome.words);
    totals->outcome = Outcome();
  }
}

Task<Outcome> serve_perf(Session& session, PerfOptions options) {
  auto listener = co_await session.listeners().listen(options.endpoint);
  if (!listener) co_return Outcome(listener.error());
  announce((*listener)->local());
  auto totals = std::make_shared<PerfTotals>();
  OpOptions accepting;
  accepting.stop = session.interrupted();
  for (;;) {
    Result<AnyFlow> flow = co_await (*listener)->accept(accepting);
    if (!flow && flow.error().code == Errc::kCancelled) co_return Outcome();
    if (!flow) co_return Outcome(flow.error());
    session.loop().spawn(server_flow(std::move(*flow), totals));
  }
}

// The other side of mem: flows, in the same process.
Task<void> serve_here(Session& session, PerfOptions options) {
  const Outcome outcome = co_await serve_perf(session, std::move(options));
  if (!outcome.words.empty()) fmt::print(stderr, "{}\n", outcome.words);
}

void report(const PerfTotals& totals, double wall_us, double busy_ns, const CardFigures& card,
            bool json) {
  const double bits = 8.0 * static_cast<double>(totals.moved);
  const double mbps = wall_us > 0 ? bits / wall_us : 0;
  const double gbps = busy_ns > 0 ? bits / busy_ns : 0;
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"bytes", totals.moved},
                                      {"goodput_wall_mbps", mbps},
                                      {"goodput_busy_gbps", gbps},
                                      {"retransmissions", card.retransmissions}}
                           .dump());
    return;
  }
  fmt::print("{} moved, {:.1f} Mbit/s in wall time", human_bytes(bits / 8), mbps);
  if (busy_ns > 0)
    fmt::print(", {:.2f} Gbit/s of the time in which the simulated card was clocked", gbps);
  fmt::print(", {} retransmissions\n", card.retransmissions);
}

}  // namespace

Task<Outcome> perf(Session& session, PerfOptions options, bool json) {
  if (options.listen) co_return co_await serve_perf(session, options);
  if (options.endpoint.scheme == "mem") session.loop().spawn(serve_here(session, options));
  PerfTotals totals;
  ProgressLine line("perf");
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t busy_begin = session.card() != nullptr ? session.card()->busy_ns() : 0;
  totals.open = options.flows;
  for (std::uint32_t i = 0; i < options.flows; ++i) {
    session.loop().spawn(client_flow(session, options, totals));
  }
  const std::uint64_t both = (options.send ? 1U : 0U) + (options.receive ? 1U : 0U);
  while (totals.open > 0) {
    co_await session.loop().sleep_for(1'000);
    line.show(totals.moved, options.bytes * both * options.flows);
  }
  const std::chrono::duration<double, std::micro> wall = std::chrono::steady_clock::now() - begin;
  CardFigures card;
  if (session.card() != nullptr) card = session.card()->figures();
  if (session.interrupted().stop_requested()) co_return Outcome(ExitCode::kInterrupted, "");
  if (totals.outcome.code != ExitCode::kDone) co_return totals.outcome;
  report(totals, wall.count(), static_cast<double>(std::max(card.busy_ns, busy_begin) - busy_begin),
         card, json);
  co_return Outcome();
}

}  // namespace millrace::flow::cli
