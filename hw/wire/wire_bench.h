// SPDX-License-Identifier: Apache-2.0
// Drives a Verilated toe_wire one clock at a time: frames in and out, segments in and out, a
// payload memory whose bytes are a function of their address, time, and the counters.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "Vtoe_wire.h"
#include "hw/lib/covered_model.h"
#include "hw/wire/frame_builder.h"
#include "hw/wire/rx_model.h"
#include "hw/wire/tx_model.h"
#include "hw/wire/wire_settings.h"

namespace millrace::sim {

class WireBench {
 public:
  explicit WireBench(std::uint64_t seed = 1) : random_(seed) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed));
    top_ = std::make_unique<Covered<Vtoe_wire>>(&context_);
    configure(false);
    top_->rst_ni = 0;
    top_->s_axis_tvalid_i = 0;
    for (int i = 0; i < 4; ++i) step();
    top_->rst_ni = 1;
    configure(true);
    run_until_idle();
    tx_frames.clear();  // the announcement
    tx_first_clocks.clear();
    tx_last_clocks.clear();
    counts.clear();
  }
  ~WireBench() { top_->final(); }

  // Addresses and policy as `settings` has them, enabled or not.
  void configure(bool enable) {
    int top = 1084;
    auto put = [&](std::uint64_t value, int width) { put_bits(top_->cfg_i, top, value, width); };
    auto put_ipv6 = [&](const Ipv6& address) {
      for (std::uint8_t octet : address) put(octet, 8);
    };
    put(enable, 1);
    put(kOurMac, 48);
    put(kOurIp, 32);
    put(0xffffff00, 32);
    put(settings.gateway, 32);
    put(1460, 16);
    put(10, 8);
    put(40000, 20);
    for (int i = 0; i < 3; ++i) put(0, 32);  // RTO
    put(0, 16);                              // retries
    put(0, 32);                              // TIME-WAIT
    put(settings.arp_age_us, 32);
    for (int i = 0; i < 4; ++i) put(0, 64);  // secret, hash key
    put(0, 6);                               // options wanted, ECN, probing
    put(settings.option_order, 1);
    put(0, 1 + 2 + 1);  // TIME-WAIT reuse, congestion control
    put(3, 4);
    put(10, 5);
    put(0, 64), put(0, 8), put(0, 32), put(0, 32), put(0, 2), put(552, 16);
    put(settings.time_to_live, 8);
    put(settings.vlan.has_value(), 1);
    put(settings.vlan.value_or(0x5555), 16);
    put_ipv6(settings.ipv6);
    put(settings.ipv6_prefix, 8);
    put_ipv6(settings.ipv6_gateway);
    ASSERT_EQ(top, 0);
  }

  void send_frame(const Bytes& frame, bool bad = false) {
    for (std::size_t at = 0; at < frame.size(); at += 64) {
      const std::size_t n = std::min<std::size_t>(64, frame.size() - at);
      Beat beat{Bytes(frame.begin() + at, frame.begin() + at + n), at + n == frame.size(), bad};
      beats_.push_back(std::move(beat));
    }
  }
  void send_segment(const TxSegment& s) { segments_.push_back(s); }
  void teach(std::uint32_t ip, std::uint64_t mac) {
    send_frame(build_arp(kOurMac, 2, mac, ip, kOurMac, kOurIp));
    run_until_idle();
  }

  bool draw(int percent) { return percent >= 100 || static_cast<int>(random_() % 100) < percent; }

  void step();
  void run(int clocks) {
    for (int i = 0; i < clocks; ++i) step();
  }
  // Until all given was taken and the card says idle.
  void run_until_idle(int limit = 300000) {
    for (int i = 0; i < 2 || !quiet(); ++i) {
      step();
      if (i > limit) {
        ADD_FAILURE() << "not idle after " << limit << " clocks";
        return;
      }
    }
  }
  bool quiet() {
    top_->eval();
    return beats_.empty() && segments_.empty() && lines_.empty() && top_->idle_o;
  }
  std::size_t beats_waiting() const { return beats_.size(); }
  std::optional<std::uint32_t> deadline() {
    top_->eval();
    return top_->deadline_valid_o ? std::optional(top_->deadline_us_o) : std::nullopt;
  }

  std::uint32_t now_us = 1000;
  Settings settings;
  int rx_gap = 0, seg_ready = 100, fb_ready = 100, tx_ready = 100, cmd_ready = 100,
      line_valid = 100;
  std::uint64_t latency = 0;  // clocks from a read command to its lines
  double mac_rate = 0;        // bytes per clock that the MAC sends, frames' gaps included; 0: all
  std::uint64_t clock = 0;
  std::vector<RxSegment> rx_segments;
  std::vector<std::uint64_t> rx_clocks, tx_first_clocks, tx_last_clocks, beat_clocks, seg_clocks;
  std::vector<Bytes> fb_frames, tx_frames;
  std::map<std::string, int> counts;
  int commands = 0, max_outstanding = 0;
  std::mt19937_64& random() { return random_; }

 private:
  struct Beat {
    Bytes data;
    bool last;
    bool bad;
  };
  void drive_inputs();
  void take_outputs();
  void count();

  VerilatedContext context_;
  std::unique_ptr<Vtoe_wire> top_;
  std::mt19937_64 random_;
  std::deque<Beat> beats_;
  std::deque<TxSegment> segments_;
  struct Line {
    std::uint64_t address, due;
  };
  std::deque<Line> lines_;
  double mac_credit_ = 0;
  bool line_shown_ = false, seg_shown_ = false;
  Bytes fb_frame_, tx_frame_;
};

