// SPDX-License-Identifier: Apache-2.0
// One clock of a card: every port's model sees the card's outputs and drives its inputs, then the
// card is stepped.

#include "sim/sim_card.h"

#include <algorithm>
#include <utility>

namespace millrace::sim {
namespace {

constexpr std::uint32_t kResetClocks = 16;
// Clocks without any activity before idle_o is believed: inputs and idle_o itself pass registers.
constexpr std::uint32_t kQuietClocks = 16;
// The card compares times modulo 2^32 us: a longer jump is told in steps.
constexpr std::uint64_t kLongestTickUs = 1U << 30;

}  // namespace

SimCard::SimCard(std::unique_ptr<CardModel> model, const SimCardOptions& options)
    : model_(std::move(model)),
      pins_(model_->pins()),
      axi_(pins_.memory, memory_, options.memory, options.seed * 2 + 1),
      registers_(pins_.registers, options.memory.register_write_latency,
                 options.memory.register_read_latency),
      source_(pins_.wire_in),
      sink_(pins_.wire_out),
      random_(options.seed * 2),
      stall_(options.memory.stall),
      told_us_(options.start_us) {
  *pins_.rst_n = 0;
  *pins_.tick_us = 0;
  for (std::uint32_t i = 0; i < kResetClocks; ++i) model_->step();
  *pins_.rst_n = 1;
  model_->step();
}

void SimCard::capture(PcapngWriter* writer, std::uint32_t interface, std::uint64_t epoch_ns) {
  capture_ = writer;
  interface_ = interface;
  epoch_ns_ = epoch_ns;
}

void SimCard::inherit(const SimCard& old) {
  if (old.wire_ != &old.open_wire_) wire_ = old.wire_;
  capture_ = old.capture_;
  interface_ = old.interface_;
  epoch_ns_ = old.epoch_ns_;
}

void SimCard::set_memory_model(const MemoryModel& model) {
  axi_.set_model(model);
  stall_ = model.stall;
}

void SimCard::record(std::uint64_t now_ns, PcapngWriter::Direction direction, const Frame& frame) {
  if (watch_ != nullptr) watch_->on_frame(now_ns, direction, frame);
  if (capture_ == nullptr) return;
  capture_->write(interface_, epoch_ns_ + now_ns, direction, frame.bytes, frame.bad_fcs);
}

bool SimCard::asleep(std::uint64_t now_ns) const {
  if (killed_ || failed()) return !registers_.reading();
  return asleep_ && registers_.idle() && wake_ns() > now_ns;
}

std::uint64_t SimCard::wake_ns() const {
  if (killed_ || failed()) return kNever;
  return std::min(deadline_ns_, wire_->next_arrival_ns());
}

void SimCard::tick(std::uint64_t cycle, std::uint64_t now_ns) {
  if (killed_) return;
  asleep_ = false;
  tell_time(now_ns / 1000);
  registers_.tick(cycle);
  axi_.tick(cycle);
  exchange_frames(now_ns);
  settle();
  model_->step();
  ++counters_.clocks;
}

// A card that seems idle is told nothing for the last clocks before it is believed, so that its
// time and deadline are settled; under a wall clock time would otherwise pass in every clock.
void SimCard::tell_time(std::uint64_t now_us) {
  // Only a card that slept is that late: its ports are at rest.
  while (now_us - told_us_ > kLongestTickUs) {
    *pins_.tick_us = static_cast<std::uint32_t>(kLongestTickUs);
    told_us_ += kLongestTickUs;
    model_->step();
    ++counters_.clocks;
  }
  const bool withhold = quiet_ >= kQuietClocks / 4;
  const auto passed = withhold ? 0 : static_cast<std::uint32_t>(now_us - told_us_);
  if (passed != *pins_.tick_us) *pins_.tick_us = passed;
  told_us_ += passed;
}

void SimCard::exchange_frames(std::uint64_t now_ns) {
  const bool stalling = stall_ > 0;
  source_.settle();
  if (source_.can_load() && wire_->next_arrival_ns() <= now_ns &&
      wire_->receive(now_ns, arriving_) && !arriving_.bytes.empty()) {
    record(now_ns, PcapngWriter::Direction::kInbound, arriving_);
    ++counters_.frames_in;
    counters_.bytes_in += arriving_.bytes.size();
    source_.load(arriving_);
  }
  source_.drive(stalling && random_.chance(stall_));
  const bool held = stalling && random_.chance(stall_);
  if (sink_.tick(!held && wire_->ready(now_ns))) {
    Frame& frame = sink_.frame();
    record(now_ns, PcapngWriter::Direction::kOutbound, frame);
    ++counters_.frames_out;
    counters_.bytes_out += frame.bytes.size();
    wire_->send(now_ns, frame);
  }
}

// Looks at the outputs as they were when this clock's inputs were chosen.
void SimCard::settle() {
  const bool busy = *pins_.idle == 0 || !registers_.idle() || !axi_.idle() || !source_.idle() ||
                    !sink_.idle() || *pins_.wire_out.tvalid != 0;
  if (busy) {
    quiet_ = 0;
    return;
  }
  if (++quiet_ < kQuietClocks) return;
  quiet_ = 0;
  deadline_ns_ = kNever;
  if (*pins_.deadline_valid != 0) {
    const auto left = static_cast<std::int32_t>(*pins_.next_deadline_us - *pins_.now_us);
    if (left <= 0) return;  // due: the card must be about to act
    deadline_ns_ = (told_us_ + static_cast<std::uint64_t>(left)) * 1000;
  }
  asleep_ = true;
}

std::string SimCard::errors() const {
  std::string text = model_->failure();
  const auto add = [&text](const std::string& more) {
    if (more.empty()) return;
    if (!text.empty()) text += "; ";
    text += more;
  };
  add(sink_.error());
  for (const std::string& error : axi_.errors()) add(error);
  return text;
}

}  // namespace millrace::sim
