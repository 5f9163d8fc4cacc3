// SPDX-License-Identifier: Apache-2.0
// A full-duplex link between two cards, with the faults of a network. Deterministic: each direction
// draws from its own generator, so the same seed and the same frames at the same times give the
// same deliveries.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/random.h"
#include "sim/wire/wire.h"

namespace millrace::sim {

struct LinkOptions {
  double mac_gbps = 100;   // speed of the cards' MACs: faster sending is held back
  double rate_gbps = 100;  // speed of the narrowest place; below mac_gbps a queue builds there
  std::uint64_t delay_ns = 1000;        // one way, from the last bit sent to the last bit received
  std::uint64_t queue_bytes = 1 << 20;  // what the narrowest place holds; frames beyond are dropped
  double loss = 0;                      // probability per frame, as are the next three
  double reorder = 0;                   // delayed by reorder_ns more, so that later frames overtake
  double duplicate = 0;                 // delivered twice, the second time reorder_ns later
  double corrupt = 0;                   // one bit flipped
  std::uint64_t reorder_ns = 5000;
  // A damaged frame is handed on as if its FCS were right, so that the checksums of IP and TCP must
  // find it; true lets the MAC find it. Frames other than IPv4 have no checksum of their own and
  // are always marked.
  bool mark_corrupt = false;
  std::uint64_t seed = 1;
};

struct LinkCounters {
  std::uint64_t frames = 0;      // sent, both directions
  std::uint64_t delivered = 0;   // duplicates count
  std::uint64_t lost = 0;        // by `loss`
  std::uint64_t overflowed = 0;  // dropped because the queue was full
  std::uint64_t reordered = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t corrupted = 0;
};

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
  class Direction;
  class End;

  LinkOptions options_;
  LinkCounters counters_;
  std::unique_ptr<Direction> directions_[2];
  std::unique_ptr<End> ends_[2];
};

}  // namespace millrace::sim
