// SPDX-License-Identifier: Apache-2.0
// Figure 3 of the design through whole cards: clocks from a doorbell at the card's pins to the
// first beat of the segment on the wire, and from the last beat received to the completion that
// the host sees. One message at a time over two cards on a link; what the memory model takes is in
// the first columns and not in the last. Cycles are exact and repeat.
//   bench_latency [messages]

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "sim/bus/memory_model.h"
#include "sim/random.h"
#include "tests/system/two_cards.h"

namespace millrace::tests {
namespace {

constexpr std::size_t kBeatBytes = 64;
constexpr std::uint64_t kLimitUs = 10'000;

struct Quiet final : host::ListenerHandler {
  void on_event(host::Listener&) noexcept override {}
};

struct Reader final : host::ConnectionHandler {
  void on_event(host::Connection& connection) noexcept override {
    while (connection.readable_bytes() != 0) connection.consume(connection.readable().size());
  }
};

// When frames with payload of `bytes` pass a card's MAC.
class Watch final : public sim::FrameWatch {
 public:
  void on_frame(std::uint64_t now_ns, sim::PcapngWriter::Direction direction,
                const sim::Frame& frame) override {
    if (frame.bytes.size() < bytes) return;
    const std::uint64_t rest = (frame.bytes.size() - 1) / kBeatBytes * sim::kClockNs;
    // Sent frames are seen with their last beat, received ones with their first.
    const bool sent = direction == sim::PcapngWriter::Direction::kOutbound;
    first_ns = sent ? now_ns - rest : now_ns;
    last_ns = first_ns + rest;
    seen = true;
  }
  std::size_t bytes = 0;
  bool seen = false;
  std::uint64_t first_ns = 0, last_ns = 0;
};

struct Times {
  std::vector<std::uint64_t> clocks;

  void add(std::uint64_t from_ns, std::uint64_t to_ns) {
    clocks.push_back((to_ns - from_ns) / sim::kClockNs);
  }
  // Of 1000.
  std::uint64_t quantile(std::size_t part) {
    std::ranges::sort(clocks);
    return clocks[std::min(clocks.size() - 1, clocks.size() * part / 1000)];
  }
};

struct Pair {
  TwoCards& cards;
  host::Connection* client;
  host::Connection* server;
  Watch& out;
  Watch& in;
};

void send(Pair& pair, std::size_t bytes, const sim::MemoryModel& memory, Times& tx, Times& rx) {
  sim::Simulation& world = pair.cards.simulation();
  pair.out = {};
  pair.in = {};
  pair.out.bytes = pair.in.bytes = bytes;
  const std::uint64_t before = pair.server->bytes_received();
  pair.client->commit(bytes);
  const std::uint64_t doorbell_ns = world.now_ns() + memory.register_write_latency * sim::kClockNs;
  pair.cards.runtime(0).flush();
  const std::uint64_t limit_ns = world.now_ns() + kLimitUs * 1000;
  while (pair.server->bytes_received() == before && world.now_ns() < limit_ns) {
    world.advance(limit_ns);
    pair.cards.runtime(1).poll();
  }
  if (!pair.out.seen || !pair.in.seen) return;
  tx.add(doorbell_ns, pair.out.first_ns);
  rx.add(pair.in.last_ns, world.now_ns());
}

void print(const char* what, std::size_t bytes, Times& times, std::uint64_t memory) {
  std::printf("  %-29s %5zu bytes  p50 %5llu  p99 %5llu  without memory %5lld  %5lld\n", what,
              bytes, static_cast<unsigned long long>(times.quantile(500)),
              static_cast<unsigned long long>(times.quantile(990)),
              static_cast<long long>(times.quantile(500) - memory),
              static_cast<long long>(times.quantile(990) - memory));
}

int measure(Pair& pair, const std::string& name, const sim::MemoryModel& memory, int messages) {
  sim::Random random(1);
  std::printf("%s memory, %d messages, clocks of 4 ns:\n", name.c_str(), messages);
  for (const std::size_t bytes : {std::size_t{64}, std::size_t{1448}}) {
    Times tx, rx;
    for (int i = 0; i < messages; ++i) {
      send(pair, bytes, memory, tx, rx);
      // The peer acknowledges every second segment; from where in a microsecond is drawn.
      pair.cards.run([] { return false; }, 5 + random.below(3));
      pair.cards.simulation().run_until([&] { return random.below(8) == 0; }, 1);
    }
    if (tx.clocks.size() != static_cast<std::size_t>(messages)) {
      std::fprintf(stderr, "bench_latency: %zu of %d messages arrived\n", tx.clocks.size(),
                   messages);
      return 1;
    }
    print("doorbell to first beat", bytes, tx, 2 * memory.read_latency);
    print("last beat to completion", bytes, rx, 2 * memory.write_latency);
  }
  return 0;
}

int run(const std::string& name, int messages) {
  TwoCardsOptions options;
  options.memory = *sim::memory_model(name);
  const auto made = TwoCards::make(options);
  if (!made) {
    std::fprintf(stderr, "bench_latency: %s\n", made.error().c_str());
    return 1;
  }
  TwoCards& cards = **made;
  Quiet quiet;
  Reader reader, writer;
  const auto listener = cards.runtime(1).listen({.port = 7}, quiet);
  if (!listener) return 1;
  cards.run([&] { return (*listener)->posted() != 0; }, kLimitUs);
  const auto client = cards.runtime(0).connect({.remote = {TwoCards::kIp[1], 7}}, writer);
  if (!client) return 1;
  host::Connection* server = nullptr;
  const auto accepted = [&] { return (server = (*listener)->accept()) != nullptr; };
  if (!cards.run(accepted, kLimitUs)) return 1;
  server->set_handler(&reader);
  if (!cards.run([&] { return (*client)->established(); }, kLimitUs)) return 1;
  Watch out, in;
  cards.simulation().card(0).watch_frames(&out);
  cards.simulation().card(1).watch_frames(&in);
  Pair pair{cards, *client, server, out, in};
  const int result = measure(pair, name, options.memory, messages);
  const std::string errors = cards.simulation().errors();
  if (!errors.empty()) std::fprintf(stderr, "%s\n", errors.c_str());
  return errors.empty() ? result : 1;
}

}  // namespace
}  // namespace millrace::tests

int main(int argc, char** argv) {
  const int messages = argc > 1 ? std::atoi(argv[1]) : 1000;
  int result = 0;
  for (const char* name : {"ideal", "pcie_gen4_x8"}) result |= millrace::tests::run(name, messages);
  return result;
}
