// SPDX-License-Identifier: Apache-2.0
// Targets of requests, honest and not.

#include "flow/cli/files.h"

#include <gtest/gtest.h>

#include <fstream>

namespace millrace::flow::cli {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    fs::create_directories(root_ / "sub dir");
    std::ofstream(root_ / "a.txt") << "a";
    fs::create_symlink("/etc", root_ / "escape");
    fs::create_symlink("a.txt", root_ / "inside");
  }
  ~FilesTest() override { fs::remove_all(root_); }
  fs::path root_ = fs::canonical(fs::temp_directory_path()) /
                   ("millrace-files-test-" + std::to_string(::getpid()));
};

TEST_F(FilesTest, PlainTargetsLieBelowTheRoot) {
  EXPECT_EQ(path_of_target(root_, "/a.txt"), root_ / "a.txt");
  EXPECT_EQ(path_of_target(root_, "/a.txt?x=/../..#y"), root_ / "a.txt");
  EXPECT_EQ(path_of_target(root_, "/sub%20dir/new"), root_ / "sub dir" / "new");
  EXPECT_EQ(path_of_target(root_, "//a.txt"), root_ / "a.txt");
  EXPECT_EQ(path_of_target(root_, "/inside"), root_ / "a.txt");
  EXPECT_TRUE(path_of_target(root_, "/"));
}

TEST_F(FilesTest, NothingLeadsOut) {
  for (const char* target : {"", "a.txt", "/../x", "/sub/../../x", "/%2e%2e/x", "/%2E./x", "/..",
                             "/escape/passwd", "/escape", "/a%00b", "/%zz", "/%4", "http://x/"}) {
    EXPECT_FALSE(path_of_target(root_, target)) << target;
  }
}

TEST_F(FilesTest, TypesGoByTheEnding) {
  EXPECT_EQ(content_type("x.html"), "text/html");
  EXPECT_EQ(content_type("x.bin"), "application/octet-stream");
}

}  // namespace
}  // namespace millrace::flow::cli
