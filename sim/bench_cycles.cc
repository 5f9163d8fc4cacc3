// SPDX-License-Identifier: Apache-2.0
// How fast the simulation is, and what the cards do per clock: two linked cards send each other a
// pattern.
//   bench_cycles [connections] [bytes per connection and direction] [both|one] [sim: URI]
// Prints one line per figure: name, value, unit.

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

#include "sim/sim_uri.h"
#include "sim/testing/ring_host.h"

namespace millrace::sim {
namespace {

constexpr Host kHosts[2] = {{{0x02, 0, 0, 0, 0, 1}, 0x0A000001},
                            {{0x02, 0, 0, 0, 0, 2}, 0x0A000002}};
constexpr std::uint16_t kPort = 7777;

struct Bench {
  SimPair pair;
  std::unique_ptr<RingHost> hosts[2];

  template <typename Done>
  bool run(Done done) {
    while (!done()) {
      bool busy = hosts[0]->poll();
      busy |= hosts[1]->poll();
      if (!hosts[0]->error().empty() || !hosts[1]->error().empty()) return false;
      if (!busy && !pair.devices[0]->wait(pair.devices[0]->now_us() + 10'000'000)) return false;
    }
    return true;
  }

  std::uint64_t received() {
    std::uint64_t bytes = 0;
    for (auto& host : hosts) {
      for (const auto& connection : host->connections()) bytes += connection.received;
    }
    return bytes;
  }

  std::uint64_t clocks() {
    return pair.simulation->card(0).counters().clocks + pair.simulation->card(1).counters().clocks;
  }
};

// Of this process: on a shared machine the wall clock says little.
double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void print(const char* name, double value, const char* unit) {
  std::printf("%-34s %14.3f %s\n", name, value, unit);
}

bool establish(Bench& bench, std::uint32_t connections) {
  RingHost& server = *bench.hosts[1];
  RingHost& client = *bench.hosts[0];
  server.listen(kPort, connections);
  if (!bench.run([&] { return server.connections().size() == connections; })) return false;
  const std::uint64_t settled = bench.pair.devices[0]->now_us() + 50 + connections;
  if (!bench.run([&] {
        (void)bench.pair.devices[0]->wait(settled);
        return bench.pair.devices[0]->now_us() >= settled;
      })) {
    return false;
  }
  for (std::uint32_t i = 0; i < connections; ++i) {
    if (!bench.run([&] { return client.room() > 0; })) return false;
    client.connect(kHosts[1].ipv4, kPort);
  }
  return bench.run([&] {
    for (const auto& host : bench.hosts) {
      for (const auto& connection : host->connections()) {
        if (!connection.established) return false;
      }
    }
    return true;
  });
}

int fail(Bench& bench) {
  std::fprintf(stderr, "bench_cycles: %s %s %s\n", bench.hosts[0]->error().c_str(),
               bench.hosts[1]->error().c_str(), bench.pair.simulation->errors().c_str());
  return 1;
}

int run(std::uint32_t connections, std::uint64_t bytes, bool both, const char* uri) {
  const auto options = parse_sim_uri(uri);
  auto pair = options ? open_sim_pair(*options) : std::unexpected(options.error());
  if (!pair) {
    std::fprintf(stderr, "bench_cycles: %s\n", pair.error().c_str());
    return 1;
  }
  Bench bench{std::move(*pair), {}};
  for (int i = 0; i < 2; ++i) {
    bench.hosts[i] = std::make_unique<RingHost>(*bench.pair.devices[i], kHosts[i], connections);
    if (!bench.hosts[i]->bring_up()) return fail(bench);
  }
  if (!establish(bench, connections)) return fail(bench);

  const std::uint64_t cycles = bench.pair.simulation->cycle();
  const std::uint64_t clocks = bench.clocks();
  const std::uint64_t frames = bench.pair.link->counters().frames;
  const double start = cpu_seconds();
  for (std::uint32_t i = 0; i < connections; ++i) {
    bench.hosts[0]->send(i, bytes, false);
    if (both) bench.hosts[1]->send(i, bytes, false);
  }
  const std::uint64_t total = bytes * connections * (both ? 2 : 1);
  if (!bench.run([&] { return bench.received() == total; })) return fail(bench);
  const double took = cpu_seconds() - start;

  const auto passed = static_cast<double>(bench.pair.simulation->cycle() - cycles);
  const auto evaluated = static_cast<double>(bench.clocks() - clocks);
  print("cycles", passed, "");
  print("processor time", took, "s");
  print("world speed, two cards", passed / took / 1e3, "kcycles/s");
  print("card speed", evaluated / took / 1e3, "kclocks/s");
  print("payload per cycle and direction", static_cast<double>(total) / passed / (both ? 2 : 1),
        "bytes");
  print("frames", static_cast<double>(bench.pair.link->counters().frames - frames), "");
  print("goodput in processor time", static_cast<double>(total) / took / 1e6, "MB/s");
  const std::string errors = bench.pair.simulation->errors();
  if (!errors.empty()) return fail(bench);
  return 0;
}

}  // namespace
}  // namespace millrace::sim

int main(int argc, char** argv) {
  const auto connections = static_cast<std::uint32_t>(argc > 1 ? std::atoi(argv[1]) : 4);
  const std::uint64_t bytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  const bool both = argc <= 3 || std::string(argv[3]) == "both";
  return millrace::sim::run(connections, bytes, both, argc > 4 ? argv[4] : "sim:");
}
