// SPDX-License-Identifier: Apache-2.0
// Test bench of toe_host_if; see host_if_bench.h.
#include "hw/dma/host_if_bench.h"
#include "hw/lib/covered_model.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace millrace::dma_test {

Packed& Packed::put(std::uint64_t value, int bits) {
  for (int i = bits - 1; i >= 0; --i) bits_.push_back((value >> i) & 1);
  return *this;
}

std::uint64_t Packed::word32(std::size_t index) const {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const std::size_t bit = 32 * index + i;
    if (bit < bits_.size() && bits_[bits_.size() - 1 - bit]) word |= std::uint64_t{1} << i;
  }
  return word;
}

std::uint64_t Fields::take(int bits) {
  std::uint64_t value = 0;
  for (int i = 0; i < bits; ++i, ++at_) {
    const auto at = static_cast<std::size_t>(at_);
    value |= std::uint64_t{(words_[at / 32] >> (at % 32)) & 1} << i;
  }
  return value;
}

Bench::Bench(std::uint64_t seed, Weather w)
    : weather(w), context_(std::make_unique<VerilatedContext>()), random_(seed), memory_(kBytes) {
  context_->randReset(2);
  context_->randSeed(static_cast<int>(seed & 0x7FFFFFFF) + 1);
  top_ = std::make_unique<Covered<Vtoe_host_if>>(context_.get());
  top_->rst_ni = 0;
  top_->s_axil_awvalid_i = top_->s_axil_wvalid_i = top_->s_axil_arvalid_i = 0;
  top_->s_axil_bready_i = top_->s_axil_rready_i = 1;
  top_->s_axil_wstrb_i = 0xF;
  top_->cnt_i = 0;
  top_->ready_i = 1;
  top_->core_idle_i = 1;
  clocks(6);
  top_->rst_ni = 1;
  clocks(2);
  aw_addrs.clear();
}

Bench::~Bench() {
  // Verilator 5.006 takes the thread's context in the model's destructor, which may be another
  // bench's.
  Verilated::threadContextp(context_.get());
  top_->final();
}

void Bench::clocks(int n) {
  for (int i = 0; i < n; ++i) clock();
}

void Bench::drive_axi() {
  top_->m_axi_awready_i = go();
  top_->m_axi_wready_i = go();
  top_->m_axi_arready_i = go();
  if (!b_now_ && writes_data_ > 0 && writes_.front().due <= cycle_ && !hold_b && go())
    b_now_ = true;
  top_->m_axi_bvalid_i = b_now_;
  top_->m_axi_bresp_i = bad_b ? 2 : 0;
  if (read_now_ < 0) {
    const int first = chance(0, 1);
    for (int i = 0; i < 2 && read_now_ < 0; ++i) {
      const int id = first ^ i;
      const auto& queue = read_queue_[static_cast<std::size_t>(id)];
      if (!queue.empty() && queue.front().due <= cycle_ && go()) read_now_ = id;
    }
  }
  top_->m_axi_rvalid_i = read_now_ >= 0;
  top_->m_axi_rresp_i = bad_r ? 2 : 0;
  if (read_now_ >= 0) {
    const auto& burst = read_queue_[static_cast<std::size_t>(read_now_)].front();
    top_->m_axi_rid_i = burst.id;
    top_->m_axi_rlast_i = burst.beats == 1;
    std::memcpy(&top_->m_axi_rdata_i, at(burst.addr), 64);
  }
}

void Bench::load_frame() {
  const auto& frame = frames_.front();
  const std::size_t left = frame.size() - frame_at_;
  std::array<std::uint8_t, 64> beat{};
  for (auto& byte : beat) byte = static_cast<std::uint8_t>(random_());
  std::memcpy(beat.data(), frame.data() + frame_at_, std::min<std::size_t>(left, 64));
  std::memcpy(&top_->fb_data_i, beat.data(), 64);
  top_->fb_last_i = left <= 64;
}

