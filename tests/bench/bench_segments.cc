// SPDX-License-Identifier: Apache-2.0
// Figures 1 and 2 of the design as far as one link allows: cycles per segment and payload bytes per
// cycle, both directions at once, between two cards. Cycles are exact and repeat.
//   bench_segments [connections [mss [kilobytes per connection and direction]]] [KEY=VALUE...]
// Keys: memory (ideal, pcie_gen3_x16, pcie_gen4_x8), read_latency (clocks, instead of the
// memory's), ring (KiB of each ring, 64), skew (bytes sent first, which shift all that follow
// against the lines of memory, 0), capture (pcapng of card 0's MAC), at_least (per cent of the
// wire; the program fails below).

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/bus/memory_model.h"
#include "tests/system/two_cards.h"

namespace millrace::tests {
namespace {

struct Options {
  std::uint32_t connections = 1;
  std::uint32_t mss = 1460;
  std::uint64_t kilobytes = 64;
  std::string memory = "ideal";
  std::uint32_t read_latency = 0;  // clocks; 0: as the memory has it
  std::size_t ring = 64 << 10;
  std::size_t skew = 0;
  std::string capture{};
  double at_least = 0;
};

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
    drain(connection);
    fill(connection);
  }
  // Both up to the ring's end, and then from its start.
  static void fill(host::Connection& connection) {
    for (int part = 0; part < 2; ++part) {
      const auto room = connection.writable();
      if (!room.empty()) connection.commit(room.size());
    }
  }

 private:
  static void drain(host::Connection& connection) {
    while (connection.readable_bytes() != 0) connection.consume(connection.readable().size());
  }
};

// Taken without a word to the cards: hosts that read registers do not look after connections.
struct Sample {
  std::uint64_t now_ns, bytes, frames;
  std::uint64_t read_beats = 0, write_beats = 0;  // of 64 bytes, of host memory
};

// Since the cards were opened.
struct Losses {
  std::uint32_t retransmits = 0, overruns = 0;
};

// The connections of both ends, and what brings them about.
class Pairs {
 public:
  Pairs(TwoCards& cards, const Options& options) : cards_(cards), options_(options) {}