inline void WireBench::drive_inputs() {
  Vtoe_wire& t = *top_;
  t.now_us_i = now_us;
  t.now_ticks_i = now_us >> 10;
  t.s_axis_tvalid_i = !beats_.empty() && t.rst_ni && !draw(rx_gap == 0 ? -1 : rx_gap);
  if (t.s_axis_tvalid_i) {
    const Beat& beat = beats_.front();
    for (int w = 0; w < 16; ++w) t.s_axis_tdata_i[w] = static_cast<std::uint32_t>(random_());
    for (std::size_t i = 0; i < beat.data.size(); ++i) {
      const std::uint32_t shift = 8 * (i % 4);
      t.s_axis_tdata_i[i / 4] &= ~(0xffu << shift);
      t.s_axis_tdata_i[i / 4] |= std::uint32_t{beat.data[i]} << shift;
    }
    t.s_axis_tkeep_i = beat.data.size() == 64 ? ~0ull : (1ull << beat.data.size()) - 1;
    t.s_axis_tlast_i = beat.last;
    t.s_axis_tuser_i = beat.bad && beat.last;
  }
  t.rx_seg_ready_i = draw(seg_ready);
  t.fb_ready_i = draw(fb_ready);
  mac_credit_ = std::min(mac_credit_ + mac_rate, 4 * mac_rate);
  t.m_axis_tready_i = draw(tx_ready) && (mac_rate == 0 || mac_credit_ > 0);
  t.rd_cmd_ready_i = draw(cmd_ready);
  t.tx_seg_valid_i = !segments_.empty();
  if (!segments_.empty() && !seg_shown_) {
    put_segment(t.tx_seg_i, segments_.front());
    seg_shown_ = true;
  }
  t.rd_valid_i =
      !lines_.empty() && (line_shown_ || (lines_.front().due <= clock && draw(line_valid)));
  if (t.rd_valid_i && !line_shown_) {
    for (int i = 0; i < 64; ++i) {
      const std::uint32_t shift = 8 * (i % 4);
      if (shift == 0) t.rd_data_i[i / 4] = 0;
      t.rd_data_i[i / 4] |= std::uint32_t{memory_byte(lines_.front().address + i)} << shift;
    }
    line_shown_ = true;
  }
}

