// SPDX-License-Identifier: Apache-2.0
// Which file a request means.

#include "flow/cli/files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace millrace::flow::cli {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> decode(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      unsigned char value = 0;
      if (i + 2 >= text.size()) return std::nullopt;
      const char* const end = text.data() + i + 3;
      const auto [stop, error] = std::from_chars(text.data() + i + 1, end, value, 16);
      if (error != std::errc() || stop != end) return std::nullopt;
      c = static_cast<char>(value);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    plain += c;
  }
  return plain;
}

bool is_below(const fs::path& path, const fs::path& root) {
  const auto [at, unused] = std::ranges::mismatch(root, path);
  return at == root.end() || (at->empty() && std::next(at) == root.end());
}

}  // namespace

std::optional<fs::path> path_of_target(const fs::path& root, std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  const std::optional<std::string> plain = decode(target);
  if (!plain || !plain->starts_with('/')) return std::nullopt;
  const fs::path relative = fs::path(*plain).relative_path();
  for (const fs::path& part : relative) {
    if (part == "..") return std::nullopt;
  }
  std::error_code failed;
  const fs::path base = fs::canonical(root, failed);
  if (failed) return std::nullopt;
  fs::path path = fs::weakly_canonical(base / relative, failed);
  if (failed || !is_below(path, base)) return std::nullopt;
  return path;
}

std::string_view content_type(const fs::path& path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kTypes{{
      {".html", "text/html"},
      {".txt", "text/plain"},
      {".md", "text/plain"},
      {".css", "text/css"},
      {".js", "text/javascript"},
      {".json", "application/json"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".svg", "image/svg+xml"},
  }};
  const std::string ending = path.extension().string();
  const auto* found = std::ranges::find(kTypes, ending, &decltype(kTypes)::value_type::first);
  return found == kTypes.end() ? "application/octet-stream" : found->second;
}

}  // namespace millrace::flow::cli
