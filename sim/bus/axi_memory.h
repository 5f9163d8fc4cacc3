// SPDX-License-Identifier: Apache-2.0
// Host memory at the card's AXI4 master port, with the latency and bandwidth of a MemoryModel. It
// also checks the card: bursts that break AXI4 or reach outside allocated memory are answered with
// an error response and told.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/bus/card_memory.h"
#include "sim/bus/memory_model.h"
#include "sim/bus/pins.h"
#include "sim/fixed_queue.h"
#include "sim/random.h"

namespace millrace::sim {

struct MemoryCounters {
  std::uint64_t read_bursts = 0;
  std::uint64_t read_beats = 0;
  std::uint64_t write_bursts = 0;  // whose response was given: their data is visible
  std::uint64_t write_beats = 0;
  std::uint64_t errors = 0;
};

// Sees every byte that the card writes, before it is written.
class WriteWatch {
 public:
  // `strobes` tells which of the 64 bytes at `address` are written.
  virtual void on_write(std::uint64_t address, std::uint64_t strobes) = 0;

 protected:
  ~WriteWatch() = default;
};

class AxiMemory {
 public:
  AxiMemory(const AxiPins& pins, CardMemory& memory, const MemoryModel& model, std::uint64_t seed);

  // Drives the pins for the next clock edge.
  void tick(std::uint64_t cycle);

  // For what begins from now on; `writes_outstanding` stays as it was.
  void set_model(const MemoryModel& model);
  // Null: nobody watches. Lives longer than the memory is clocked.
  void watch(WriteWatch* watch) { watch_ = watch; }

  // No burst under way.
  bool idle() const { return reads_ == 0 && writes_ == 0 && !r_shown_ && !b_shown_; }

  const MemoryCounters& counters() const { return counters_; }
  // One sentence each with the address; the first 16.
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  static constexpr std::size_t kBurstBytesMax = 4096;
  static constexpr std::uint8_t kDecodeError = 3;
  static constexpr std::size_t kIds = 2;

  struct Burst {
    std::uint64_t address;  // of the first beat, 64-byte aligned
    std::uint64_t due;
    std::byte* at;  // null: outside allocated memory
    std::uint32_t beats;
    std::uint32_t done;
    std::uint32_t slot;  // writes: where the data waits
  };
  struct Slot {
    std::array<std::byte, kBurstBytesMax> data;
    std::array<std::uint64_t, kBurstBytesMax / kBeatBytes> strobes;
  };

  void accept_reads(std::uint64_t cycle);
  void send_read_data(std::uint64_t cycle);
  void accept_writes();
  void accept_write_data(std::uint64_t cycle);
  void send_responses(std::uint64_t cycle);
  void commit(const Burst& burst);
  Burst decode(const AxiAddressPins& pins, const char* what);
  void report(const char* what, std::uint64_t address);
  std::uint64_t due(std::uint64_t cycle, std::uint32_t latency, std::uint64_t& previous);
  bool stalled() { return model_.stall > 0 && random_.chance(model_.stall); }

  AxiPins pins_;
  CardMemory& memory_;
  MemoryModel model_;
  Random random_;
  WriteWatch* watch_ = nullptr;
  MemoryCounters counters_;
  std::vector<std::string> errors_;
  std::uint64_t last_cycle_ = 0;
  double read_credit_ = 0;  // bytes
  double write_credit_ = 0;

  std::array<FixedQueue<Burst>, kIds> reading_;
  std::array<std::uint64_t, kIds> read_due_{};
  std::size_t reads_ = 0;
  std::size_t r_id_ = 0;  // whose burst is being sent
  bool r_in_burst_ = false;
  bool r_shown_ = false;
  bool r_taken_ = false;  // by the coming edge

  struct Addressed {
    Burst burst;
    std::uint8_t id;
  };
  FixedQueue<Addressed> filling_;  // address taken, data not complete
  std::array<FixedQueue<Burst>, kIds> responding_;
  std::array<std::uint64_t, kIds> write_due_{};
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::size_t writes_ = 0;
  bool b_shown_ = false;
  bool b_taken_ = false;
};

}  // namespace millrace::sim
