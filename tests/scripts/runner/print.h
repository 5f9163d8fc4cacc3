// SPDX-License-Identifier: Apache-2.0
// Segments, calls and times in the scripts' own notation.

#pragma once

#include <cstdint>
#include <string>

#include "tests/scripts/runner/ast.h"
#include "tests/scripts/runner/codec.h"
#include "tests/scripts/runner/numbers.h"

namespace millrace::script {

// "0.200000"
std::string seconds(std::int64_t us);
std::string to_string(const When& when);
std::string to_string(const Packet& packet);
std::string to_string(const Call& call);
std::string to_string(const Command& command);
// A segment of the card, relative as in a script.
std::string to_string(const Segment& segment, const Numbers& numbers);
std::string flags_text(std::uint8_t flags);
std::string option_text(const TcpOption& option);

}  // namespace millrace::script
