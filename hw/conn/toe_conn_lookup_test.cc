// SPDX-License-Identifier: Apache-2.0
// toe_conn_lookup full of tuples that somebody chose with care: every one finds a place and is
// found again, packets go through at one a clock meanwhile, and a request is done within its bound.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "Vtoe_conn_lookup.h"
#include "hw/conn/packed.h"
#include "verilated.h"

namespace millrace {
namespace {

constexpr std::uint32_t kConnections = 1024;
constexpr std::uint8_t kFind = 0, kInsert = 1, kDelete = 2;

using Key = std::array<std::uint64_t, 4>;  // bits 63:0 first

struct Result {
  bool hit = false, full = false;
  std::uint16_t conn = 0;
};

class Bench {
 public:
  explicit Bench(const Key& key) {
    for (int i = 0; i < 8; ++i) {
      dut_->key_i[i] = static_cast<std::uint32_t>(key[i / 2] >> (32 * (i % 2)));
    }
    dut_->key_valid_i = 1;
    dut_->rx_seg_ready_i = 1;
    dut_->seg_valid_i = 0;
    dut_->op_start_i = 0;
    dut_->rst_ni = 0;
    for (int i = 0; i < 4; ++i) tick();
    dut_->rst_ni = 1;
    while (!dut_->ready_o) tick();
  }

  // A request of the manager, while packets of other tuples go by if there are any.
  Result request(std::uint8_t op, const Tuple& tuple, std::uint16_t conn = 0) {
    pack(tuple).to(dut_->op_tuple_i);
    dut_->op_i = op;
    dut_->op_conn_i = conn;
    dut_->op_start_i = 1;
    tick();
    dut_->op_start_i = 0;
    int clocks = 1;
    while (!dut_->op_done_o && clocks < 50) {
      tick();
      ++clocks;
    }
    slowest = std::max(slowest, clocks);
    const Result result{dut_->op_hit_o != 0, dut_->op_full_o != 0, dut_->op_found_o};
    tick();
    return result;
  }

  void tick() {
    dut_->clk_i = 0;
    dut_->seg_valid_i = !packets.empty();
    if (!packets.empty()) segment(packets.front()).to(dut_->seg_i);
    dut_->eval();
    if (dut_->seg_valid_i && dut_->seg_ready_o) packets.pop_front();
    if (dut_->rx_seg_valid_o) {
      Bits bits = Bits::of(641, dut_->rx_seg_o);
      Result r;
      r.hit = bits.take(1);
      r.conn = bits.take(16);
      found.push_back(r);
    }
    dut_->clk_i = 1;
    dut_->eval();
    dut_->clk_i = 0;
    dut_->eval();
    ++clock;
  }

  Vtoe_conn_lookup& dut() { return *dut_; }

  std::deque<Tuple> packets;
  std::vector<Result> found;
  int slowest = 0;
  std::uint64_t clock = 0;

 private:
  static Bits pack(const Tuple& t) {
    return Bits(162, {{t.local_kind, 2},
                      {t.remote_hi, 64},
                      {t.remote_lo, 64},
                      {t.remote_port, 16},
                      {t.local_port, 16}});
  }
  static Bits segment(const Tuple& t) {
    return Bits(624, {{0, 3},
                      {t.local_kind, 2},
                      {t.remote_hi, 64},
                      {t.remote_lo, 64},
                      {t.remote_port, 16},
                      {t.local_port, 16},
                      {0, 64},
                      {0, 64},
                      {0, 64},
                      {0, 64},
                      {0, 64},
                      {0, 64},
                      {0, 64},
                      {0, 11}});
  }

