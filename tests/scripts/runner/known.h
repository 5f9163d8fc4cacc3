// SPDX-License-Identifier: Apache-2.0
// Scripts that are known to fail, and what a result is worth.

#pragma once

#include <string>
#include <string_view>

#include "tests/scripts/runner/executor.h"

namespace millrace::script {

enum class Verdict : std::uint8_t {
  kPassed,
  kFailed,
  kKnownFailure,    // failed, as the list says
  kUnexpectedPass,  // passed although listed: the list is out of date
};

// The reason for which the list in `file` has the script at `path`; empty: it has not. Without a
// file, known_failures.txt in the nearest folder above the script. A line is "area/name.pkt
// reason".
std::string known_reason(const std::string& file, const std::string& path);

Verdict judge(const std::string& known_reason, const RunResult& result);
// Of a script that must fail with `text`.
Verdict judge_must_fail(const std::string& text, const RunResult& result);

// dir/area_name.pcapng
std::string capture_name(const std::string& directory, const std::string& path);

}  // namespace millrace::script
