// SPDX-License-Identifier: Apache-2.0
// A learning Ethernet switch for several cards (IEEE 802.1D 7.7 to 7.9 without spanning tree): a
// frame goes where its destination was seen, everywhere if nowhere. From each port to each other
// runs a path with faults of its own, so that two ports can lose each other alone. Ports do not
// contend with each other for an output; a slow path has its own queue. Deterministic as Link is.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "sim/wire/line.h"
#include "sim/wire/wire.h"

namespace millrace::sim {

class Switch {
 public:
  // All paths begin with `options`; `options.seed` gives each its own generator.
  Switch(int ports, const LinkOptions& options);
  ~Switch();
  Switch(const Switch&) = delete;
  Switch& operator=(const Switch&) = delete;

  int ports() const { return static_cast<int>(ports_.size()); }
  // Lives as long as the switch.
  Wire& port(int index);

  // Changes one path for frames sent from now on; `seed` is ignored.
  void set_options(int from, int to, const LinkOptions& options);
  const LinkOptions& options(int from, int to) const;

  // Loses what is under way to this port: what was plugged in is gone.
  void clear(int port);

  const LinkCounters& counters() const { return counters_; }

 private:
  struct Path;
  class Port;
  using Mac = std::array<std::byte, 6>;

  Path& path(int from, int to);
  const Path& path(int from, int to) const;
  void forward(int from, std::uint64_t now_ns, Frame& frame);

  LinkCounters counters_;
  std::vector<std::unique_ptr<Path>> paths_;  // from * ports + to
  std::vector<std::unique_ptr<Port>> ports_;
  std::map<Mac, int> learned_;
};

}  // namespace millrace::sim
