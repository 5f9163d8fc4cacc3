// SPDX-License-Identifier: Apache-2.0
// Captures: the blocks as written, and that Wireshark's tools read them where they are installed.

#include "sim/wire/pcapng.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace millrace::sim {
namespace {

std::string write_sample(const std::string& name) {
  const std::string path = testing::TempDir() + name;
  auto writer = PcapngWriter::open(path);
  EXPECT_TRUE(writer.has_value());
  const std::uint32_t a = (*writer)->add_interface("card0");
  const std::uint32_t b = (*writer)->add_interface("card1");
  EXPECT_EQ(b, a + 1);
  std::vector<std::byte> frame(61, std::byte{0xAB});
  (*writer)->write(a, 1'000'000'001, PcapngWriter::Direction::kOutbound, frame);
  (*writer)->write(b, 2'000'000'002, PcapngWriter::Direction::kInbound, frame, true);
  return path;
}

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Pcapng, BlocksAreWholeAndPadded) {
  const std::string bytes = read_all(write_sample("blocks.pcapng"));
  std::size_t at = 0;
  std::vector<std::uint32_t> types;
  while (at < bytes.size()) {
    std::array<std::uint32_t, 2> head;
    ASSERT_LE(at + 12, bytes.size());
    std::memcpy(head.data(), bytes.data() + at, 8);
    ASSERT_EQ(head[1] % 4, 0u);
    ASSERT_LE(at + head[1], bytes.size());
    std::uint32_t tail = 0;
    std::memcpy(&tail, bytes.data() + at + head[1] - 4, 4);
    EXPECT_EQ(tail, head[1]);
    types.push_back(head[0]);
    at += head[1];
  }
  EXPECT_EQ(types, (std::vector<std::uint32_t>{0x0A0D0D0A, 1, 1, 6, 6}));
}

TEST(Pcapng, SameFramesSameBytes) {
  EXPECT_EQ(read_all(write_sample("one.pcapng")), read_all(write_sample("two.pcapng")));
}

TEST(Pcapng, TsharkReadsTimesAndInterfaces) {
  if (std::system("tshark --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no tshark";
  const std::string command = "tshark -r " + write_sample("tshark.pcapng") +
                              " -T fields -e frame.time_epoch -e frame.interface_name -e frame.len"
                              " 2>/dev/null";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string text;
  std::array<char, 256> line;
  while (std::fgets(line.data(), line.size(), pipe) != nullptr) text += line.data();
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(text, "1.000000001\tcard0\t61\n2.000000002\tcard1\t61\n");
}

TEST(Pcapng, UnwritablePathIsToldWithItsName) {
  const auto writer = PcapngWriter::open("/nonexistent/x.pcapng");
  ASSERT_FALSE(writer.has_value());
  EXPECT_NE(writer.error().find("/nonexistent/x.pcapng"), std::string::npos);
}

}  // namespace
}  // namespace millrace::sim
