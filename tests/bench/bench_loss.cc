// SPDX-License-Identifier: Apache-2.0
// Figure 2 of the design under loss: payload from one card to another over a link of 100 Gb/s that
// loses frames both ways, for round-trip times, loss rates, numbers of connections and congestion
// controls, beside the ideal selective-repeat bound. Simulated time; exact and repeatable.
//   bench_loss [--json FILE] [--rtt US] [--loss PERCENT] [--connections N] [--cc NAME]
//              [--seed N] [--mss BYTES] [--megabytes N] [--verbose]
// Each of the middle four restricts the table to one value.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/system/two_cards.h"

namespace millrace::tests {
namespace {

constexpr double kLineGbps = 100;
constexpr double kCyclesPerUs = 250;
constexpr std::uint32_t kTcpOptions = 0x100;  // registers of hw/contract/toe.toml
constexpr std::uint32_t kCongestionControl = 0x104;
constexpr std::uint32_t kAskForEcn = 0x10;
constexpr const char* kNames[] = {"newreno", "cubic", "dctcp"};

struct Setting {
  std::uint32_t rtt_us = 10;
  double loss_percent = 0;
  std::uint32_t connections = 1;
  std::uint32_t cc = 1;
  std::uint32_t mss = 1460;
  std::uint64_t seed = 1;
  double megabytes = 100;  // measured, unless that takes a second of simulated time

  // Room for several windows of the path for all connections together, so that a hole is repaired
  // before the ring is full; at most what a ring can have.
  std::size_t ring_bytes() const {
    const double path_bytes = kLineGbps * 1e3 / 8 * rtt_us;
    std::size_t bytes = 64 << 10;
    while (static_cast<double>(bytes) * connections < 4 * path_bytes) bytes *= 2;
    return std::min<std::size_t>(bytes, 16 << 20);
  }

  // Every frame that arrives is new payload, none is sent that was not lost: the line's payload
  // times 1 - p; at most one window per round trip.
  double bound_gbps() const {
    const double line = kLineGbps * mss / (mss + 54 + 24);
    const double windows = static_cast<double>(ring_bytes()) * 8 * connections / rtt_us / 1e3;
    return std::min(line, windows) * (1 - loss_percent / 100);
  }
};

struct Result {
  double gbps = 0;
  double bytes_per_cycle = 0;
  std::uint64_t bytes = 0;
  double microseconds = 0;
  std::uint32_t segments = 0, retransmits = 0, timeouts = 0, recoveries = 0;
  std::uint64_t lost = 0;  // frames of the link, both directions
  double wall_seconds = 0;
};

struct Quiet final : host::ListenerHandler {
  void on_event(host::Listener& /*listener*/) noexcept override {}
};

// Sends without end, or takes all that comes.
class Pump final : public host::ConnectionHandler {
 public:
  explicit Pump(bool sends) : sends_(sends) {}
  void on_event(host::Connection& connection) noexcept override {
    if (connection.readable_bytes() != 0) connection.consume(connection.readable().size());
    if (sends_) connection.commit(connection.writable().size());
  }

 private:
  bool sends_;
};

class Bench {
 public:
  explicit Bench(const Setting& setting) : setting_(setting) {}

