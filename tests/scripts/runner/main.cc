// SPDX-License-Identifier: Apache-2.0
// run_scripts: runs scripts, each on a fresh card in virtual time, and reports.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/scripts/runner/executor.h"
#include "tests/scripts/runner/known.h"
#include "tests/scripts/runner/parser.h"
#include "tests/scripts/runner/report.h"

namespace millrace::script {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: run_scripts [--filter TEXT] [--capture DIR] [--list] [--quiet] [--must-fail]\n"
    "                   [--known FILE] [--all-transitions] [--set NAME=VALUE]... PATH...\n"
    "  PATH               a script (.pkt), or a folder of them\n"
    "  --filter TEXT      only scripts whose path contains TEXT\n"
    "  --capture DIR      write a pcapng file for each script into DIR\n"
    "  --list             name the scripts and end\n"
    "  --quiet            name only scripts that fail\n"
    "  --must-fail        each script must fail with the text that it names itself\n"
    "  --known FILE       scripts that are known to fail (default: known_failures.txt beside "
    "cases/)\n"
    "  --set NAME=VALUE   an option for every script, as if it stood behind its own\n"
    "  --all-transitions  fail if a transition of RFC 9293 was not visited\n";

struct Arguments {
  std::string filter;
  std::string capture;
  std::string known;
  bool list = false;
  bool quiet = false;
  bool must_fail = false;
  bool all_transitions = false;
  std::vector<Option> options;  // of --set
  std::vector<std::string> paths;
};

bool parse_arguments(const std::vector<std::string>& words, Arguments& arguments) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool takes_value =
        word == "--filter" || word == "--capture" || word == "--known" || word == "--set";
    if (takes_value && i + 1 == words.size()) return false;
    if (word == "--filter") {
      arguments.filter = words[++i];
    } else if (word == "--capture") {
      arguments.capture = words[++i];
    } else if (word == "--known") {
      arguments.known = words[++i];
    } else if (word == "--set") {
      const std::string& text = words[++i];
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos) return false;
      arguments.options.push_back({0, text.substr(0, equals), text.substr(equals + 1)});
    } else if (word == "--list") {
      arguments.list = true;
    } else if (word == "--quiet") {
      arguments.quiet = true;
    } else if (word == "--must-fail") {
      arguments.must_fail = true;
    } else if (word == "--all-transitions") {
      arguments.all_transitions = true;
    } else if (word.starts_with("-")) {
      return false;
    } else {
      arguments.paths.push_back(word);
    }
  }
  return !arguments.paths.empty();
}

std::vector<std::string> scripts_of(const Arguments& arguments) {
  std::vector<std::string> scripts;
  for (const auto& path : arguments.paths) {
    if (!fs::is_directory(path)) {
      scripts.push_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.path().extension() == ".pkt") scripts.push_back(entry.path().string());
    }
  }
  std::sort(scripts.begin(), scripts.end());
  std::erase_if(scripts, [&](const std::string& path) {
    return path.find(arguments.filter) == std::string::npos;
  });
  return scripts;
}

RunResult run_file(const std::string& path, const Arguments& arguments, Script& script) {
  RunResult result;
  const std::ifstream file(path);
  if (!file) {
    result.error = ScriptError{0, "cannot be read"};
    return result;
  }
  std::stringstream text;
  text << file.rdbuf();
  auto parsed = parse_script(path, text.str());
  if (!parsed) {
    result.error = parsed.error();
    script.must_fail = must_fail_text(text.str());
    return result;
  }
  script = std::move(*parsed);
  script.options.insert(script.options.end(), arguments.options.begin(), arguments.options.end());
  RunOptions options;
  if (!arguments.capture.empty()) options.capture = capture_name(arguments.capture, path);
  return run_script(script, options);
}

int run_all(const Arguments& arguments) {
  const auto scripts = scripts_of(arguments);
  if (scripts.empty()) {
    std::cerr << "run_scripts: no script found\n";
    return 2;
  }
  if (arguments.list) {
    for (const auto& path : scripts) std::cout << path << "\n";
    return 0;
  }
  if (!arguments.capture.empty()) fs::create_directories(arguments.capture);
  Report report(arguments.quiet);
  for (const auto& path : scripts) {
    const auto start = std::chrono::steady_clock::now();
    Script script;
    RunResult result = run_file(path, arguments, script);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const std::string reason = arguments.must_fail ? "" : known_reason(arguments.known, path);
    const Verdict verdict =
        arguments.must_fail ? judge_must_fail(script.must_fail, result) : judge(reason, result);
    report.add(path, verdict, reason, result, took.count());
  }
  return report.close(arguments.all_transitions) ? 0 : 1;
}

}  // namespace
}  // namespace millrace::script

int main(int argc, char** argv) {
  millrace::script::Arguments arguments;
  if (!millrace::script::parse_arguments({argv + 1, argv + argc}, arguments)) {
    std::cerr << millrace::script::kUsage;
    return 2;
  }
  return millrace::script::run_all(arguments);
}