inline void WireBench::count() {
  Vtoe_wire& t = *top_;
  const std::pair<const char*, int> pulses[] = {{"rx_frames", t.cnt_rx_frames_o},
                                                {"rx_tcp", t.cnt_rx_tcp_segments_o},
                                                {"drop_eth", t.cnt_rx_dropped_eth_o},
                                                {"drop_ip", t.cnt_rx_dropped_ip_o},
                                                {"drop_ip6", t.cnt_rx_dropped_ip6_o},
                                                {"drop_tcp", t.cnt_rx_dropped_tcp_o},
                                                {"overrun", t.cnt_rx_dropped_overrun_o},
                                                {"echo", t.cnt_rx_icmp_echo_o},
                                                {"arp", t.cnt_rx_arp_o},
                                                {"nd", t.cnt_rx_icmp6_nd_o},
                                                {"tx_frames", t.cnt_tx_frames_o},
                                                {"tx_tcp", t.cnt_tx_tcp_segments_o},
                                                {"arp_requests", t.cnt_tx_arp_requests_o},
                                                {"solicits", t.cnt_tx_icmp6_solicits_o},
                                                {"unresolved", t.cnt_tx_dropped_unresolved_o}};
  for (const auto& [name, pulse] : pulses) {
    if (pulse) ++counts[name];
  }
}

inline void WireBench::take_outputs() {
  Vtoe_wire& t = *top_;
  if (t.s_axis_tvalid_i) {
    EXPECT_TRUE(t.s_axis_tready_o);
    if (beats_.front().last) beat_clocks.push_back(clock);
    beats_.pop_front();
  }
  if (t.tx_seg_valid_i && t.tx_seg_ready_o) {
    segments_.pop_front();
    seg_shown_ = false;
    seg_clocks.push_back(clock);
  }
  if (t.rd_valid_i && t.rd_ready_o) {
    lines_.pop_front();
    line_shown_ = false;
  }
  if (t.rd_cmd_valid_o && t.rd_cmd_ready_i) {
    ++commands;
    EXPECT_GT(t.rd_cmd_len_o, 0);
    const std::uint64_t end = t.rd_cmd_addr_o + t.rd_cmd_len_o;
    for (std::uint64_t a = t.rd_cmd_addr_o & ~63ull; a < end; a += 64) {
      lines_.push_back({a, clock + latency});
    }
  }
  if (t.rx_seg_valid_o && t.rx_seg_ready_i) {
    rx_segments.push_back(take_segment(t.rx_seg_o));
    rx_clocks.push_back(clock);
  }
  auto append_beat = [](Bytes& out, const auto& data, int n) {
    for (int i = 0; i < n; ++i) out.push_back(data[i / 4] >> (8 * (i % 4)));
  };
  if (t.fb_valid_o && t.fb_ready_i) {
    append_beat(fb_frame_, t.fb_data_o, 64);
    if (t.fb_last_o) fb_frames.push_back(std::exchange(fb_frame_, {}));
  }
  if (t.m_axis_tvalid_o && t.m_axis_tready_i) {
    const int n = std::popcount(static_cast<std::uint64_t>(t.m_axis_tkeep_o));
    EXPECT_TRUE(n == 64 || t.m_axis_tlast_o);
    EXPECT_TRUE(n == 64 || t.m_axis_tkeep_o == (1ull << n) - 1);
    if (tx_frame_.empty()) tx_first_clocks.push_back(clock);
    append_beat(tx_frame_, t.m_axis_tdata_o, n);
    mac_credit_ -= n + (t.m_axis_tlast_o ? 24 : 0);
    if (t.m_axis_tlast_o) {
      tx_last_clocks.push_back(clock);
      EXPECT_GE(tx_frame_.size(), 60u);
      tx_frames.push_back(std::exchange(tx_frame_, {}));
    }
  }
}

inline void WireBench::step() {
  drive_inputs();
  top_->clk_i = 0;
  top_->eval();
  if (top_->rst_ni) {
    count();
    take_outputs();
  }
  top_->clk_i = 1;
  top_->eval();
  ++clock;
}

}  // namespace millrace::sim
