// SPDX-License-Identifier: Apache-2.0
// Compares a segment of the card with what a script expects.

#pragma once

#include <optional>
#include <string>

#include "tests/scripts/runner/ast.h"
#include "tests/scripts/runner/codec.h"
#include "tests/scripts/runner/numbers.h"

namespace millrace::script {

// The first difference in words, nothing if there is none. Learns the card's initial sequence
// number from a SYN and its timestamps' base from the first timestamp expected as a number.
std::optional<std::string> difference(const Packet& expected, const Segment& actual,
                                      Numbers& numbers);

// Where payload differs from the card's stream: a description, nothing if it is right.
std::optional<std::string> wrong_payload(const Segment& actual, const Numbers& numbers);

}  // namespace millrace::script
