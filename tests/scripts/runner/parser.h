// SPDX-License-Identifier: Apache-2.0
// Text of a script to events (grammar: tests/scripts/README.md).

#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "tests/scripts/runner/ast.h"
#include "tests/scripts/runner/lexer.h"

namespace millrace::script {

// `path` is only remembered. The first mistake ends the parse.
std::expected<Script, ScriptError> parse_script(std::string path, std::string_view text);

// TEXT of the comment `// must fail: TEXT`, the one comment with a meaning; empty without.
std::string must_fail_text(std::string_view text);

// Parts of the grammar, each on its own file; `lexer` stands after what the part begins with.
// After the direction: tags, then a segment or an ICMP error.
std::expected<Packet, ScriptError> parse_packet(Lexer& lexer, Direction direction);
// The options' list after `<`.
std::expected<void, ScriptError> parse_tcp_options(Lexer& lexer, Packet& packet);
// name(arguments) = result.
std::expected<Call, ScriptError> parse_call(Lexer& lexer, std::string name);

inline std::unexpected<ScriptError> fail_at(const Lexer& lexer, const std::string& text) {
  return std::unexpected(ScriptError{lexer.line(), text});
}

// "expected X, found Y" at the lexer's place.
inline std::unexpected<ScriptError> expected_at(Lexer& lexer, const std::string& what) {
  lexer.skip_blanks();
  return fail_at(lexer, "expected " + what + ", found " + lexer.found());
}

}  // namespace millrace::script