  std::optional<Result> run() {
    const auto start = std::chrono::steady_clock::now();
    if (!open() || !connect()) return std::nullopt;
    // From here on frames are lost. The windows find their level.
    sim::LinkOptions link = cards_->link().options();
    link.loss = setting_.loss_percent / 100;
    cards_->link().set_options(link);
    for (host::Connection* client : clients_) client->commit(client->writable().size());
    pass(30, setting_.megabytes * 0.5e6, 300'000);
    const Sample begin = sample();
    pass(20, setting_.megabytes * 1e6, 1'000'000);
    const Sample end = sample();
    const std::string errors = cards_->simulation().errors();
    if (!errors.empty()) {
      std::fprintf(stderr, "%s\n", errors.c_str());
      return std::nullopt;
    }
    Result result;
    result.bytes = end.bytes - begin.bytes;
    result.microseconds = static_cast<double>(end.now_us - begin.now_us);
    result.gbps = static_cast<double>(result.bytes) * 8 / result.microseconds / 1e3;
    result.bytes_per_cycle =
        static_cast<double>(result.bytes) / (result.microseconds * kCyclesPerUs);
    const auto counted = end.counters.since(begin.counters);
    result.segments = counted[contract::Counter::kTxTcpSegments];
    result.retransmits = counted[contract::Counter::kTxRetransmits];
    result.timeouts = counted[contract::Counter::kTxRto];
    result.recoveries = counted[contract::Counter::kTxFastRetransmits];
    result.lost = end.lost - begin.lost;
    result.wall_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

  // All counters of the sender that moved, for looking closer.
  void print_counters() {
    for (int side = 0; side < 2; ++side) {
      const auto counters = cards_->card(side).counters();
      for (std::size_t i = 0; i < contract::kCounters.size(); ++i) {
        if (counters->values[i] == 0) continue;
        std::printf("  card %d %s %u\n", side, std::string(contract::kCounters[i].name).c_str(),
                    counters->values[i]);
      }
    }
  }

 private:
  struct Sample {
    std::uint64_t now_us = 0;
    std::uint64_t bytes = 0;
    host::CounterSnapshot counters;
    std::uint64_t lost = 0;
  };

  bool open() {
    TwoCardsOptions options;
    options.seed = setting_.seed;
    options.policy.mss = setting_.mss;
    options.link.seed = setting_.seed;
    options.link.delay_ns = std::uint64_t{setting_.rtt_us} * 500;
    options.link.queue_bytes = 64 << 20;
    options.runtime.queue_pair.buffer_bytes =
        std::max<std::size_t>(2 * setting_.ring_bytes() * setting_.connections, 4 << 20);
    auto made = TwoCards::make(options);
    if (!made) {
      std::fprintf(stderr, "bench_loss: %s\n", made.error().c_str());
      return false;
    }
    cards_ = std::move(*made);
    for (int side = 0; side < 2; ++side) {
      host::Device& device = cards_->device(side);
      const auto policy = device.read_register(kTcpOptions);
      if (!policy || !device.write_register(kCongestionControl, setting_.cc)) return false;
      const std::uint32_t ecn = setting_.cc == 2 ? kAskForEcn : 0;
      if (!device.write_register(kTcpOptions, *policy | ecn)) return false;
    }
    return true;
  }

  bool connect() {
    host::ListenOptions listen{.port = 7, .backlog = setting_.connections};
    listen.tx_size = 64 << 10;
    listen.rx_size = setting_.ring_bytes();
    auto listener = cards_->runtime(1).listen(listen, quiet_);
    if (!listener) return false;
    const auto turn = [&] {
      while (host::Connection* connection = (*listener)->accept()) {
        pumps_.push_back(std::make_unique<Pump>(false));
        connection->set_handler(pumps_.back().get());
        servers_.push_back(connection);
      }
    };
    const std::uint32_t wanted = setting_.connections;
    if (!cards_->run([&] { return (*listener)->posted() == wanted; }, turn, 100'000)) return false;
    for (std::uint32_t i = 0; i < wanted; ++i) {
      pumps_.push_back(std::make_unique<Pump>(true));
      host::ConnectOptions to{.remote = {TwoCards::kIp[1], 7}};
      to.tx_size = setting_.ring_bytes();
      to.rx_size = 64 << 10;
      auto client = cards_->runtime(0).connect(to, *pumps_.back());
      if (!client) return false;
      clients_.push_back(*client);
      // The first asks for the peer's MAC address, once for all.
      const auto established = [&] { return (*client)->established(); };
      if (i == 0 && !cards_->run(established, turn, 1'000'000)) return false;
    }
    return cards_->run([&] { return servers_.size() == wanted; }, turn, 5'000'000);
  }

  std::uint64_t received() const {
    std::uint64_t bytes = 0;
    for (const host::Connection* server : servers_) bytes += server->bytes_received();
    return bytes;
  }

  Sample sample() {
    Sample sample;
    sample.now_us = cards_->device(0).now_us();
    sample.bytes = received();
    sample.counters = *cards_->card(0).counters();
    sample.lost = cards_->link().counters().lost;
    return sample;
  }

  // At least so many round trips, then until so many bytes or microseconds have passed.
  void pass(std::uint32_t rounds, double bytes, std::uint64_t limit_us) {
    cards_->run([] { return false; }, std::uint64_t{rounds} * setting_.rtt_us);
    const std::uint64_t target = received() + static_cast<std::uint64_t>(bytes);
    cards_->run([&] { return received() >= target; }, limit_us);
  }

  Setting setting_;
  std::unique_ptr<TwoCards> cards_;
  Quiet quiet_;
  std::vector<std::unique_ptr<Pump>> pumps_;
  std::vector<host::Connection*> clients_;
  std::vector<host::Connection*> servers_;
};

struct Arguments {
  std::optional<std::uint32_t> rtt, connections, cc;
  std::optional<double> loss;
  std::uint32_t mss = 1460;
  std::uint64_t seed = 1;
  double megabytes = 100;
  std::string json;
  bool verbose = false;
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--verbose") {
      arguments.verbose = true;
      continue;
    }
    if (i + 1 == argc) return std::nullopt;
    const std::string value = argv[++i];
    const auto number = static_cast<std::uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
    if (name == "--json") {
      arguments.json = value;
    } else if (name == "--rtt") {
      arguments.rtt = number;
    } else if (name == "--loss") {
      arguments.loss = std::strtod(value.c_str(), nullptr);
    } else if (name == "--connections") {
      arguments.connections = number;
    } else if (name == "--mss") {
      arguments.mss = number;
    } else if (name == "--megabytes") {
      arguments.megabytes = number;
    } else if (name == "--seed") {
      arguments.seed = number;
    } else if (name == "--cc") {
      const auto* found = std::find(std::begin(kNames), std::end(kNames), value);
      if (found == std::end(kNames)) return std::nullopt;
      arguments.cc = static_cast<std::uint32_t>(found - std::begin(kNames));
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

// The table, or the one value where one is named.
std::vector<Setting> table(const Arguments& arguments) {
  const auto values = [](const auto& named, auto all) {
    return named ? decltype(all){*named} : all;
  };
  std::vector<Setting> settings;
  for (const auto cc : values(arguments.cc, std::vector<std::uint32_t>{1, 0, 2})) {
    for (const auto rtt : values(arguments.rtt, std::vector<std::uint32_t>{10, 1000})) {
      for (const auto connections :
           values(arguments.connections, std::vector<std::uint32_t>{1, 32})) {
        for (const auto loss : values(arguments.loss, std::vector<double>{0, 0.01, 0.1, 1})) {
          settings.push_back(
              {rtt, loss, connections, cc, arguments.mss, arguments.seed, arguments.megabytes});
        }
      }
    }
  }
  return settings;
}

void write_json(std::FILE* file, const Setting& s, const Result& r, bool first) {
  std::fprintf(file,
               "%s\n  {\"cc\": \"%s\", \"rtt_us\": %u, \"connections\": %u, "
               "\"loss_percent\": %g, \"mss\": %u, \"seed\": %llu, \"ring_bytes\": %zu, "
               "\"gbps\": %.3f, \"bytes_per_cycle\": %.3f, \"bound_gbps\": %.3f, "
               "\"segments\": %u, \"retransmits\": %u, \"timeouts\": %u, \"lost\": %llu}",
               first ? "" : ",", kNames[s.cc], s.rtt_us, s.connections, s.loss_percent, s.mss,
               static_cast<unsigned long long>(s.seed), s.ring_bytes(), r.gbps, r.bytes_per_cycle,
               s.bound_gbps(), r.segments, r.retransmits, r.timeouts,
               static_cast<unsigned long long>(r.lost));
}

int run(const Arguments& arguments) {
  std::FILE* json = nullptr;
  if (!arguments.json.empty()) {
    json = std::fopen(arguments.json.c_str(), "w");
    if (json == nullptr) {
      std::fprintf(stderr, "bench_loss: cannot write %s\n", arguments.json.c_str());
      return 1;
    }
    std::fprintf(json, "[");
  }
  std::printf("%-8s %7s %5s %6s %9s %8s %8s %8s %7s %6s %6s %6s %7s\n", "cc", "rtt us", "conns",
              "loss %", "Gbit/s", "B/cycle", "bound", "of bound", "seg", "re", "lost", "rto",
              "wall s");
  bool first = true;
  for (const Setting& setting : table(arguments)) {
    Bench bench(setting);
    const auto result = bench.run();
    if (!result) {
      std::fprintf(stderr, "bench_loss: a run failed\n");
      return 1;
    }
    std::printf("%-8s %7u %5u %6g %9.3f %8.3f %8.3f %7.1f%% %7u %6u %6llu %6u %7.1f\n",
                kNames[setting.cc], setting.rtt_us, setting.connections, setting.loss_percent,
                result->gbps, result->bytes_per_cycle, setting.bound_gbps(),
                100 * result->gbps / setting.bound_gbps(), result->segments, result->retransmits,
                static_cast<unsigned long long>(result->lost), result->timeouts,
                result->wall_seconds);
    std::fflush(stdout);
    if (arguments.verbose) bench.print_counters();
    if (json != nullptr) write_json(json, setting, *result, first);
    first = false;
  }
  if (json != nullptr) {
    std::fprintf(json, "\n]\n");
    std::fclose(json);
  }
  return 0;
}

}  // namespace
}  // namespace millrace::tests

int main(int argc, char** argv) {
  const auto arguments = millrace::tests::parse(argc, argv);
  if (!arguments) {
    std::fprintf(stderr,
                 "usage: bench_loss [--json FILE] [--rtt US] [--loss PERCENT]\n"
                 "       [--connections N] [--cc NAME] [--mss BYTES] [--seed N]\n"
                 "       [--megabytes N] [--verbose]\n");
    return 2;
  }
  return millrace::tests::run(*arguments);
}
