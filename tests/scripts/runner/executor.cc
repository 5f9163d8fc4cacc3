// SPDX-License-Identifier: Apache-2.0
// Event after event: passes time, injects, compares, calls.

#include "tests/scripts/runner/executor.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "tests/scripts/runner/expectations.h"
#include "tests/scripts/runner/flows.h"
#include "tests/scripts/runner/matcher.h"
#include "tests/scripts/runner/print.h"
#include "tests/scripts/runner/settings.h"
#include "tests/scripts/runner/sockets.h"
#include "tests/scripts/runner/world.h"

namespace millrace::script {
namespace {

using Failure = std::optional<ScriptError>;

// How long `*` waits for a segment.
constexpr std::int64_t kAnyTimeUs = 600'000'000;

class Run final : public WorldListener {
 public:
  Run(World& world, const Script& script)
      : world_(world), script_(script), sockets_(world, states_), flows_(world.settings()) {
    world_.set_listener(this);
  }
  ~Run() { world_.set_listener(nullptr); }

  Failure run();
  const StateObserver& states() const { return states_; }

  void on_segment(const Segment& segment) override { states_.on_segment(segment); }
  void on_host_news() override {
    sockets_.update();
    retry_blocked();
  }

 private:
  struct Blocked {
    const Event* event;
    const Call* call;
    Progress progress;
    std::int64_t ends_us;
    bool done = false;
    Failure failure = std::nullopt;
  };

  Failure fail(const Event& event, const std::string& expected, const std::string& came) const;
  Failure problem() const;
  Failure advance_to(std::int64_t us);
  Failure check_blocked();
  Failure check_unexpected(std::int64_t at_us) const;
  void retry_blocked();
  Failure judge(const Event& event, const Call& call, const Outcome& outcome) const;
  std::int64_t start_of(const When& when) const;
  Failure execute(const Event& event);
  Failure inject(const Event& event, const Packet& packet);
  Failure expect(const Event& event, const Packet& packet);
  Failure call(const Event& event, const Call& call);
  Failure command(const Event& event, const Command& command);
  Failure finish();
  std::string shown(const SentSegment& sent) const;
  void note_time_wait_over();