void Bench::drive_streams() {
  // A stream's valid, once up, stays until taken; `go` only delays its rise.
  std::size_t stream = 0;
  auto offer = [&](auto& queue, CData& valid) {
    bool& held = held_[stream++];
    held = !queue.empty() && (held || go());
    valid = held;
    return held;
  };
  if (offer(rx_jobs, top_->rx_job_valid_i)) {
    const auto& j = rx_jobs.front();
    Packed p;
    p.put(j.conn, 16).put(j.has_frame, 1).put(j.frame_start, 8).put(j.skip, 16).put(j.len, 16);
    p.put(j.ring_page, 52).put(j.ring_log2, 5).put(j.ring_offset, 24).put(j.report, 1);
    p.put(j.received, 32).put(j.established, 1).put(j.fin_received, 1).put(j.bad_offset, 1);
    p.put(j.detach, 1).put(j.final, 1).put(j.status, 8).to(top_->rx_job_i);
  }
  if (offer(frames_, top_->fb_valid_i)) load_frame();
  if (offer(tx_reports, top_->tx_report_valid_i)) {
    const auto& r = tx_reports.front();
    Packed p;
    p.put(r.conn, 16).put(r.acked, 32).put(r.fin_sent, 1).put(r.fin_acked, 1).put(r.bad_offset, 1);
    p.to(top_->tx_report_i);
  }
  if (offer(open_reports, top_->open_report_valid_i)) {
    const auto& r = open_reports.front();
    Packed p;
    p.put(r.conn, 16).put(r.fresh, 1).put(r.generation, 8).put(r.qp, 4).put(r.cookie, 32);
    p.put(static_cast<std::uint64_t>(r.state), 4).put(r.notify, 1);
    const bool on_v6 = r.remote_ip6 != Ip6{};
    const Ip6 remote = on_v6 ? r.remote_ip6 : mapped(r.remote_ip);
    p.put(on_v6 ? 1 : 0, 2).put(remote.high, 64).put(remote.low, 64);
    p.put(r.remote_port, 16).put(r.local_port, 16).to(top_->open_report_i);
  }
  if (offer(responses, top_->response_valid_i)) {
    const auto& r = responses.front();
    Packed p;
    p.put(r.qp, 4).put(r.status, 8).put(r.id, 32).put(r.cookie, 32).put(r.opcode, 8);
    p.to(top_->response_i);
  }
  if (offer(reads, top_->rd_cmd_valid_i)) {
    top_->rd_cmd_addr_i = reads.front().addr;
    top_->rd_cmd_len_i = reads.front().len;
  }
  top_->rx_host_ready_i = !hold_outputs && go();
  top_->tx_host_ready_i = !hold_outputs && go();
  top_->command_ready_i = !hold_outputs && go();
  top_->freed_ready_i = go();
  top_->rd_ready_i = !hold_outputs && go();
  const auto found = owners.find(owner_sampled_);
  const Owner owner = found == owners.end() ? Owner{} : found->second;
  top_->owner_i = static_cast<SData>((owner.alive << 12) | (owner.generation << 4) | owner.qp);
}

// Called with outputs settled, before the rising edge: what is valid and ready now is taken.
void Bench::after_axi_write() {
  if (top_->m_axi_awvalid_o && top_->m_axi_awready_i) {
    const int beats = top_->m_axi_awlen_o + 1;
    EXPECT_EQ(top_->m_axi_awaddr_o / 4096, (top_->m_axi_awaddr_o + 64U * beats - 1) / 4096);
    writes_.push_back({top_->m_axi_awaddr_o, beats, 0, false});
    aw_addrs.push_back(top_->m_axi_awaddr_o);
    last_aw = cycle_;
  }
  if (top_->m_axi_wvalid_o && top_->m_axi_wready_i) {
    ++w_beats;
    WriteBeat beat;
    std::memcpy(beat.data.data(), &top_->m_axi_wdata_o, 64);
    beat.strb = top_->m_axi_wstrb_o;
    partial_.push_back(beat);
    if (top_->m_axi_wlast_o) {
      data_.push_back(std::move(partial_));
      partial_.clear();
    }
  }
  while (writes_data_ < std::min(writes_.size(), data_.size())) {
    auto& burst = writes_[writes_data_];
    EXPECT_EQ(data_[writes_data_].size(), static_cast<std::size_t>(burst.beats));
    burst.due =
        cycle_ + static_cast<std::uint64_t>(chance(weather.latency_min, weather.latency_max));
    ++writes_data_;
  }
  if (b_now_ && top_->m_axi_bready_o) {
    std::uint64_t addr = writes_.front().addr;
    for (const auto& beat : data_.front()) {
      for (unsigned i = 0; i < 64; ++i) {
        if ((beat.strb >> i) & 1) *at(addr + i) = beat.data[i];
      }
      addr += 64;
    }
    writes_.pop_front();
    data_.pop_front();
    --writes_data_;
    b_now_ = false;
  }
}

