// SPDX-License-Identifier: Apache-2.0
// Runs seed after seed. A world that fails is run again with a capture, which also shows whether it
// repeats.

#include "flow/cli/world.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sim/world/world.h"

namespace millrace::flow::cli {
namespace {

using sim::world::run_world;
using sim::world::WorldFigures;
using sim::world::WorldOptions;
using sim::world::WorldResult;

std::string command_of(std::uint64_t seed) { return fmt::format("millrace world --seed {}", seed); }

// What a crash leaves behind: the command that repeats it, made before as a handler cannot.
char crash_words[128];

void set_crash_words(std::uint64_t seed) {
  const std::string words = "\nworld crashed; repeat: " + command_of(seed) + "\n";
  std::memcpy(crash_words, words.c_str(), std::min(words.size() + 1, sizeof crash_words - 1));
}

void on_crash(int signal) {
  [[maybe_unused]] const auto written =
      ::write(STDERR_FILENO, crash_words, std::strlen(crash_words));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// Says what went wrong and leaves a capture.
void tell_failure(const WorldCommand& command, std::uint64_t seed, const WorldResult& result) {
  fmt::print(stderr, "world {} ({}) failed {}\n  repeat: {}\n", seed, result.what, result.failure,
             command_of(seed));
  if (command.capture_on_failure.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(command.capture_on_failure, ignored);
  const std::string path =
      command.capture_on_failure + "/world_" + std::to_string(seed) + ".pcapng";
  const WorldResult again = run_world({.seed = seed, .capture = path, .trace = {}});
  fmt::print(stderr, "  capture: {}\n", path);
  fmt::print(stderr, "  waveform: configure with -DMILLRACE_TRACE=ON, then {} --trace wave\n",
             command_of(seed));
  if (again.hash != result.hash) fmt::print(stderr, "  IT DOES NOT REPEAT: other frames came\n");
}

void print_figures(const WorldFigures& f, std::uint64_t worlds, std::uint64_t failures,
                   double seconds) {
  fmt::print("{} worlds, {} failed, {:.1f} s, {:.1f} worlds/s\n", worlds, failures, seconds,
             static_cast<double>(worlds) / seconds);
  fmt::print("connections: {} opened, {} attempts failed, {} accepted\n", f.connected,
             f.unconnected, f.accepted);
  fmt::print("             {} ends of simultaneous opens\n", f.simultaneous);
  fmt::print("ends: {} graceful, {} broken, {} of peers gone unnoticed; {} deadlines passed\n",
             f.graceful, f.broken, f.cancelled, f.deadlines);
  fmt::print("frames: {} sent, {} lost; {} segments sent again, {} timeouts\n", f.frames, f.lost,
             f.retransmits, f.timeouts);
  fmt::print("{} bytes read, {} power cuts, {} memory stalls, {} clocks, {:.1f} s simulated\n",
             f.bytes, f.power_cuts, f.stalls, f.clocks, static_cast<double>(f.time_us) / 1e6);
}

void print_json(const WorldFigures& f, std::uint64_t worlds, std::uint64_t failures,
                double seconds) {
  const nlohmann::json json = {{"worlds", worlds},
                               {"failed", failures},
                               {"seconds", seconds},
                               {"connected", f.connected},
                               {"unconnected", f.unconnected},
                               {"accepted", f.accepted},
                               {"simultaneous", f.simultaneous},
                               {"graceful", f.graceful},
                               {"broken", f.broken},
                               {"cancelled", f.cancelled},
                               {"deadlines", f.deadlines},
                               {"frames", f.frames},
                               {"lost", f.lost},
                               {"retransmits", f.retransmits},
                               {"timeouts", f.timeouts},
                               {"bytes", f.bytes},
                               {"power_cuts", f.power_cuts},
                               {"stalls", f.stalls},
                               {"clocks", f.clocks},
                               {"simulated_us", f.time_us}};
  fmt::print("{}\n", json.dump());
}

}  // namespace

Outcome run_worlds(const WorldCommand& command) {
  const auto start = std::chrono::steady_clock::now();
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE}) std::signal(signal, on_crash);
  WorldFigures total;
  std::uint64_t failures = 0;
  std::uint64_t worlds = 0;
  for (std::uint64_t seed = command.from; worlds < command.seeds; ++seed) {
    set_crash_words(seed);
    const WorldOptions options{seed, command.capture, command.trace, command.story};
    WorldResult result = run_world(options);
    ++worlds;
    if (command.twice && result.failure.empty()) {
      if (run_world({.seed = seed, .capture = {}, .trace = {}}).hash != result.hash) {
        result.failure = "to repeat itself: the same seed gave other frames";
      }
    }
    total.add(result.figures);
    if (result.failure.empty()) continue;
    tell_failure(command, seed, result);
    if (++failures > command.keep_going) break;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  (command.json ? print_json : print_figures)(total, worlds, failures, took.count());
  if (failures == 0) return {};
  return {ExitCode::kFailed, fmt::format("{} of {} worlds failed", failures, worlds)};
}

}  // namespace millrace::flow::cli
