// SPDX-License-Identifier: Apache-2.0
// Aborts that meet the end of their connection: refused or ignored, and without effect on what the
// end left behind. (Aborts of connections that never were: refusals_test.cc.)

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/bus/memory_model.h"
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
using contract::TcpState;

constexpr std::uint16_t kPort = 7;
constexpr std::size_t kRing = 4096;

bool has(const CompletionEntry& entry, CompletionFlag flag) {
  return (entry.flags & static_cast<std::uint8_t>(flag)) != 0;
}

struct Recorder final : host::ConnectionHandler {
  bool final = false;
  Status status = Status::kOk;
  void on_event(host::Connection& connection) noexcept override {
    if (!connection.final()) return;
    final = true;
    status = connection.status();
    connection.release();
  }
};

struct Acceptor final : host::ListenerHandler {
  host::Connection* taken = nullptr;
  void on_event(host::Listener& listener) noexcept override {
    if (taken == nullptr) taken = listener.accept();
  }
};

// The host was told that the connection is over when TIME-WAIT began: an entry that names it then
// is stale. It is refused, sends no RST and does not end TIME-WAIT.
TEST(Abort, AfterTheFinalReportIsRefusedAndTimeWaitGoesOn) {
  auto made = TwoCards::make({});
  ASSERT_TRUE(made) << made.error();
  TwoCards& cards = **made;
  auto raw = RawPair::make(cards.card(0));
  ASSERT_TRUE(raw) << raw.error();
  Acceptor acceptor;
  auto listener = cards.runtime(1).listen({.port = kPort, .backlog = 1}, acceptor);
  ASSERT_TRUE(listener);
  ASSERT_TRUE(cards.run([&] { return (*listener)->posted() == 1; }, 1'000));
  cards.run([] { return false; }, 10);
  const auto find = [&](auto wanted) {
    std::optional<CompletionEntry> found;
    cards.run(
        [&] {
          for (const CompletionEntry& entry : raw->take()) {
            if (wanted(entry)) found = entry;
          }
          return found.has_value();
        },
        10'000);
    return found;
  };
  contract::OpenEntry connect{};
  connect.opcode = static_cast<std::uint8_t>(Opcode::kConnect);
  connect.tx_size_log2 = connect.rx_size_log2 = 12;
  connect.remote_ip = TwoCards::kIp[1];
  connect.remote_port = kPort;
  connect.tx_region = connect.rx_region = raw->region();
  connect.rx_slot = 1;
  raw->post(connect);
  const auto open =
      find([](const CompletionEntry& entry) { return has(entry, CompletionFlag::kEstablished); });
  ASSERT_TRUE(open);
  // Card 0 closes first, hence waits.
  contract::UpdateEntry entry{};
  entry.opcode = static_cast<std::uint8_t>(Opcode::kUpdate);
  entry.flags = static_cast<std::uint8_t>(contract::SubmissionFlag::kFin);
  entry.connection_id = open->connection_id;
  raw->post(entry);
  ASSERT_TRUE(cards.run([&] { return acceptor.taken != nullptr && acceptor.taken->fin_received(); },
                        1'000));
  Recorder server;
  acceptor.taken->set_handler(&server);
  acceptor.taken->finish();
  const auto over =
      find([](const CompletionEntry& report) { return has(report, CompletionFlag::kFinal); });
  ASSERT_TRUE(over);
  EXPECT_EQ(over->state, static_cast<std::uint8_t>(TcpState::kTimeWait));
  EXPECT_EQ(over->status, static_cast<std::uint8_t>(Status::kOk));
  ASSERT_TRUE(cards.run([&] { return server.final; }, 1'000));
  EXPECT_EQ(server.status, Status::kOk);

  const auto counters = *cards.card(0).counters();
  const auto free = cards.card(0).free_connections().value_or(0);
  entry.flags = 0;
  for (const Opcode opcode : {Opcode::kUpdate, Opcode::kAbort}) {
    entry.opcode = static_cast<std::uint8_t>(opcode);
    raw->post(entry);
    const auto refused = find([](const CompletionEntry&) { return true; });
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->kind, static_cast<std::uint8_t>(CompletionKind::kResponse));
    EXPECT_EQ(refused->status, static_cast<std::uint8_t>(Status::kBadConnection));
    EXPECT_EQ(refused->detail, static_cast<std::uint16_t>(opcode));
  }
  cards.run([] { return false; }, 1'000);
  EXPECT_EQ(cards.card(0).free_connections().value_or(0), free) << "TIME-WAIT ended";
  const auto counted = cards.card(0).counters()->since(counters);
  EXPECT_EQ(counted[Counter::kSqRefused], 2u);
  EXPECT_EQ(counted[Counter::kTxResets], 0u);
  EXPECT_EQ(counted[Counter::kTxFrames], 0u);
  cards.run([] { return false; }, 61'000'000);
  EXPECT_EQ(cards.card(0).free_connections().value_or(0), free + 1);
  (*listener)->release();
}

// Both ends close in good order, and one of them aborts a little later: at every moment from before
// the FINs to after the final report. Whatever wins, both hosts hear one end and nothing is left.
class AbortMeetsTheEnd : public testing::TestWithParam<int> {};

TEST_P(AbortMeetsTheEnd, LeavesNothing) {
  const int side = GetParam();
  TwoCardsOptions options;
  options.memory = *sim::memory_model("pcie_gen3_x16");
  auto made = TwoCards::make(options);
  ASSERT_TRUE(made) << made.error();
  TwoCards& cards = **made;
  const Holdings before = Holdings::of(cards);
  Acceptor acceptor;
  auto listener = cards.runtime(1).listen(
      {.port = kPort, .backlog = 1, .tx_size = kRing, .rx_size = kRing}, acceptor);
  ASSERT_TRUE(listener);
  int aborted = 0, orderly = 0;
  constexpr int kStep = 30;
  constexpr int kLast = 3'000;  // clocks
  for (int clocks = 0; clocks <= kLast; clocks += kStep) {
    SCOPED_TRACE("abort " + std::to_string(clocks) + " clocks after the closes");
    ASSERT_TRUE(cards.run([&] { return (*listener)->posted() == 1; }, 10'000));
    cards.run([] { return false; }, 10);
    Recorder ends[2];
    acceptor.taken = nullptr;
    auto client = cards.runtime(0).connect(
        {.remote = {TwoCards::kIp[1], kPort}, .local_port = 0, .tx_size = kRing, .rx_size = kRing},
        ends[0]);
    ASSERT_TRUE(client) << client.error();
    ASSERT_TRUE(cards.run([&] { return acceptor.taken != nullptr; }, 10'000));
    acceptor.taken->set_handler(&ends[1]);
    host::Connection* const connections[2] = {*client, acceptor.taken};
    for (int i = 0; i < 2; ++i) {
      connections[i]->finish();
      cards.runtime(i).flush();
    }
    for (int i = 0; i < clocks; ++i) cards.simulation().advance(sim::kNever);
    connections[side]->abort();  // without a look at what has been reported
    cards.runtime(side).flush();
    ASSERT_TRUE(cards.run([&] { return ends[0].final && ends[1].final; }, 10'000'000));
    const Status own = ends[side].status, other = ends[1 - side].status;
    EXPECT_TRUE(own == Status::kOk || own == Status::kAborted) << static_cast<int>(own);
    EXPECT_TRUE(other == Status::kOk || other == Status::kReset) << static_cast<int>(other);
    ++(own == Status::kAborted ? aborted : orderly);
  }
  EXPECT_GT(aborted, 0);
  EXPECT_GT(orderly, 0);
  cards.run([] { return false; }, 100);
  const auto refused = cards.runtime(side).stats().refused_updates;
  EXPECT_GT(refused, 0u) << "no abort crossed with a final report";
  EXPECT_EQ((*cards.card(side).counters())[Counter::kSqRefused], refused);
  ASSERT_TRUE(cards.run([&] { return (*listener)->posted() == 1; }, 10'000));
  cards.run([] { return false; }, 10);
  (*listener)->release();
  EXPECT_EQ(left_behind(cards, before, 1), "");
}

INSTANTIATE_TEST_SUITE_P(Side, AbortMeetsTheEnd, testing::Values(0, 1));

}  // namespace
}  // namespace millrace::tests
