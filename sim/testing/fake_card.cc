// SPDX-License-Identifier: Apache-2.0
// step() is one clock edge: it reads the inputs as they stand and computes the outputs of the next
// clock.

#include "sim/testing/fake_card.h"

#include <cstring>

namespace millrace::sim {

FakeCard::FakeCard() {
  pins_.rst_n = &rst_n_;
  pins_.tick_us = &tick_us_;
  pins_.registers = {&awaddr_, &awvalid_, &wdata_,  &wstrb_,   &wvalid_, &bready_,
                     &araddr_, &arvalid_, &rready_, &awready_, &wready_, &bresp_,
                     &bvalid_, &arready_, &rdata_,  &rresp_,   &rvalid_};
  AxiPins& m = pins_.memory;
  m.aw = {&m_awready_, &m_id_, &m_awaddr_, &m_len_, &m_size_, &m_burst_, &m_awvalid_};
  m.ar = {&m_arready_, &m_id_, &m_araddr_, &m_len_, &m_size_, &m_burst_, &m_arvalid_};
  m.wready = &m_wready_;
  m.wdata = m_wdata_.data();
  m.wstrb = &m_wstrb_;
  m.wlast = &m_wlast_;
  m.wvalid = &m_wvalid_;
  m.bid = &m_bid_;
  m.bresp = &m_bresp_;
  m.bvalid = &m_bvalid_;
  m.bready = &m_bready_;
  m.rid = &m_rid_;
  m.rdata = m_rdata_.data();
  m.rresp = &m_rresp_;
  m.rlast = &m_rlast_;
  m.rvalid = &m_rvalid_;
  m.rready = &m_rready_;
  pins_.wire_in = {in_data_.data(), &in_keep_, &in_last_, &in_user_, &in_valid_, &in_ready_};
  pins_.wire_out = {out_data_.data(), &out_keep_, &out_last_, &out_valid_, &out_ready_};
  pins_.irq = &irq_;
  pins_.idle = &idle_;
  pins_.deadline_valid = &deadline_valid_;
  pins_.next_deadline_us = &next_deadline_us_;
  pins_.now_us = &now_us_;
}

void FakeCard::step() {
  if (rst_n_ == 0 || !failure_.empty()) return;
  step_time();
  step_copy();  // before a register write starts it: what that drives counts from the next clock
  step_registers();
  step_frames();
  idle_ = copy_ == Copy::kNone && leaving_.empty() && out_valid_ == 0 && arriving_.empty() &&
          bvalid_ == 0 && rvalid_ == 0;
}

void FakeCard::step_time() {
  if (now_us_ + tick_us_ < now_us_) ++reg(kWraps);
  now_us_ += tick_us_;
  reg(kNow) = now_us_;
  if (deadline_valid_ != 0 && static_cast<std::int32_t>(next_deadline_us_ - now_us_) <= 0) {
    deadline_valid_ = 0;
    ++reg(kFired);
  }
}

void FakeCard::written(std::uint32_t offset, std::uint32_t value) {
  reg(offset) = value;
  if (offset == kCopy) {
    copy_ = Copy::kAddress;
    m_araddr_ = reg64(kFrom);
    m_len_ = static_cast<std::uint8_t>(value - 1);
    m_arvalid_ = 1;
    buffer_.clear();
  } else if (offset == kTimer) {
    deadline_valid_ = 1;
    next_deadline_us_ = now_us_ + value;
  } else if (offset == kFail) {
    failure_ = "told to fail";
  }
}

void FakeCard::step_registers() {
  if (bvalid_ != 0 && bready_ != 0) {
    bvalid_ = 0;
    awready_ = wready_ = 1;
  }
  if (awvalid_ != 0 && awready_ != 0) {
    aw_held_ = true;
    held_addr_ = awaddr_;
    awready_ = 0;
  }
  if (wvalid_ != 0 && wready_ != 0) {
    w_held_ = true;
    held_data_ = wdata_;
    wready_ = 0;
  }
  if (aw_held_ && w_held_) {
    aw_held_ = w_held_ = false;
    bvalid_ = 1;
    written(held_addr_, held_data_);
  }
  if (rvalid_ != 0 && rready_ != 0) {
    rvalid_ = 0;
    arready_ = 1;
  }
  if (arvalid_ != 0 && arready_ != 0) {
    arready_ = 0;
    rvalid_ = 1;
    rdata_ = reg(araddr_);
  }
}

void FakeCard::step_copy() {
  if (m_arvalid_ != 0 && m_arready_ != 0) {
    m_arvalid_ = 0;
    copy_ = Copy::kRead;
  }
  if (m_rvalid_ != 0 && m_rready_ != 0) {
    buffer_.push_back(m_rdata_);
    if (m_rlast_ != 0) {
      copy_ = Copy::kWriteAddress;
      m_awaddr_ = reg64(kTo);
      m_awvalid_ = 1;
      return;
    }
  }
  if (m_awvalid_ != 0 && m_awready_ != 0) {
    m_awvalid_ = 0;
    copy_ = Copy::kWrite;
    copied_ = 0;
    m_wvalid_ = 1;
    m_wdata_ = buffer_[0];
    m_wlast_ = buffer_.size() == 1;
    return;
  }
  if (m_wvalid_ != 0 && m_wready_ != 0) {
    if (++copied_ == buffer_.size()) {
      m_wvalid_ = 0;
      copy_ = Copy::kResponse;
    } else {
      m_wdata_ = buffer_[copied_];
      m_wlast_ = copied_ + 1 == buffer_.size();
    }
  }
  if (m_bvalid_ != 0) copy_ = Copy::kNone;
}

void FakeCard::step_frames() {
  if (in_valid_ != 0) {
    arriving_.push_back({in_data_, in_keep_, in_last_ != 0});
    if (in_last_ != 0) {
      // A frame that the MAC marked bad is not sent back.
      if (in_user_ == 0) leaving_.insert(leaving_.end(), arriving_.begin(), arriving_.end());
      arriving_.clear();
    }
  }
  if (out_valid_ != 0 && out_ready_ != 0) out_valid_ = 0;
  if (out_valid_ == 0 && !leaving_.empty()) show_beat();
}

void FakeCard::show_beat() {
  out_data_ = leaving_.front().data;
  out_keep_ = leaving_.front().keep;
  out_last_ = leaving_.front().last;
  out_valid_ = 1;
  leaving_.pop_front();
}

}  // namespace millrace::sim
