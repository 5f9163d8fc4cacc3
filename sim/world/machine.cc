// SPDX-License-Identifier: Apache-2.0
// Bring-up, power cut, and what comes after.

#include "sim/world/machine.h"

#include <cstring>
#include <utility>

#include "sim/model/card_model.h"

namespace millrace::sim::world {

void FrameHash::add(std::span<const std::byte> bytes) {
  add(bytes.size());
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, 8);
    add(value);
  }
  for (; at < bytes.size(); ++at) add(std::to_integer<std::uint64_t>(bytes[at]));
}

Machine::Machine(std::shared_ptr<Simulation> simulation, int index, const MachinePlan& plan,
                 std::uint64_t seed, FrameHash& hash, const std::string& trace)
    : simulation_(std::move(simulation)), index_(index), plan_(plan), seed_(seed), hash_(hash) {
  simulation_->add_card(make_model(trace), card_options());
}

Machine::~Machine() { shut(); }

std::unique_ptr<CardModel> Machine::make_model(const std::string& trace) const {
  return make_small_card({.seed = seed_ + static_cast<std::uint64_t>(boots_), .trace = trace});
}

SimCardOptions Machine::card_options() const {
  return {.memory = plan_.memory, .seed = seed_ + static_cast<std::uint64_t>(boots_)};
}

void Machine::on_frame(std::uint64_t now_ns, PcapngWriter::Direction direction,
                       const Frame& frame) {
  hash_.add(now_ns);
  hash_.add(static_cast<std::uint64_t>(index_) * 4 + static_cast<std::uint64_t>(direction));
  hash_.add(frame.bytes);
}

std::expected<void, std::string> Machine::boot(flow::EventLoop& loop) {
  ++boots_;
  loop_ = &loop;
  stop_ = std::stop_source();
  device_ = std::make_unique<SimDevice>(simulation_, index_, "machine " + std::to_string(index_));
  rings_ = std::make_unique<RingWatch>(*device_);
  sim_card().watch_writes(rings_.get());
  sim_card().watch_frames(this);
  host::CardOptions options;
  options.mac = mac_of(index_);
  options.ipv4 = ipv4_of(index_);
  options.ipv6 = ipv6_of(index_);
  options.policy = plan_.policy;
  options.seed = seed_ + 1000 + static_cast<std::uint64_t>(boots_);
  auto card = host::Card::open(*rings_, options);
  if (!card) return std::unexpected(to_string(card.error()));
  card_ = std::move(*card);
  auto runtime = host::Runtime::open(*card_, plan_.runtime);
  if (!runtime) return std::unexpected(to_string(runtime.error()));
  runtime_ = std::move(*runtime);
  baseline_.free_connections = card_->free_connections().value_or(0);
  baseline_.free_buffer_bytes = runtime_->free_buffer_bytes();
  baseline_.frames_in = sim_card().counters().frames_in;  // the card was enabled before the read
  source_ = std::make_unique<flow::ToeSource>(*runtime_, true);
  loop.add(*source_);
  cut_ = false;
  return {};
}

void Machine::cut() {
  cut_ = true;
  device_->kill();
  stop_.request_stop();
}

void Machine::shut() {
  if (source_) loop_->remove(*source_);
  source_.reset();
  runtime_.reset();
  card_.reset();
  if (rings_) {
    sim_card().watch_writes(nullptr);
    sim_card().watch_frames(nullptr);
    for (const std::string& error : rings_->errors()) old_errors_ += error + "; ";
  }
  rings_.reset();
  device_.reset();
}

void Machine::replace() {
  if (const std::string errors = sim_card().errors(); !errors.empty()) old_errors_ += errors + "; ";
  shut();
  simulation_->replace_card(index_, make_model({}), card_options());
}

std::string Machine::errors() const {
  std::string text = old_errors_;
  if (rings_) {
    for (const std::string& error : rings_->errors()) text += error + "; ";
  }
  return text;
}

}  // namespace millrace::sim::world
