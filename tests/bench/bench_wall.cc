// SPDX-License-Identifier: Apache-2.0
// Time of 64-byte messages, in one run: flows over a null card against the kernel's loopback.
// Processor time of the one thread, because a wall clock also measures what else the machine does;
// it still depends on the machine, so the ratios at the end compare what was measured side by side.
// Never an assertion.
//
// One message each: a flow's echo (read and write) beside a send and a recv of the kernel. An echo
// server of many connections each: flows in a batch beside epoll, where only the server's part is
// timed (epoll_wait, recv, send), not the clients'.

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/null_echo.h"

namespace {

using millrace::bench::kMessage;
using millrace::bench::NullEcho;
using Message = std::array<std::byte, kMessage>;

// A connection over the loopback interface: {client, server}.
std::pair<int, int> loopback_pair() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, generic, length) != 0 || ::listen(listener, 1) != 0 ||
      ::getsockname(listener, generic, &length) != 0) {
    std::abort();
  }
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(client, generic, length) != 0) std::abort();
  const int server = ::accept(listener, nullptr, nullptr);
  const int on = 1;
  for (const int fd : {client, server}) {
    if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) std::abort();
  }
  ::close(listener);
  return {client, server};
}

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void send_all(int fd, const Message& message) {
  if (::send(fd, message.data(), message.size(), 0) != std::ssize(message)) std::abort();
}
void receive_all(int fd, Message& message) {
  if (::recv(fd, message.data(), message.size(), MSG_WAITALL) != std::ssize(message)) std::abort();
}

void loopback_send_recv(benchmark::State& state) {
  const auto [client, server] = loopback_pair();
  Message message{};
  for ([[maybe_unused]] const auto _ : state) {
    send_all(client, message);
    receive_all(server, message);
  }
  state.SetItemsProcessed(state.iterations());
  ::close(client);
  ::close(server);
}
BENCHMARK(loopback_send_recv)->Name("kernel_send_recv");

void epoll_echo(benchmark::State& state) {
  const auto connections = static_cast<std::size_t>(state.range(0));
  std::vector<std::pair<int, int>> pairs;
  const int poller = ::epoll_create1(0);
  for (std::size_t i = 0; i < connections; ++i) {
    pairs.push_back(loopback_pair());
    epoll_event event{.events = EPOLLIN, .data = {.fd = pairs.back().second}};
    if (::epoll_ctl(poller, EPOLL_CTL_ADD, pairs.back().second, &event) != 0) std::abort();
  }
  std::vector<epoll_event> events(connections);
  Message message{};
  for ([[maybe_unused]] const auto _ : state) {
    for (const auto& [client, server] : pairs) send_all(client, message);
    const double start = thread_seconds();
    for (std::size_t done = 0; done < connections;) {
      const int ready = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        receive_all(fd, message);
        send_all(fd, message);
      }
      done += static_cast<std::size_t>(ready);
    }
    state.SetIterationTime(thread_seconds() - start);
    for (const auto& [client, server] : pairs) receive_all(client, message);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(connections));
  for (const auto& [client, server] : pairs) {
    ::close(client);
    ::close(server);
  }
  ::close(poller);
}
BENCHMARK(epoll_echo)->Arg(1)->Arg(64)->UseManualTime();

// The null card's part is in the time.
void null_echo(benchmark::State& state, NullEcho::By by) {
  const auto flows = static_cast<std::uint32_t>(state.range(0));
  const auto batch = static_cast<std::uint32_t>(state.range(1));
  NullEcho world(flows, by);
  for ([[maybe_unused]] const auto _ : state) world.round(batch);
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK_CAPTURE(null_echo, flows, NullEcho::By::kFlows)
    ->Args({1, 1})
    ->Args({64, 64})
    ->Args({65536, 64});
BENCHMARK_CAPTURE(null_echo, runtime, NullEcho::By::kRuntime)
    ->Args({1, 1})
    ->Args({64, 64})
    ->Args({65536, 64});

// Remembers the time of an item of each benchmark.
class Remember final : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const auto rate = run.counters.find("items_per_second");
      if (rate != run.counters.end()) ns_[run.benchmark_name()] = 1e9 / rate->second.value;
    }
    ConsoleReporter::ReportRuns(runs);
  }
  void print_ratio(const char* kernel, const char* ours) const {
    const auto a = ns_.find(kernel);
    const auto b = ns_.find(ours);
    if (a == ns_.end() || b == ns_.end()) return;
    std::printf("%-32s %8.1f ns  /  %-28s %8.1f ns  =  %5.1f\n", kernel, a->second, ours, b->second,
                a->second / b->second);
  }

 private:
  std::map<std::string, double> ns_;
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  Remember reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  std::printf("\nTime of the kernel for a message, over that of ours:\n");
  reporter.print_ratio("kernel_send_recv", "null_echo/flows/1/1");
  reporter.print_ratio("epoll_echo/1/manual_time", "null_echo/flows/1/1");
  reporter.print_ratio("epoll_echo/64/manual_time", "null_echo/flows/64/64");
  reporter.print_ratio("epoll_echo/64/manual_time", "null_echo/flows/65536/64");
  reporter.print_ratio("epoll_echo/64/manual_time", "null_echo/runtime/64/64");
  benchmark::Shutdown();
  return 0;
}
