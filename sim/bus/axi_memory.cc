// SPDX-License-Identifier: Apache-2.0
// The five AXI4 channels. Data written becomes visible to the host when its response is given, not
// earlier, so that a card which announces data before its response is found out.

#include "sim/bus/axi_memory.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace millrace::sim {
namespace {

constexpr std::size_t kErrorsKept = 16;
constexpr std::size_t kQueuedMax = 256;

}  // namespace

AxiMemory::AxiMemory(const AxiPins& pins, CardMemory& memory, const MemoryModel& model,
                     std::uint64_t seed)
    : pins_(pins),
      memory_(memory),
      model_(model),
      random_(seed),
      reading_{FixedQueue<Burst>(kQueuedMax), FixedQueue<Burst>(kQueuedMax)},
      filling_(kQueuedMax),
      responding_{FixedQueue<Burst>(kQueuedMax), FixedQueue<Burst>(kQueuedMax)} {
  model_.writes_outstanding = std::min<std::uint32_t>(model_.writes_outstanding, 64);
  model_.reads_outstanding = std::min<std::uint32_t>(model_.reads_outstanding, kQueuedMax);
  slots_.resize(model_.writes_outstanding);
  for (std::uint32_t i = 0; i < model_.writes_outstanding; ++i) free_slots_.push_back(i);
  *pins_.aw.ready = 0;
  *pins_.ar.ready = 0;
  *pins_.wready = 0;
  *pins_.bvalid = 0;
  *pins_.rvalid = 0;
}

void AxiMemory::tick(std::uint64_t cycle) {
  // A clock's worth of credit is kept so that a whole beat can always be saved up for.
  const double clocks = static_cast<double>(cycle - last_cycle_);
  read_credit_ = std::min(2.0 * kBeatBytes, read_credit_ + clocks * model_.read_bytes_per_clock);
  write_credit_ = std::min(2.0 * kBeatBytes, write_credit_ + clocks * model_.write_bytes_per_clock);
  last_cycle_ = cycle;
  send_read_data(cycle);
  accept_reads(cycle);
  send_responses(cycle);
  accept_write_data(cycle);
  accept_writes();
}

void AxiMemory::set_model(const MemoryModel& model) {
  const std::uint32_t writes = model_.writes_outstanding;
  model_ = model;
  model_.writes_outstanding = writes;
  model_.reads_outstanding = std::min<std::uint32_t>(model_.reads_outstanding, kQueuedMax);
}

std::uint64_t AxiMemory::due(std::uint64_t cycle, std::uint32_t latency, std::uint64_t& previous) {
  std::uint64_t at = cycle + latency;
  if (model_.latency_jitter > 0) at += random_.below(model_.latency_jitter + 1);
  previous = std::max(previous, at);
  return previous;
}

void AxiMemory::report(const char* what, std::uint64_t address) {
  ++counters_.errors;
  if (errors_.size() >= kErrorsKept) return;
  char text[128];
  std::snprintf(text, sizeof text, "%s at card address 0x%llx", what,
                static_cast<unsigned long long>(address));
  errors_.emplace_back(text);
}

AxiMemory::Burst AxiMemory::decode(const AxiAddressPins& pins, const char* what) {
  const std::uint64_t address = *pins.addr & ~std::uint64_t{kBeatBytes - 1};
  const std::uint32_t beats = *pins.len + 1u;
  Burst burst{address, 0, nullptr, beats, 0, 0};
  char text[96];
  if (*pins.size != 6 || *pins.burst != 1) {
    std::snprintf(text, sizeof text, "AXI %s burst that is not INCR of 64-byte beats", what);
    report(text, *pins.addr);
  } else if ((address & (kBurstBytesMax - 1)) + beats * kBeatBytes > kBurstBytesMax) {
    std::snprintf(text, sizeof text, "AXI %s burst of %u beats crosses a 4 KiB boundary", what,
                  beats);
    report(text, *pins.addr);
  } else {
    burst.at = memory_.find(address, beats * kBeatBytes);
    if (burst.at == nullptr) {
      std::snprintf(text, sizeof text, "AXI %s of %u beats outside allocated memory", what, beats);
      report(text, *pins.addr);
    }
  }
  return burst;
}

void AxiMemory::accept_reads(std::uint64_t cycle) {
  const bool ready = reads_ < model_.reads_outstanding && !stalled();
  *pins_.ar.ready = ready;
  if (!ready || *pins_.ar.valid == 0) return;
  const std::size_t id = *pins_.ar.id % kIds;
  Burst burst = decode(pins_.ar, "read");
  burst.due = due(cycle, model_.read_latency, read_due_[id]);
  reading_[id].push(burst);
  ++reads_;
  ++counters_.read_bursts;
}

