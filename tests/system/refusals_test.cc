// SPDX-License-Identifier: Apache-2.0
// Entries that the card must refuse: each gives its error completion and counts, and the flows of
// another queue pair go on as if nothing had been.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/system/raw_pair.h"
#include "tests/system/two_cards.h"
#include "tests/system/world.h"

namespace millrace::tests {
namespace {

using contract::CompletionEntry;
using contract::CompletionFlag;
using contract::CompletionKind;
using contract::Counter;
using contract::Opcode;
using contract::Status;
using contract::SubmissionFlag;

constexpr std::uint8_t kSizeLog2 = 12;
constexpr std::uint32_t kRing = 1U << kSizeLog2;
constexpr std::uint32_t kSlots = RawPair::kBufferBytes >> kSizeLog2;
constexpr std::uint64_t kAnswerUs = 1'000;

bool has(const CompletionEntry& entry, CompletionFlag flag) {
  return (entry.flags & static_cast<std::uint8_t>(flag)) != 0;
}

class Refusals : public testing::Test {
 protected:
  void SetUp() override {
    TwoCardsOptions options;
    options.link.rate_gbps = 5;  // so that the flows take longer than the test's entries
    auto cards = TwoCards::make(options);
    ASSERT_TRUE(cards) << cards.error();
    cards_ = std::move(*cards);
    auto transfer = Transfer::start(*cards_, {{kBytes, kBytes}, {kBytes, kBytes}});
    ASSERT_TRUE(transfer) << transfer.error();
    transfer_ = std::move(*transfer);
    for (int side = 0; side < 2; ++side) {
      auto pair = RawPair::make(cards_->card(side));
      ASSERT_TRUE(pair) << pair.error();
      pairs_[side].emplace(*pair);
    }
    ASSERT_TRUE(run([&] { return transfer_->received() > 0; }));
  }

  // The flows ended well, and were at work until here.
  void TearDown() override {
    if (transfer_ == nullptr) return;
    EXPECT_FALSE(transfer_->done()) << "the flows were over before the test was";
    const auto done = [&] { return transfer_->done(); };
    EXPECT_TRUE(cards_->run(done, [&] { transfer_->turn(); }, 10'000'000));
    EXPECT_EQ(transfer_->verdict(), "");
    EXPECT_EQ(cards_->simulation().errors(), "");
    for (int side = 0; side < 2; ++side) {
      EXPECT_FALSE(pairs_[side]->failed());
      EXPECT_EQ(cards_->runtime(side).stats().bad_offsets, 0u);
      EXPECT_EQ(cards_->runtime(side).stats().stray_reports, 0u);
    }
    transfer_->close();
  }

  template <typename Done>
  bool run(Done done, std::uint64_t limit_us = kAnswerUs) {
    return cards_->run(done, [&] { transfer_->turn(); }, limit_us);
  }

  std::uint32_t counter(int side, Counter which) {
    const auto counters = cards_->card(side).counters();
    EXPECT_TRUE(counters);
    return counters ? (*counters)[which] : 0;
  }

  // Everything the card completes on the pair until there are `count` entries, or time is up.
  std::vector<CompletionEntry> answers(int side, std::size_t count) {
    std::vector<CompletionEntry> all;
    run([&] {
      for (const CompletionEntry& entry : pairs_[side]->take()) all.push_back(entry);
      return all.size() >= count;
    });
    return all;
  }

  // Posts `entry` and expects one response with `status` that names the entry, one refusal counted,
  // and no connection taken.
  template <typename Entry>
  void expect_refused(int side, Entry entry, Status status, const std::string& what,
                      bool bad_phase = false) {
    SCOPED_TRACE(what);
    const std::uint32_t refused = counter(side, Counter::kSqRefused);
    const auto free = cards_->card(side).free_connections().value_or(0);
    pairs_[side]->post(entry, bad_phase);
    const auto all = answers(side, 1);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].kind, static_cast<std::uint8_t>(CompletionKind::kResponse));
    EXPECT_EQ(all[0].status, static_cast<std::uint8_t>(status));
    EXPECT_EQ(all[0].detail, entry.opcode);
    EXPECT_EQ(counter(side, Counter::kSqRefused), refused + 1);
    EXPECT_EQ(cards_->card(side).free_connections().value_or(0), free);
  }

