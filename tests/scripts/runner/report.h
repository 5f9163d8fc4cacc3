// SPDX-License-Identifier: Apache-2.0
// What a run of many scripts prints.

#pragma once

#include <map>
#include <string>

#include "tests/scripts/runner/executor.h"
#include "tests/scripts/runner/known.h"

namespace millrace::script {

class Report {
 public:
  explicit Report(bool quiet) : quiet_(quiet) {}

  // One line for a script, and for a failure what went wrong and how to see it again.
  void add(const std::string& path, Verdict verdict, const std::string& known_reason,
           const RunResult& result, double seconds);
  // Counts and coverage. True if nothing failed and (if wanted) every transition was visited.
  bool close(bool all_transitions) const;

 private:
  void print_coverage() const;

  bool quiet_;
  std::map<Verdict, unsigned> verdicts_;
  std::map<Transition, unsigned> visited_;
  double seconds_ = 0;
  double slowest_ = 0;
  std::string slowest_path_;
  double virtual_seconds_ = 0;
};

}  // namespace millrace::script