  World& world_;
  const Script& script_;
  StateObserver states_;
  Sockets sockets_;
  Flows flows_;
  std::vector<std::unique_ptr<Blocked>> blocked_;
  const Event* current_ = nullptr;
  std::int64_t last_us_ = 0;  // the time of the last event, as the script gives it
  std::int64_t free_at_start_ = 0;
};

std::string Run::shown(const SentSegment& sent) const {
  return seconds(sent.time_us) + " " + flows_.shown(sent.segment);
}

Failure Run::fail(const Event& event, const std::string& expected, const std::string& came) const {
  return ScriptError{event.line, "expected: " + expected + "\n  came:     " + came};
}

// The card or its host went wrong by itself.
Failure Run::problem() const {
  const std::string failure = world_.failure();
  if (failure.empty()) return std::nullopt;
  return ScriptError{current_ == nullptr ? 0 : current_->line, failure};
}

void Run::retry_blocked() {
  for (auto& blocked : blocked_) {
    if (blocked->done) continue;
    const auto outcome = sockets_.attempt(*blocked->call, blocked->progress, true);
    if (outcome && outcome->blocked) continue;
    blocked->done = true;
    if (!outcome) {
      blocked->failure = ScriptError{blocked->event->line, outcome.error()};
      continue;
    }
    blocked->failure = judge(*blocked->event, *blocked->call, *outcome);
    const std::int64_t late = world_.now_us() - blocked->ends_us;
    if (!blocked->failure && std::abs(late) > world_.settings().tolerance_us) {
      blocked->failure = fail(
          *blocked->event, to_string(*blocked->call) + " returns at " + seconds(blocked->ends_us),
          "returned at " + seconds(world_.now_us()));
    }
  }
}

Failure Run::check_blocked() {
  for (auto& blocked : blocked_) {
    if (blocked->failure) return blocked->failure;
    const std::int64_t latest = blocked->ends_us + world_.settings().tolerance_us;
    if (!blocked->done && world_.now_us() > latest) {
      return fail(*blocked->event,
                  to_string(*blocked->call) + " returns at " + seconds(blocked->ends_us),
                  "still blocked at " + seconds(world_.now_us()));
    }
  }
  std::erase_if(blocked_, [](const auto& one) { return one->done; });
  return std::nullopt;
}

Failure Run::advance_to(std::int64_t us) {
  while (world_.now_us() < us) {
    world_.step(us);
    if (auto wrong = check_blocked()) return wrong;
    if (auto wrong = problem()) return wrong;
  }
  return std::nullopt;
}

// A segment that came well before `at_us` and that no event was for.
Failure Run::check_unexpected(std::int64_t at_us) const {
  if (world_.sent().empty()) return std::nullopt;
  const SentSegment& sent = world_.sent().front();
  if (sent.time_us + world_.settings().tolerance_us >= at_us) return std::nullopt;
  return ScriptError{current_->line, "expected: no segment before " + seconds(at_us) +
                                         "\n  came:     " + shown(sent)};
}

std::int64_t Run::start_of(const When& when) const {
  const bool absolute =
      when.kind == When::Kind::kAbsolute || when.kind == When::Kind::kAbsoluteRange;
  return absolute ? when.from : last_us_ + when.from;
}

Failure Run::execute(const Event& event) {
  current_ = &event;
  if (const auto* packet = std::get_if<Packet>(&event.what)) {
    if (packet->direction == Direction::kExpect) return expect(event, *packet);
  }
  const std::int64_t at =
      event.when.kind == When::Kind::kAny ? world_.now_us() : start_of(event.when);
  if (auto wrong = advance_to(at)) return wrong;
  last_us_ = at;
  world_.settle();
  if (auto wrong = problem()) return wrong;
  if (auto wrong = check_unexpected(at)) return wrong;
  if (const auto* packet = std::get_if<Packet>(&event.what)) return inject(event, *packet);
  if (const auto* what = std::get_if<Call>(&event.what)) return call(event, *what);
  return command(event, std::get<Command>(event.what));
}

Failure Run::inject(const Event& event, const Packet& packet) {
  const auto frame = flows_.frame_of(packet);
  if (!frame) return ScriptError{event.line, frame.error()};
  const auto [remote, local] = flows_.ports(packet.peer);
  const bool handshake = states_.state(remote, local) == State::kSynReceived &&
                         states_.passive(remote, local) && (packet.flags & kRst) != 0;
  const auto before = handshake ? world_.counter("rx_resets") : std::uint32_t{0};
  if (packet.vlan) {
    world_.inject_tagged(*frame, packet.bad_fcs, *packet.vlan);
  } else {
    world_.inject(*frame, packet.bad_fcs);
  }
  if (!handshake) return std::nullopt;
  world_.settle();
  const auto after = world_.counter("rx_resets");
  if (before && after && *after != *before) states_.on_relisten(remote, local);
  return std::nullopt;
}

Failure Run::expect(const Event& event, const Packet& packet) {
  const When& when = event.when;
  const std::int64_t tolerance = world_.settings().tolerance_us;
  const bool any = when.kind == When::Kind::kAny;
  const std::int64_t from = any ? world_.now_us() : start_of(when);
  const std::int64_t to = any ? from + kAnyTimeUs : from + (when.to - when.from);
  while (world_.sent().empty() && world_.now_us() <= to + tolerance) {
    const bool passed = world_.step(to + tolerance + 1);
    if (auto wrong = check_blocked()) return wrong;
    if (auto wrong = problem()) return wrong;
    if (!passed) break;
  }
  const std::string expected = (any ? std::string("*") : seconds(from)) +
                               (to == from || any ? "" : "~" + seconds(to)) + " " +
                               to_string(packet);
  if (world_.sent().empty()) {
    return fail(event, expected, "no segment until " + seconds(world_.now_us()));
  }
  const SentSegment sent = world_.sent().front();
  world_.sent().pop_front();
  if (const auto wrong = flows_.difference(packet, sent.segment)) {
    return fail(event, expected, shown(sent) + "\n  " + *wrong);
  }
  const bool early = !any && sent.time_us < from - tolerance;
  if (early || sent.time_us > to + tolerance) {
    return fail(event, expected, shown(sent) + "\n  time: tolerance is " + seconds(tolerance));
  }
  const bool exact = when.kind == When::Kind::kAbsolute || when.kind == When::Kind::kRelative;
  last_us_ = exact ? from : sent.time_us;
  return std::nullopt;
}

Failure Run::judge(const Event& event, const Call& call, const Outcome& outcome) const {
  if (!call.result) return std::nullopt;
  if (outcome.result == *call.result && outcome.error == call.error) return std::nullopt;
  std::string came = std::to_string(outcome.result);
  if (!outcome.error.empty()) came += " " + outcome.error;
  return fail(event, to_string(call), came);
}

Failure Run::call(const Event& event, const Call& call) {
  const bool wait = event.when.end.has_value();
  if (wait) {
    const std::int64_t ends = last_us_ + (*event.when.end - event.when.from);
    blocked_.push_back(std::make_unique<Blocked>(Blocked{&event, &call, {}, ends}));
    retry_blocked();
    world_.kick();
    return check_blocked();
  }
  Progress progress;
  auto outcome = sockets_.attempt(call, progress, false);
  if (outcome && outcome->blocked) {
    world_.settle();
    outcome = sockets_.attempt(call, progress, false);
  }
  world_.kick();
  if (!outcome) return ScriptError{event.line, outcome.error()};
  if (outcome->blocked) *outcome = {.blocked = false, .result = -1, .error = "EAGAIN"};
  return judge(event, call, *outcome);
}

Failure Run::command(const Event& event, const Command& command) {
  note_time_wait_over();
  for (const auto& words : command.statements) {
    if (words.front() == "forget") {
      flows_.forget(words);
      continue;
    }
    if (const auto wrong = check_expectation(words, world_, sockets_, states_, flows_)) {
      return ScriptError{event.line, *wrong};
    }
  }
  return std::nullopt;
}

// TIME-WAIT ends in silence; that it did shows in the number of free connections.
void Run::note_time_wait_over() {
  const std::size_t waiting = states_.count(State::kTimeWait);
  if (waiting == 0) return;
  const auto free = world_.register_value("free_connections");
  if (!free) return;
  const auto used = free_at_start_ - static_cast<std::int64_t>(*free);
  const auto others = static_cast<std::int64_t>(states_.living() - waiting + sockets_.posted());
  if (used == others) states_.on_time_wait_over();
}

Failure Run::finish() {
  const std::int64_t tolerance = world_.settings().tolerance_us;
  std::int64_t until = std::max(world_.now_us(), last_us_) + tolerance;
  for (const auto& blocked : blocked_) until = std::max(until, blocked->ends_us + tolerance + 1);
  if (auto wrong = advance_to(until)) return wrong;
  if (!world_.sent().empty()) {
    return ScriptError{current_ == nullptr ? 0 : current_->line,
                       "expected: nothing more\n  came:     " + shown(world_.sent().front())};
  }
  note_time_wait_over();
  return std::nullopt;
}

Failure Run::run() {
  if (const auto free = world_.register_value("free_connections")) free_at_start_ = *free;
  for (const auto& event : script_.events) {
    if (auto wrong = execute(event)) return wrong;
  }
  return finish();
}

}  // namespace

namespace {

// Every connection of a script that is over is free again, those apart that end by time alone.
Failure check_left(World& world, std::size_t may_stay) {
  const auto left = world.connections_left();
  if (!left) return ScriptError{0, left.error()};
  if (const std::string failure = world.failure(); !failure.empty()) {
    return ScriptError{0, "after the end of the script: " + failure};
  }
  if (*left <= may_stay) return std::nullopt;
  return ScriptError{0, "after the end of the script " + std::to_string(*left) +
                            " connections are not free, " + std::to_string(may_stay) +
                            " may be (TIME-WAIT, SYN-RECEIVED)"};
}

}  // namespace

RunResult run_script(const Script& script, const RunOptions& options) {
  RunResult result;
  const auto settings = settings_of(script);
  if (!settings) {
    result.error = settings.error();
    return result;
  }
  auto world = World::make(*settings, options.capture);
  if (!world) {
    result.error = ScriptError{0, world.error()};
    return result;
  }
  std::size_t may_stay = 0;
  {
    Run run(**world, script);
    result.error = run.run();
    result.virtual_us = (*world)->now_us();
    result.visited = run.states().visited();
    may_stay = run.states().may_stay();
  }
  if (!result.error) result.error = check_left(**world, may_stay);
  return result;
}

}  // namespace millrace::script
