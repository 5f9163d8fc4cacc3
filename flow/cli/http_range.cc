// SPDX-License-Identifier: Apache-2.0
// One byte range.

#include "flow/cli/http_range.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

namespace millrace::flow::cli {
namespace {

constexpr std::string_view kUnit = "bytes=";

bool is_bytes(std::string_view unit) {  // units are compared without case, RFC 9110 14.1
  return std::ranges::equal(unit, kUnit, {}, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
}

// Digits and nothing else; what no integer holds is larger than any file.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = std::to_address(text.end());
  const auto [stop, error] = std::from_chars(std::to_address(text.begin()), end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  return error == std::errc() ? value : UINT64_MAX;
}

}  // namespace

HttpRange range_of(std::string_view field, std::uint64_t size) {
  using enum HttpRange::Kind;
  const HttpRange whole{kWhole, 0, size};
  if (!is_bytes(field.substr(0, kUnit.size()))) return whole;
  const std::string_view spec = field.substr(kUnit.size());
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return whole;
  const auto first = number(spec.substr(0, dash));
  const auto last = number(spec.substr(dash + 1));
  const bool open = dash + 1 == spec.size();
  if (dash == 0) {  // the last so many bytes, all if there are fewer
    if (!last) return whole;
    if (*last == 0) return {kUnsatisfiable};
    if (size == 0) return whole;  // satisfiable, but Content-Range cannot say so
    const std::uint64_t count = std::min(*last, size);
    return {kPart, size - count, count};
  }
  if (!first || (!open && (!last || *last < *first))) return whole;
  if (*first >= size) return {kUnsatisfiable};
  const std::uint64_t end = open ? size - 1 : std::min(*last, size - 1);
  return {kPart, *first, end - *first + 1};
}

}  // namespace millrace::flow::cli
