// SPDX-License-Identifier: Apache-2.0
// The Verilated card and the Linux kernel's TCP on a TAP device, in a network namespace of the
// test's own.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "sim/sim_uri.h"
#include "sim/testing/ring_host.h"

namespace millrace::sim {
namespace {

constexpr Host kCard{{0x02, 0, 0, 0, 0, 1}, 0x0A4D0002};
constexpr std::uint32_t kKernelIpv4 = 0x0A4D0001;
constexpr std::uint16_t kPort = 7777;
constexpr const char* kTap = "milltest1";

void set_address(ifreq& request, std::uint32_t ipv4) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(ipv4);
  std::memcpy(&request.ifr_addr, &address, sizeof address);
}

void configure_interface() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  ifreq request{};
  std::strncpy(request.ifr_name, kTap, IFNAMSIZ - 1);
  set_address(request, kKernelIpv4);
  EXPECT_EQ(::ioctl(fd, SIOCSIFADDR, &request), 0);
  set_address(request, 0xFFFFFF00);
  EXPECT_EQ(::ioctl(fd, SIOCSIFNETMASK, &request), 0);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  EXPECT_EQ(::ioctl(fd, SIOCSIFFLAGS, &request), 0);
  ::close(fd);
}

int connect_to_card() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  address.sin_addr.s_addr = htonl(kCard.ipv4);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), -1);
  EXPECT_EQ(errno, EINPROGRESS);
  return fd;
}

// What the kernel receives it sends back, so that the pattern is verified at the card.
class KernelEcho {
 public:
  explicit KernelEcho(int fd) : fd_(fd) {}
  void poll() {
    char bytes[16384];
    while (held_.size() < 65536) {
      const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
      if (got == 0) ended_ = true;
      if (got <= 0) break;
      held_.append(bytes, static_cast<std::size_t>(got));
    }
    const ssize_t sent = held_.empty() ? 0 : ::send(fd_, held_.data(), held_.size(), MSG_NOSIGNAL);
    if (sent > 0) held_.erase(0, static_cast<std::size_t>(sent));
    if (ended_ && held_.empty() && fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }

 private:
  int fd_;
  bool ended_ = false;
  std::string held_;
};

TEST(TapCard, KernelEchoesAStreamAndCloses) {
  if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    GTEST_SKIP() << "no network namespace of our own: " << std::strerror(errno);
  }
  auto device = open_sim("sim:?tap=milltest1&capture=" + testing::TempDir() + "tap_card.pcapng");
  if (!device.has_value()) GTEST_SKIP() << device.error();
  configure_interface();
  RingHost host(**device, kCard, 4);
  ASSERT_TRUE(host.bring_up()) << host.error();
  host.listen(kPort, 4);
  const auto pass = [&](std::uint64_t us) {
    while (host.poll()) {
    }
    ASSERT_TRUE((*device)->wait((*device)->now_us() + us).has_value()) << (*device)->failure();
  };
  for (int i = 0; i < 20; ++i) pass(1000);
  KernelEcho kernel(connect_to_card());
  const RingHost::Connection* flow = nullptr;
  constexpr std::uint64_t kBytes = 300'000;
  const std::uint64_t limit = (*device)->now_us() + 30'000'000;
  while ((*device)->now_us() < limit && (flow == nullptr || !flow->final) && host.error().empty()) {
    pass(1000);
    kernel.poll();
    for (std::uint32_t i = 0; flow == nullptr && i < host.connections().size(); ++i) {
      if (!host.connections()[i].established) continue;
      flow = &host.connections()[i];
      host.send(i, kBytes, true);
    }
  }
  EXPECT_EQ(host.error(), "");
  ASSERT_NE(flow, nullptr) << "no connection";
  EXPECT_EQ(flow->received, kBytes);
  EXPECT_TRUE(flow->fin_received);
  EXPECT_TRUE(flow->final);
  EXPECT_EQ(flow->status, 0);
  EXPECT_EQ((*device)->simulation().errors(), "");
}

}  // namespace
}  // namespace millrace::sim