  contract::OpenEntry open_entry(int side) const {
    contract::OpenEntry entry{};
    entry.opcode = static_cast<std::uint8_t>(Opcode::kConnect);
    entry.tx_size_log2 = entry.rx_size_log2 = kSizeLog2;
    entry.cookie = 0xC00C1E;
    entry.remote_ip = TwoCards::kIp[1 - side];
    entry.remote_port = 7;
    entry.tx_region = entry.rx_region = pairs_[side]->region();
    entry.rx_slot = 1;
    return entry;
  }

  static contract::UpdateEntry update_entry(Opcode opcode, std::uint32_t id) {
    contract::UpdateEntry entry{};
    entry.opcode = static_cast<std::uint8_t>(opcode);
    entry.connection_id = id;
    return entry;
  }

  static contract::ListenEntry listen_entry(Opcode opcode, std::uint16_t port, std::uint32_t id) {
    contract::ListenEntry entry{};
    entry.opcode = static_cast<std::uint8_t>(opcode);
    entry.local_port = port;
    entry.listener_id = id;
    entry.cookie = 0x115;
    return entry;
  }

  // Reports of one connection until `done` holds of one, which is the result.
  template <typename Done>
  std::optional<CompletionEntry> report(int side, Done done) {
    std::optional<CompletionEntry> found;
    run([&] {
      for (const CompletionEntry& entry : pairs_[side]->take()) {
        if (entry.kind == static_cast<std::uint8_t>(CompletionKind::kReport) && done(entry)) {
          found = entry;
        }
      }
      return found.has_value();
    });
    return found;
  }

  // An established connection of card 0's pair to a listener of card 1's.
  std::optional<CompletionEntry> established() {
    pairs_[1]->post(listen_entry(Opcode::kListen, 99, 0));
    const auto listening = answers(1, 1);
    EXPECT_EQ(listening.size(), 1u);
    if (listening.size() != 1) return std::nullopt;
    EXPECT_EQ(listening[0].status, static_cast<std::uint8_t>(Status::kOk));
    contract::OpenEntry accept = open_entry(1);
    accept.opcode = static_cast<std::uint8_t>(Opcode::kAccept);
    accept.listener_id = listening[0].connection_id;
    pairs_[1]->post(accept);
    EXPECT_EQ(answers(1, 1).size(), 1u);
    contract::OpenEntry connect = open_entry(0);
    connect.remote_port = 99;
    pairs_[0]->post(connect);
    return report(
        0, [](const CompletionEntry& entry) { return has(entry, CompletionFlag::kEstablished); });
  }

  static constexpr std::uint64_t kBytes = 400'000;

  std::unique_ptr<TwoCards> cards_;
  std::unique_ptr<Transfer> transfer_;
  std::optional<RawPair> pairs_[2];
};

TEST_F(Refusals, UnknownOpcodeAndWrongPhase) {
  for (const int opcode : {9, 10, 100, 255}) {
    contract::UpdateEntry entry = update_entry(Opcode::kNop, 0);
    entry.opcode = static_cast<std::uint8_t>(opcode);
    expect_refused(0, entry, Status::kBadOpcode, "opcode " + std::to_string(opcode));
  }
  expect_refused(0, update_entry(Opcode::kNop, 0), Status::kBadPhase, "nop", true);
  expect_refused(0, open_entry(0), Status::kBadPhase, "connect", true);
  expect_refused(0, update_entry(Opcode::kUpdate, 0), Status::kBadPhase, "update", true);
}

TEST_F(Refusals, AddressesThatNoHostHas) {
  contract::AddressEntry address{};
  address.opcode = static_cast<std::uint8_t>(Opcode::kAddress);
  expect_refused(0, address, Status::kBadAddress, "::");
  address.ipv6_0 = 0xFF020000;
  address.ipv6_3 = 1;
  expect_refused(0, address, Status::kBadAddress, "ff02::1");
  contract::OpenEntry connect = open_entry(0);
  connect.flags = static_cast<std::uint8_t>(contract::SubmissionFlag::kIpv6);
  expect_refused(0, connect, Status::kBadAddress, "no address was named");
  connect.flags = 0;
  for (const std::uint32_t ip : {0u, 0x7F000001u, 0xE0000001u, 0xFFFFFFFFu}) {
    connect.remote_ip = ip;
    expect_refused(0, connect, Status::kBadAddress, "IPv4 address " + std::to_string(ip));
  }
}

