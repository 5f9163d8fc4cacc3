// SPDX-License-Identifier: Apache-2.0
// Bring-up, the passing of time, and the neighbours of the card that are not the script's business.

#include "tests/scripts/runner/world.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "sim/model/card_model.h"
#include "sim/testing/frames.h"

namespace millrace::script {
namespace {

// What the card may need to do all that one event of a script causes; it ends sooner when idle.
constexpr std::int64_t kSettleUs = 100;
// Never: the script's card needs no questions whether it lives.
constexpr std::uint64_t kNoQuestionsUs = std::uint64_t{1} << 60;
constexpr std::uint32_t kOtherIpv4 = 0xC0000201;  // of a card whose script speaks IPv6
constexpr std::size_t kLeastBufferBytes = 16U << 20;
constexpr std::size_t kLargeConnections = 16;  // that there is room for, however large the rings

}  // namespace

std::expected<std::unique_ptr<World>, std::string> World::make(const Settings& settings,
                                                               const std::string& capture) {
  std::unique_ptr<World> world(new World(settings));
  if (const auto wrong = world->bring_up(capture)) return std::unexpected(*wrong);
  return world;
}

World::~World() {
  runtime_.reset();
  card_.reset();
}

std::optional<std::string> World::bring_up(const std::string& capture) {
  const auto memory = sim::memory_model(settings_.memory);
  if (!memory) return "--memory=" + settings_.memory + ": no such memory model";
  simulation_ = std::make_shared<sim::Simulation>();
  simulation_->add_card(sim::make_verilated_card({.seed = settings_.seed, .trace = {}}),
                        {.memory = *memory, .seed = settings_.seed});
  wire_ = &simulation_->add_script(0);
  if (!capture.empty()) {
    if (const auto made = simulation_->add_capture(0, capture); !made) return made.error();
  }
  device_ = std::make_unique<sim::SimDevice>(simulation_, 0, "the script's card");
  host::CardOptions options;
  options.mac = kCardMac;
  const host::IpAddress own = host_address(settings_.local_ip);
  options.ipv4 = own.is_ipv4() ? own.ipv4() : kOtherIpv4;
  if (!own.is_ipv4() && !own.is_link_local()) options.ipv6 = own;
  if (settings_.gateway) {
    const host::IpAddress router = host_address(*settings_.gateway);
    if (router.is_ipv4()) {
      options.gateway = router.ipv4();
    } else {
      options.ipv6_gateway = router;
    }
  }
  options.vlan = settings_.vlan;
  options.policy = settings_.policy;
  options.seed = settings_.seed;
  auto card = host::Card::open(*device_, options);
  if (!card) return host::to_string(card.error()) + simulation_->errors();
  card_ = std::move(*card);
  for (const auto& [offset, value] : settings_.registers) {
    if (!device_->write_register(offset, value)) return "a register could not be written";
  }
  host::RuntimeOptions runtime_options;
  const std::size_t rings = std::size_t{settings_.rx_buffer} + settings_.tx_buffer;
  runtime_options.queue_pair.buffer_bytes =
      std::bit_ceil(std::max(kLeastBufferBytes, kLargeConnections * rings));
  runtime_options.liveness_interval_us = kNoQuestionsUs;
  auto runtime = host::Runtime::open(*card_, runtime_options);
  if (!runtime) return host::to_string(runtime.error()) + simulation_->errors();
  runtime_ = std::move(*runtime);
  const auto counted = card_->counters();
  if (!counted) return host::to_string(counted.error());
  counted_ = *counted;
  const auto free = register_value("free_connections");
  if (!free) return free.error();
  free_ = *free;
  // Scripts begin at a whole millisecond, so that their times are easy to find in a capture.
  const std::uint64_t start_us = (simulation_->now_ns() / 1'000'000 + 1) * 1000;
  while (simulation_->now_ns() < start_us * 1000) simulation_->advance(start_us * 1000);
  start_ns_ = static_cast<std::int64_t>(start_us) * 1000;
  return std::nullopt;
}

bool World::step(std::int64_t limit_us) {
  const std::int64_t limit = start_ns_ + limit_us * 1000;
  const bool passed = simulation_->advance(static_cast<std::uint64_t>(limit));
  take_frames();
  take_news();
  return passed;
}

void World::settle() {
  const std::int64_t until = now_us() + kSettleUs;
  kick();
  while (now_us() < until && failure().empty()) {
    if (simulation_->card(0).asleep(simulation_->now_ns()) && runtime_->poll() == 0) break;
    step(until);
  }
}

void World::kick() {
  runtime_->wait(runtime_->now_us());
  runtime_->poll();
  runtime_->flush();
  take_frames();
  if (listener_ != nullptr) listener_->on_host_news();
}

void World::take_news() {
  const std::uint64_t writes = simulation_->host_writes();
  if (writes == writes_seen_) return;
  writes_seen_ = writes;
  runtime_->poll();
  if (listener_ != nullptr) listener_->on_host_news();
  runtime_->flush();
}

void World::inject(const Bytes& frame, bool bad_fcs) {
  inject_tagged(frame, bad_fcs, settings_.vlan ? std::int32_t{*settings_.vlan} : -1);
}

void World::inject_tagged(Bytes frame, bool bad_fcs, std::int32_t tag) {
  if (tag >= 0) add_tag(frame, static_cast<std::uint16_t>(tag));
  wire_->inject(frame, 0, bad_fcs);
}

void World::take_frames() {
  auto& frames = wire_->sent();
  while (!frames.empty()) {
    auto frame = std::move(frames.front());
    frames.pop_front();
    if (take_tag(frame.bytes) != settings_.vlan && failure_.empty()) {
      failure_ = "the card sent a frame without its tag, or with another";
    }
    const auto at = static_cast<std::int64_t>(frame.time_ns);
    take_frame((at - start_ns_) / 1000, frame.bytes);
  }
}

void World::take_frame(std::int64_t time_us, const Bytes& frame) {
  if (is_arp(frame)) return answer_arp(frame);
  std::string wrong;
  if (is_neighbour(frame)) {
    const auto neighbour = decode_neighbour(frame);
    if (neighbour) return answer_solicitation(*neighbour);
    wrong = neighbour.error();
  } else {
    auto segment = decode(frame);
    if (segment) {
      sent_.push_back({time_us, std::move(*segment), frame});
      if (listener_ != nullptr) listener_->on_segment(sent_.back().segment);
      return;
    }
    wrong = segment.error();
  }
  if (failure_.empty()) failure_ = "the card sent a frame that is wrong: " + wrong;
}

// RFC 826. The script's network has one neighbour, which answers for every address.
void World::answer_arp(const Bytes& frame) {
  constexpr std::size_t kOperation = 20;
  constexpr std::size_t kTarget = 38;
  if (!settings_.answer_arp || sim::read_be(frame, kOperation, 2) != 1) return;
  const sim::Host neighbour{kRemoteMac, sim::read_be(frame, kTarget, 4)};
  const sim::Host card{kCardMac, card_->options().ipv4};
  if (neighbour.ipv4 == card.ipv4) return;  // the card announces itself
  inject(sim::arp_reply(neighbour, card));
}

// RFC 4861 7.2.4, likewise.
void World::answer_solicitation(const Neighbour& question) {
  if (!settings_.answer_arp || !question.solicitation) return;
  if (question.target == settings_.local_ip || question.target == question.source) return;
  inject(encode_advertisement(question, kRemoteMac, kCardMac));
}

void World::write_register(std::uint32_t offset, std::uint32_t value) {
  if (!device_->write_register(offset, value) && failure_.empty()) {
    failure_ = "a register could not be written";
  }
}

std::expected<std::uint32_t, std::string> World::counter(const std::string& name) {
  const auto now = card_->counters();
  if (!now) return std::unexpected(host::to_string(now.error()));
  const auto since = now->since(counted_);
  for (std::size_t i = 0; i < contract::kCounters.size(); ++i) {
    if (name == contract::kCounters[i].name) return since.values[i];
  }
  return std::unexpected("no counter is called " + name);
}

std::expected<std::uint32_t, std::string> World::register_value(const std::string& name) {
  for (const auto& known : contract::kRegisters) {
    if (name != known.name) continue;
    const auto value = device_->read_register(known.offset);
    if (!value) return std::unexpected("register " + name + " cannot be read");
    return *value;
  }
  return std::unexpected("no register is called " + name);
}

std::expected<std::uint32_t, std::string> World::connections_left() {
  listener_ = nullptr;
  runtime_.reset();
  simulation_->run_us(kSettleUs);
  const auto free = register_value("free_connections");
  if (!free) return std::unexpected(free.error());
  return free_ - *free;
}

std::string World::failure() const {
  std::string errors = simulation_->errors();
  if (!errors.empty()) return errors;
  if (!failure_.empty()) return failure_;
  if (runtime_ == nullptr || !runtime_->failure()) return {};
  return host::to_string(*runtime_->failure());
}

}  // namespace millrace::script
