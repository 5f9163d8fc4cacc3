// SPDX-License-Identifier: Apache-2.0
// Verdicts: a listed script may fail but not pass, one that must fail must do so with its text.

#include "tests/scripts/runner/known.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace millrace::script {
namespace {

RunResult failed(int line, const std::string& text) {
  RunResult result;
  result.error = ScriptError{line, text};
  return result;
}

TEST(Known, AListedScriptMayFailButNotPass) {
  EXPECT_EQ(judge("", RunResult{}), Verdict::kPassed);
  EXPECT_EQ(judge("", failed(3, "wrong")), Verdict::kFailed);
  EXPECT_EQ(judge("a reason", failed(3, "wrong")), Verdict::kKnownFailure);
  EXPECT_EQ(judge("a reason", RunResult{}), Verdict::kUnexpectedPass);
}

TEST(Known, AScriptThatMustFailMustFailWithItsText) {
  EXPECT_EQ(judge_must_fail("3: wrong", failed(3, "wrong, all of it")), Verdict::kPassed);
  EXPECT_EQ(judge_must_fail("4: wrong", failed(3, "wrong")), Verdict::kFailed);
  EXPECT_EQ(judge_must_fail("wrong", RunResult{}), Verdict::kUnexpectedPass);
  EXPECT_EQ(judge_must_fail("", failed(3, "wrong")), Verdict::kUnexpectedPass);
}

TEST(Known, TheListIsFoundAboveTheScript) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(::testing::TempDir()) / "millrace_known_test";
  fs::create_directories(root / "cases" / "area");
  std::ofstream(root / "known_failures.txt") << "# a comment\narea/one.pkt It is so.\n";
  EXPECT_EQ(known_reason("", (root / "cases/area/one.pkt").string()), "It is so.");
  EXPECT_EQ(known_reason("", (root / "cases/area/another_one.pkt").string()), "");
  EXPECT_EQ(known_reason((root / "known_failures.txt").string(), "area/one.pkt"), "It is so.");
  fs::remove_all(root);
}

}  // namespace
}  // namespace millrace::script
