// SPDX-License-Identifier: Apache-2.0
// Two lines, one for each direction.

#include "sim/wire/link.h"

namespace millrace::sim {

class Link::End final : public Wire {
 public:
  End(Line& outgoing, Line& incoming) : outgoing_(outgoing), incoming_(incoming) {}

  bool ready(std::uint64_t now_ns) const override { return outgoing_.ready(now_ns); }
  void send(std::uint64_t now_ns, Frame& frame) override {
    outgoing_.send(now_ns, frame);
    frame.bytes.clear();
    frame.bad_fcs = false;
  }
  std::uint64_t next_arrival_ns() const override { return incoming_.next_arrival_ns(); }
  bool receive(std::uint64_t now_ns, Frame& frame) override {
    return incoming_.receive(now_ns, frame);
  }

 private:
  Line& outgoing_;
  Line& incoming_;
};

Link::Link(const LinkOptions& options) : options_(options) {
  for (int i = 0; i < 2; ++i) directions_[i] = std::make_unique<Line>(options_, counters_, i);
  for (int i = 0; i < 2; ++i) {
    ends_[i] = std::make_unique<End>(*directions_[i], *directions_[1 - i]);
  }
}

Link::~Link() = default;

Wire& Link::end(int index) { return *ends_[index]; }

}  // namespace millrace::sim
