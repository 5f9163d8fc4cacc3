// SPDX-License-Identifier: Apache-2.0
// What a world is made of, drawn from its seed before it begins.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "flow/toe_flow.h"
#include "host/card.h"
#include "host/runtime.h"
#include "sim/bus/memory_model.h"
#include "sim/wire/line.h"

namespace millrace::sim::world {

struct ServerPlan {
  std::uint16_t port = 0;
  flow::ToeListenOptions listen;
  bool restless = false;  ///< stops listening now and then
};

struct MachinePlan {
  host::Policy policy;
  host::RuntimeOptions runtime;
  MemoryModel memory;
  std::vector<ServerPlan> servers;
  int clients = 0;
  int attempts = 0;       ///< connections that each client tries
  bool restless = false;  ///< the memory slows down and stalls at times
};

enum class Weather : std::uint8_t {
  kCalm,     ///< nothing is ever lost, late or damaged
  kSteady,   ///< the same faults all the time
  kChanging  ///< faults come and go, links fail
};

struct Plan {
  std::uint64_t seed = 0;
  std::vector<MachinePlan> machines;
  LinkOptions link;
  Weather weather = Weather::kCalm;
  int power_cuts = 0;
  int twins = 0;              ///< pairs of clients that open one connection from both ends
  std::uint64_t largest = 0;  ///< bytes of a stream
  double ipv6 = 0;            ///< share of the connections that use it
};

inline constexpr std::uint16_t kFirstPort = 1000;
inline constexpr std::uint16_t kClosedPort = 999;
inline constexpr std::uint32_t kNetwork = 0x0A000000;  ///< machine i is .1 + i
inline constexpr int kNobody = 98;                     ///< no machine has this number

using Mac = std::array<std::uint8_t, 6>;

/// The addresses of a machine.
constexpr std::uint32_t ipv4_of(int machine) {
  return kNetwork + 1 + static_cast<std::uint32_t>(machine);
}
constexpr host::IpAddress ipv6_of(int machine) {
  return host::IpAddress::ipv6({0xFD000000, 0, 0, 1 + static_cast<std::uint32_t>(machine)});
}
constexpr Mac mac_of(int machine) {
  return {2, 0, 0, 0, 0, static_cast<std::uint8_t>(machine + 1)};
}

Plan draw_plan(std::uint64_t seed);
class Draw;
/// What an application asks of one connection.
host::ConnectionOptions draw_options(Draw& draw, Weather weather);
/// A few words for people.
std::string describe(const Plan& plan);

}  // namespace millrace::sim::world
