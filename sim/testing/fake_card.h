// SPDX-License-Identifier: Apache-2.0
// A card for the tests of the simulation itself, with the ports of toe_core and a little of
// everything: registers, a copy engine, frames sent back, a timer. Outputs depend on state alone,
// as the real card's do.

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "sim/model/card_model.h"

namespace millrace::sim {

class FakeCard final : public CardModel {
 public:
  // Registers are plain storage but for these.
  static constexpr std::uint32_t kFrom = 0x10;  // 64 bits: what the copy engine reads
  static constexpr std::uint32_t kTo = 0x18;    // 64 bits: where it writes
  static constexpr std::uint32_t kCopy = 0x20;  // writing n copies n beats of 64 bytes in one burst
  static constexpr std::uint32_t kTimer = 0x24;  // writing n starts a timer of n microseconds
  static constexpr std::uint32_t kFired = 0x28;  // how often it fired
  static constexpr std::uint32_t kNow = 0x2C;    // card time
  static constexpr std::uint32_t kFail = 0x30;   // writing fails the model
  static constexpr std::uint32_t kWraps = 0x34;  // how often card time passed 2^32 us

  FakeCard();
  const CardPins& pins() const override { return pins_; }
  void step() override;
  const std::string& failure() const override { return failure_; }
  std::uint32_t connections() const override { return 1; }

 private:
  struct Beat {
    std::array<std::uint32_t, 16> data{};
    std::uint64_t keep = 0;
    bool last = false;
  };
  enum class Copy : std::uint8_t { kNone, kAddress, kRead, kWriteAddress, kWrite, kResponse };

  std::uint32_t& reg(std::uint32_t offset) { return registers_[offset / 4 % registers_.size()]; }
  std::uint64_t reg64(std::uint32_t offset) {
    return reg(offset) | std::uint64_t{reg(offset + 4)} << 32;
  }
  void step_registers();
  void step_copy();
  void step_frames();
  void step_time();
  void written(std::uint32_t offset, std::uint32_t value);
  void show_beat();

  // inputs
  std::uint8_t rst_n_ = 0;
  std::uint32_t tick_us_ = 0;
  std::uint32_t awaddr_ = 0, wdata_ = 0, araddr_ = 0;
  std::uint8_t awvalid_ = 0, wstrb_ = 0, wvalid_ = 0, bready_ = 0, arvalid_ = 0, rready_ = 0;
  std::uint8_t m_awready_ = 0, m_arready_ = 0, m_wready_ = 0, m_bid_ = 0, m_bresp_ = 0,
               m_bvalid_ = 0, m_rid_ = 0, m_rresp_ = 0, m_rlast_ = 0, m_rvalid_ = 0;
  std::array<std::uint32_t, 16> m_rdata_{}, in_data_{};
  std::uint64_t in_keep_ = 0;
  std::uint8_t in_last_ = 0, in_user_ = 0, in_valid_ = 0, out_ready_ = 0;
  // outputs
  std::uint8_t awready_ = 1, wready_ = 1, bresp_ = 0, bvalid_ = 0, arready_ = 1, rresp_ = 0,
               rvalid_ = 0;
  std::uint32_t rdata_ = 0;
  std::uint8_t m_id_ = 0, m_size_ = 6, m_burst_ = 1, m_len_ = 0, m_awvalid_ = 0, m_arvalid_ = 0,
               m_wlast_ = 0, m_wvalid_ = 0, m_bready_ = 1, m_rready_ = 1;
  std::uint64_t m_awaddr_ = 0, m_araddr_ = 0, m_wstrb_ = ~std::uint64_t{0};
  std::array<std::uint32_t, 16> m_wdata_{}, out_data_{};
  std::uint8_t in_ready_ = 1, out_last_ = 0, out_valid_ = 0;
  std::uint64_t out_keep_ = 0;
  std::uint8_t irq_ = 0, idle_ = 1, deadline_valid_ = 0;
  std::uint32_t next_deadline_us_ = 0, now_us_ = 0;

  CardPins pins_{};
  std::string failure_;
  std::array<std::uint32_t, 64> registers_{};
  bool aw_held_ = false, w_held_ = false;
  std::uint32_t held_addr_ = 0, held_data_ = 0;
  Copy copy_ = Copy::kNone;
  std::size_t copied_ = 0;
  std::vector<std::array<std::uint32_t, 16>> buffer_;
  std::vector<Beat> arriving_;
  std::deque<Beat> leaving_;
};

}  // namespace millrace::sim
