// SPDX-License-Identifier: Apache-2.0
// The in-memory transports.

#include "flow/memory_flow.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <memory>

namespace millrace::flow {
namespace {

class MemoryEnd;

// One direction: a ring that one end fills and the other empties.
class Ring {
 public:
  explicit Ring(std::size_t capacity) : bytes_(capacity) {}
  std::size_t push(ConstBytes bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && count_ < bytes_.size()) {
      const std::size_t at = (head_ + count_) % bytes_.size();
      const std::size_t space = std::min(bytes_.size() - at, bytes_.size() - count_);
      const std::size_t part = std::min(space, bytes.size() - taken);
      std::memcpy(bytes_.data() + at, bytes.data() + taken, part);
      taken += part;
      count_ += part;
    }
    return taken;
  }
  ConstBytes readable() const {
    return {bytes_.data() + head_, std::min(count_, bytes_.size() - head_)};
  }
  void consume(std::size_t count) {
    assert(count <= count_);
    head_ = (head_ + count) % bytes_.size();
    count_ -= count;
  }
  bool finished = false;

 private:
  std::vector<std::byte> bytes_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

// What the two ends share; end i fills ring i.
struct Pair {
  explicit Pair(std::size_t capacity) : rings{Ring(capacity), Ring(capacity)} {}
  std::array<Ring, 2> rings;
  std::array<MemoryEnd*, 2> ends{};
  std::array<std::error_code, 2> failures;
};

class MemoryEnd final : public StreamCore {
 public:
  MemoryEnd(EventLoop& loop, std::shared_ptr<Pair> pair, std::size_t side, const Endpoint& endpoint)
      : StreamCore(loop, "memory", endpoint, endpoint), pair_(std::move(pair)), side_(side) {
    pair_->ends[side_] = this;
    tells_all();
  }
  ~MemoryEnd() override { pair_->ends[side_] = nullptr; }

 private:
  Ring& out() const { return pair_->rings[side_]; }
  Ring& in() const { return pair_->rings[1 - side_]; }
  void tell_peer() {
    if (pair_->ends[1 - side_] != nullptr) pair_->ends[1 - side_]->changed();
  }

  std::size_t push(ConstBytes bytes) override {
    if (pair_->failures[side_]) return 0;
    const std::size_t count = out().push(bytes);
    acked_ += count;
    if (count > 0) tell_peer();
    return count;
  }
  ConstBytes readable() const override { return in().readable(); }
  void consume(std::size_t count) override {
    in().consume(count);
    tell_peer();
  }
  void finish() override {
    out().finished = true;
    tell_peer();
  }
  void reset() noexcept override {
    if (!pair_->failures[side_]) pair_->failures[side_] = Errc::kConnectionAborted;
    if (!pair_->failures[1 - side_]) pair_->failures[1 - side_] = Errc::kConnectionReset;
    tell_peer();
  }
  TransportState state() const override {
    TransportState now;
    now.peer_finished = in().finished;
    now.fin_acked = out().finished;
    now.failure = pair_->failures[side_];
    now.final = in().finished && out().finished;
    now.acked = acked_;
    return now;
  }

  std::shared_ptr<Pair> pair_;
  std::size_t side_;
  std::uint64_t acked_ = 0;
};

// A flow of one direction has its other direction finished from the start.
class TextSource final : public StreamCore {
 public:
  TextSource(EventLoop& loop, std::vector<std::string> texts)
      : StreamCore(loop, "memory", Endpoint::named("mem", "source"),
                   Endpoint::named("mem", "source")),
        texts_(std::move(texts)) {
    std::erase_if(texts_, [](const std::string& text) { return text.empty(); });
    finish_writing();
  }

 private:
  std::size_t push(ConstBytes) override { return 0; }
  ConstBytes readable() const override {
    if (text_ == texts_.size()) return {};
    return as_bytes(texts_[text_]).subspan(at_);
  }
  void consume(std::size_t count) override {
    at_ += count;
    if (at_ < texts_[text_].size()) return;
    at_ = 0;
    ++text_;
  }
  void finish() override {}
  void reset() noexcept override { text_ = texts_.size(); }
  TransportState state() const override {
    TransportState now;
    now.peer_finished = now.fin_acked = now.final = true;
    return now;
  }

  std::vector<std::string> texts_;
  std::size_t text_ = 0;
  std::size_t at_ = 0;
};

class TextSink final : public StreamCore {
 public:
  TextSink(EventLoop& loop, std::string& sink, std::size_t bytes_max)
      : StreamCore(loop, "memory", Endpoint::named("mem", "sink"), Endpoint::named("mem", "sink")),
        sink_(sink),
        bytes_max_(bytes_max) {}

 private:
  std::size_t push(ConstBytes bytes) override {
    const std::size_t count = std::min(bytes.size(), bytes_max_ - sink_.size());
    sink_.append(as_text(bytes.first(count)));
    full_ = count < bytes.size();
    return count;
  }
  ConstBytes readable() const override { return {}; }
  void consume(std::size_t) override {}
  void finish() override { finished_ = true; }
  void reset() noexcept override { full_ = true; }
  TransportState state() const override {
    TransportState now;
    now.peer_finished = now.final = true;
    now.fin_acked = finished_;
    if (full_) now.failure = Errc::kTooLarge;
    now.acked = sink_.size();
    return now;
  }

  std::string& sink_;
  std::size_t bytes_max_;
  bool full_ = false;
  bool finished_ = false;
};

}  // namespace

std::pair<MemoryFlow, MemoryFlow> memory_pair(EventLoop& loop, const MemoryOptions& options) {
  assert(options.capacity_bytes > 0);
  const auto pair = std::make_shared<Pair>(options.capacity_bytes);
  const Endpoint endpoint = Endpoint::named("mem", options.name);
  Ref<StreamCore> a(new MemoryEnd(loop, pair, 0, endpoint));
  Ref<StreamCore> b(new MemoryEnd(loop, pair, 1, endpoint));
  return {MemoryFlow(std::move(a)), MemoryFlow(std::move(b))};
}

MemoryFlow memory_source(EventLoop& loop, std::vector<std::string> texts) {
  return MemoryFlow(Ref<StreamCore>(new TextSource(loop, std::move(texts))));
}

MemoryFlow memory_sink(EventLoop& loop, std::string& sink, std::size_t bytes_max) {
  return MemoryFlow(Ref<StreamCore>(new TextSink(loop, sink, bytes_max)));
}

}  // namespace millrace::flow