TEST_F(Refusals, OptionsThatTheCardDoesNotKnow) {
  contract::OpenEntry connect = open_entry(0);
  connect.options = 8;
  expect_refused(0, connect, Status::kBadOption, "connect with option 8");
  connect.options = 0;
  connect.congestion_control = 4;
  expect_refused(0, connect, Status::kBadOption, "connect with algorithm 3");
  contract::OptionsEntry set{};
  set.opcode = static_cast<std::uint8_t>(Opcode::kSet);
  set.connection_id = 0xFF000000;
  expect_refused(0, set, Status::kBadConnection, "options of no connection");
}

TEST_F(Refusals, RegionsThatAreNotThePairs) {
  for (const bool tx : {true, false}) {
    // 0 belongs to the runtime's pair, 9 to nobody, 16 and 255 do not exist.
    for (const int region : {0, 9, 16, 255}) {
      contract::OpenEntry entry = open_entry(0);
      (tx ? entry.tx_region : entry.rx_region) = static_cast<std::uint8_t>(region);
      expect_refused(0, entry, Status::kBadRegion,
                     (tx ? "tx_region " : "rx_region ") + std::to_string(region));
    }
  }
}

TEST_F(Refusals, SlotsAndSizesOutsideTheRegion) {
  for (const bool tx : {true, false}) {
    for (const std::uint32_t slot : {kSlots, kSlots + 1, 0x0010'0000U, 0x8000'0000U, ~0U}) {
      contract::OpenEntry entry = open_entry(0);
      (tx ? entry.tx_slot : entry.rx_slot) = slot;
      expect_refused(0, entry, Status::kBadSlot,
                     (tx ? "tx_slot " : "rx_slot ") + std::to_string(slot));
    }
    // 21 is a size of the contract, but larger than the region.
    for (const int size : {0, 11, 21, 24, 25, 32, 255}) {
      contract::OpenEntry entry = open_entry(0);
      (tx ? entry.tx_slot : entry.rx_slot) = 0;
      (tx ? entry.tx_size_log2 : entry.rx_size_log2) = static_cast<std::uint8_t>(size);
      expect_refused(0, entry, Status::kBadSlot,
                     (tx ? "tx_size " : "rx_size ") + std::to_string(size));
    }
  }
}

