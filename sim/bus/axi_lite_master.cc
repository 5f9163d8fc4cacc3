// SPDX-License-Identifier: Apache-2.0
// One register write at a time on the pins, then its response; reads wait until all writes are
// answered.

#include "sim/bus/axi_lite_master.h"

#include <cassert>

namespace millrace::sim {

AxiLiteMaster::AxiLiteMaster(const AxiLitePins& pins, std::uint32_t write_latency,
                             std::uint32_t read_latency)
    : pins_(pins),
      write_latency_(write_latency),
      read_latency_(read_latency),
      writes_(kQueuedWritesMax) {
  *pins_.awvalid = 0;
  *pins_.wvalid = 0;
  *pins_.arvalid = 0;
  *pins_.wstrb = 0xF;
  *pins_.bready = 1;
  *pins_.rready = 1;
}

void AxiLiteMaster::read(std::uint64_t cycle, std::uint32_t offset) {
  assert(state_ == Reading::kNone);
  state_ = Reading::kQueued;
  read_offset_ = offset;
  refused_ = false;
  due_ = cycle + write_latency_;
}

std::uint32_t AxiLiteMaster::take() {
  assert(state_ == Reading::kAnswered);
  state_ = Reading::kNone;
  return read_value_;
}

void AxiLiteMaster::tick(std::uint64_t cycle) {
  tick_write(cycle);
  tick_read(cycle);
}

void AxiLiteMaster::tick_write(std::uint64_t cycle) {
  if (aw_taken_) *pins_.awvalid = 0;
  if (w_taken_) *pins_.wvalid = 0;
  if (!writing_ && !writes_.empty() && writes_.front().due <= cycle) {
    writing_ = true;
    *pins_.awaddr = writes_.front().offset;
    *pins_.wdata = writes_.front().value;
    *pins_.awvalid = 1;
    *pins_.wvalid = 1;
  } else if (writing_ && *pins_.bvalid != 0) {
    refused_ |= *pins_.bresp != 0;
    writing_ = false;
    writes_.pop();
  }
  aw_taken_ = *pins_.awvalid != 0 && *pins_.awready != 0;
  w_taken_ = *pins_.wvalid != 0 && *pins_.wready != 0;
}

void AxiLiteMaster::tick_read(std::uint64_t cycle) {
  if (ar_taken_) *pins_.arvalid = 0;
  if (state_ == Reading::kQueued && due_ <= cycle && writes_.empty()) {
    state_ = Reading::kOnPins;
    *pins_.araddr = read_offset_;
    *pins_.arvalid = 1;
  } else if (state_ == Reading::kOnPins && *pins_.rvalid != 0) {
    state_ = Reading::kAnswered;
    read_value_ = *pins_.rdata;
    refused_ |= *pins_.rresp != 0;
    due_ = cycle + read_latency_;
  }
  ar_taken_ = *pins_.arvalid != 0 && *pins_.arready != 0;
}

}  // namespace millrace::sim
