// SPDX-License-Identifier: Apache-2.0
// What an application does with an open connection: it writes, reads and ends, in all the ways that
// a flow offers, and everything that it gets is judged.

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "flow/when_all.h"
#include "sim/world/state.h"

namespace millrace::sim::world {
namespace {

using flow::CloseOutcome;
using flow::Errc;

enum class Ending : std::uint8_t { kClose, kShutdownAndClose, kAbort, kDrop };

struct Habits {
  std::uint64_t total = 0;  // bytes to write
  std::uint64_t write_max = 1;
  std::uint64_t read_max = 1;
  std::uint64_t read_total = flow::kNever;  // stops reading then
  double write_pause = 0;                   // probability before each operation
  double read_pause = 0;
  std::uint64_t pause_us = 1;
  double deadline = 0;
  double level = 0;  // probability of a level above kAccepted
  std::optional<std::uint64_t> abort_after_us;
  Ending ending = Ending::kClose;
  flow::CloseOptions close;
  bool close_limit = false;
};

Habits draw_habits(Draw& draw, const State& state) {
  Habits habits;
  const std::uint64_t largest = state.plan.largest;
  habits.total = draw.chance(0.15) ? draw.between(0, 1) : draw.magnitude(1, largest);
  habits.write_max =
      draw.chance(0.3) ? std::max<std::uint64_t>(habits.total, 1) : draw.magnitude(1, 8000);
  habits.write_max = std::max(habits.write_max, habits.total / 200 + 1);
  habits.read_max = draw.chance(0.5) ? 65536 : draw.magnitude(16, 8000);
  if (draw.chance(0.4)) habits.write_pause = draw.up_to(0.5);
  if (draw.chance(0.4)) habits.read_pause = draw.up_to(0.5);
  habits.pause_us = draw.magnitude(1, 3000);
  if (draw.chance(0.02)) habits.pause_us = 600'000;
  if (draw.chance(0.15)) habits.deadline = draw.up_to(0.5);
  if (draw.chance(0.3)) habits.level = draw.up_to(1);
  if (draw.chance(0.05)) habits.abort_after_us = draw.magnitude(1, 20'000);
  if (draw.chance(0.1)) habits.read_total = draw.magnitude(1, largest);
  habits.ending = draw.chance(0.1) ? draw.one_of({Ending::kAbort, Ending::kDrop})
                                   : draw.one_of({Ending::kClose, Ending::kShutdownAndClose});
  habits.close.unread = draw.one_of({flow::Unread::kKeep, flow::Unread::kKeep, flow::Unread::kKeep,
                                     flow::Unread::kDrain, flow::Unread::kReset});
  habits.close_limit = draw.chance(0.1);
  return habits;
}

// Everything that the coroutines of one session share.
struct Context {
  State& state;
  Machine& machine;
  flow::ToeFlow& flow;
  Session& session;
  End& end;
  Habits habits;
  Draw draw;
  bool drained = false;  // an end of stream that is read may be our own
  bool closed = false;
  std::uint64_t close_deadline_us = flow::kNever;

  bool lost() const { return !machine.up(); }
  flow::OpOptions op() {
    flow::OpOptions options;
    options.stop = session.stop.get_token();
    if (draw.chance(habits.deadline)) {
      options.deadline_us = machine.loop().in_us(draw.magnitude(1, 20'000));
    }
    return options;
  }
  void wrong(const std::string& what) { state.fail(Streams::describe(end) + " " + what); }
};

// An operation failed: with something that can happen, or not. True if the deadline ended it.
bool judge(Context& context, const flow::Error& error, const flow::OpOptions& options) {
  const std::error_code code = error.code == Errc::kClosed ? error.cause : error.code;
  if (error.code == Errc::kTimedOut && options.deadline_us <= context.machine.loop().now_us()) {
    ++context.state.figures.deadlines;
    return true;
  }
  context.end.why = to_string(error);
  // The deadline of a close ends pending reads too.
  if (error.code == Errc::kTimedOut &&
      context.close_deadline_us <= context.machine.loop().now_us()) {
    context.end.broken = true;
    return false;
  }
  const bool was_broken = context.end.broken;
  const bool cancelled = code == Errc::kCancelled && context.session.stop.stop_requested();
  const bool peer = code == Errc::kConnectionReset || code == Errc::kTimedOut;
  const bool local = code == Errc::kConnectionAborted && (context.lost() || was_broken);
  const bool own_end = error.code == Errc::kClosed && (context.end.finished || was_broken);
  if (!cancelled && !peer && !local && !own_end) context.wrong("failed: " + to_string(error));
  // In calm, an end that an application has cannot vanish. (One that was opened with a SYN cookie
  // can: nobody has it before there is room for it.)
  if (peer && context.state.plan.weather == Weather::kCalm && context.state.plan.power_cuts == 0) {
    const End* other = context.state.streams.peer_of(context.end);
    const auto excused = [&] {
      return other->broken || other->over || context.state.may_be_haunted(context.end, *other);
    };
    if (other != nullptr && (code == Errc::kTimedOut || !excused())) {
      context.wrong("failed in calm weather: " + to_string(error));
    }
  }
  context.end.broken = true;
  return false;
}

flow::Task<flow::Result<void>> write_some(Context& context, std::uint64_t count,
                                          const flow::OpOptions& options) {
  std::vector<std::byte> bytes(count);
  Streams::fill(context.end, context.end.accepted, bytes);
  const auto kind = context.draw.between(0, 2);
  if (kind == 0) co_return co_await context.flow.write(flow::ConstBytes(bytes), options);
  if (kind == 1) {
    flow::TxBuffer owned(std::move(bytes));
    co_return co_await context.flow.write(std::move(owned), options);
  }
  std::array<flow::ConstBytes, 5> pieces;
  const flow::ConstBytes all(bytes);
  std::size_t at = 0;
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    const std::size_t size = context.draw.between(0, count - at);
    pieces[i] = all.subspan(at, size);
    at += size;
  }
  pieces.back() = all.subspan(at);
  const std::span<const flow::ConstBytes> list(pieces);
  co_return co_await context.flow.writev(list, options);
}

flow::Task<void> close(Context& context) {
  End& end = context.end;
  flow::CloseOptions options = context.habits.close;
  options.stop = context.session.stop.get_token();
  if (context.habits.close_limit) {
    options.deadline_us = context.machine.loop().in_us(context.draw.magnitude(1, 100'000));
    context.close_deadline_us = options.deadline_us;
    if (context.draw.chance(0.5)) options.on_limit = flow::OnLimit::kDetach;
  }
  end.finished = true;
  if (options.unread == flow::Unread::kDrain) context.drained = true;
  end.ending = "close";
  const CloseOutcome outcome = co_await context.flow.close(options);
  end.ending = "-";
  context.closed = true;
  if (outcome == CloseOutcome::kGraceful) {
    if (end.broken) context.wrong("closed gracefully after it was broken");
    ++context.state.figures.graceful;
    end.why = "graceful";
    co_return;
  }
  if (end.why.empty()) end.why = "close: " + std::string(to_string(outcome));
  const bool local = context.lost() || end.broken || options.unread == flow::Unread::kReset ||
                     context.session.stop.stop_requested();
  if (outcome == CloseOutcome::kAborted && !local) context.wrong("close was aborted");
  end.broken = true;
}

// All is written: the end that the habits want. What it does to reads, they see themselves.
flow::Task<void> end_writing(Context& context) {
  End& end = context.end;
  if (end.broken) co_return;
  switch (context.habits.ending) {
    case Ending::kClose:
      co_await close(context);
      break;
    case Ending::kShutdownAndClose:
      end.finished = true;
      end.writing = "shutdown";
      co_await context.flow.shutdown(flow::Direction::kWrite);
      end.writing = "-";
      break;
    case Ending::kAbort:
      end.broken = true;
      end.why = "aborted";
      context.flow.abort();
      break;
    case Ending::kDrop:
      end.broken = true;
      end.why = "dropped";
      context.session.connection = nullptr;
      context.flow = flow::ToeFlow();
      break;
  }
}

flow::Task<void> write_side(Context& context) {
  End& end = context.end;
  while (end.accepted < context.habits.total && !end.broken) {
    if (context.draw.chance(context.habits.write_pause)) {
      co_await context.machine.loop().sleep_for(context.habits.pause_us);
      if (end.broken) break;
    }
    if (context.draw.chance(0.05)) {
      context.flow.set_options(draw_options(context.draw, context.state.plan.weather));
    }
    flow::OpOptions options = context.op();
    if (context.draw.chance(context.habits.level)) {
      options.level = context.draw.one_of({flow::Level::kSent, flow::Level::kAcked});
    }
    const std::uint64_t count = context.draw.between(
        1, std::min(context.habits.write_max, context.habits.total - end.accepted));
    end.offered = end.accepted + count;
    end.writing = "write";
    const flow::Result<void> written = co_await write_some(context, count, options);
    end.writing = "-";
    if (written) {
      end.accepted = end.offered;
      continue;
    }
    end.accepted += written.error().transferred;
    end.offered = end.accepted;
    if (!judge(context, written.error(), options)) break;
    if (written.error().transferred != 0) {  // cut in its middle: nothing can follow
      end.broken = true;
      break;
    }
  }
  co_await end_writing(context);
}

// What one read gave: more is to come (true), or not.
bool take(Context& context, flow::Result<flow::ReadResult>&& got, const flow::OpOptions& options) {
  if (!got) return judge(context, got.error(), options);
  std::string wrong;
  if (got->eof()) {
    if (!context.drained) wrong = context.state.streams.receive_eof(context.end);
  } else {
    context.state.figures.bytes += got->data().size();
    wrong = context.state.streams.receive(context.end, got->data().bytes());
  }
  if (!wrong.empty()) context.wrong(wrong);
  return !got->eof() && wrong.empty();
}

bool take_count(Context& context, const flow::Result<std::size_t>& got, flow::ConstBytes space,
                const flow::OpOptions& options) {
  if (!got) return judge(context, got.error(), options);
  std::string wrong;
  if (*got == 0) {
    if (!context.drained) wrong = context.state.streams.receive_eof(context.end);
  } else {
    context.state.figures.bytes += *got;
    wrong = context.state.streams.receive(context.end, space.first(*got));
  }
  if (!wrong.empty()) context.wrong(wrong);
  return *got != 0 && wrong.empty();
}

flow::Task<void> read_side(Context& context) {
  End& end = context.end;
  std::vector<std::byte> space(context.habits.read_max);
  const bool into = context.draw.chance(0.4);
  while (!end.broken && end.received < context.habits.read_total) {
    if (context.draw.chance(context.habits.read_pause)) {
      co_await context.machine.loop().sleep_for(context.habits.pause_us);
      if (end.broken) break;
    }
    flow::OpOptions options = context.op();
    options.bytes_max = context.habits.read_max;
    if (context.draw.chance(0.1)) {
      auto tried = context.flow.try_read();
      if (!tried && tried.error().code == std::errc::operation_would_block) continue;
      if (!take(context, std::move(tried), options)) break;
      continue;
    }
    end.reading = "read";
    bool more = false;
    if (into) {
      const flow::MutableBytes where(space);
      const auto got = co_await context.flow.read_into(where, options);
      more = take_count(context, got, where, options);
    } else {
      auto got = co_await context.flow.read(options);
      more = take(context, std::move(got), options);
    }
    end.reading = "-";
    if (!more) break;
  }
  // Who stops reading must let the peer finish, or both would wait for ever.
  if (end.broken || end.eof || context.drained) co_return;
  context.drained = true;
  end.reading = "shutdown";
  co_await context.flow.shutdown(flow::Direction::kRead);
  end.reading = "-";
}

flow::Task<void> abort_later(Context& context) {
  if (!context.habits.abort_after_us) co_return;
  co_await context.machine.loop().sleep_for(*context.habits.abort_after_us);
  if (context.closed || context.end.broken) co_return;
  context.end.broken = true;
  context.end.why = "aborted in its middle";
  context.flow.abort();
}

}  // namespace

flow::Task<void> use(State& state, Machine& machine, flow::ToeFlow flow, bool client) {
  Session session;
  End& end = state.streams.add(machine.index(), client, flow.local(), flow.peer());
  session.end = &end;
  session.machine = &machine;
  session.connection = &flow.connection();
  state.sessions.push_back(&session);
  state.say("machine %d has %s", machine.index(), Streams::describe(end).c_str());
  Draw draw(state.plan.seed * 7919 + end.number);
  Habits habits = draw_habits(draw, state);
  Context context{state, machine, flow, session, end, habits, draw};
  co_await flow::when_all(write_side(context), read_side(context), abort_later(context));
  if (!context.closed && !end.broken) co_await close(context);
  if (end.broken) ++state.figures.broken;
  end.over = true;
  session.connection = nullptr;
  std::erase(state.sessions, &session);
  state.say("machine %d ends %s", machine.index(), Streams::describe(end).c_str());
}

}  // namespace millrace::sim::world