TEST_F(Refusals, ConnectionsThatAreNotThePairs) {
  // The runtime's flows have the lowest indices and young generations: all are tried, and aborts
  // must not reach them.
  for (std::uint32_t index = 0; index < 4; ++index) {
    for (std::uint32_t generation = 0; generation < 3; ++generation) {
      const std::uint32_t id = index | (generation << 24);
      expect_refused(0, update_entry(Opcode::kAbort, id), Status::kBadConnection,
                     "abort of " + std::to_string(id));
      expect_refused(0, update_entry(Opcode::kUpdate, id), Status::kBadConnection,
                     "update of " + std::to_string(id));
    }
  }
  for (const std::uint32_t id : {500U, 1023U, 1024U, 0xFFFFU, 0xFF00'FFFFU}) {
    expect_refused(0, update_entry(Opcode::kAbort, id), Status::kBadConnection,
                   "abort of " + std::to_string(id));
  }
}

TEST_F(Refusals, StaleGenerations) {
  const auto open = established();
  ASSERT_TRUE(open);
  for (const std::uint32_t step : {0x0100'0000U, 0xFF00'0000U, 0x8000'0000U}) {
    expect_refused(0, update_entry(Opcode::kAbort, open->connection_id + step),
                   Status::kBadConnection, "generation off by " + std::to_string(step >> 24));
  }
  // The true one is taken; afterwards it is stale.
  pairs_[0]->post(update_entry(Opcode::kAbort, open->connection_id));
  const auto ended =
      report(0, [](const CompletionEntry& entry) { return has(entry, CompletionFlag::kFinal); });
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->status, static_cast<std::uint8_t>(Status::kAborted));
  expect_refused(0, update_entry(Opcode::kAbort, open->connection_id), Status::kBadConnection,
                 "abort after the end");
  expect_refused(0, update_entry(Opcode::kUpdate, open->connection_id), Status::kBadConnection,
                 "update after the end");
}

TEST_F(Refusals, ListenersThatAreNotThePairs) {
  contract::OpenEntry accept = open_entry(1);
  accept.opcode = static_cast<std::uint8_t>(Opcode::kAccept);
  // The runtime of card 1 listens with the first identifier.
  for (const std::uint32_t id : {0U, 1U, 63U, 64U, 0x0100'0000U, ~0U}) {
    accept.listener_id = id;
    expect_refused(1, accept, Status::kBadListener, "accept for " + std::to_string(id));
    expect_refused(1, listen_entry(Opcode::kUnlisten, 0, id), Status::kBadListener,
                   "unlisten of " + std::to_string(id));
  }
  expect_refused(1, listen_entry(Opcode::kListen, 0, 0), Status::kBadListener, "port 0");
  expect_refused(1, listen_entry(Opcode::kListen, 7, 0), Status::kAddressInUse, "a port taken");
}

TEST_F(Refusals, MoreListenersThanThereAre) {
  const std::uint32_t free = cards_->card(1).limits().listeners - 1;  // the runtime has one
  for (std::uint32_t i = 0; i < free; ++i) {
    pairs_[1]->post(listen_entry(Opcode::kListen, static_cast<std::uint16_t>(1000 + i), 0));
    const auto all = answers(1, 1);
    ASSERT_EQ(all.size(), 1u);
    ASSERT_EQ(all[0].status, static_cast<std::uint8_t>(Status::kOk)) << i;
  }
  expect_refused(1, listen_entry(Opcode::kListen, 5000, 0), Status::kNoListener, "one too many");
}

TEST_F(Refusals, FourTupleInUse) {
  contract::OpenEntry entry = open_entry(0);
  entry.remote_ip = 0x0A0000FE;  // nobody: stays in SYN-SENT
  entry.local_port = 4444;
  pairs_[0]->post(entry);
  ASSERT_EQ(answers(0, 1).size(), 1u);
  entry.tx_slot = 2;
  entry.rx_slot = 3;
  expect_refused(0, entry, Status::kAddressInUse, "the same again");
}

TEST_F(Refusals, OffsetsOutsideTheRings) {
  const auto open = established();
  ASSERT_TRUE(open);
  const auto refused_offset = [&](std::uint32_t sent, std::uint32_t consumed, const char* what) {
    SCOPED_TRACE(what);
    const std::uint32_t refused = counter(0, Counter::kSqRefused);
    contract::UpdateEntry entry = update_entry(Opcode::kUpdate, open->connection_id);
    entry.sent_up_to = sent;
    entry.consumed_up_to = consumed;
    pairs_[0]->post(entry);
    const auto answer = report(
        0, [](const CompletionEntry& seen) { return has(seen, CompletionFlag::kBadOffset); });
    ASSERT_TRUE(answer);
    EXPECT_FALSE(has(*answer, CompletionFlag::kFinal));
    EXPECT_EQ(answer->acked_up_to, 0u);
    EXPECT_EQ(counter(0, Counter::kSqRefused), refused + 1);
  };
  refused_offset(kRing + 1, 0, "one byte more than the ring");
  refused_offset(0x7FFF'FFFF, 0, "far ahead");
  refused_offset(0, 1, "consumed what was not received");
  refused_offset(0, kRing, "a ring consumed that was not received");
  // The connection lives: two segments go out and are acknowledged.
  constexpr std::uint32_t kTwo = 2 * 1448;  // beside timestamps
  contract::UpdateEntry entry = update_entry(Opcode::kUpdate, open->connection_id);
  entry.sent_up_to = kTwo;
  pairs_[0]->post(entry);
  EXPECT_TRUE(report(0, [](const CompletionEntry& seen) { return seen.acked_up_to == kTwo; }));
}

TEST_F(Refusals, DoorbellsBeyondTheRing) {
  const std::uint32_t refused = counter(0, Counter::kSqRefused);
  const std::uint32_t entries = counter(0, Counter::kSqEntries);
  for (const int ahead : {1025, 2000, 0x8000, 0xFFFF}) {
    pairs_[0]->ring(static_cast<std::uint16_t>(pairs_[0]->tail() + ahead));
  }
  EXPECT_EQ(counter(0, Counter::kSqRefused), refused + 4);
  EXPECT_TRUE(answers(0, 1).empty());
  EXPECT_LT(counter(0, Counter::kSqEntries), entries + 1'000);
  // The pair still works.
  expect_refused(0, update_entry(Opcode::kUpdate, 1000), Status::kBadConnection, "afterwards");
}

}  // namespace
}  // namespace millrace::tests
