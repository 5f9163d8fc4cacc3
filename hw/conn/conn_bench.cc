// SPDX-License-Identifier: Apache-2.0
// Packing and unpacking of toe_conn's ports, one clock at a time.

#include "hw/conn/conn_bench.h"

namespace millrace {
namespace {

Tuple take_tuple(Bits& bits) {
  Tuple tuple;
  tuple.local_kind = bits.take(2);
  tuple.remote_hi = bits.take(64);
  tuple.remote_lo = bits.take(64);
  tuple.remote_port = bits.take(16);
  tuple.local_port = bits.take(16);
  return tuple;
}

Bits pack(const Segment& s) {
  const Tuple& t = s.tuple;
  return Bits(624, {{0, 3},  // no ICMP error, no CE
                    {t.local_kind, 2},
                    {t.remote_hi, 64},
                    {t.remote_lo, 64},
                    {t.remote_port, 16},
                    {t.local_port, 16},
                    {s.seq, 32},
                    {s.ack, 32},
                    {s.wnd, 16},
                    {s.flags, 8},
                    {s.len, 16},
                    {54, 8},
                    {s.mss_valid, 1},
                    {s.mss, 16},
                    {s.ws_valid, 1},
                    {s.ws, 4},
                    {s.sack_ok, 1},
                    {s.ts_valid, 1},
                    {s.ts_val, 32},
                    {s.ts_ecr, 32},
                    {0, 3},  // SACK blocks
                    {0, 64},
                    {0, 64},
                    {0, 64},
                    {0, 64}});
}

Bits pack(const Command& c) {
  const Tuple& t = c.tuple;
  return Bits(357, {{c.opcode, 8},
                    {c.qp, 4},
                    {c.id, 32},
                    {c.cookie, 32},
                    {t.local_kind, 2},
                    {t.remote_hi, 64},
                    {t.remote_lo, 64},
                    {t.remote_port, 16},
                    {t.local_port, 16},
                    {c.tx_page, 52},
                    {c.tx_log2, 5},
                    {c.rx_page, 52},
                    {c.rx_log2, 5},
                    {c.options, 3},
                    {c.cc, 2}});
}

Bits pack(const End& e) { return Bits(26, {{e.kind, 2}, {e.conn, 16}, {e.status, 8}}); }

RxSegment rx_segment(Bits bits) {
  RxSegment r;
  r.hit = bits.take(1);
  r.conn = bits.take(16);
  bits.take(3);
  r.tuple = take_tuple(bits);
  r.seq = bits.take(32);
  return r;
}

RxCtl rx_ctl(Bits bits) {
  RxCtl c;
  c.op = bits.take(3);
  c.conn = bits.take(16);
  c.page = bits.take(52);
  c.log2 = bits.take(5);
  c.irs = bits.take(32);
  c.ts_on = bits.take(1);
  c.ts_val = bits.take(32);
  c.status = bits.take(8);
  c.open = bits.take(1);
  return c;
}

TxCtl tx_ctl(Bits bits) {
  TxCtl c;
  c.op = bits.take(3);
  c.conn = bits.take(16);
  c.page = bits.take(52);
  c.log2 = bits.take(5);
  c.rx_log2 = bits.take(5);
  c.iss = bits.take(32);
  c.irs = bits.take(32);
  c.wnd = bits.take(16);
  c.mss_valid = bits.take(1);
  c.mss = bits.take(16);
  c.ws_valid = bits.take(1);
  c.ws = bits.take(4);
  c.sack_ok = bits.take(1);
  c.ts_valid = bits.take(1);
  c.ts_val = bits.take(32);
  c.ecn_ok = bits.take(1);
  c.reset = bits.take(1);
  c.options = bits.take(3);
  c.cc = bits.take(2);
  c.open = bits.take(1);
  c.ts_off = bits.take(16);
  return c;
}

OpenReport open_report(Bits bits) {
  OpenReport r;
  r.conn = bits.take(16);
  r.fresh = bits.take(1);
  r.generation = bits.take(8);
  r.qp = bits.take(4);
  r.cookie = bits.take(32);
  r.state = bits.take(4);
  r.notify = bits.take(1);
  r.tuple = take_tuple(bits);
  return r;
}

Response response(Bits bits) {
  Response r;
  r.qp = bits.take(4);
  r.status = bits.take(8);
  r.id = bits.take(32);
  r.cookie = bits.take(32);
  r.opcode = bits.take(8);
  return r;
}

Segment sent(Bits bits) {
  Segment s;
  s.tuple = take_tuple(bits);
  s.seq = bits.take(32);
  s.ack = bits.take(32);
  s.wnd = bits.take(16);
  s.flags = bits.take(8);
  s.mss_valid = bits.take(1);
  s.mss = bits.take(16);
  s.ws_valid = bits.take(1);
  s.ws = bits.take(4);
  s.sack_ok = bits.take(1);
  s.ts_valid = bits.take(1);
  s.ts_val = bits.take(32);
  s.ts_ecr = bits.take(32);
  for (const int width : {3, 64, 64, 64, 64, 2, 52, 5, 24, 16}) {
    EXPECT_EQ(bits.take(width), 0u) << "a segment of the manager's has no payload, SACK, ECN";
  }
  return s;
}

// The message of toe_conn_message as far as all purposes have it: 23 bytes.
std::vector<std::uint8_t> message(const Tuple& t, std::uint8_t purpose, std::uint8_t facts) {
  std::vector<std::uint8_t> bytes;
  const auto add = [&](std::uint64_t value, int n) {
    for (int i = 0; i < n; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  add(t.remote_lo, 8);
  add(t.remote_hi, 8);
  add(t.local_port, 2);
  add(t.remote_port, 2);
  add(t.local_kind, 1);
  add(purpose, 1);
  add(facts, 1);
  return bytes;
}

}  // namespace

ConnBench::ConnBench(std::array<std::uint32_t, 4> hash_key) : hash_key_(hash_key) {
  dut_->seg_valid_i = 0;
  dut_->syn_valid_i = 0;
  dut_->command_valid_i = 0;
  dut_->rx_end_valid_i = 0;
  dut_->tx_end_valid_i = 0;
  dut_->tuple_rd_en_i = 0;
  dut_->owner_addr_i = 0;
  drive();
  dut_->rst_ni = 0;
  for (int i = 0; i < 4; ++i) {
    dut_->clk_i = 0;
    dut_->eval();
    dut_->clk_i = 1;
    dut_->eval();
  }
  dut_->rst_ni = 1;
  for (int i = 0; i < 100000 && !dut_->ready_o; ++i) tick();
  EXPECT_TRUE(dut_->ready_o);
}

std::uint32_t ConnBench::iss(const Tuple& t, std::uint32_t clock) {
  return clock + static_cast<std::uint32_t>(sip_hash(kSecret, message(t, 0, 0)));
}

std::uint16_t ConnBench::ts_off(const Tuple& t) {
  return static_cast<std::uint16_t>(sip_hash(kSecret, message(t, 0, 0)) >> 32);
}

std::uint16_t ConnBench::port_base(const Tuple& tuple) {
  Tuple t = tuple;
  t.local_port = 0;
  return sip_hash(kSecret, message(t, 1, 0)) & 0x7fff;
}

std::uint32_t ConnBench::cookie(const Tuple& tuple, std::uint32_t irs, std::uint16_t minute,
                                bool timestamps, unsigned mss_index) {
  auto bytes = message(tuple, 2, static_cast<std::uint8_t>(timestamps << 3 | mss_index));
  bytes.push_back(0);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(irs >> (8 * i)));
  for (int i = 0; i < 2; ++i) bytes.push_back(static_cast<std::uint8_t>(minute >> (8 * i)));
  bytes.push_back(0);
  return static_cast<std::uint32_t>(sip_hash(kSecret, bytes)) << 4 | (minute & 1u) << 3 | mss_index;
}

Owner ConnBench::owner(std::uint16_t conn) {
  dut_->owner_addr_i = conn;
  tick();
  Bits bits = Bits::of(13, dut_->owner_o);
  Owner owner;
  owner.alive = bits.take(1);
  owner.generation = bits.take(8);
  owner.qp = bits.take(4);
  return owner;
}

Tuple ConnBench::tuple(std::uint16_t conn) {
  dut_->tuple_addr_i = conn;
  dut_->tuple_rd_en_i = 1;
  tick();
  dut_->tuple_rd_en_i = 0;
  Bits bits = Bits::of(162, dut_->tuple_o);
  return take_tuple(bits);
}

void ConnBench::drive() {
  Bits(1084, {{1, 1},
              {0, 48},
              {0x0a000001, 32},
              {0xffffff00, 32},
              {0, 32},
              {1460, 16},
              {10, 8},
              {0, 20},
              {0, 64},
              {0, 32},
              {0, 16},
              {time_wait_us, 32},
              {0, 32},
              {kSecret.k1, 64},
              {kSecret.k0, 64},
              {hash_key_[3], 32},
              {hash_key_[2], 32},
              {hash_key_[1], 32},
              {hash_key_[0], 32},
              {use_ws, 1},
              {use_ts, 1},
              {use_sack, 1},
              {ecn_accept, 1},
              {0, 3},
              {time_wait_reuse, 1},
              {0, 64},
              {0, 64},
              {0, 20},
              {syn_cookies, 2},
              {0, 64},
              {0, 64},
              {0, 64},
              {0, 64},
              {0, 49}})
      .to(dut_->cfg_i);
  Bits(96, {{now, 32}, {ticks, 32}, {ts_clock, 32}}).to(dut_->now_i);
  dut_->now_us_i = now;
  dut_->iss_clock_i = iss_clock;
  // A valid, once up, stays until its word is taken.
  const auto offer = [&](auto& queue, auto& valid, auto& port) {
    if (!valid) valid = !queue.empty() && chance(offer_percent);
    if (valid) pack(queue.front()).to(port);
  };
  offer(segments, dut_->seg_valid_i, dut_->seg_i);
  offer(syns, dut_->syn_valid_i, dut_->syn_i);
  offer(commands, dut_->command_valid_i, dut_->command_i);
  offer(rx_ends, dut_->rx_end_valid_i, dut_->rx_end_i);
  offer(tx_ends, dut_->tx_end_valid_i, dut_->tx_end_i);
  dut_->freed_valid_i = !freed.empty();
  if (!freed.empty()) dut_->freed_conn_i = freed.front();
  dut_->rx_seg_ready_i = chance(rx_ready_percent);
  dut_->rx_ctl_ready_i = chance(ready_percent);
  dut_->tx_ctl_ready_i = chance(ready_percent);
  dut_->open_report_ready_i = chance(ready_percent);
  dut_->response_ready_i = chance(ready_percent);
  dut_->rst_ready_i = rst_ready && chance(ready_percent);
}

void ConnBench::take() {
  const auto taken = [](auto& queue, auto& valid, bool ready) {
    if (valid && ready) {
      queue.pop_front();
      valid = 0;
    }
  };
  const bool seg = dut_->seg_ready_o, command = dut_->command_ready_o;
  EXPECT_TRUE(dut_->syn_ready_o && dut_->rx_end_ready_o && dut_->tx_end_ready_o &&
              dut_->freed_ready_o);
  counters.active += dut_->cnt_conn_opened_active_o;
  counters.passive += dut_->cnt_conn_opened_passive_o;
  counters.closed += dut_->cnt_conn_closed_o;
  counters.no_listener += dut_->cnt_syn_no_listener_o;
  counters.backlog_full += dut_->cnt_syn_backlog_full_o;
  counters.recycled += dut_->cnt_time_wait_recycled_o;
  counters.reused += dut_->cnt_time_wait_reused_o;
  counters.cookies_sent += dut_->cnt_syn_cookies_sent_o;
  counters.cookies_taken += dut_->cnt_syn_cookies_taken_o;
  const int order = dut_->open_report_valid_o + dut_->rx_ctl_valid_o + dut_->tx_ctl_valid_o;
  EXPECT_LE(order, 1) << "engines are told one after the other";
  if (dut_->open_report_valid_o && dut_->open_report_ready_i && on_open_report) {
    on_open_report(open_report(Bits::of(228, dut_->open_report_o)));
  }
  if (dut_->rx_ctl_valid_o && dut_->rx_ctl_ready_i && on_rx_ctl) {
    on_rx_ctl(rx_ctl(Bits::of(150, dut_->rx_ctl_o)));
  }
  if (dut_->tx_ctl_valid_o && dut_->tx_ctl_ready_i && on_tx_ctl) {
    on_tx_ctl(tx_ctl(Bits::of(241, dut_->tx_ctl_o)));
  }
  if (dut_->response_valid_o && dut_->response_ready_i && on_response) {
    on_response(response(Bits::of(84, dut_->response_o)));
  }
  if (dut_->rst_valid_o && dut_->rst_ready_i && on_rst) {
    on_rst(sent(Bits::of(696, dut_->rst_o)));
  }
  if (dut_->rx_seg_valid_o && dut_->rx_seg_ready_i && on_rx_segment) {
    on_rx_segment(rx_segment(Bits::of(641, dut_->rx_seg_o)));
  }
  if (dut_->seg_valid_i && seg && on_segment_taken) on_segment_taken(segments.front());
  dut_->clk_i = 1;
  dut_->eval();
  taken(segments, dut_->seg_valid_i, seg);
  taken(syns, dut_->syn_valid_i, true);
  taken(commands, dut_->command_valid_i, command);
  taken(rx_ends, dut_->rx_end_valid_i, true);
  taken(tx_ends, dut_->tx_end_valid_i, true);
  if (dut_->freed_valid_i) freed.pop_front();
}

void ConnBench::tick() {
  dut_->clk_i = 0;
  drive();
  dut_->eval();
  ++clock_;
  take();
}

void ConnBench::settle(int limit) {
  do {
    tick();
    ASSERT_GT(--limit, 0) << "never idle";
  } while (!dut_->idle_o || !segments.empty() || !syns.empty() || !commands.empty() ||
           !rx_ends.empty() || !tx_ends.empty() || !freed.empty());
}

}  // namespace millrace
