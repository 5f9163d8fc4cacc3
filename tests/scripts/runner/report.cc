// SPDX-License-Identifier: Apache-2.0
// Lines on standard output.

#include "tests/scripts/runner/report.h"

#include <algorithm>
#include <cstdio>
#include <set>

namespace millrace::script {
namespace {

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed:
      return "ok   ";
    case Verdict::kFailed:
      return "FAIL ";
    case Verdict::kKnownFailure:
      return "known";
    case Verdict::kUnexpectedPass:
      return "PASS?";
  }
  return "";
}

}  // namespace

void Report::add(const std::string& path, Verdict verdict, const std::string& known_reason,
                 const RunResult& result, double seconds) {
  ++verdicts_[verdict];
  for (const auto& [transition, count] : result.visited) visited_[transition] += count;
  seconds_ += seconds;
  virtual_seconds_ += static_cast<double>(result.virtual_us) / 1e6;
  if (seconds > slowest_) {
    slowest_ = seconds;
    slowest_path_ = path;
  }
  const bool bad = verdict == Verdict::kFailed || verdict == Verdict::kUnexpectedPass;
  if (quiet_ && !bad) return;
  std::printf("%s %s (%.0f ms, %.3f s of card time)\n", word_of(verdict), path.c_str(),
              seconds * 1000, static_cast<double>(result.virtual_us) / 1e6);
  if (verdict == Verdict::kKnownFailure) std::printf("  known: %s\n", known_reason.c_str());
  if (verdict == Verdict::kUnexpectedPass) {
    std::printf("%s", known_reason.empty() ? "  it must fail, but it passed or names no text\n"
                                           : "  it passes now: take it off the list\n");
  }
  if (verdict != Verdict::kPassed && result.error) {
    std::printf("%s:%d: failed\n  %s\n", path.c_str(), result.error->line,
                result.error->text.c_str());
  }
  if (bad) {
    std::printf("  again:    build/tests/scripts/run_scripts --capture /tmp %s\n", path.c_str());
  }
}

void Report::print_coverage() const {
  std::set<State> states{State::kClosed};
  for (const auto& [transition, count] : visited_) states.insert(transition.second);
  const auto& wanted = rfc_transitions();
  const auto missed = [this](const Transition& t) { return !visited_.contains(t); };
  const auto seen =
      std::count_if(wanted.begin(), wanted.end(), [&](const auto& t) { return !missed(t); });
  std::printf("states visited: %zu of 11; transitions of RFC 9293: %td of %zu\n", states.size(),
              seen, wanted.size());
  for (const auto& [transition, count] : visited_) {
    const bool known = std::find(wanted.begin(), wanted.end(), transition) != wanted.end();
    std::printf("  %-12s -> %-12s %5u%s\n", std::string(state_name(transition.first)).c_str(),
                std::string(state_name(transition.second)).c_str(), count,
                known ? "" : "  not a transition of RFC 9293");
  }
  for (const auto& transition : wanted) {
    if (!missed(transition)) continue;
    std::printf("  %-12s -> %-12s never\n", std::string(state_name(transition.first)).c_str(),
                std::string(state_name(transition.second)).c_str());
  }
}

bool Report::close(bool all_transitions) const {
  const auto count = [this](Verdict verdict) {
    const auto found = verdicts_.find(verdict);
    return found == verdicts_.end() ? 0U : found->second;
  };
  unsigned total = 0;
  for (const auto& [verdict, number] : verdicts_) total += number;
  print_coverage();
  std::printf("%u scripts: %u passed, %u known failures, %u failed, %u passed unexpectedly\n",
              total, count(Verdict::kPassed), count(Verdict::kKnownFailure),
              count(Verdict::kFailed), count(Verdict::kUnexpectedPass));
  std::printf("%.2f s, %.0f ms a script, slowest %.0f ms (%s), %.1f s of card time\n", seconds_,
              seconds_ * 1000 / std::max(total, 1U), slowest_ * 1000, slowest_path_.c_str(),
              virtual_seconds_);
  const auto& wanted = rfc_transitions();
  const bool complete = std::all_of(wanted.begin(), wanted.end(), [this](const auto& transition) {
    return visited_.contains(transition);
  });
  if (all_transitions && !complete) std::printf("some transition was never visited\n");
  return count(Verdict::kFailed) == 0 && count(Verdict::kUnexpectedPass) == 0 &&
         (complete || !all_transitions);
}

}  // namespace millrace::script
