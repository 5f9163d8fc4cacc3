// SPDX-License-Identifier: Apache-2.0
// SYN floods against a card with living flows: strangers' SYNs and forged ACKs between the frames
// of the link, up to what the MAC can deliver. The flows must not notice; clients still get in.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iostream>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "hw/wire/frame_builder.h"
#include "tests/system/two_cards.h"
#include "tests/system/world.h"

namespace millrace::tests {
namespace {

using contract::Counter;
using sim::Bytes;

constexpr std::uint64_t kCardMac = 0x0200'0000'0002;
constexpr std::uint64_t kStrangerMac = 0x0200'0000'0077;
constexpr std::uint32_t kStranger = 0x0A00'004D;
constexpr std::uint8_t kSyn = 2, kAck = 16;

sim::Frame to_frame(const Bytes& bytes) {
  sim::Frame frame;
  for (const std::uint8_t byte : bytes) frame.bytes.push_back(std::byte{byte});
  return frame;
}

// In front of card 1's wire: a stranger who sends a segment every `period_ns` and answers nothing
// but ARP.
class Flood final : public sim::Wire {
 public:
  explicit Flood(sim::SimCard& card) : inner_(card.wire()) { card.plug(*this); }

  void start(std::uint64_t now_ns, std::uint64_t period_ns) {
    next_ns_ = now_ns;
    period_ns_ = period_ns;
  }
  void stop() { next_ns_ = sim::kNever; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t answers() const { return answers_; }

  bool ready(std::uint64_t now_ns) const override { return inner_.ready(now_ns); }
  void send(std::uint64_t now_ns, sim::Frame& frame) override {
    const std::span<const std::byte> bytes = frame.bytes;
    if (bytes[12] == std::byte{8} && bytes[13] == std::byte{6} && bytes[41] == std::byte{0x4D}) {
      arp_.push_back(to_frame(arp_reply()));
    }
    if (bytes[5] == std::byte{0x77}) {
      ++answers_;
      frame.bytes.clear();
      return;
    }
    inner_.send(now_ns, frame);
  }
  std::uint64_t next_arrival_ns() const override {
    return arp_.empty() ? std::min(inner_.next_arrival_ns(), next_ns_) : 0;
  }
  bool receive(std::uint64_t now_ns, sim::Frame& frame) override {
    if (!arp_.empty()) {
      frame = std::move(arp_.front());
      arp_.pop_front();
      return true;
    }
    if (inner_.next_arrival_ns() <= next_ns_) return inner_.receive(now_ns, frame);
    if (next_ns_ > now_ns) return false;
    next_ns_ += period_ns_;
    frame = to_frame(segment());
    ++sent_;
    return true;
  }

 private:
  static Bytes arp_reply() {
    Bytes b;
    sim::append(b, kCardMac, 6);
    sim::append(b, kStrangerMac, 6);
    sim::append(b, 0x0806'0001'0800'0604, 8);
    sim::append(b, 2, 2);
    sim::append(b, kStrangerMac, 6);
    sim::append(b, kStranger, 4);
    sim::append(b, kCardMac, 6);
    sim::append(b, TwoCards::kIp[1], 4);
    b.resize(60);
    return b;
  }

  // Two SYNs, then an ACK that is nobody's.
  Bytes segment() {
    sim::Ipv4Header ip;
    ip.to_mac = kCardMac;
    ip.from_mac = kStrangerMac;
    ip.from = kStranger;
    ip.to = TwoCards::kIp[1];
    sim::TcpHeader tcp;
    tcp.from_port = static_cast<std::uint16_t>(sent_);
    tcp.to_port = 7;
    tcp.seq = static_cast<std::uint32_t>(sent_ * 0x9E3779B1);
    tcp.ack = ~tcp.seq;
    tcp.wnd = 1000;
    tcp.flags = sent_ % 3 == 2 ? kAck : kSyn;
    return sim::build_tcp(ip, tcp, {});
  }

  sim::Wire& inner_;
  std::uint64_t next_ns_ = sim::kNever, period_ns_ = 0, sent_ = 0, answers_ = 0;
  std::deque<sim::Frame> arp_;
};

class SynFlood : public testing::Test {
 protected:
  void make(std::uint32_t cookies) {
    TwoCardsOptions options;
    options.link.rate_gbps = 20;
    options.policy.syn_cookies = cookies;
    auto cards = TwoCards::make(options);
    ASSERT_TRUE(cards) << cards.error();
    cards_ = std::move(*cards);
    flood_ = std::make_unique<Flood>(cards_->simulation().card(1));
  }

  // Four flows, each with so many bytes both ways.
  void transfer(std::uint64_t bytes) {
    auto transfer = Transfer::start(*cards_, {{bytes, bytes}, {bytes, 0}, {0, bytes}, {9, bytes}});
    ASSERT_TRUE(transfer) << transfer.error();
    transfer_ = std::move(*transfer);
  }
  std::uint64_t now_us() { return cards_->device(1).now_us(); }
  void flood(std::uint64_t period_ns) { flood_->start(now_us() * 1000, period_ns); }

  template <typename Done>
  bool run(Done done, std::uint64_t limit_us) {
    return cards_->run(done, [&] { transfer_->turn(); }, limit_us);
  }
  host::CounterSnapshot counters() {
    return cards_->card(1).counters().value_or(host::CounterSnapshot{});
  }

  // How long the flows take from their first 10,000 bytes to the end, with a flood or without.
  std::uint64_t measure(std::uint64_t period_ns) {
    make(1);
    if (HasFatalFailure()) return 0;
    transfer(kBytes);
    if (HasFatalFailure()) return 0;
    EXPECT_TRUE(run([&] { return transfer_->received() > 10'000; }, 100'000));
    before_ = counters();
    const std::uint64_t begin = now_us();
    if (period_ns != 0) flood(period_ns);
    EXPECT_TRUE(run([&] { return transfer_->done(); }, 1'000'000));
    flood_->stop();
    EXPECT_EQ(transfer_->verdict(), "");
    EXPECT_EQ(cards_->simulation().errors(), "");
    return now_us() - begin;
  }

  static constexpr std::uint64_t kBytes = 300'000;

  std::unique_ptr<Flood> flood_;  // outlives the cards, which still work when they are closed
  std::unique_ptr<TwoCards> cards_;
  std::unique_ptr<Transfer> transfer_;
  host::CounterSnapshot before_;
};

// A frame of 60 bytes every 8 ns is more than 100 Gbit/s can bring.
TEST_F(SynFlood, FlowsDoNotNotice) {
  const std::uint64_t quiet_us = measure(0);
  transfer_.reset();
  cards_.reset();
  const std::uint64_t flooded_us = measure(8);
  const host::CounterSnapshot counted = counters().since(before_);
  std::cout << quiet_us << " us in quiet, " << flooded_us << " us with " << flood_->sent()
            << " strangers' segments, " << flood_->answers() << " of them answered\n";
  EXPECT_LE(flooded_us, quiet_us + quiet_us / 20);
  EXPECT_GT(flood_->sent(), 10'000u);
  EXPECT_EQ(counted[Counter::kRxDroppedOverrun], 0u);
  EXPECT_EQ(counted[Counter::kTxRetransmits], 0u);
  EXPECT_EQ(counted[Counter::kRxDuplicates], 0u);
  EXPECT_EQ(counted[Counter::kSynCookiesTaken], 0u);
  EXPECT_GT(counted[Counter::kSynCookiesSent], 100u);
  EXPECT_GT(counted[Counter::kSynBacklogFull], 1000u);
  // Every segment of the stranger's was answered, waits in SYN-RECEIVED, or was dropped and
  // counted.
  EXPECT_NEAR(
      static_cast<double>(counted[Counter::kSynCookiesSent] + counted[Counter::kTxResets] +
                          counted[Counter::kConnOpenedPassive] + counted[Counter::kSynBacklogFull]),
      static_cast<double>(flood_->sent()), 70.0);
}

// As many as the card can just answer: clients' SYNs are among them.
TEST_F(SynFlood, ClientsGetInByCookies) {
  ASSERT_NO_FATAL_FAILURE(make(2));
  ASSERT_NO_FATAL_FAILURE(transfer(20'000));
  flood(200);
  EXPECT_TRUE(run([&] { return transfer_->done(); }, 1'000'000));
  flood_->stop();
  EXPECT_EQ(transfer_->verdict(), "");
  EXPECT_EQ(cards_->simulation().errors(), "");
  const host::CounterSnapshot counted = counters();
  EXPECT_EQ(counted[Counter::kSynCookiesTaken], 4u);
  EXPECT_EQ(counted[Counter::kConnOpenedPassive], 4u);
  EXPECT_GT(counted[Counter::kSynCookiesSent], 50u);
}

}  // namespace
}  // namespace millrace::tests
