// SPDX-License-Identifier: Apache-2.0
// A full-duplex link between two cards, with the faults of a network. Deterministic: each direction
// draws from its own generator, so the same seed and the same frames at the same times give the
// same deliveries.

#pragma once

#include <cstdint>
#include <memory>

#include "sim/wire/line.h"
#include "sim/wire/wire.h"

namespace millrace::sim {

class Link {
 public:
  explicit Link(const LinkOptions& options);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // End 0 or 1; lives as long as the link.
  Wire& end(int index);

  const LinkCounters& counters() const { return counters_; }

  // Changes the faults, rate and delay for frames sent from now on; the generators keep their
  // state, `seed` is ignored.
  void set_options(const LinkOptions& options) { options_ = options; }
  const LinkOptions& options() const { return options_; }

 private:
  class End;

  LinkOptions options_;
  LinkCounters counters_;
  std::unique_ptr<Line> directions_[2];
  std::unique_ptr<End> ends_[2];
};

}  // namespace millrace::sim