  std::unique_ptr<Vtoe_conn_lookup> dut_ = std::make_unique<Vtoe_conn_lookup>();
};

Key random_key(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  return {random(), random(), random(), random()};
}

// Tuple number i of a family.
struct Family {
  const char* name;
  std::function<Tuple(std::uint32_t)> make;
};

// Changes bits n and n + 128 of a tuple together, for each n set in i.
Tuple twice(std::uint32_t i) {
  return {0x20010db800000000 ^ std::uint64_t{i} << 32, 1, 1, static_cast<std::uint16_t>(i >> 16),
          static_cast<std::uint16_t>(i)};
}

const std::uint64_t kPrefix = 0x20010db800010002;

const std::vector<Family>& families() {
  static const std::vector<Family> all{
      {"ports4", [](std::uint32_t i) { return v4(0x0a000002, static_cast<std::uint16_t>(i), 80); }},
      {"hosts4", [](std::uint32_t i) { return v4(0x0a000000 + i, 1000, 80); }},
      {"nets4", [](std::uint32_t i) { return v4(i << 21 | 1, 1000, 80); }},
      {"ports6",
       [](std::uint32_t i) { return Tuple{kPrefix, 1, 1, static_cast<std::uint16_t>(i), 80}; }},
      {"hosts6", [](std::uint32_t i) { return Tuple{kPrefix, i, 1, 1000, 80}; }},
      {"nets6", [](std::uint32_t i) { return Tuple{kPrefix + i, 1, 1, 1000, 80}; }},
      {"top6", [](std::uint32_t i) { return Tuple{std::uint64_t{i} << 53, 1, 1, 1000, 80}; }},
      {"kinds",
       [](std::uint32_t i) {
         return Tuple{0xfe80000000000000, i / 2, static_cast<std::uint8_t>(1 + i % 2), 1000, 80};
       }},
      // Words of 32 and 64 bits that repeat: the same window of the key would cancel them.
      {"words",
       [](std::uint32_t i) {
         const std::uint64_t w = std::uint64_t{i} << 32 | i;
         return Tuple{w, w, 1, static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i)};
       }},
      {"twice", twice},
      {"random",
       [](std::uint32_t i) {
         std::mt19937_64 random(i);
         return Tuple{random(), random(), 1, static_cast<std::uint16_t>(random()), 80};
       }},
  };
  return all;
}

class LookupFull : public testing::TestWithParam<std::size_t> {};

TEST_P(LookupFull, EveryTupleHasAPlace) {
  const Family& family = families()[GetParam()];
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(testing::Message() << family.name << " seed " << seed);
    Bench bench(random_key(seed));
    for (std::uint32_t i = 0; i < kConnections; ++i) {
      const Result r = bench.request(kInsert, family.make(i), static_cast<std::uint16_t>(i));
      ASSERT_FALSE(r.hit || r.full) << "tuple " << i;
    }
    for (std::uint32_t i = 0; i < kConnections + 100; ++i) bench.packets.push_back(family.make(i));
    const std::uint64_t begin = bench.clock;
    while (bench.found.size() < kConnections + 100) bench.tick();
    EXPECT_LE(bench.clock - begin, kConnections + 100 + 6);
    for (std::uint32_t i = 0; i < kConnections + 100; ++i) {
      ASSERT_EQ(bench.found[i].hit, i < kConnections) << i;
      if (i < kConnections) {
        ASSERT_EQ(bench.found[i].conn, i);
      }
    }
    // Deletions and insertions under a full stream of packets.
    for (std::uint32_t i = 0; i < kConnections; i += 7) {
      while (bench.packets.size() < 60) bench.packets.push_back(family.make(i + 1));
      const Result gone = bench.request(kDelete, family.make(i));
      ASSERT_TRUE(gone.hit);
      ASSERT_EQ(gone.conn, i);
      ASSERT_FALSE(bench.request(kFind, family.make(i)).hit);
      ASSERT_FALSE(bench.request(kInsert, family.make(i + kConnections), 9).full);
    }
    EXPECT_LE(bench.slowest, 12);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, LookupFull, testing::Range(std::size_t{0}, families().size()),
                         [](const auto& info) { return std::string(families()[info.param].name); });

// What the above would have found with a key that is used twice over: one set of each table, and
// the stash.
TEST(Lookup, KeyUsedTwiceOverIsBroken) {
  Key key = random_key(5);
  key[2] = key[0];
  key[3] = key[1];
  Bench bench(key);
  std::uint32_t placed = 0;
  while (placed < kConnections && !bench.request(kInsert, twice(placed), 1).full) ++placed;
  EXPECT_EQ(placed, 16u);
}

TEST(Lookup, WaitsForItsKey) {
  Bench bench(random_key(1));
  (void)bench.request(kInsert, v4(1, 2, 3), 77);
  bench.dut().key_valid_i = 0;
  bench.packets.push_back(v4(1, 2, 3));
  for (int i = 0; i < 20; ++i) bench.tick();
  EXPECT_EQ(bench.packets.size(), 1u);
  bench.dut().key_valid_i = 1;
  for (int i = 0; i < 10; ++i) bench.tick();
  ASSERT_EQ(bench.found.size(), 1u);
  EXPECT_EQ(bench.found[0].conn, 77);
}

}  // namespace
}  // namespace millrace