  // False if not all came to be.
  bool open() {
    const std::uint32_t count = options_.connections;
    const auto listener = cards_.runtime(1).listen(
        {.port = 7, .backlog = count, .tx_size = options_.ring, .rx_size = options_.ring}, quiet_);
    if (!listener) return false;
    listener_ = *listener;
    run([&] { return listener_->posted() == count; }, 100'000);
    for (std::uint32_t i = 0; i < count; ++i) {
      streams_.push_back(std::make_unique<Stream>());
      const auto client = cards_.runtime(0).connect(
          {.remote = {TwoCards::kIp[1], 7}, .tx_size = options_.ring, .rx_size = options_.ring},
          *streams_.back());
      if (!client) return false;
      clients_.push_back(*client);
      // The first asks for the peer's MAC address; a crowd would overflow what ARP can hold back.
      if (i == 0 && !run([&] { return (*client)->established(); }, 10'000)) return false;
    }
    return run([&] { return servers_.size() == count; }, 10'000'000);
  }

  void start() {
    Stream::go = true;
    for (auto* list : {&clients_, &servers_}) {
      for (host::Connection* connection : *list) {
        if (options_.skew == 0) Stream::fill(*connection);
        if (options_.skew != 0) connection->commit(options_.skew);  // the rest at the next event
      }
    }
  }

  template <typename Done>
  bool run(Done done, std::uint64_t limit_us) {
    return cards_.run(done, [&] { accept(); }, limit_us);
  }

  // Bytes that went through in both directions.
  std::uint64_t acknowledged() const {
    std::uint64_t bytes = 0;
    for (const host::Connection* connection : clients_) {
      bytes += connection->bytes_acked() + connection->bytes_received();
    }
    return bytes;
  }

  Sample sample() {
    Sample sum{cards_.simulation().now_ns(), acknowledged(), cards_.link().counters().frames};
    for (int side = 0; side < 2; ++side) {
      const sim::MemoryCounters& memory = cards_.simulation().card(side).memory_counters();
      sum.read_beats += memory.read_beats;
      sum.write_beats += memory.write_beats;
    }
    return sum;
  }

  Losses losses() {
    Losses sum;
    for (int side = 0; side < 2; ++side) {
      const auto counters = cards_.card(side).counters();
      sum.retransmits += (*counters)[contract::Counter::kTxRetransmits];
      sum.overruns += (*counters)[contract::Counter::kRxDroppedOverrun];
    }
    return sum;
  }

 private:
  void accept() {
    while (host::Connection* connection = listener_->accept()) {
      streams_.push_back(std::make_unique<Stream>());
      connection->set_handler(streams_.back().get());
      servers_.push_back(connection);
    }
  }

  TwoCards& cards_;
  const Options& options_;
  Quiet quiet_;
  host::Listener* listener_ = nullptr;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<host::Connection*> clients_, servers_;
};

// Payload bytes per clock of 250 MHz that 100 Gb/s carry: timestamps take 12 bytes of a segment,
// headers 54 besides, the link 24.
double wire(std::uint32_t mss) { return 50.0 * (mss - 12) / (mss + 54 + 24); }

// The payload's part of what the wire carries, in per cent.
double print(const Options& options, const Sample& begin, const Sample& end, const Losses& losses) {
  const double cycles = static_cast<double>(end.now_ns - begin.now_ns) / sim::kClockNs;
  const double rate = static_cast<double>(end.bytes - begin.bytes) / 2 / cycles;
  std::printf("connections %u, mss %u, rings of %zu KiB, skew %zu, both directions, %s memory:\n",
              options.connections, options.mss, options.ring >> 10, options.skew,
              options.memory.c_str());
  std::printf("  cycles per data segment and direction   %8.2f\n", (options.mss - 12) / rate);
  std::printf("  cycles per frame sent, ACKs included    %8.2f\n",
              2 * cycles / static_cast<double>(end.frames - begin.frames));
  std::printf("  payload bytes per cycle and direction   %8.2f, %.1f %% of the wire's %.2f\n", rate,
              100 * rate / wire(options.mss), wire(options.mss));
  std::printf("  bytes of memory's port per cycle, reads %8.2f, writes %.2f\n",
              32 * static_cast<double>(end.read_beats - begin.read_beats) / cycles,
              32 * static_cast<double>(end.write_beats - begin.write_beats) / cycles);
  std::printf("  retransmissions since the start         %8u\n", losses.retransmits);
  std::printf("  frames dropped by a full card           %8u\n", losses.overruns);
  return 100 * rate / wire(options.mss);
}

int run(const Options& options) {
  TwoCardsOptions world;
  world.policy.mss = options.mss;
  world.capture = options.capture;
  world.runtime.queue_pair.buffer_bytes =
      std::max<std::size_t>(64UL << 20, 4 * options.ring * options.connections);
  if (const auto model = sim::memory_model(options.memory)) {
    world.memory = *model;
    if (options.read_latency != 0) world.memory.read_latency = options.read_latency;
  } else {
    std::fprintf(stderr, "bench_segments: no memory is called %s\n", options.memory.c_str());
    return 2;
  }
  const auto made = TwoCards::make(world);
  if (!made) {
    std::fprintf(stderr, "bench_segments: %s\n", made.error().c_str());
    return 1;
  }
  TwoCards& cards = **made;
  Pairs pairs(cards, options);
  Stream::go = false;
  if (!pairs.open()) {
    std::fprintf(stderr, "bench_segments: not all connections were established\n");
    return 1;
  }
  pairs.start();
  pairs.run([] { return false; }, 200);  // windows open
  const Sample begin = pairs.sample();
  const std::uint64_t target = begin.bytes + 2 * options.kilobytes * 1024 * options.connections;
  pairs.run([&] { return pairs.acknowledged() >= target; }, 1'000'000);
  const Sample end = pairs.sample();
  const double percent = print(options, begin, end, pairs.losses());
  const std::string errors = cards.simulation().errors();
  if (!errors.empty()) std::fprintf(stderr, "%s\n", errors.c_str());
  return errors.empty() && percent >= options.at_least ? 0 : 1;
}

bool set(Options& options, std::string_view key, const std::string& value) {
  const auto number = std::strtoull(value.c_str(), nullptr, 10);
  if (key == "memory") {
    options.memory = value;
  } else if (key == "read_latency") {
    options.read_latency = static_cast<std::uint32_t>(number);
  } else if (key == "ring") {
    options.ring = number << 10;
  } else if (key == "skew") {
    options.skew = number;
  } else if (key == "capture") {
    options.capture = value;
  } else if (key == "at_least") {
    options.at_least = std::strtod(value.c_str(), nullptr);
  } else {
    return false;
  }
  return true;
}

// Small and large segments of few and many connections, then one connection with PCIe.
int run_all() {
  int result = 0;
  for (const std::uint32_t connections : {1U, 4U, 16U, 64U}) {
    result |= run({.connections = connections, .mss = 64, .kilobytes = 16});
    result |= run({.connections = connections, .mss = 1460, .kilobytes = 256});
  }
  for (const std::uint32_t mss : {1460U, 4056U, 8960U}) {
    for (const std::size_t skew : {0UL, 13UL}) {
      result |= run({.mss = mss,
                     .kilobytes = 2048,
                     .memory = "pcie_gen4_x8",
                     .ring = 256 << 10,
                     .skew = skew});
    }
  }
  return result;
}

int main_of(int argc, char** argv) {
  Options options;
  int numbers = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos) {
      if (set(options, word.substr(0, equals), std::string(word.substr(equals + 1)))) continue;
      std::fprintf(stderr, "bench_segments: unknown: %s\n", argv[i]);
      return 2;
    }
    const auto number = std::strtoull(argv[i], nullptr, 10);
    if (numbers == 0) options.connections = static_cast<std::uint32_t>(number);
    if (numbers == 1) options.mss = static_cast<std::uint32_t>(number);
    if (numbers == 2) options.kilobytes = number;
    ++numbers;
  }
  return numbers != 0 ? run(options) : run_all();
}

}  // namespace
}  // namespace millrace::tests

int main(int argc, char** argv) { return millrace::tests::main_of(argc, argv); }
