// SPDX-License-Identifier: Apache-2.0
// The Verilated toe_core in the simulation: bring-up, registers, ARP and ICMP on a scripted wire,
// quiet time.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "hw/contract/generated/contract.h"
#include "sim/model/card_model.h"
#include "sim/sim_uri.h"
#include "sim/testing/frames.h"

namespace millrace::sim {
namespace {

constexpr Host kCard{{0x02, 0x4D, 0x49, 0x4C, 0x4C, 0x01}, 0x0A000001};
constexpr Host kPeer{{0x02, 0, 0, 0, 0, 0x02}, 0x0A000002};

std::span<const std::byte> mac_bytes(const MacAddress& mac) {
  return std::as_bytes(std::span(mac));
}

class VerilatedCardTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    auto device = open_sim("sim:?seed=" + std::to_string(GetParam()));
    ASSERT_TRUE(device.has_value()) << device.error();
    device_ = std::move(*device);
    wire_ = &device_->simulation().add_script(0);
  }

  void TearDown() override {
    if (device_ != nullptr) {
      EXPECT_EQ(device_->simulation().errors(), "");
    }
  }

  void write(std::uint32_t offset, std::uint32_t value) {
    ASSERT_TRUE(device_->write_register(offset, value).has_value());
  }
  std::uint32_t read(std::uint32_t offset) {
    const auto value = device_->read_register(offset);
    EXPECT_TRUE(value.has_value()) << device_->failure();
    return value.value_or(0);
  }

  void bring_up() {
    for (int i = 0; i < 1000 && (read(contract::kRegStatus) & 1) == 0; ++i) {
      ASSERT_TRUE(device_->wait(device_->now_us() + 10).has_value());
    }
    ASSERT_EQ(read(contract::kRegStatus) & 1, 1u) << "card does not become ready";
    write(contract::kRegMacHi, 0x024D);
    write(contract::kRegMacLo, 0x494C4C01);
    write(contract::kRegIpv4, kCard.ipv4);
    write(contract::kRegNetmask, 0xFFFFFF00);
    write(contract::kRegControl, 1);
    EXPECT_EQ(read(contract::kRegControl), 1u);
    // It announces itself first (RFC 5227 2.3: a request for its own address).
    const auto announcement = next_frame();
    ASSERT_EQ(announcement.size(), 60u);
    EXPECT_EQ(read_be(announcement, 20, 2), 1u);
    EXPECT_EQ(read_be(announcement, 28, 4), kCard.ipv4);
    EXPECT_EQ(read_be(announcement, 38, 4), kCard.ipv4);
  }

  std::vector<std::byte> next_frame() {
    if (!device_->simulation().run_until([this] { return !wire_->sent().empty(); }, 1000)) {
      return {};
    }
    auto bytes = std::move(wire_->sent().front().bytes);
    wire_->sent().pop_front();
    return bytes;
  }

  std::unique_ptr<SimDevice> device_;
  ScriptWire* wire_ = nullptr;
};

TEST_P(VerilatedCardTest, TellsWhatItIs) {
  EXPECT_EQ(read(contract::kRegId), contract::kMagic);
  EXPECT_EQ(read(contract::kRegContractHashLo), static_cast<std::uint32_t>(contract::kHash));
  EXPECT_EQ(read(contract::kRegContractHashHi), static_cast<std::uint32_t>(contract::kHash >> 32));
  EXPECT_EQ(read(contract::kRegContractRevision), contract::kRevision);
  EXPECT_EQ(read(contract::kRegLimitConnections), device_->card().model().connections());
}

