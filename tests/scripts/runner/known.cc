// SPDX-License-Identifier: Apache-2.0
// The list of known failures and verdicts.

#include "tests/scripts/runner/known.h"

#include <filesystem>
#include <fstream>

namespace millrace::script {
namespace {

namespace fs = std::filesystem;

std::string list_above(const std::string& path) {
  fs::path folder = fs::absolute(path).parent_path();
  while (folder.has_relative_path()) {
    const fs::path list = folder / "known_failures.txt";
    if (fs::exists(list)) return list.string();
    folder = folder.parent_path();
  }
  return {};
}

}  // namespace

std::string known_reason(const std::string& file, const std::string& path) {
  std::ifstream list(file.empty() ? list_above(path) : file);
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    const std::size_t blank = line.find(' ');
    const std::string name = line.substr(0, blank);
    if (path == name || path.ends_with("/" + name)) {
      return blank == std::string::npos ? "no reason given" : line.substr(blank + 1);
    }
  }
  return {};
}

Verdict judge(const std::string& known_reason, const RunResult& result) {
  if (known_reason.empty()) return result.error ? Verdict::kFailed : Verdict::kPassed;
  return result.error ? Verdict::kKnownFailure : Verdict::kUnexpectedPass;
}

Verdict judge_must_fail(const std::string& text, const RunResult& result) {
  if (text.empty() || !result.error) return Verdict::kUnexpectedPass;
  const std::string message = std::to_string(result.error->line) + ": " + result.error->text;
  return message.find(text) == std::string::npos ? Verdict::kFailed : Verdict::kPassed;
}

std::string capture_name(const std::string& directory, const std::string& path) {
  const fs::path script(path);
  const std::string area = script.parent_path().filename().string();
  return (fs::path(directory) / (area + "_" + script.stem().string() + ".pcapng")).string();
}

}  // namespace millrace::script
