// SPDX-License-Identifier: Apache-2.0
// Frames that a card must drop, forged from the live flows' own segments: each comes just before
// the true one, with other payload, so that a card which believed it would deliver wrong bytes.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "hw/wire/frame_builder.h"
#include "tests/system/interposer.h"
#include "tests/system/two_cards.h"
#include "tests/system/world.h"

namespace millrace::tests {
namespace {

using contract::Counter;
using sim::Bytes;

constexpr std::size_t kIp = 14;   // where the IPv4 header begins; no options
constexpr std::size_t kTcp = 34;  // and TCP's
constexpr std::size_t kPayload = 54;
constexpr std::size_t kWorthForging = kPayload + 200;

Bytes octets(const sim::Frame& frame) {
  Bytes bytes;
  for (const std::byte byte : frame.bytes) bytes.push_back(std::to_integer<std::uint8_t>(byte));
  return bytes;
}

bool is_data(const sim::Frame& frame) {
  return frame.bytes.size() >= kWorthForging && frame.bytes[12] == std::byte{8} &&
         frame.bytes[kIp + 9] == std::byte{6} && frame.bytes[kTcp + 12] == std::byte{0x50};
}

void put16(Bytes& bytes, std::size_t at, std::uint32_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

// Right checksums for whatever the frame says now, its length field excepted.
void sign(Bytes& frame, std::size_t ip_bytes) {
  put16(frame, kIp + 10, 0);
  put16(frame, kIp + 10, sim::checksum(std::span(frame).subspan(kIp, 20)));
  put16(frame, kTcp + 16, 0);
  Bytes pseudo(frame.begin() + kIp + 12, frame.begin() + kIp + 20);
  sim::append(pseudo, 6, 2);
  sim::append(pseudo, ip_bytes - 20, 2);
  const auto start = static_cast<std::uint16_t>(~sim::checksum(pseudo));
  put16(frame, kTcp + 16, sim::checksum(std::span(frame).subspan(kTcp, ip_bytes - 20), start));
}

struct Fault {
  const char* name;
  Counter counter;
  // Makes the one thing wrong. `frame` is signed again afterwards unless it was done here.
  void (*apply)(Bytes& frame);
  bool sign_after = true;
};

std::size_t ip_bytes_of(const Bytes& frame) {
  return (std::size_t{frame[kIp + 2]} << 8) | frame[kIp + 3];
}

constexpr auto kEth = Counter::kRxDroppedEth;
constexpr auto kIpv4 = Counter::kRxDroppedIp;
constexpr auto kIpv6 = Counter::kRxDroppedIp6;
constexpr auto kTcpDrop = Counter::kRxDroppedTcp;

const std::array kFaults = {
    Fault{"foreign MAC", kEth, [](Bytes& f) { f[5] ^= 0x40; }},
    Fault{"EtherType of IPv6", kIpv6, [](Bytes& f) { put16(f, 12, 0x86DD); }},
    Fault{"EtherType of VLAN", kEth, [](Bytes& f) { put16(f, 12, 0x8100); }},
    Fault{"runt", kEth, [](Bytes& f) { f.resize(13); }, false},
    Fault{"version 6", kIpv4, [](Bytes& f) { f[kIp] = 0x65; }},
    Fault{"version 0", kIpv4, [](Bytes& f) { f[kIp] = 0x05; }},
    Fault{"header of 16 bytes", kIpv4, [](Bytes& f) { f[kIp] = 0x44; }},
    Fault{"header of 0 bytes", kIpv4, [](Bytes& f) { f[kIp] = 0x40; }},
    Fault{"header longer than the datagram", kIpv4,
          [](Bytes& f) {
            f[kIp] = 0x4F;
            put16(f, kIp + 2, 40);
            f.resize(60);
            put16(f, kIp + 10, 0);
            put16(f, kIp + 10, sim::checksum(std::span(f).subspan(kIp, 46)));
          },
          false},
    Fault{"checksum of IPv4", kIpv4, [](Bytes& f) { f[kIp + 10] ^= 0x20; }, false},
    Fault{"length beyond the frame", kIpv4,
          [](Bytes& f) { put16(f, kIp + 2, static_cast<std::uint32_t>(ip_bytes_of(f) + 1)); }},
    Fault{"length 65535", kIpv4, [](Bytes& f) { put16(f, kIp + 2, 65535); }},
    Fault{"length below the header", kIpv4, [](Bytes& f) { put16(f, kIp + 2, 19); }},
    Fault{"length 0", kIpv4, [](Bytes& f) { put16(f, kIp + 2, 0); }},
    Fault{"first fragment", kIpv4, [](Bytes& f) { put16(f, kIp + 6, 0x2000); }},
    Fault{"later fragment", kIpv4, [](Bytes& f) { put16(f, kIp + 6, 0x0001); }},
    Fault{"foreign address", kIpv4, [](Bytes& f) { f[kIp + 19] ^= 0x10; }},
    Fault{"from multicast", kIpv4, [](Bytes& f) { f[kIp + 12] = 0xE0; }},
    Fault{"from itself", kIpv4, [](Bytes& f) { f[kIp + 15] = f[kIp + 19]; }},
    Fault{"protocol UDP", kIpv4, [](Bytes& f) { f[kIp + 9] = 17; }},
    Fault{"cut in TCP's header", kIpv4, [](Bytes& f) { f.resize(kTcp + 19); }, false},
    Fault{"cut in IPv4's header", kIpv4, [](Bytes& f) { f.resize(kIp + 19); }, false},
    Fault{"last byte cut", kIpv4, [](Bytes& f) { f.pop_back(); }, false},
    Fault{"checksum of TCP", kTcpDrop, [](Bytes& f) { f[kTcp + 17] ^= 0x01; }, false},
    Fault{"no checksum", kTcpDrop, [](Bytes& f) { put16(f, kTcp + 16, 0); }, false},
    Fault{"TCP header of 16 bytes", kTcpDrop, [](Bytes& f) { f[kTcp + 12] = 0x40; }},
    Fault{"TCP header of 0 bytes", kTcpDrop, [](Bytes& f) { f[kTcp + 12] = 0x00; }},
    Fault{"TCP header longer than the segment", kTcpDrop,
          [](Bytes& f) {
            f[kTcp + 12] = 0x60;
            put16(f, kIp + 2, 40);
            f.resize(60);
            sign(f, 40);
          },
          false},
    Fault{"less than a TCP header", kTcpDrop,
          [](Bytes& f) {
            put16(f, kIp + 2, 39);
            f.resize(60);
            sign(f, 39);
          },
          false},
};

class BadFrames : public testing::Test {
 protected:
  void SetUp() override {
    TwoCardsOptions options;
    options.link.rate_gbps = 5;
    // Headers of 20 bytes, which the faults are made for; and nobody repeats what was not lost.
    options.policy.tcp_options = host::tcp_options(host::TcpOption::kWindowScale);
    auto cards = TwoCards::make(options);
    ASSERT_TRUE(cards) << cards.error();
    cards_ = std::move(*cards);
    wire_ = std::make_unique<Interposer>(cards_->simulation().card(1));
    auto transfer = Transfer::start(*cards_, {{kBytes, kBytes}, {kBytes, kBytes}});
    ASSERT_TRUE(transfer) << transfer.error();
    transfer_ = std::move(*transfer);
    ASSERT_TRUE(run([&] { return transfer_->received() > 10'000; }));
    before_ = counters();
  }

  void finish() {
    EXPECT_FALSE(transfer_->done()) << "the flows were over before the test was";
    EXPECT_TRUE(run([&] { return transfer_->done(); }, 10'000'000));
    EXPECT_EQ(transfer_->verdict(), "");
    EXPECT_EQ(cards_->simulation().errors(), "");
    const host::CounterSnapshot counted = counters().since(before_);
    EXPECT_EQ(counted[Counter::kRxDroppedOverrun], 0u);
    EXPECT_EQ(counted[Counter::kRxNoConnection], 0u);
    EXPECT_EQ(counted[Counter::kRxResets], 0u);
    EXPECT_EQ(counted[Counter::kTxResets], 0u);
    EXPECT_EQ(counted[Counter::kRxDuplicates], 0u);
    EXPECT_EQ(counted[Counter::kTxRetransmits], 0u);
  }

  template <typename Done>
  bool run(Done done, std::uint64_t limit_us = 10'000) {
    return cards_->run(done, [&] { transfer_->turn(); }, limit_us);
  }
  host::CounterSnapshot counters() {
    return cards_->card(1).counters().value_or(host::CounterSnapshot{});
  }
  static std::uint32_t dropped(const host::CounterSnapshot& counters) {
    return counters[kEth] + counters[kIpv4] + counters[kIpv6] + counters[kTcpDrop];
  }

  // Before the next data segment to card 1 comes what `forge` makes of it, its payload replaced
  // and signed; returns when it has been delivered.
  template <typename Forge>
  void forge_next(Forge forge, bool bad_fcs = false) {
    bool forged = false;
    wire_->set_forger([&](const sim::Frame& frame) -> std::optional<sim::Frame> {
      if (forged || !is_data(frame)) return std::nullopt;
      forged = true;
      Bytes bytes = octets(frame);
      for (std::size_t i = kPayload; i < bytes.size(); ++i) bytes[i] ^= 0x5A;
      sign(bytes, ip_bytes_of(bytes));
      forge(bytes);
      sim::Frame copy;
      copy.bad_fcs = bad_fcs;
      for (const std::uint8_t byte : bytes) copy.bytes.push_back(std::byte{byte});
      return copy;
    });
    EXPECT_TRUE(run([&] { return forged; }));
    wire_->set_forger(nullptr);
    run([] { return false; }, 2);  // it has been judged
  }

  static constexpr std::uint64_t kBytes = 400'000;

  std::unique_ptr<Interposer> wire_;  // outlives the cards, which still work when they are closed
  std::unique_ptr<TwoCards> cards_;
  std::unique_ptr<Transfer> transfer_;
  host::CounterSnapshot before_;
};

TEST_F(BadFrames, EachFaultIsCountedOnceAndNothingElseMoves) {
  for (const Fault& fault : kFaults) {
    SCOPED_TRACE(fault.name);
    const host::CounterSnapshot then = counters();
    forge_next([&](Bytes& frame) {
      const std::size_t bytes = ip_bytes_of(frame);
      fault.apply(frame);
      if (fault.sign_after) sign(frame, bytes);
    });
    const host::CounterSnapshot counted = counters().since(then);
    EXPECT_EQ(counted[fault.counter], 1u);
    EXPECT_EQ(dropped(counted), 1u);
  }
  const host::CounterSnapshot then = counters();
  forge_next([](Bytes&) {}, true);
  EXPECT_EQ(counters().since(then)[kEth], 1u) << "bad FCS";
  finish();
}

TEST_F(BadFrames, AnyFlippedBitIsFound) {
  constexpr unsigned kSeed = 5;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937 random(kSeed);
  const host::CounterSnapshot then = counters();
  constexpr std::uint32_t kFrames = 100;
  for (std::uint32_t i = 0; i < kFrames; ++i) {
    forge_next([&](Bytes& frame) {
      std::size_t bit = random() % (frame.size() * 8);
      if (bit / 8 >= 6 && bit / 8 < 12) bit -= 6 * 8;  // nothing covers the sender's MAC
      frame[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    });
  }
  EXPECT_EQ(dropped(counters().since(then)), kFrames);
  finish();
}

// The fault is why frames are dropped: without one the forged payload is believed.
TEST_F(BadFrames, WellFormedForgeryIsBelieved) {
  const host::CounterSnapshot then = counters();
  forge_next([](Bytes&) {});
  EXPECT_EQ(dropped(counters().since(then)), 0u);
  EXPECT_TRUE(run([&] { return transfer_->done(); }, 10'000'000));
  EXPECT_NE(transfer_->verdict(), "");
}

TEST_F(BadFrames, SynWithBadOptionsOpensNothing) {
  const auto free = cards_->card(1).free_connections().value_or(0);
  const Bytes bad[] = {{2, 0, 5, 180}, {2, 1, 5, 180}, {2, 5, 5, 180}, {1, 1, 1, 2},
                       {1, 1, 3, 3},   {8, 255, 0, 0}, {3, 41, 0, 0},  {1, 1, 8, 10}};
  std::uint16_t port = 30'000;
  for (const Bytes& options : bad) {
    const host::CounterSnapshot then = counters();
    sim::Ipv4Header ip;
    ip.to_mac = 0x0200'0000'0002;
    ip.from_mac = 0x0200'0000'0077;
    ip.from = 0x0A00'004D;
    ip.to = TwoCards::kIp[1];
    sim::TcpHeader tcp;
    tcp.from_port = ++port;
    tcp.to_port = 7;
    tcp.seq = 1000;
    tcp.flags = 2;
    tcp.wnd = 1000;
    tcp.options = options;
    wire_->inject(sim::build_tcp(ip, tcp, {}));
    run([] { return false; }, 2);
    const host::CounterSnapshot counted = counters().since(then);
    EXPECT_EQ(counted[kTcpDrop], 1u) << testing::PrintToString(options);
    EXPECT_EQ(counted[Counter::kConnOpenedPassive], 0u);
  }
  EXPECT_EQ(cards_->card(1).free_connections().value_or(0), free);
  finish();
}

// A peer by hand: what it may say that is no fault of form.
class BadPeer : public BadFrames {
 protected:
  static constexpr std::uint16_t kPort = 9;

  struct Acceptor final : host::ListenerHandler {
    host::Connection* taken = nullptr;
    void on_event(host::Listener& listener) noexcept override {
      if (taken == nullptr) taken = listener.accept();
    }
  };

  Bytes segment(std::uint32_t seq, std::uint32_t ack, std::uint8_t flags,
                const Bytes& options) const {
    sim::Ipv4Header ip;
    ip.to_mac = 0x0200'0000'0002;
    ip.from_mac = 0x0200'0000'0077;
    ip.from = 0x0A00'004D;
    ip.to = TwoCards::kIp[1];
    sim::TcpHeader tcp;
    tcp.from_port = 5555;
    tcp.to_port = kPort;
    tcp.seq = seq;
    tcp.ack = ack;
    tcp.flags = flags;
    tcp.wnd = 60'000;
    tcp.options = options;
    return sim::build_tcp(ip, tcp, {});
  }
};

TEST_F(BadPeer, TinyMssDoesNotMakeEmptySegments) {
  for (const std::uint8_t mss : {0, 1}) {
    SCOPED_TRACE("MSS " + std::to_string(mss));
    Acceptor acceptor;
    auto listener = cards_->runtime(1).listen({.port = kPort, .backlog = 1}, acceptor);
    ASSERT_TRUE(listener) << listener.error().context;
    ASSERT_TRUE(run([&] { return (*listener)->posted() == 1; }));
    run([] { return false; }, 10);  // it has reached the card
    std::vector<Bytes> to_peer;
    wire_->set_observer([&](const sim::Frame& frame) {
      const Bytes bytes = octets(frame);
      if (bytes.size() > kTcp + 20 && bytes[5] == 0x77 && bytes[12] == 8 && bytes[13] == 0) {
        to_peer.push_back(bytes);
      }
    });
    wire_->inject(
        sim::build_arp(0xFFFF'FFFF'FFFF, 1, 0x0200'0000'0077, 0x0A00'004D, 0, TwoCards::kIp[1]));
    wire_->inject(segment(1000, 0, 2, {2, 4, 0, mss}));
    ASSERT_TRUE(run([&] { return !to_peer.empty(); }));
    const Bytes& answer = to_peer.front();
    std::uint32_t iss = 0;
    for (std::size_t i = 0; i < 4; ++i) iss = (iss << 8) | answer[kTcp + 4 + i];
    wire_->inject(segment(1001, iss + 1, 0x10, {}));
    ASSERT_TRUE(run([&] { return acceptor.taken != nullptr; }));
    to_peer.clear();
    acceptor.taken->write_some(std::vector<std::byte>(640));
    run([] { return false; }, 100);
    EXPECT_GT(to_peer.size(), 0u);
    EXPECT_LE(to_peer.size(), 10u) << "ten segments of 64 bytes carry it";
    for (const Bytes& bytes : to_peer) EXPECT_GE(ip_bytes_of(bytes), 40u + 64u);
    acceptor.taken->release();
    (*listener)->release();
    wire_->set_observer(nullptr);
    run([] { return false; }, 10);
  }
  EXPECT_TRUE(run([&] { return transfer_->done(); }, 10'000'000));
  EXPECT_EQ(transfer_->verdict(), "");
}

}  // namespace
}  // namespace millrace::tests
