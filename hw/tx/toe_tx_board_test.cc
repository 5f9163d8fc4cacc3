// SPDX-License-Identifier: Apache-2.0
// The scoreboard (toe_tx_sack_facts, toe_tx_board) and what is read from it (toe_tx_loss) against
// models that know every octet, at random, around the wrap of sequence numbers as well.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "Vtoe_tx_board_tb.h"
#include "verilated.h"

namespace millrace {
namespace {

constexpr std::size_t kRanges = 4;
constexpr std::uint32_t kSpan = 600;  // octets in flight at most
constexpr std::uint32_t kMask = 0x3FFFFFF;

struct Range {
  std::uint32_t first, past;  // octets from the base of the test
  bool operator==(const Range&) const = default;
};

std::uint32_t bits(const VlWide<4>& words, std::size_t low) {
  std::uint64_t value = words[low / 32];
  if (low / 32 + 1 < 4) value |= std::uint64_t{words[low / 32 + 1]} << 32;
  return static_cast<std::uint32_t>(value >> (low % 32)) & kMask;
}

class Scoreboard {
 public:
  explicit Scoreboard(std::uint32_t base) : base_(base) {
    dut_->threshold_i = 3;
    dut_->mss_i = 20;
    dut_->cwnd_i = 200;
    place(0, 0, 0);
    dut_->una_i = base;
    dut_->max_i = base + kSpan;
    dut_->load_i = 1;
    clock();
    dut_->load_i = 0;
  }

  void ack(std::uint32_t number, const std::vector<Range>& blocks) {
    dut_->ack_i = base_ + number;
    dut_->count_i = static_cast<std::uint8_t>(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      dut_->sack_i[2 * i] = base_ + blocks[i].first;
      dut_->sack_i[2 * i + 1] = base_ + blocks[i].past;
    }
    dut_->step_i = 1;
    dut_->eval();
    dsack = dut_->dsack_o != 0;
    clock();
    dut_->step_i = 0;
    dut_->eval();
  }
  void place(std::uint32_t high_rxt, std::uint32_t lost_edge, std::uint32_t rxt_max) {
    dut_->high_rxt_i = (base_ + high_rxt) & kMask;
    dut_->lost_edge_i = (base_ + lost_edge) & kMask;
    dut_->rxt_max_i = (base_ + rxt_max) & kMask;
    dut_->eval();
  }
  std::vector<Range> ranges() const {
    std::vector<Range> out;
    for (std::size_t i = 0; i < kRanges; ++i) {
      if ((dut_->valid_o >> i & 1) == 0) continue;
      out.push_back({offset(bits(dut_->first_o, 26 * i)), offset(bits(dut_->past_o, 26 * i))});
    }
    return out;
  }
  std::uint32_t una() const { return dut_->una_o - base_; }
  std::uint32_t offset(std::uint32_t low) const { return (low - base_) & kMask; }
  Vtoe_tx_board_tb* operator->() { return dut_.get(); }

  bool dsack = false;

 private:
  void clock() {
    dut_->clk_i = 0;
    dut_->eval();
    dut_->clk_i = 1;
    dut_->eval();
  }

  std::uint32_t base_;
  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Vtoe_tx_board_tb> dut_ = std::make_unique<Vtoe_tx_board_tb>(context_.get());
};

// What toe_tx_board promises, on a sorted list.
struct Model {
  std::uint32_t una = 0;
  std::vector<Range> ranges;

  void ack(std::uint32_t number, const std::vector<Range>& blocks) {
    const Range* pick = nullptr;
    for (const Range& block : blocks) {
      const bool sound = block.first > number && block.first > una && block.past > block.first &&
                         block.past <= kSpan;
      const bool known = std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
        return range.first <= block.first && block.past <= range.past;
      });
      if (sound && !known) pick = &block;
    }
    if (number > una && number <= kSpan) {
      una = number;
      std::erase_if(ranges, [&](const Range& range) { return range.first <= number; });
    }
    if (pick == nullptr) return;
    Range both = *pick;
    bool joined = false;
    for (const Range& range : ranges) {
      if (range.past < pick->first || range.first > pick->past) continue;
      joined = true;
      both = {std::min(both.first, range.first), std::max(both.past, range.past)};
    }
    if (!joined && ranges.size() == kRanges) return;
    std::erase_if(ranges, [&](const Range& range) {
      return range.past >= both.first && range.first <= both.past;
    });
    ranges.push_back(both);
    std::sort(ranges.begin(), ranges.end(),
              [](const Range& a, const Range& b) { return a.first < b.first; });
  }
};

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(engine_() % n); }

 private:
  std::mt19937 engine_;
};

std::vector<Range> some_blocks(Random& random) {
  std::vector<Range> blocks(random.below(5));
  for (Range& block : blocks) {
    block.first = random.below(kSpan / 10) * 10;
    block.past = block.first + 10 * (1 + random.below(random.below(8) == 0 ? 30 : 4));
    if (random.below(20) == 0) block.past = block.first - std::min(block.first, 10U);
  }
  return blocks;
}

TEST(TxBoard, FollowsTheModel) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const std::uint32_t base = seed % 3 == 0   ? 0xFFFFFF00U - random.below(kSpan)
                               : seed % 3 == 1 ? (seed << 26) - random.below(kSpan)
                                               : seed * 77'777U;
    Scoreboard board(base);
    Model model;
    for (int step = 0; step < 60 && model.una < kSpan; ++step) {
      const auto blocks = some_blocks(random);
      std::uint32_t number = model.una;
      if (random.below(4) == 0) number = std::min(kSpan, model.una + 10 * random.below(8));
      if (random.below(30) == 0) number = model.una - std::min(model.una, 10U);
      board.ack(number, blocks);
      model.ack(number, blocks);
      ASSERT_EQ(board.una(), model.una);
      ASSERT_EQ(board.ranges(), model.ranges) << "step " << step;
    }
  }
}

