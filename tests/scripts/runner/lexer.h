// SPDX-License-Identifier: Apache-2.0
// The characters of a script: blanks and comments are skipped, numbers, names, times and flags
// taken by what the grammar expects at that point. Line ends matter: they end events.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::script {

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // Skips blanks and comments (`#`, `//` to the end of the line, `/* */`) but not line ends.
  void skip_blanks();
  // Skips blanks, comments and line ends.
  void skip_lines();

  int line() const { return line_; }
  bool at_end() const { return at_ >= text_.size(); }
  // At the end of a line or of the text, blanks and comments apart.
  bool at_line_end();
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  // Takes `what` if it comes next (after blanks); a word must not go on after it.
  bool accept(std::string_view what);
  bool looking_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  // Decimal or 0x number; nothing if none comes next.
  std::optional<std::int64_t> number();
  // Seconds with a fraction as microseconds; a dot without digits after it is left alone.
  std::optional<std::int64_t> time_us();
  // Letters, digits, `_` (and with `extra` those too), beginning with a letter or `_`.
  std::string word(std::string_view extra = "");
  // All characters out of `set`.
  std::string run_of(std::string_view set);
  // Everything until `end`, which is taken too; nothing if it never comes.
  std::optional<std::string> until(std::string_view end);
  // The rest of the line, without blanks at its ends.
  std::string rest_of_line();
  // What comes next, for messages.
  std::string found() const;

 private:
  void step(std::size_t count = 1);

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace millrace::script