TEST_P(VerilatedCardTest, AnswersArpAndEcho) {
  bring_up();
  wire_->inject(arp_request(kPeer, kCard.ipv4));
  const auto reply = next_frame();
  ASSERT_EQ(reply.size(), 60u);
  EXPECT_TRUE(std::ranges::equal(std::span(reply).first(6), mac_bytes(kPeer.mac)));
  EXPECT_TRUE(std::ranges::equal(std::span(reply).subspan(22, 6), mac_bytes(kCard.mac)));
  EXPECT_EQ(read_be(reply, 20, 2), 2u);
  EXPECT_EQ(read_be(reply, 28, 4), kCard.ipv4);

  for (const std::size_t payload :
       {0u, 1u, 17u, 18u, 22u, 23u, 56u, 86u, 87u, 500u, 1000u, 1472u}) {
    const auto request = echo_request(kPeer, kCard, static_cast<std::uint16_t>(payload), payload);
    wire_->inject(request);
    const auto echo = next_frame();
    ASSERT_EQ(echo.size(), std::max<std::size_t>(request.size(), 60)) << payload;
    EXPECT_EQ(read_be(echo, 34, 1), 0u) << "an echo reply";
    EXPECT_EQ(internet_checksum(std::span(echo).subspan(14, 20)), 0u) << payload;
    EXPECT_EQ(internet_checksum(std::span(echo).subspan(34, 8 + payload)), 0u) << payload;
    EXPECT_TRUE(std::ranges::equal(std::span(echo).subspan(38, 4 + payload),
                                   std::span(request).subspan(38, 4 + payload)));
  }
}

TEST_P(VerilatedCardTest, AnswersNothingForOthersOrDamagedFrames) {
  bring_up();
  wire_->inject(arp_request(kPeer, kCard.ipv4 + 5));
  auto damaged = echo_request(kPeer, kCard, 1, 100);
  wire_->inject(damaged, 0, true);
  damaged[40] ^= std::byte{1};
  wire_->inject(damaged);
  damaged = echo_request(kPeer, kCard, 1, 100);
  damaged[20] ^= std::byte{1};
  wire_->inject(damaged);
  wire_->inject(std::vector<std::byte>(20, std::byte{0xFF}), 0, false, false);
  EXPECT_TRUE(next_frame().empty());
  wire_->inject(echo_request(kPeer, kCard, 2, 10));
  EXPECT_FALSE(next_frame().empty());
}

TEST_P(VerilatedCardTest, QuietTimeIsJumpedOver) {
  bring_up();
  const std::uint64_t cycles = device_->simulation().cycle();
  const std::uint32_t card_before = read(contract::kRegNowUs);
  const std::uint64_t before = device_->now_us();
  ASSERT_TRUE(device_->wait(before + 600'000'000).has_value());  // ten minutes
  EXPECT_EQ(device_->now_us(), before + 600'000'000);
  EXPECT_LT(device_->simulation().cycle() - cycles, 5'000u);
  EXPECT_NEAR(static_cast<double>(read(contract::kRegNowUs) - card_before), 600e6, 2);
  wire_->inject(echo_request(kPeer, kCard, 2, 10));
  EXPECT_FALSE(next_frame().empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, VerilatedCardTest, testing::Values(1, 2, 3, 4));

TEST(SimUri, OptionsAreReadAndMistakesNamed) {
  const auto options =
      parse_sim_uri("sim:?memory=pcie_gen4_x8&seed=7&loss=0.25&delay_us=2.5&clock=wall");
  ASSERT_TRUE(options.has_value()) << options.error();
  EXPECT_EQ(options->memory.read_latency, 175u);
  EXPECT_EQ(options->seed, 7u);
  EXPECT_EQ(options->link.loss, 0.25);
  EXPECT_EQ(options->link.delay_ns, 2500u);
  EXPECT_TRUE(options->wall_clock);
  EXPECT_TRUE(parse_sim_uri("sim:").has_value());
  for (const char* bad : {"xrt:0", "sim:7", "sim:?seed=x", "sim:?memory=fast", "sim:?loss=2",
                          "sim:?nothing=1", "sim:?seed"}) {
    const auto refused = parse_sim_uri(bad);
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_NE(refused.error().find(bad), std::string::npos);
  }
  const auto refused = open_sim("sim:?connections=77");
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().find("77"), std::string::npos);
}

// Verilator keeps one current model for a thread; a card must not depend on which one that is.
TEST(VerilatedCards, LiveWithoutThoseThatWereMadeLater) {
  auto first = make_verilated_card({.seed = 1, .trace = {}});
  make_verilated_card({.seed = 2, .trace = {}}).reset();
  for (int i = 0; i < 100; ++i) first->step();
  EXPECT_EQ(first->failure(), "");
  first.reset();
}

}  // namespace
}  // namespace millrace::sim
