// SPDX-License-Identifier: Apache-2.0
// The shared object through packetdrill's interface, as packetdrill uses it.

#include "tests/scripts/packetdrill/interface.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "tests/scripts/runner/codec.h"

namespace millrace::packetdrill {
namespace {

using script::Segment;

constexpr std::uint16_t kPort = 8080;
constexpr std::uint16_t kRemotePort = 40000;

class PacketdrillInterface : public testing::Test {
 protected:
  void SetUp() override {
    library_ = dlopen(MILLRACE_PACKETDRILL, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library_, nullptr) << dlerror();
    auto* init = reinterpret_cast<decltype(&packetdrill_interface_init)>(
        dlsym(library_, "packetdrill_interface_init"));
    ASSERT_NE(init, nullptr);
    init("local_ip=192.168.0.1,remote_ip=192.0.2.1,delayed_ack_us=0", &stack_);
  }
  void TearDown() override {
    if (stack_.free != nullptr) stack_.free(stack_.userdata);
  }

  void inject(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack, std::size_t bytes = 0) {
    Segment segment;
    segment.source = *script::parse_address("192.0.2.1");
    segment.destination = *script::parse_address("192.168.0.1");
    segment.source_port = kRemotePort;
    segment.destination_port = kPort;
    segment.seq = seq;
    segment.ack = ack;
    segment.flags = flags;
    segment.window = 65535;
    segment.payload.assign(bytes, std::byte{'x'});
    const auto frame = encode(segment, {}, {});
    ASSERT_EQ(stack_.netdev_send(stack_.userdata, frame.data() + 14, frame.size() - 14), 0);
  }

  // What leaves the card next, and when.
  std::optional<Segment> next(long long* when = nullptr) {
    std::array<std::byte, 4096> packet{};
    std::size_t bytes = packet.size();
    long long time_us = 0;
    if (stack_.netdev_receive(stack_.userdata, packet.data(), &bytes, &time_us) != 0) return {};
    if (when != nullptr) *when = time_us;
    if (bytes == 0) return {};
    script::Bytes frame(14);
    frame[12] = std::byte{8};
    frame.insert(frame.end(), packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(bytes));
    auto segment = script::decode(frame);
    EXPECT_TRUE(segment) << segment.error();
    return segment ? std::optional(*segment) : std::nullopt;
  }

  long long now() {
    timeval time{};
    stack_.gettimeofday(stack_.userdata, &time, nullptr);
    return time.tv_sec * 1'000'000LL + time.tv_usec;
  }