void AxiMemory::send_read_data(std::uint64_t cycle) {
  if (r_taken_) r_shown_ = false;
  if (!r_shown_) {
    if (!r_in_burst_) {
      // Whichever burst has waited longest; the other identifier does not wait behind it.
      const bool due0 = !reading_[0].empty() && reading_[0].front().due <= cycle;
      const bool due1 = !reading_[1].empty() && reading_[1].front().due <= cycle;
      r_id_ = due1 && (!due0 || reading_[1].front().due < reading_[0].front().due) ? 1 : 0;
      r_in_burst_ = due0 || due1;
    }
    if (r_in_burst_ && read_credit_ >= kBeatBytes && !stalled()) {
      read_credit_ -= kBeatBytes;
      Burst& burst = reading_[r_id_].front();
      if (burst.at != nullptr) {
        std::memcpy(pins_.rdata, burst.at + burst.done * kBeatBytes, kBeatBytes);
      } else {
        std::memset(pins_.rdata, 0, kBeatBytes);
      }
      *pins_.rid = static_cast<std::uint8_t>(r_id_);
      *pins_.rresp = burst.at != nullptr ? 0 : kDecodeError;
      ++counters_.read_beats;
      const bool last = ++burst.done == burst.beats;
      *pins_.rlast = last;
      if (last) {
        reading_[r_id_].pop();
        --reads_;
        r_in_burst_ = false;
      }
      r_shown_ = true;
    }
    *pins_.rvalid = r_shown_;
  }
  r_taken_ = r_shown_ && *pins_.rready != 0;
}

void AxiMemory::accept_writes() {
  const bool ready = !free_slots_.empty() && !stalled();
  *pins_.aw.ready = ready;
  if (!ready || *pins_.aw.valid == 0) return;
  Addressed addressed{decode(pins_.aw, "write"), static_cast<std::uint8_t>(*pins_.aw.id % kIds)};
  addressed.burst.slot = free_slots_.back();
  free_slots_.pop_back();
  filling_.push(addressed);
  ++writes_;
}

void AxiMemory::accept_write_data(std::uint64_t cycle) {
  const bool ready = !filling_.empty() && write_credit_ >= kBeatBytes && !stalled();
  *pins_.wready = ready;
  if (!ready || *pins_.wvalid == 0) return;
  write_credit_ -= kBeatBytes;
  ++counters_.write_beats;
  Addressed& addressed = filling_.front();
  Burst& burst = addressed.burst;
  Slot& slot = slots_[burst.slot];
  const std::uint32_t beat = std::min<std::uint32_t>(burst.done, kBurstBytesMax / kBeatBytes - 1);
  std::memcpy(slot.data.data() + beat * kBeatBytes, pins_.wdata, kBeatBytes);
  slot.strobes[beat] = *pins_.wstrb;
  const bool last = ++burst.done == burst.beats;
  if (last != (*pins_.wlast != 0)) {
    report("AXI write whose last beat is not where its length says", burst.address);
  }
  if (!last) return;
  burst.due = due(cycle, model_.write_latency, write_due_[addressed.id]);
  responding_[addressed.id].push(burst);
  filling_.pop();
}

void AxiMemory::commit(const Burst& burst) {
  const Slot& slot = slots_[burst.slot];
  const std::uint32_t beats = std::min<std::uint32_t>(burst.beats, kBurstBytesMax / kBeatBytes);
  for (std::uint32_t beat = 0; burst.at != nullptr && beat < beats; ++beat) {
    const std::byte* from = slot.data.data() + beat * kBeatBytes;
    std::byte* to = burst.at + beat * kBeatBytes;
    const std::uint64_t strobes = slot.strobes[beat];
    if (watch_ != nullptr) watch_->on_write(burst.address + beat * kBeatBytes, strobes);
    if (strobes == ~std::uint64_t{0}) {
      std::memcpy(to, from, kBeatBytes);
      continue;
    }
    for (std::size_t i = 0; i < kBeatBytes; ++i) {
      if ((strobes >> i & 1) != 0) to[i] = from[i];
    }
  }
}

void AxiMemory::send_responses(std::uint64_t cycle) {
  if (b_taken_) b_shown_ = false;
  if (!b_shown_) {
    const bool due0 = !responding_[0].empty() && responding_[0].front().due <= cycle;
    const bool due1 = !responding_[1].empty() && responding_[1].front().due <= cycle;
    if ((due0 || due1) && !stalled()) {
      const std::size_t id =
          due1 && (!due0 || responding_[1].front().due < responding_[0].front().due) ? 1 : 0;
      const Burst& burst = responding_[id].front();
      commit(burst);
      *pins_.bid = static_cast<std::uint8_t>(id);
      *pins_.bresp = burst.at != nullptr ? 0 : kDecodeError;
      free_slots_.push_back(burst.slot);
      responding_[id].pop();
      --writes_;
      ++counters_.write_bursts;
      b_shown_ = true;
    }
    *pins_.bvalid = b_shown_;
  }
  b_taken_ = b_shown_ && *pins_.bready != 0;
}

}  // namespace millrace::sim
