// SPDX-License-Identifier: Apache-2.0
// Options, times and the kinds of events; packets and calls have their own files.

#include "tests/scripts/runner/parser.h"

#include <cctype>
#include <sstream>
#include <utility>

namespace millrace::script {
namespace {

using Result = std::expected<void, ScriptError>;

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\n\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

Result parse_option(Lexer& lexer, Script& script) {
  Option option;
  option.line = lexer.line();
  option.name = lexer.word("-.");
  if (option.name.empty()) return expected_at(lexer, "the name of an option after --");
  if (lexer.accept("=")) option.value = lexer.rest_of_line();
  if (!lexer.at_line_end()) return expected_at(lexer, "= or the end of the line");
  script.options.push_back(std::move(option));
  return {};
}

std::expected<std::int64_t, ScriptError> parse_time(Lexer& lexer) {
  if (const auto time = lexer.time_us()) return *time;
  return expected_at(lexer, "a time in seconds");
}

std::expected<When, ScriptError> parse_when(Lexer& lexer) {
  When when;
  if (lexer.accept("*")) {
    when.kind = When::Kind::kAny;
    return when;
  }
  const bool relative = lexer.accept("+");
  when.kind = relative ? When::Kind::kRelative : When::Kind::kAbsolute;
  const auto from = parse_time(lexer);
  if (!from) return std::unexpected(from.error());
  when.from = when.to = *from;
  if (lexer.accept("~")) {
    when.kind = relative ? When::Kind::kRelativeRange : When::Kind::kAbsoluteRange;
    if (relative) lexer.accept("+");
    const auto to = parse_time(lexer);
    if (!to) return std::unexpected(to.error());
    if (*to < *from) return fail_at(lexer, "the range of times ends before it begins");
    when.to = *to;
  } else if (lexer.accept("...")) {
    if (relative) lexer.accept("+");
    const auto end = parse_time(lexer);
    if (!end) return std::unexpected(end.error());
    if (*end < *from) return fail_at(lexer, "the call ends before it begins");
    when.end = *end;
  }
  return when;
}

// `expect ...` and `forget ...` as words; several statements are separated by `;`.
std::expected<Command, ScriptError> parse_command(Lexer& lexer, const std::string& text) {
  Command command;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ';');) {
    auto words = words_of(part);
    if (!words.empty()) command.statements.push_back(std::move(words));
  }
  if (command.statements.empty()) return fail_at(lexer, "an empty command");
  return command;
}

// `%{ assert(a == 1, b > 2) }%` says the same as `expect a == 1; expect b > 2`.
std::expected<Command, ScriptError> parse_code(Lexer& lexer, const std::string& text) {
  Command command;
  std::string rest = trimmed(text);
  while (!rest.empty()) {
    if (!rest.starts_with("assert")) {
      return fail_at(lexer, "only assert(...) can stand in %{ }%, not \"" + rest + "\"");
    }
    const std::size_t open = rest.find('(');
    const std::size_t close = rest.find(')', open);
    const std::size_t line_end = std::min(rest.find_first_of("\n;"), rest.size());
    std::string body;
    if (open < line_end && close < line_end) {
      body = rest.substr(open + 1, close - open - 1);
      rest = trimmed(rest.substr(close + 1));
    } else {
      body = rest.substr(6, line_end - 6);
      rest = trimmed(rest.substr(line_end));
    }
    while (rest.starts_with(";") || rest.starts_with(",")) rest = trimmed(rest.substr(1));
    std::istringstream stream(body);
    for (std::string part; std::getline(stream, part, ',');) {
      auto words = words_of(part);
      if (words.empty()) continue;
      words.insert(words.begin(), "expect");
      command.statements.push_back(std::move(words));
    }
  }
  if (command.statements.empty()) return fail_at(lexer, "an empty %{ }%");
  return command;
}

Result parse_event(Lexer& lexer, Script& script) {
  Event event;
  event.line = lexer.line();
  const auto when = parse_when(lexer);
  if (!when) return std::unexpected(when.error());
  event.when = *when;
  lexer.skip_blanks();
  const bool inject = lexer.accept("<");
  if (inject || lexer.accept(">")) {
    auto packet = parse_packet(lexer, inject ? Direction::kInject : Direction::kExpect);
    if (!packet) return std::unexpected(packet.error());
    event.what = std::move(*packet);
  } else if (lexer.accept("`")) {
    const auto text = lexer.until("`");
    if (!text) return fail_at(lexer, "the command has no closing `");
    auto command = parse_command(lexer, *text);
    if (!command) return std::unexpected(command.error());
    event.what = std::move(*command);
  } else if (lexer.accept("%{")) {
    const auto text = lexer.until("}%");
    if (!text) return fail_at(lexer, "%{ has no closing }%");
    auto command = parse_code(lexer, *text);
    if (!command) return std::unexpected(command.error());
    event.what = std::move(*command);
  } else {
    const std::string name = lexer.word();
    if (name.empty()) return expected_at(lexer, "<, >, a call, `command` or %{ }%");
    auto call = parse_call(lexer, name);
    if (!call) return std::unexpected(call.error());
    event.what = std::move(*call);
  }
  if (event.when.end && !std::holds_alternative<Call>(event.what)) {
    return fail_at(lexer, "only a call can have an end (...)");
  }
  if (!lexer.at_line_end()) return expected_at(lexer, "the end of the line");
  script.events.push_back(std::move(event));
  return {};
}

}  // namespace

std::string must_fail_text(std::string_view text) {
  constexpr std::string_view kMark = "// must fail: ";
  const std::size_t at = text.find(kMark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + kMark.size());
  return trimmed(std::string(rest.substr(0, rest.find('\n'))));
}

std::expected<Script, ScriptError> parse_script(std::string path, std::string_view text) {
  Script script;
  script.path = std::move(path);
  script.must_fail = must_fail_text(text);
  Lexer lexer(text);
  for (lexer.skip_lines(); !lexer.at_end(); lexer.skip_lines()) {
    const bool option = script.events.empty() && lexer.accept("--");
    const auto done = option ? parse_option(lexer, script) : parse_event(lexer, script);
    if (!done) return std::unexpected(done.error());
  }
  return script;
}

}  // namespace millrace::script