void Bench::after_axi() {
  if (!top_->rst_ni) return;
  after_axi_write();
  if (top_->m_axi_arvalid_o && first_ar == 0) first_ar = cycle_;
  if (top_->m_axi_arvalid_o && top_->m_axi_arready_i) {
    const int beats = top_->m_axi_arlen_o + 1;
    EXPECT_EQ(top_->m_axi_araddr_o / 4096, (top_->m_axi_araddr_o + 64U * beats - 1) / 4096);
    const auto due =
        cycle_ + static_cast<std::uint64_t>(chance(weather.latency_min, weather.latency_max));
    read_queue_[top_->m_axi_arid_o].push_back(
        {top_->m_axi_araddr_o, beats, due, top_->m_axi_arid_o != 0});
  }
  if (read_now_ >= 0) {
    EXPECT_TRUE(top_->m_axi_rready_o);
    auto& queue = read_queue_[static_cast<std::size_t>(read_now_)];
    if (read_now_ == 0 && first_sq_data == 0) first_sq_data = cycle_;
    queue.front().addr += 64;
    if (--queue.front().beats == 0) {
      queue.pop_front();
      read_now_ = -1;
    }
  }
}

void Bench::after_streams() {
  auto taken = [](auto& queue, bool& held, CData ready) {
    if (!held || ready == 0) return;
    queue.pop_front();
    held = false;
  };
  if (top_->rx_job_valid_i && top_->rx_job_ready_o) {
    job_cycle = cycle_;
    if (rx_jobs.front().has_frame) frames_.push_back(rx_jobs.front().frame);
  }
  if (top_->fb_valid_i && top_->fb_ready_o) {
    frame_at_ += 64;
    if (frame_at_ >= frames_.front().size()) {
      frames_.pop_front();
      frame_at_ = 0;
      held_[kFrames] = false;
    }
  }
  taken(rx_jobs, held_[kJobs], top_->rx_job_ready_o);
  taken(tx_reports, held_[kTxReports], top_->tx_report_ready_o);
  taken(open_reports, held_[kOpenReports], top_->open_report_ready_o);
  taken(responses, held_[kResponses], top_->response_ready_o);
  taken(reads, held_[kReads], top_->rd_cmd_ready_o);
}

void Bench::after_outputs() {
  if (!top_->rst_ni) return;
  owner_sampled_ = top_->owner_addr_o;
  if (top_->rx_host_valid_o && top_->rx_host_ready_i) {
    Fields f(top_->rx_host_o);
    const auto offset = static_cast<std::uint32_t>(f.take(32));
    rx_hosts.push_back({static_cast<std::uint16_t>(f.take(16)), offset, cycle_});
  }
  if (top_->tx_host_valid_o && top_->tx_host_ready_i) {
    Fields f(top_->tx_host_o);
    TxHost h{};
    h.user_timeout = static_cast<std::uint32_t>(f.take(32));
    h.cc = static_cast<std::uint8_t>(f.take(2));
    h.options = static_cast<std::uint8_t>(f.take(3));
    h.configure = f.take(1) != 0;
    h.fin = f.take(1) != 0;
    h.offset = static_cast<std::uint32_t>(f.take(32));
    h.conn = static_cast<std::uint16_t>(f.take(16));
    h.cycle = cycle_;
    tx_hosts.push_back(h);
  }
  if (top_->command_valid_o && top_->command_ready_i) {
    Fields f(top_->command_o);
    Command c{};
    c.cc = static_cast<std::uint8_t>(f.take(2));
    c.options = static_cast<std::uint8_t>(f.take(3));
    c.rx_log2 = static_cast<std::uint8_t>(f.take(5));
    c.rx_page = f.take(52);
    c.tx_log2 = static_cast<std::uint8_t>(f.take(5));
    c.tx_page = f.take(52);
    c.local_port = static_cast<std::uint16_t>(f.take(16));
    c.remote_port = static_cast<std::uint16_t>(f.take(16));
    c.remote_ip.low = f.take(64);
    c.remote_ip.high = f.take(64);
    c.local_kind = static_cast<std::uint8_t>(f.take(2));
    c.cookie = static_cast<std::uint32_t>(f.take(32));
    c.id = static_cast<std::uint32_t>(f.take(32));
    c.qp = static_cast<std::uint8_t>(f.take(4));
    c.opcode = static_cast<std::uint8_t>(f.take(8));
    commands.push_back(c);
  }
  if (top_->freed_valid_o && top_->freed_ready_i) freed.push_back(top_->freed_conn_o);
  if (top_->rd_valid_o && top_->rd_ready_i) {
    std::memcpy(read_lines.emplace_back().data(), &top_->rd_data_o, 64);
  }
}

