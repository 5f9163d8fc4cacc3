// SPDX-License-Identifier: Apache-2.0
// `expect ...` statements of a script: one comparison each.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/scripts/runner/flows.h"
#include "tests/scripts/runner/sockets.h"
#include "tests/scripts/runner/states.h"
#include "tests/scripts/runner/world.h"

namespace millrace::script {

// Evaluates the words of one statement, `expect` first. The result says what is wrong: the
// comparison does not hold (with the value found), or the statement is not understood.
std::optional<std::string> check_expectation(const std::vector<std::string>& words, World& world,
                                             Sockets& sockets, const StateObserver& states,
                                             const Flows& flows);

}  // namespace millrace::script