TEST(TxBoard, TellsDataReceivedTwice) {
  Scoreboard board(5000);
  board.ack(100, {{50, 60}, {200, 210}});
  EXPECT_TRUE(board.dsack) << "below SEG.ACK";
  board.ack(100, {{200, 210}, {200, 220}});
  EXPECT_TRUE(board.dsack) << "inside the second block";
  board.ack(100, {{200, 230}, {200, 220}});
  EXPECT_FALSE(board.dsack);
  board.ack(100, {{300, 310}, {200, 220}});
  EXPECT_FALSE(board.dsack);
}

// RFC 6675 4, octet by octet.
struct Octets {
  std::vector<bool> sacked = std::vector<bool>(kSpan, false);

  explicit Octets(const std::vector<Range>& ranges) {
    for (const Range& range : ranges) {
      for (std::uint32_t i = range.first; i < range.past; ++i) sacked[i] = true;
    }
  }
  // IsLost(): DupThresh discontiguous ranges above, or more than (DupThresh - 1) * SMSS octets.
  bool lost(std::uint32_t at, const std::vector<Range>& ranges, std::uint32_t threshold,
            std::uint32_t mss) const {
    const auto above = std::count(sacked.begin() + at, sacked.end(), true);
    const auto parts = std::count_if(ranges.begin(), ranges.end(),
                                     [&](const Range& range) { return range.first > at; });
    return parts >= threshold || above > (threshold - 1) * mss;
  }
};

TEST(TxBoard, LossIsThatOfRfc6675) {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    Scoreboard board(seed % 2 == 0 ? 0xFFFFFF00U - random.below(kSpan) : seed * 99'991U);
    Model model;
    const std::uint32_t una = 10 * random.below(10);
    if (una != 0) board.ack(una, {}), model.ack(una, {});
    for (int step = 0; step < 8; ++step) {
      const auto blocks = some_blocks(random);
      board.ack(una, blocks);
      model.ack(una, blocks);
    }
    const std::uint32_t threshold = 2 + random.below(4);
    const std::uint32_t mss = 10 + random.below(40);
    board->threshold_i = static_cast<std::uint8_t>(threshold);
    board->mss_i = static_cast<std::uint16_t>(mss);
    board->in_recovery_i = 1;
    board->first_hole_i = random.below(4) == 0;
    const Octets octets(model.ranges);

    // Lost so far: up to some range, or to SND.MAX as after a timeout.
    std::uint32_t edge = una;
    if (!model.ranges.empty() && random.below(3) != 0) {
      edge = model.ranges[random.below(static_cast<std::uint32_t>(model.ranges.size()))].first;
    }
    if (random.below(5) == 0) edge = kSpan;
    std::uint32_t high_rxt = una + (edge > una ? random.below(edge - una + 1) : 0);
    board.place(high_rxt, edge, kSpan);

    std::uint32_t new_edge = edge;
    for (std::size_t i = 0; i < model.ranges.size(); ++i) {
      const std::uint32_t hole = model.ranges[i].first - 1;
      const bool first = i == 0 && board->first_hole_i != 0;
      if ((first || octets.lost(hole, model.ranges, threshold, mss)) &&
          model.ranges[i].first > new_edge) {
        new_edge = model.ranges[i].first;
      }
    }
    EXPECT_EQ(board.offset(board->lost_edge_o), new_edge);
    EXPECT_EQ(board->recheck_o != 0, new_edge != edge);

    // NextSeg() rule 1, and the pipe.
    std::uint32_t at = high_rxt;
    while (at < edge && octets.sacked[at]) ++at;
    EXPECT_EQ(board->lost_o != 0, at < edge);
    if (at < edge) {
      std::uint32_t end = at;
      while (end < edge && !octets.sacked[end] && end - at < mss) ++end;
      EXPECT_EQ(board.offset(board->at_o), at);
      EXPECT_EQ(board->span_o, end - at);
    }
    std::uint32_t pipe = 0;
    for (std::uint32_t i = una; i < kSpan; ++i) {
      pipe += !octets.sacked[i] && !(i >= high_rxt && i < edge) ? 1 : 0;
    }
    EXPECT_EQ(static_cast<std::int32_t>(board->headroom_o << 4) >> 4,
              200 - static_cast<std::int32_t>(pipe));
  }
}

// Data sent after a retransmission were acknowledged, the retransmission was not.
TEST(TxBoard, RetransmissionIsLostWhenLaterDataArrive) {
  Scoreboard board(1000);
  board->in_recovery_i = 1;
  board.ack(0, {{20, 100}});
  board.place(20, 20, 200);  // the hole was sent again when SND.MAX was 200
  EXPECT_EQ(board->restart_o, 0);
  board.ack(0, {{20, 200}});
  board.place(20, 20, 200);
  EXPECT_EQ(board->restart_o, 0) << "nothing sent after it";
  board.ack(0, {{20, 259}});
  board.place(20, 20, 200);
  EXPECT_EQ(board->restart_o, 0) << "three segments of 20 are 60";
  board.ack(0, {{20, 260}});
  board.place(20, 20, 200);
  EXPECT_EQ(board->restart_o, 1);
  EXPECT_EQ(board->recheck_o, 1);
  board.place(0, 20, 200);
  EXPECT_EQ(board->restart_o, 0) << "nothing was sent again yet";
}

}  // namespace
}  // namespace millrace
