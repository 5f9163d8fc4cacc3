// SPDX-License-Identifier: Apache-2.0
// One direction of a wire with the faults of a network: what links and switches are made of.
// Deterministic: every frame draws the same numbers from the line's own generator, whatever becomes
// of it.

#pragma once

#include <cstdint>
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

class Line {
 public:
  // Borrows both. Lines of one seed differ by `stream`.
  Line(const LinkOptions& options, LinkCounters& counters, std::uint64_t stream)
      : options_(options), counters_(counters), random_(options.seed * 2 + stream) {}

  // False while the line is so far behind that the MAC must hold the next frame back.
  bool ready(std::uint64_t now_ns) const;

  // Takes the content of `frame`.
  void send(std::uint64_t now_ns, Frame& frame);

  std::uint64_t next_arrival_ns() const {
    return heap_.empty() ? kNever : heap_.front().arrival_ns;
  }
  // As Wire::receive().
  bool receive(std::uint64_t now_ns, Frame& frame);

  // What is under way is lost.
  void clear();

 private:
  struct Flying {
    std::uint64_t arrival_ns;
    std::uint64_t order;
    Frame frame;
  };

  static bool later(const Flying& a, const Flying& b) {
    return a.arrival_ns != b.arrival_ns ? a.arrival_ns > b.arrival_ns : a.order > b.order;
  }
  void deliver(std::uint64_t arrival_ns, Frame& frame);
  void corrupt(Frame& frame, std::uint64_t where);

  const LinkOptions& options_;
  LinkCounters& counters_;
  Random random_;
  std::uint64_t mac_free_ps_ = 0;
  std::uint64_t mac_fifo_bytes_ = 0;
  std::uint64_t line_free_ps_ = 0;
  std::uint64_t order_ = 0;
  std::vector<Flying> heap_;
  std::vector<Frame> free_;
};

}  // namespace millrace::sim
