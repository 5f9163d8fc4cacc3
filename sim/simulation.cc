// SPDX-License-Identifier: Apache-2.0
// Time: which cards are clocked, when quiet time is jumped or slept over.

#include "sim/simulation.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "sim/wire/tap.h"

namespace millrace::sim {
namespace {

// Clocks between two looks at wires from outside: a system call each.
constexpr std::uint64_t kPollCycles = 64;

std::uint64_t read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

struct Simulation::WakeFlag {
  std::atomic<bool> raised{false};
  int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  ~WakeFlag() { ::close(fd); }
};

Simulation::Simulation() : wake_(std::make_unique<WakeFlag>()) {}

Simulation::~Simulation() = default;

int Simulation::add_card(std::unique_ptr<CardModel> model, const SimCardOptions& options) {
  cards_.push_back(std::make_unique<SimCard>(std::move(model), options));
  return cards() - 1;
}

void Simulation::replace_card(int index, std::unique_ptr<CardModel> model,
                              const SimCardOptions& options) {
  SimCardOptions now = options;
  now.start_us = now_ns_ / 1000;
  auto card = std::make_unique<SimCard>(std::move(model), now);
  card->inherit(*cards_[index]);
  cards_[index] = std::move(card);
}

Switch& Simulation::add_switch(const LinkOptions& options) {
  switches_.push_back(std::make_unique<Switch>(cards(), options));
  for (int i = 0; i < cards(); ++i) card(i).plug(switches_.back()->port(i));
  return *switches_.back();
}

Link& Simulation::add_link(int card_a, int card_b, const LinkOptions& options) {
  links_.push_back(std::make_unique<Link>(options));
  card(card_a).plug(links_.back()->end(0));
  card(card_b).plug(links_.back()->end(1));
  return *links_.back();
}

ScriptWire& Simulation::add_script(int card_index) {
  auto wire = std::make_unique<ScriptWire>();
  ScriptWire& result = *wire;
  wires_.push_back(std::move(wire));
  card(card_index).plug(result);
  return result;
}

std::expected<void, std::string> Simulation::add_tap(int card_index, const std::string& name) {
  auto tap = TapWire::open(name);
  if (!tap) return std::unexpected(tap.error());
  card(card_index).plug(**tap);
  wires_.push_back(std::move(*tap));
  use_wall_clock();
  return {};
}

std::expected<void, std::string> Simulation::add_capture(int card_index, const std::string& path) {
  const auto same = std::find_if(captures_.begin(), captures_.end(),
                                 [&path](const auto& one) { return one->path() == path; });
  PcapngWriter* writer = same != captures_.end() ? same->get() : nullptr;
  if (writer == nullptr) {
    auto opened = PcapngWriter::open(path);
    if (!opened) return std::unexpected(opened.error());
    writer = opened->get();
    captures_.push_back(std::move(*opened));
  }
  const std::uint32_t interface = writer->add_interface("card" + std::to_string(card_index));
  card(card_index).capture(writer, interface, epoch_ns_);
  return {};
}

void Simulation::flush_captures() {
  for (const auto& capture : captures_) capture->flush();
}

void Simulation::use_wall_clock() {
  if (wall_) return;
  wall_ = true;
  wall_start_ns_ = read_clock(CLOCK_MONOTONIC) - now_ns_;
  epoch_ns_ = read_clock(CLOCK_REALTIME) - now_ns_;
}

void Simulation::read_wall_clock() {
  now_ns_ = std::max(now_ns_, read_clock(CLOCK_MONOTONIC) - wall_start_ns_);
}

void Simulation::poll_wires() {
  for (const auto& wire : wires_) wire->poll();
}

void Simulation::clock_awake_cards() {
  for (const auto& card : cards_) {
    if (!card->asleep(now_ns_)) card->tick(counters_.cycles, now_ns_);
  }
  ++counters_.cycles;
}

bool Simulation::advance(std::uint64_t limit_ns) {
  if (wall_) {
    read_wall_clock();
    if (counters_.cycles % kPollCycles == 0) poll_wires();
  }
  bool awake = false;
  for (const auto& card : cards_) awake |= !card->asleep(now_ns_);
  if (awake) {
    clock_awake_cards();
    if (!wall_) now_ns_ += kClockNs;
    return true;
  }
  std::uint64_t next = limit_ns;
  for (const auto& card : cards_) next = std::min(next, card->wake_ns());
  if (wall_) {
    sleep_until(next);
    return true;
  }
  if (next == kNever) return false;
  if (next > now_ns_) {
    now_ns_ = next;
    ++counters_.jumps;
  }
  return true;
}

void Simulation::run_us(std::uint64_t us) {
  const std::uint64_t limit_ns = now_ns_ + us * 1000;
  while (now_ns_ < limit_ns && advance(limit_ns)) {
  }
}

void Simulation::sleep_until(std::uint64_t wake_ns) {
  flush_captures();
  std::vector<pollfd> fds{{wake_->fd, POLLIN, 0}};
  for (const auto& wire : wires_) {
    if (wire->poll_fd() >= 0) fds.push_back({wire->poll_fd(), POLLIN, 0});
  }
  read_wall_clock();
  timespec timeout{3600, 0};
  if (wake_ns != kNever) {
    const std::uint64_t left = wake_ns > now_ns_ ? wake_ns - now_ns_ : 0;
    timeout.tv_sec = static_cast<time_t>(std::min<std::uint64_t>(left / 1'000'000'000u, 3600));
    timeout.tv_nsec = static_cast<long>(left % 1'000'000'000u);
  }
  ++counters_.sleeps;
  ::ppoll(fds.data(), fds.size(), &timeout, nullptr);
  read_wall_clock();
  poll_wires();
}

std::uint64_t Simulation::host_writes() const {
  std::uint64_t total = 0;
  for (const auto& card : cards_) total += card->memory_counters().write_bursts;
  return total;
}

void Simulation::wake() {
  if (wake_->raised.exchange(true)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_->fd, &one, sizeof one);
}

bool Simulation::take_wake() {
  if (!wake_->raised.load(std::memory_order_relaxed)) return false;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_->fd, &count, sizeof count);
  wake_->raised.store(false);
  return true;
}

void Simulation::sleep_for_wake(int milliseconds) {
  pollfd fd{wake_->fd, POLLIN, 0};
  ::poll(&fd, 1, milliseconds);
}

std::string Simulation::errors() const {
  std::string text;
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    const std::string errors = cards_[i]->errors();
    if (errors.empty()) continue;
    if (!text.empty()) text += "; ";
    text += "card " + std::to_string(i) + ": " + errors;
  }
  return text;
}

}  // namespace millrace::sim
