// SPDX-License-Identifier: Apache-2.0
// A fake card on a TAP device in a network namespace of the test's own: frames go to the kernel and
// come back.

#include "sim/wire/tap.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "sim/simulation.h"
#include "sim/testing/fake_card.h"

namespace millrace::sim {
namespace {

constexpr std::uint16_t kTestEtherType = 0x88B5;  // IEEE 802 local experimental

int open_packet_socket(const char* name) {
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(kTestEtherType));
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP;
  EXPECT_EQ(::ioctl(fd, SIOCSIFFLAGS, &request), 0);
  EXPECT_EQ(::ioctl(fd, SIOCGIFINDEX, &request), 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(kTestEtherType);
  address.sll_ifindex = request.ifr_ifindex;
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

TEST(TapWire, FramesReachTheCardAndTheKernel) {
  if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    GTEST_SKIP() << "no network namespace of our own: " << std::strerror(errno);
  }
  Simulation simulation;
  simulation.add_card(std::make_unique<FakeCard>(), {});
  const auto tap = simulation.add_tap(0, "milltest0");
  if (!tap.has_value()) GTEST_SKIP() << tap.error();
  const int fd = open_packet_socket("milltest0");
  std::vector<std::byte> frame(42, std::byte{0xFF});
  frame[12] = std::byte{kTestEtherType >> 8};
  frame[13] = std::byte{kTestEtherType & 0xFF};
  ASSERT_EQ(::send(fd, frame.data(), frame.size(), 0), 42);
  std::array<std::byte, 2048> got;
  ssize_t bytes = -1;
  EXPECT_TRUE(simulation.run_until(
      [&] { return (bytes = ::recv(fd, got.data(), got.size(), 0)) > 0; }, 2'000'000));
  EXPECT_EQ(bytes, 60);  // padded as a MAC would see it
  EXPECT_EQ(std::memcmp(got.data(), frame.data(), frame.size()), 0);
  EXPECT_TRUE(simulation.wall_clock());
  const std::uint64_t cycles = simulation.cycle();
  simulation.run_us(200'000);
  EXPECT_LT(simulation.cycle() - cycles, 20'000u);  // it slept
  EXPECT_EQ(simulation.errors(), "");
  ::close(fd);
}

TEST(TapWire, ImpossibleNamesAreRefused) {
  EXPECT_FALSE(TapWire::open("").has_value());
  EXPECT_FALSE(TapWire::open("a_name_longer_than_fifteen").has_value());
}

}  // namespace
}  // namespace millrace::sim
