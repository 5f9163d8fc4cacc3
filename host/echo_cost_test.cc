// SPDX-License-Identifier: Apache-2.0
// Counts the host's instructions for a 64-byte echo: poll, handler, copy, flush, doorbell. The echo
// runs in a child that is stepped one instruction at a time, so the figure is exact and the same on
// every run of one build. The target is 200, 150 and 130 at batch 1, 16 and 64; the limits below
// are what was reached, so that it does not get worse unseen. One register write per batch and no
// reads. The doorbell costs what a mapped register costs: one store.

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "host/testing.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MILLRACE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer) || \
    __has_feature(thread_sanitizer)
#define MILLRACE_SANITIZED 1
#endif
#endif
#ifndef MILLRACE_SANITIZED
#define MILLRACE_SANITIZED 0
#endif

namespace millrace::host {
namespace {

constexpr std::size_t kMessage = 64;
enum Phase : int { kOutside = 0, kCounting = 1, kDone = 2 };

// A fake card whose doorbell is a store while instructions are counted.
class DoorbellDevice final : public FakeDevice {
 public:
  DoorbellDevice() : FakeDevice({.connections = 256}) {}
  std::expected<void, DeviceError> write_register(std::uint32_t offset,
                                                  std::uint32_t value) override {
    if (held_) {
      offset_ = offset;
      value_ = value;
      ++writes;
      return {};
    }
    return FakeDevice::write_register(offset, value);
  }
  void hold() { held_ = true; }
  void let_go() {
    held_ = false;
    static_cast<void>(FakeDevice::write_register(offset_, value_));
  }
  int writes = 0;

 private:
  bool held_ = false;
  std::uint32_t offset_ = 0;
  std::uint32_t value_ = 0;
};

struct EchoHandler final : ConnectionHandler {
  void on_event(Connection& connection) noexcept override {
    const auto bytes = connection.readable();
    if (bytes.empty()) return;
    connection.consume(connection.write_some(bytes));
  }
};

struct World {
  DoorbellDevice device;
  std::unique_ptr<Card> card;
  std::unique_ptr<Runtime> runtime;
  EchoHandler handler;

  explicit World(std::uint16_t connections) {
    CardOptions options;
    options.mac = {2, 0, 0, 0, 0, 1};
    options.ipv4 = 0x0A000001;
    options.seed = 1;
    card = std::move(*Card::open(device, options));
    runtime = std::move(*Runtime::open(*card, {.queue_pair = {.buffer_bytes = 1 << 24}}));
    for (std::uint16_t i = 0; i < connections; ++i) {
      static_cast<void>(
          runtime->connect({.remote = {0x0A000002, 7}, .tx_size = 4096, .rx_size = 4096}, handler));
    }
    settle();
    for (std::uint16_t i = 0; i < connections; ++i) device.establish(i);
    settle();
  }
  void settle() {
    for (int i = 0; i < 8; ++i) {
      runtime->wait(runtime->now_us() + 1);
      runtime->poll();
    }
  }
};

// In the child: `rounds` batches, the last one counted.
int child(std::uint16_t batch, volatile int* phase) {
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  World world(batch);
  const std::array<std::byte, kMessage> message{};
  for (int round = 0; round < 20; ++round) {
    for (std::uint16_t i = 0; i < batch; ++i) {
      world.device.peer_send(i, message);
      static_cast<void>(world.device.peer_take(i));
    }
    world.device.run();
    const auto reads = world.device.reads;
    world.device.writes = 0;
    world.device.hold();
    if (round == 19) {
      ::raise(SIGSTOP);
      *phase = kCounting;
    }
    world.runtime->poll();
    world.runtime->flush();
    if (round == 19) *phase = kDone;
    world.device.let_go();
    world.device.run();
    if (world.device.writes != 1 || world.device.reads != reads) return 2;
  }
  for (std::uint16_t i = 0; i < batch; ++i) {
    if (world.device.peer_take(i).size() != kMessage) return 3;
  }
  return 0;
}

// Instructions of one batch, or -1 where stepping is not allowed.
long count_batch(std::uint16_t batch) {
  auto* phase = static_cast<volatile int*>(
      ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  *phase = kOutside;
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(child(batch, phase));
  int status = 0;
  ::waitpid(pid, &status, WUNTRACED);
  long count = 0;
  while (WIFSTOPPED(status) && *phase != kDone) {
    if (::ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) != 0) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, &status, 0);
      return -1;
    }
    ::waitpid(pid, &status, 0);
    if (*phase == kCounting) ++count;
  }
  ::ptrace(PTRACE_CONT, pid, nullptr, nullptr);
  while (WIFSTOPPED(status)) ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ::munmap(const_cast<int*>(phase), sizeof(int));
  return count;
}

class EchoCost : public ::testing::TestWithParam<std::pair<int, int>> {};

TEST_P(EchoCost, InstructionsPerEcho) {
  if (MILLRACE_SANITIZED != 0) GTEST_SKIP() << "a sanitizer adds instructions";
  const auto [batch, most] = GetParam();
  const long count = count_batch(static_cast<std::uint16_t>(batch));
  if (count < 0) GTEST_SKIP() << "this environment does not allow ptrace";
  const double each = static_cast<double>(count) / batch;
  std::printf("64-byte echo, batch %d: %.1f instructions each\n", batch, each);
  RecordProperty("instructions_per_echo", std::to_string(each));
  EXPECT_LE(each, most);
}

INSTANTIATE_TEST_SUITE_P(Batches, EchoCost,
                         ::testing::Values(std::pair{1, 300}, std::pair{16, 150},
                                           std::pair{64, 142}));

}  // namespace
}  // namespace millrace::host