void Bench::clock() {
  drive_axi();
  drive_streams();
  top_->clk_i = 0;
  top_->eval();
  after_axi();
  after_streams();
  after_outputs();
  top_->clk_i = 1;
  top_->eval();
  ++cycle_;
}

bool Bench::settle(int limit) {
  for (int quiet = 0; limit > 0; --limit) {
    clock();
    const bool empty = rx_jobs.empty() && frames_.empty() && tx_reports.empty() &&
                       open_reports.empty() && responses.empty() && reads.empty() &&
                       writes_.empty();
    quiet = top_->idle_o && empty ? quiet + 1 : 0;
    if (quiet == 8) return true;
  }
  return false;
}

void Bench::write(std::uint32_t offset, std::uint32_t value) {
  top_->s_axil_awaddr_i = offset;
  top_->s_axil_wdata_i = value;
  top_->s_axil_awvalid_i = top_->s_axil_wvalid_i = 1;
  // Both are accepted in the first clock in which both readies are up; the bench never overlaps
  // writes.
  bool done = false;
  while (!done) {
    done = top_->s_axil_awready_o && top_->s_axil_wready_o;
    clock();
  }
  doorbell_cycle = cycle_ - 1;
  top_->s_axil_awvalid_i = top_->s_axil_wvalid_i = 0;
  clock();  // the write takes effect
}

std::uint32_t Bench::read(std::uint32_t offset) {
  clocks(3);  // earlier writes have taken effect
  top_->s_axil_araddr_i = offset;
  top_->s_axil_arvalid_i = 1;
  clock();
  top_->s_axil_arvalid_i = 0;
  for (int i = 0; i < 10; ++i) {
    if (top_->s_axil_rvalid_o) break;
    clock();
  }
  EXPECT_TRUE(top_->s_axil_rvalid_o);
  const std::uint32_t data = top_->s_axil_rdata_o;
  clocks(2);
  return data;
}

std::uint32_t Bench::counter(contract::Counter index) {
  return read(contract::kCounterBase + 4 * static_cast<std::uint32_t>(index));
}

void Bench::doorbell(int qp, std::uint16_t tail, std::uint16_t head) {
  write(contract::kDoorbellBase + static_cast<std::uint32_t>(qp) * contract::kDoorbellStride,
        tail | (std::uint32_t{head} << 16));
}

void Bench::open_qp(int qp, int sq_log2, int cq_log2) {
  auto& q = Qp(qp);
  q = {};
  q.sq_log2 = sq_log2;
  q.cq_log2 = cq_log2;
  q.sq = kBase + 0x100000 + static_cast<std::uint64_t>(qp) * 0x200000;
  q.cq = q.sq + 0x100000;
  q.status = kBase + 0x8000 + static_cast<std::uint64_t>(qp) * 64;
  std::memset(at(q.cq), 0, std::size_t{32} << cq_log2);
  auto put = [&](std::uint32_t lo, std::uint64_t value) {
    write(lo, static_cast<std::uint32_t>(value));
    write(lo + 4, static_cast<std::uint32_t>(value >> 32));
  };
  put(contract::kRegQpSqBaseLo, q.sq);
  put(contract::kRegQpCqBaseLo, q.cq);
  put(contract::kRegQpStatusLo, q.status);
  write(contract::kRegQpSizes, static_cast<std::uint32_t>(sq_log2 | (cq_log2 << 8)));
  write(contract::kRegQpCommit, 0x80000000U | static_cast<std::uint32_t>(qp));
}

