// SPDX-License-Identifier: Apache-2.0
// Figures 1 and 2 of the design as far as one link allows: cycles per segment and payload bytes per
// cycle, both directions at once, between two cards with ideal memory. Cycles are exact and repeat.
//   bench_segments [connections] [mss] [kilobytes per connection and direction]

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tests/system/two_cards.h"

namespace millrace::tests {
namespace {

struct Quiet final : host::ListenerHandler {
  void on_event(host::Listener&) noexcept override {}
};

// Sends without end in sight and throws away what it reads.
// Waits for `go`: a frame lost in a handshake costs a second of simulated time.
class Stream final : public host::ConnectionHandler {
 public:
  static inline bool go = false;
  void on_event(host::Connection& connection) noexcept override {
    if (!go) return;
    if (connection.readable_bytes() != 0) connection.consume(connection.readable().size());
    const auto room = connection.writable();
    if (!room.empty()) connection.commit(room.size());
  }
};

struct Sample {
  std::uint64_t now_us;
  std::uint32_t segments, retransmits, overruns;
  std::uint64_t bytes;
};

// Bytes that went through in both directions.
std::uint64_t acknowledged(const std::vector<host::Connection*>& clients) {
  std::uint64_t bytes = 0;
  for (const host::Connection* connection : clients) {
    bytes += connection->bytes_acked() + connection->bytes_received();
  }
  return bytes;
}

Sample sample(TwoCards& cards, const std::vector<host::Connection*>& clients) {
  Sample sum{cards.device(0).now_us(), 0, 0, 0, acknowledged(clients)};
  for (int side = 0; side < 2; ++side) {
    const auto counters = cards.card(side).counters();
    sum.segments += (*counters)[contract::Counter::kTxTcpSegments];
    sum.retransmits += (*counters)[contract::Counter::kTxRetransmits];
    sum.overruns += (*counters)[contract::Counter::kRxDroppedOverrun];
  }
  return sum;
}

int run(std::uint32_t connections, std::uint32_t mss, std::uint64_t kilobytes) {
  TwoCardsOptions options;
  options.policy.mss = mss;
  auto made = TwoCards::make(options);
  if (!made) {
    std::fprintf(stderr, "bench_segments: %s\n", made.error().c_str());
    return 1;
  }
  TwoCards& cards = **made;
  Quiet quiet;
  auto listener = cards.runtime(1).listen({.port = 7, .backlog = connections}, quiet);
  if (!listener) return 1;
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<host::Connection*> clients;
  std::vector<host::Connection*> servers;
  std::uint32_t accepted = 0;
  Stream::go = false;
  const auto turn = [&] {
    while (host::Connection* connection = (*listener)->accept()) {
      streams.push_back(std::make_unique<Stream>());
      connection->set_handler(streams.back().get());
      servers.push_back(connection);
      ++accepted;
    }
  };
  cards.run([&] { return (*listener)->posted() == connections; }, turn, 100'000);
  for (std::uint32_t i = 0; i < connections; ++i) {
    streams.push_back(std::make_unique<Stream>());
    auto client = cards.runtime(0).connect({.remote = {TwoCards::kIp[1], 7}}, *streams.back());
    if (!client) return 1;
    clients.push_back(*client);
    // The first asks for the peer's MAC address; a crowd would overflow what ARP can hold back.
    if (i == 0 && !cards.run([&] { return (*client)->established(); }, turn, 10'000)) return 1;
  }
  if (!cards.run([&] { return accepted == connections; }, turn, 10'000'000)) return 1;
  Stream::go = true;
  for (auto* list : {&clients, &servers}) {
    for (host::Connection* connection : *list) {
      const auto room = connection->writable();
      connection->commit(room.size());
    }
  }
  cards.run([] { return false; }, turn, 200);  // windows open
  const Sample begin = sample(cards, clients);
  const std::uint64_t target = begin.bytes + 2 * kilobytes * 1024 * connections;
  cards.run([&] { return acknowledged(clients) >= target; }, turn, 1'000'000);
  const Sample end = sample(cards, clients);
  const double cycles = static_cast<double>(end.now_us - begin.now_us) * 250;
  const double bytes = static_cast<double>(end.bytes - begin.bytes) / 2;
  std::printf("connections %u, mss %u, both directions, ideal memory, 100 Gb/s link:\n",
              connections, mss);
  std::printf("  cycles per data segment and direction   %8.2f\n", cycles / (bytes / mss));
  std::printf("  cycles per segment sent, ACKs included  %8.2f\n",
              2 * cycles / (end.segments - begin.segments));
  std::printf("  payload bytes per cycle and direction   %8.2f\n", bytes / cycles);
  std::printf("  retransmissions                         %8u\n",
              end.retransmits - begin.retransmits);
  std::printf("  frames dropped by a full card           %8u\n", end.overruns - begin.overruns);
  const std::string errors = cards.simulation().errors();
  if (!errors.empty()) std::fprintf(stderr, "%s\n", errors.c_str());
  return errors.empty() ? 0 : 1;
}

}  // namespace
}  // namespace millrace::tests

int main(int argc, char** argv) {
  if (argc > 1) {
    return millrace::tests::run(static_cast<std::uint32_t>(std::atoi(argv[1])),
                                argc > 2 ? static_cast<std::uint32_t>(std::atoi(argv[2])) : 1460,
                                argc > 3 ? static_cast<std::uint64_t>(std::atoi(argv[3])) : 64);
  }
  int result = 0;
  for (const std::uint32_t connections : {1U, 4U, 16U, 64U}) {
    result |= millrace::tests::run(connections, 64, 16);
    result |= millrace::tests::run(connections, 1460, 256);
  }
  return result;
}