  // A connection that the remote end opened; its numbers are 1 there and isn_ + 1 here.
  int accepted() {
    void* const u = stack_.userdata;
    const int listening = stack_.socket(u, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_port = htons(kPort);
    const auto* address = reinterpret_cast<const sockaddr*>(&own);
    EXPECT_EQ(stack_.bind(u, listening, address, sizeof own), 0);
    EXPECT_EQ(stack_.listen(u, listening, 1), 0);
    inject(script::kSyn, 0, 0);
    const auto syn_ack = next();
    EXPECT_TRUE(syn_ack && syn_ack->flags == (script::kSyn | script::kAck) && syn_ack->ack == 1);
    if (!syn_ack) return -1;
    isn_ = syn_ack->seq;
    inject(script::kAck, 1, isn_ + 1);
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    const int fd = stack_.accept(u, listening, reinterpret_cast<sockaddr*>(&peer), &length);
    EXPECT_EQ(ntohs(peer.sin_port), kRemotePort);
    EXPECT_EQ(ntohl(peer.sin_addr.s_addr), 0xC0000201U);
    return fd;
  }

  void* library_ = nullptr;
  Interface stack_{};
  std::uint32_t isn_ = 0;
};

TEST_F(PacketdrillInterface, ServesAConnectionFromSynToFin) {
  void* const u = stack_.userdata;
  const int fd = accepted();
  ASSERT_GE(fd, 0);
  inject(script::kAck | script::kPsh, 1, isn_ + 1, 100);
  auto ack = next();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->ack, 101U);
  std::array<char, 200> text{};
  EXPECT_EQ(stack_.read(u, fd, text.data(), text.size()), 100);
  EXPECT_EQ(text[99], 'x');
  EXPECT_EQ(stack_.write(u, fd, text.data(), 50), 50);
  const auto data = next();
  ASSERT_TRUE(data);
  EXPECT_EQ(data->payload.size(), 50U);
  inject(script::kAck, 101, isn_ + 51);
  EXPECT_EQ(stack_.close(u, fd), 0);
  const auto fin = next();
  ASSERT_TRUE(fin);
  EXPECT_EQ(fin->flags & script::kFin, script::kFin);
  inject(script::kFin | script::kAck, 101, isn_ + 52);
  ack = next();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->ack, 102U);
}

TEST_F(PacketdrillInterface, ErrorsAreThoseOfSystemCalls) {
  void* const u = stack_.userdata;
  char byte = 0;
  EXPECT_EQ(stack_.read(u, 77, &byte, 1), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(stack_.socket(u, AF_INET, SOCK_DGRAM, 0), -1);
  EXPECT_EQ(errno, EPROTONOSUPPORT);
  const int fd = accepted();
  ASSERT_GE(fd, 0);
  EXPECT_EQ(stack_.fcntl(u, fd, F_SETFL, long{O_NONBLOCK}), 0);
  EXPECT_EQ(stack_.read(u, fd, &byte, 1), -1);
  EXPECT_EQ(errno, EAGAIN);
  inject(script::kRst, 1, 0);
  EXPECT_EQ(stack_.read(u, fd, &byte, 1), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(PacketdrillInterface, ShutForReadingGivesWhatIsThereAndThenTheEnd) {
  void* const u = stack_.userdata;
  const int fd = accepted();
  ASSERT_GE(fd, 0);
  inject(script::kAck | script::kPsh, 1, isn_ + 1, 10);
  ASSERT_TRUE(next());
  EXPECT_EQ(stack_.shutdown(u, fd, SHUT_RD), 0);
  std::array<char, 20> text{};
  EXPECT_EQ(stack_.read(u, fd, text.data(), text.size()), 10);
  EXPECT_EQ(stack_.read(u, fd, text.data(), text.size()), 0);
  EXPECT_EQ(stack_.write(u, fd, text.data(), 1), 1);
}

TEST_F(PacketdrillInterface, OptionsOfConnectionsAreTheCards) {
  void* const u = stack_.userdata;
  const int fd = accepted();
  ASSERT_GE(fd, 0);
  const auto set = [&](int level, int name, int value) {
    return stack_.setsockopt(u, fd, level, name, &value, sizeof value);
  };
  for (const int name :
       {TCP_NODELAY, TCP_QUICKACK, TCP_USER_TIMEOUT, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT}) {
    EXPECT_EQ(set(IPPROTO_TCP, name, 1), 0) << name;
  }
  EXPECT_EQ(set(SOL_SOCKET, SO_KEEPALIVE, 1), 0);
  EXPECT_EQ(stack_.setsockopt(u, fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), 0);
  EXPECT_EQ(stack_.setsockopt(u, fd, IPPROTO_TCP, TCP_CONGESTION, "vegas", 5), -1);
  EXPECT_EQ(errno, ENOPROTOOPT);
  EXPECT_EQ(set(IPPROTO_TCP, TCP_CORK, 1), -1);
  EXPECT_EQ(errno, ENOPROTOOPT);
  int value = 0;
  socklen_t length = sizeof value;
  EXPECT_EQ(stack_.getsockopt(u, fd, IPPROTO_TCP, TCP_NODELAY, &value, &length), 0);
  EXPECT_EQ(value, 1);
}

TEST_F(PacketdrillInterface, TimeIsVirtualAndSilenceEnds) {
  const long long begin = now();
  EXPECT_EQ(stack_.usleep(stack_.userdata, 5'000'000), 0);
  const long long later = now();
  EXPECT_GE(later - begin, 5'000'000);
  EXPECT_LT(later - begin, 5'001'000);
  EXPECT_FALSE(next());  // nothing leaves a card without connections
}

TEST_F(PacketdrillInterface, LostSegmentLeavesAgainAfterItsTimeout) {
  const int fd = accepted();
  ASSERT_GE(fd, 0);
  char byte = 'y';
  EXPECT_EQ(stack_.write(stack_.userdata, fd, &byte, 1), 1);
  long long first = 0;
  long long second = 0;
  ASSERT_TRUE(next(&first));
  const auto again = next(&second);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->seq, isn_ + 1);
  EXPECT_GT(second - first, 100'000);
  EXPECT_LT(second - first, 1'500'000);
}

bool sleeps(int thread) {  // as packetdrill finds out
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(") ");
  return name_end != std::string::npos && text[name_end + 2] == 'S';
}

TEST_F(PacketdrillInterface, BlockedReadReturnsAtTheTimeOfItsData) {
  const int fd = accepted();
  ASSERT_GE(fd, 0);
  std::atomic<int> thread = 0;
  std::atomic<bool> over = false;
  ssize_t got = 0;
  long long ended = 0;
  std::thread reader([&] {
    thread = static_cast<int>(syscall(SYS_gettid));
    std::array<char, 10> text{};
    got = stack_.read(stack_.userdata, fd, text.data(), text.size());
    ended = now();
    over = true;
  });
  while (thread == 0 || !sleeps(thread)) std::this_thread::yield();
  stack_.usleep(stack_.userdata, 300'000);
  EXPECT_FALSE(over);
  const long long before = now();
  inject(script::kAck, 1, isn_ + 1, 10);
  stack_.usleep(stack_.userdata, 1'000'000);  // would run ahead of the reader if it could
  reader.join();
  EXPECT_EQ(got, 10);
  EXPECT_GE(ended, before);
  EXPECT_LT(ended, before + 1000);
}

}  // namespace
}  // namespace millrace::packetdrill