void Bench::region(int index, std::uint64_t addr, std::uint32_t pages, std::uint16_t owner_bits) {
  write(contract::kRegRegionBaseLo, static_cast<std::uint32_t>(addr));
  write(contract::kRegRegionBaseHi, static_cast<std::uint32_t>(addr >> 32));
  write(contract::kRegRegionPages, pages);
  write(contract::kRegRegionCommit,
        static_cast<std::uint32_t>(index) | (static_cast<std::uint32_t>(owner_bits) << 16));
}

void Bench::put_entry(int qp, const void* entry) {
  auto& q = Qp(qp);
  const std::uint64_t index = q.tail & ((1U << q.sq_log2) - 1);
  std::memcpy(at(q.sq + 32 * index), entry, 32);
  ++q.tail;
}

std::vector<contract::CompletionEntry> Bench::poll(int qp) {
  std::vector<contract::CompletionEntry> got;
  auto& q = Qp(qp);
  for (;;) {
    contract::CompletionEntry entry;
    std::memcpy(&entry, at(q.cq + 32 * (q.head & ((1U << q.cq_log2) - 1))), 32);
    const bool phase = ((q.head >> q.cq_log2) & 1) == 0;
    if (((entry.flags & 0x80) != 0) != phase) return got;
    entry.flags &= 0x7F;
    got.push_back(entry);
    ++q.head;
  }
}

std::uint32_t Bench::status_line(int qp) const {
  std::uint32_t value;
  std::memcpy(&value, &memory_[qps_[static_cast<std::size_t>(qp)].status - kBase], 4);
  return value;
}

std::uint64_t seed() {
  const char* text = std::getenv("MILLRACE_SEED");
  const std::uint64_t value = text ? std::strtoull(text, nullptr, 0) : 20260101;
  std::printf("seed %llu (MILLRACE_SEED=%llu repeats)\n", static_cast<unsigned long long>(value),
              static_cast<unsigned long long>(value));
  return value;
}

std::unique_ptr<Bench> ready_bench(Weather weather, int qps, int sq_log2, int cq_log2) {
  auto bench = std::make_unique<Bench>(seed(), weather);
  for (int q = 0; q < qps; ++q) bench->open_qp(q, sq_log2, cq_log2);
  bench->region(0, Bench::kBase + 0x1200000, 2048, 0xFFFF);
  bench->write(contract::kRegControl, 1);
  return bench;
}

contract::UpdateEntry update(std::uint32_t id, std::uint32_t sent, std::uint32_t consumed) {
  return {u8(contract::Opcode::kUpdate), 0, 0, id, sent, consumed, 0, 0};
}

contract::OpenEntry open_entry(contract::Opcode opcode) {
  contract::OpenEntry e{};
  e.opcode = u8(opcode);
  e.tx_size_log2 = 14;
  e.rx_size_log2 = 16;
  e.listener_id = 0x01020304;
  e.cookie = 0x11223344;
  e.remote_ip = 0x0A000001;
  e.remote_port = 0x1234;
  e.local_port = 0x5678;
  e.tx_slot = 5;
  e.rx_slot = 2;
  return e;
}

contract::AddressEntry address_entry(const Ip6& address) {
  contract::AddressEntry e{};
  e.opcode = u8(contract::Opcode::kAddress);
  e.cookie = 0x0ADD0E55;
  e.ipv6_0 = static_cast<std::uint32_t>(address.high >> 32);
  e.ipv6_1 = static_cast<std::uint32_t>(address.high);
  e.ipv6_2 = static_cast<std::uint32_t>(address.low >> 32);
  e.ipv6_3 = static_cast<std::uint32_t>(address.low);
  return e;
}

OpenReport fresh(std::uint16_t conn, std::uint8_t qp, contract::TcpState state) {
  OpenReport r;
  r.conn = conn;
  r.generation = static_cast<std::uint8_t>(conn + 1);
  r.qp = qp;
  r.cookie = 0xC0000000U + conn;
  r.state = state;
  r.remote_ip = 0x0A0B0000U + conn;
  r.remote_port = static_cast<std::uint16_t>(1000 + conn);
  r.local_port = 80;
  return r;
}

RxJob report(std::uint16_t conn, std::uint32_t received) {
  RxJob j;
  j.conn = conn;
  j.report = true;
  j.received = received;
  return j;
}

}  // namespace millrace::dma_test
