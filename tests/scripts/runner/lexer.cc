// SPDX-License-Identifier: Apache-2.0
// Characters to words and numbers.

#include "tests/scripts/runner/lexer.h"

namespace millrace::script {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void Lexer::step(std::size_t count) {
  for (; count > 0 && at_ < text_.size(); --count) {
    if (text_[at_++] == '\n') ++line_;
  }
}

void Lexer::skip_blanks() {
  while (!at_end()) {
    if (peek() == ' ' || peek() == '\t' || peek() == '\r') {
      step();
    } else if (peek() == '#' || looking_at("//")) {
      while (!at_end() && peek() != '\n') step();
    } else if (looking_at("/*")) {
      while (!at_end() && !looking_at("*/")) step();
      step(2);
    } else {
      return;
    }
  }
}

void Lexer::skip_lines() {
  skip_blanks();
  while (peek() == '\n') {
    step();
    skip_blanks();
  }
}

bool Lexer::at_line_end() {
  skip_blanks();
  return at_end() || peek() == '\n';
}

bool Lexer::accept(std::string_view what) {
  skip_blanks();
  if (!looking_at(what)) return false;
  const char next = peek(what.size());
  if (is_letter(what.back()) && (is_letter(next) || is_digit(next))) return false;
  step(what.size());
  return true;
}

std::optional<std::int64_t> Lexer::number() {
  skip_blanks();
  std::size_t at = 0;
  const bool negative = peek() == '-';
  if (negative) ++at;
  if (!is_digit(peek(at))) return std::nullopt;
  std::int64_t value = 0;
  if (peek(at) == '0' && (peek(at + 1) == 'x' || peek(at + 1) == 'X')) {
    for (at += 2; hex_digit(peek(at)) >= 0; ++at) value = value * 16 + hex_digit(peek(at));
  } else {
    for (; is_digit(peek(at)); ++at) value = value * 10 + (peek(at) - '0');
  }
  step(at);
  return negative ? -value : value;
}

std::optional<std::int64_t> Lexer::time_us() {
  skip_blanks();
  const bool fraction_only = peek() == '.' && is_digit(peek(1));
  if (!is_digit(peek()) && !fraction_only) return std::nullopt;
  std::int64_t value = 0;
  while (is_digit(peek())) {
    value = value * 10 + (peek() - '0');
    step();
  }
  value *= 1'000'000;
  if (peek() != '.' || !is_digit(peek(1))) return value;
  step();
  for (std::int64_t unit = 100'000; is_digit(peek()); unit /= 10) {
    value += (peek() - '0') * unit;
    step();
  }
  return value;
}

std::string Lexer::word(std::string_view extra) {
  skip_blanks();
  std::string result;
  if (!is_letter(peek())) return result;
  while (is_letter(peek()) || is_digit(peek()) ||
         (peek() != '\0' && extra.find(peek()) != std::string_view::npos)) {
    result += peek();
    step();
  }
  return result;
}

std::string Lexer::run_of(std::string_view set) {
  skip_blanks();
  std::string result;
  while (peek() != '\0' && set.find(peek()) != std::string_view::npos) {
    result += peek();
    step();
  }
  return result;
}

std::optional<std::string> Lexer::until(std::string_view end) {
  const std::size_t found = text_.find(end, at_);
  if (found == std::string_view::npos) return std::nullopt;
  std::string result(text_.substr(at_, found - at_));
  step(found - at_ + end.size());
  return result;
}

std::string Lexer::rest_of_line() {
  std::string result;
  skip_blanks();
  while (!at_line_end()) {
    result += peek();
    step();
    const bool gap = peek() == ' ' || peek() == '\t';
    if (gap && !at_line_end()) result += ' ';
  }
  return result;
}

std::string Lexer::found() const {
  if (at_end()) return "the end of the script";
  if (peek() == '\n') return "the end of the line";
  const std::string_view rest = text_.substr(at_, text_.substr(at_).find('\n'));
  return "\"" + std::string(rest.substr(0, 30)) + "\"";
}

}  // namespace millrace::script
