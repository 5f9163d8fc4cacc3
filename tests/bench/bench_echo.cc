// SPDX-License-Identifier: Apache-2.0
// Instructions and cache misses of a 64-byte echo by the host, over a null card, with few and with
// 65,536 flows. Measures itself under callgrind's simulation of caches (32 KiB of 8 ways, and 1 MiB
// of 16 ways as the last level; lines of 64 bytes); the figures repeat on every run of one build.
//   bench_echo                                   runs itself under valgrind and prints a table
//   bench_echo BY FLOWS BATCH ROUNDS             one measurement: BY is flows or runtime

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/bench/null_echo.h"

namespace {

using millrace::bench::NullEcho;

constexpr std::uint32_t kRounds = 1024;

int measure(NullEcho::By by, std::uint32_t flows, std::uint32_t batch, std::uint32_t rounds) {
  NullEcho world(flows, by);
  const auto doorbells = world.doorbells();
  const auto reads = world.reads();
  const auto echoed = world.echoed();
  for (std::uint32_t i = 0; i < rounds; ++i) world.round(batch);
  const bool one_write = world.doorbells() == doorbells + rounds && world.reads() == reads;
  world.round(1);  // the last batch's entries reach the card
  const bool all = world.echoed() - echoed >= std::uint64_t{rounds} * batch;
  if (!one_write) std::fprintf(stderr, "not one register write for each batch\n");
  if (!all) std::fprintf(stderr, "echoes are missing\n");
  return one_write && all ? 0 : 1;
}

struct Figures {
  double instructions = 0;
  double first_level = 0;
  double last_level = 0;
};

// What callgrind collected in host_part(): "summary: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw",
// without zeros at the end.
bool collect(const std::string& self, const std::string& by, std::uint32_t flows,
             std::uint32_t batch, std::uint32_t rounds, std::array<double, 9>& sums) {
  const std::string file = "/tmp/millrace_bench_echo." + std::to_string(getpid());
  const std::string command =
      "valgrind -q --log-file=/dev/null --tool=callgrind --cache-sim=yes --I1=32768,8,64 "
      "--D1=32768,8,64 "
      "--LL=1048576,16,64 --toggle-collect='*host_part*' --callgrind-out-file=" +
      file + " " + self + " " + by + " " + std::to_string(flows) + " " + std::to_string(batch) +
      " " + std::to_string(rounds);
  if (std::system(command.c_str()) != 0) return false;
  std::FILE* const in = std::fopen(file.c_str(), "r");
  if (in == nullptr) return false;
  std::array<char, 4096> line{};
  bool found = false;
  while (std::fgets(line.data(), line.size(), in) != nullptr) {
    double* s = sums.data();
    found = found || std::sscanf(line.data(), "summary: %lf %lf %lf %lf %lf %lf %lf %lf %lf", s,
                                 s + 1, s + 2, s + 3, s + 4, s + 5, s + 6, s + 7, s + 8) > 0;
  }
  std::fclose(in);
  std::remove(file.c_str());
  return found;
}

// The difference of two counts of rounds, so that opening the flows is not counted.
bool figures_of(const std::string& self, const std::string& by, std::uint32_t flows,
                std::uint32_t batch, Figures& figures) {
  std::array<double, 9> once{};
  std::array<double, 9> thrice{};
  if (!collect(self, by, flows, batch, kRounds, once)) return false;
  if (!collect(self, by, flows, batch, 3 * kRounds, thrice)) return false;
  const auto each = [&](std::size_t i) { return (thrice[i] - once[i]) / (2.0 * kRounds * batch); };
  figures = {each(0), each(4) + each(5), each(7) + each(8)};
  return true;
}

int table(const std::string& self) {
  std::printf("%-8s %6s %6s %13s %11s %11s\n", "by", "flows", "batch", "instructions", "D1 misses",
              "LL misses");
  for (const char* by : {"runtime", "flows"}) {
    for (const std::uint32_t flows : {64U, 65536U}) {
      Figures figures;
      if (!figures_of(self, by, flows, 16, figures)) return 1;
      std::printf("%-8s %6u %6u %13.1f %11.2f %11.2f\n", by, flows, 16U, figures.instructions,
                  figures.first_level, figures.last_level);
      std::fflush(stdout);
    }
  }
  return 0;
}

std::uint32_t number(const char* text) {
  std::uint32_t value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) return table(argv[0]);
  if (argc != 5 || number(argv[2]) == 0) {
    std::fprintf(stderr, "bench_echo [flows|runtime FLOWS BATCH ROUNDS]\n");
    return 2;
  }
  const bool flows = std::string_view(argv[1]) == "flows";
  return measure(flows ? NullEcho::By::kFlows : NullEcho::By::kRuntime, number(argv[2]),
                 number(argv[3]), number(argv[4]));
}
