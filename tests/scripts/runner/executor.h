// SPDX-License-Identifier: Apache-2.0
// Runs one script on a fresh card.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/scripts/runner/ast.h"
#include "tests/scripts/runner/states.h"

namespace millrace::script {

struct RunOptions {
  std::string capture;  // path of the pcapng file to write; empty: none
};

struct RunResult {
  std::optional<ScriptError> error;  // nothing: the script passed
  std::int64_t virtual_us = 0;
  std::map<Transition, unsigned> visited;
};

RunResult run_script(const Script& script, const RunOptions& options);

}  // namespace millrace::script
