// SPDX-License-Identifier: Apache-2.0
// Learning, forwarding and flooding.

#include "sim/wire/switch.h"

#include <algorithm>
#include <utility>

namespace millrace::sim {
namespace {

constexpr std::size_t kAddressesBytes = 12;

}  // namespace

struct Switch::Path {
  Path(const LinkOptions& first, LinkCounters& counters, std::uint64_t stream)
      : options(first), line(options, counters, stream) {}
  LinkOptions options;
  Line line;
};

class Switch::Port final : public Wire {
 public:
  Port(Switch& owner, int index) : owner_(owner), index_(index) {}

  bool ready(std::uint64_t now_ns) const override {
    for (int to = 0; to < owner_.ports(); ++to) {
      if (to != index_ && !owner_.path(index_, to).line.ready(now_ns)) return false;
    }
    return true;
  }
  void send(std::uint64_t now_ns, Frame& frame) override {
    owner_.forward(index_, now_ns, frame);
    frame.bytes.clear();
    frame.bad_fcs = false;
  }
  std::uint64_t next_arrival_ns() const override {
    std::uint64_t first = kNever;
    for (int from = 0; from < owner_.ports(); ++from) {
      if (from != index_) first = std::min(first, owner_.path(from, index_).line.next_arrival_ns());
    }
    return first;
  }
  bool receive(std::uint64_t now_ns, Frame& frame) override {
    int from = -1;
    std::uint64_t first = kNever;
    for (int i = 0; i < owner_.ports(); ++i) {
      if (i == index_) continue;
      const std::uint64_t arrival = owner_.path(i, index_).line.next_arrival_ns();
      if (arrival < first) {
        first = arrival;
        from = i;
      }
    }
    return from >= 0 && owner_.path(from, index_).line.receive(now_ns, frame);
  }

 private:
  Switch& owner_;
  int index_;
};

Switch::Switch(int ports, const LinkOptions& options) {
  for (int i = 0; i < ports * ports; ++i) {
    LinkOptions own = options;
    own.seed = options.seed * 64 + static_cast<std::uint64_t>(i);
    paths_.push_back(std::make_unique<Path>(own, counters_, 0));
  }
  for (int i = 0; i < ports; ++i) ports_.push_back(std::make_unique<Port>(*this, i));
}

Switch::~Switch() = default;

Wire& Switch::port(int index) { return *ports_[static_cast<std::size_t>(index)]; }

Switch::Path& Switch::path(int from, int to) {
  return *paths_[static_cast<std::size_t>(from) * ports_.size() + static_cast<std::size_t>(to)];
}

const Switch::Path& Switch::path(int from, int to) const {
  return *paths_[static_cast<std::size_t>(from) * ports_.size() + static_cast<std::size_t>(to)];
}

void Switch::set_options(int from, int to, const LinkOptions& options) {
  path(from, to).options = options;
}

const LinkOptions& Switch::options(int from, int to) const { return path(from, to).options; }

void Switch::clear(int port) {
  for (int from = 0; from < ports(); ++from) path(from, port).line.clear();
  std::erase_if(learned_, [port](const auto& entry) { return entry.second == port; });
}

void Switch::forward(int from, std::uint64_t now_ns, Frame& frame) {
  if (frame.bytes.size() < kAddressesBytes) return;
  Mac destination;
  Mac source;
  std::copy_n(frame.bytes.begin(), destination.size(), destination.begin());
  std::copy_n(frame.bytes.begin() + destination.size(), source.size(), source.begin());
  learned_[source] = from;
  const bool group = (destination[0] & std::byte{1}) != std::byte{0};
  const auto known = learned_.find(destination);
  if (!group && known != learned_.end()) {
    if (known->second != from) path(from, known->second).line.send(now_ns, frame);
    return;
  }
  for (int to = 0; to < ports(); ++to) {
    if (to == from) continue;
    Frame copy = frame;
    path(from, to).line.send(now_ns, copy);
  }
}

}  // namespace millrace::sim
