// SPDX-License-Identifier: Apache-2.0
// Test bench of toe_host_if: the Verilated module, an AXI4 memory with random latency and
// back-pressure, an AXI4-Lite master, and queues that feed and record every stream. Writes take
// effect in memory when their write response is given, so whoever reads memory earlier sees the old
// bytes.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "Vtoe_host_if.h"
#include "hw/contract/generated/contract.h"

namespace millrace::dma_test {

/// Bits of a packed struct, put in the order of its fields (highest first).
class Packed {
 public:
  Packed& put(std::uint64_t value, int bits);
  /// Copies to a port: any Verilator type of at least as many bits.
  template <std::size_t Words>
  void to(VlWide<Words>& port) const {
    for (std::size_t i = 0; i < Words; ++i) port[i] = static_cast<WData>(word32(i));
  }
  void to(QData& port) const { port = word32(0) | (word32(1) << 32); }

 private:
  std::uint64_t word32(std::size_t index) const;
  std::vector<bool> bits_;  // highest first
};

/// Takes fields out of a port, lowest first.
class Fields {
 public:
  template <std::size_t Words>
  explicit Fields(const VlWide<Words>& port) {
    for (std::size_t i = 0; i < Words; ++i) words_.push_back(port[i]);
  }
  explicit Fields(QData port)
      : words_{static_cast<std::uint32_t>(port), static_cast<std::uint32_t>(port >> 32)} {}
  std::uint64_t take(int bits);

 private:
  std::vector<std::uint32_t> words_;
  int at_ = 0;
};

struct Ip6 {
  std::uint64_t high = 0, low = 0;
  bool operator==(const Ip6&) const = default;
};

struct RxJob {
  std::uint16_t conn = 0;
  bool has_frame = false;
  std::uint8_t frame_start = 0;
  std::uint16_t skip = 0, len = 0;
  std::uint64_t ring_page = 0;
  std::uint8_t ring_log2 = 12;
  std::uint32_t ring_offset = 0;
  bool report = false;
  std::uint32_t received = 0;
  bool established = false, fin_received = false, bad_offset = false, detach = false, final = false;
  std::uint8_t status = 0;
  std::vector<std::uint8_t> frame;
};
struct TxReport {
  std::uint16_t conn = 0;
  std::uint32_t acked = 0;
  bool fin_sent = false, fin_acked = false, bad_offset = false;
};
struct OpenReport {
  std::uint16_t conn = 0;
  bool fresh = true;
  std::uint8_t generation = 0, qp = 0;
  std::uint32_t cookie = 0;
  contract::TcpState state = contract::TcpState::kListen;
  bool notify = false;
  std::uint32_t remote_ip = 0;  // IPv4; not used with an IPv6 address
  std::uint16_t remote_port = 0, local_port = 0;
  Ip6 remote_ip6{};
};
struct Response {
  std::uint8_t qp = 0, status = 0;
  std::uint32_t id = 0, cookie = 0;
  std::uint8_t opcode = 0;
};
struct Command {
  std::uint8_t opcode, qp;
  std::uint32_t id, cookie;
  std::uint8_t local_kind;
  Ip6 remote_ip;
  std::uint16_t remote_port, local_port;
  std::uint64_t tx_page;
  std::uint8_t tx_log2;
  std::uint64_t rx_page;
  std::uint8_t rx_log2;
  std::uint8_t options, cc;
};
struct RxHost {
  std::uint16_t conn;
  std::uint32_t offset;
  std::uint64_t cycle;
};
struct TxHost {
  std::uint16_t conn;
  std::uint32_t offset;
  bool fin;
  std::uint64_t cycle;
  bool configure = false;
  std::uint8_t options = 0, cc = 0;
  std::uint32_t user_timeout = 0;
};
struct ReadCommand {
  std::uint64_t addr;
  std::uint16_t len;
};
struct Owner {
  bool alive = false;
  std::uint8_t generation = 0, qp = 0;
};

/// How unkind the surroundings are. Percentages of clocks in which a ready is low, and clocks of
/// latency.
struct Weather {
  int stall = 0;
  int latency_min = 2, latency_max = 2;
};

class Bench {
 public:
  static constexpr std::uint64_t kBase = 0x12'0000'0000;  // card address of memory_[0]
  static constexpr std::size_t kBytes = 32U << 20;
  static constexpr int kQueuePairs = 8;

  explicit Bench(std::uint64_t seed, Weather weather = {});
  ~Bench();

  void clock();
  void clocks(int n);
  /// Clocks until idle_o for a few clocks in a row and all input queues are empty; false after
  /// `limit`.
  bool settle(int limit = 20000);
  void write(std::uint32_t offset, std::uint32_t value);
  std::uint32_t read(std::uint32_t offset);
  std::uint32_t counter(contract::Counter index);
  /// Doorbell without waiting for the response.
  void doorbell(int qp, std::uint16_t tail, std::uint16_t head);

  /// Queue pair q: rings at fixed places of memory, committed.
  void open_qp(int qp, int sq_log2, int cq_log2);
  void region(int index, std::uint64_t addr, std::uint32_t pages, std::uint16_t owners);
  /// Puts an entry with the right phase bit at the tail; rings nothing.
  template <class Entry>
  void post(int qp, Entry entry, bool wrong_phase = false) {
    const bool phase = ((Qp(qp).tail >> Qp(qp).sq_log2) & 1) == 0;
    entry.flags =
        static_cast<std::uint8_t>((entry.flags & 0x7F) | (phase != wrong_phase ? 0x80 : 0));
    put_entry(qp, &entry);
  }
  void ring(int qp) { doorbell(qp, Qp(qp).tail, Qp(qp).head); }
  /// Completions that are in memory now, in order; advances the head without telling the card.
  std::vector<contract::CompletionEntry> poll(int qp);
  std::uint32_t status_line(int qp) const;
  std::uint8_t* at(std::uint64_t addr) { return &memory_[addr - kBase]; }

  struct QueuePair {
    int sq_log2 = 4, cq_log2 = 4;
    std::uint64_t sq = 0, cq = 0, status = 0;
    std::uint16_t tail = 0, head = 0;
  };
  QueuePair& Qp(int qp) { return qps_[static_cast<std::size_t>(qp)]; }

  Vtoe_host_if& top() { return *top_; }
  std::uint64_t cycle() const { return cycle_; }
  int chance(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  std::uint64_t random64() { return random_(); }

  std::deque<RxJob> rx_jobs;
  std::deque<TxReport> tx_reports;
  std::deque<OpenReport> open_reports;
  std::deque<Response> responses;
  std::deque<ReadCommand> reads;
  std::vector<Command> commands;
  std::vector<RxHost> rx_hosts;
  std::vector<TxHost> tx_hosts;
  std::vector<std::uint16_t> freed;
  std::vector<std::array<std::uint8_t, 64>> read_lines;
  std::unordered_map<std::uint16_t, Owner> owners;
  bool hold_b = false;        // give no write response
  bool hold_outputs = false;  // take nothing from the streams to the engines
  bool bad_b = false, bad_r = false;
  Weather weather;
  std::uint64_t first_ar = 0, first_sq_data = 0, last_aw = 0, w_beats = 0;  // cycles, for latencies
  std::uint64_t doorbell_cycle = 0, job_cycle = 0;
  std::vector<std::uint64_t> aw_addrs;

 private:
  struct Burst {
    std::uint64_t addr;
    int beats;
    std::uint64_t due;
    bool id;
  };
  struct WriteBeat {
    std::array<std::uint8_t, 64> data;
    std::uint64_t strb;
  };
  void put_entry(int qp, const void* entry);
  bool go() { return chance(1, 100) > weather.stall; }
  void drive_axi();
  void drive_streams();
  void after_axi();
  void after_axi_write();
  void after_streams();
  void after_outputs();
  void load_frame();

  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Vtoe_host_if> top_;
  std::mt19937_64 random_;
  std::vector<std::uint8_t> memory_;
  std::array<QueuePair, kQueuePairs> qps_;
  std::uint64_t cycle_ = 0;
  std::array<std::deque<Burst>, 2> read_queue_;
  int read_now_ = -1;  // id of the burst in progress
  std::deque<Burst> writes_;
  std::size_t writes_data_ = 0;  // writes_ entries whose data is complete
  std::deque<std::vector<WriteBeat>> data_;
  std::vector<WriteBeat> partial_;
  bool b_now_ = false;
  std::deque<std::vector<std::uint8_t>> frames_;  // waiting in the frame buffer
  std::size_t frame_at_ = 0;
  std::uint16_t owner_sampled_ = 0;
  enum Stream { kJobs, kFrames, kTxReports, kOpenReports, kResponses, kReads, kStreams };
  std::array<bool, kStreams> held_{};  // offered and not yet taken; in the order of drive_streams
};

inline constexpr Weather kFair{};
inline constexpr Weather kStorm{40, 1, 120};

/// The seed of this run, printed: MILLRACE_SEED or a constant.
std::uint64_t seed();
template <class E>
std::uint8_t u8(E value) {
  return static_cast<std::uint8_t>(value);
}
/// Enabled bench with queue pairs 0..n-1 open and region 0 for all of them.
std::unique_ptr<Bench> ready_bench(Weather weather, int qps = 1, int sq_log2 = 6, int cq_log2 = 7);
contract::UpdateEntry update(std::uint32_t id, std::uint32_t sent, std::uint32_t consumed);
contract::OpenEntry open_entry(contract::Opcode opcode);
contract::AddressEntry address_entry(const Ip6& address);
/// An IPv4 address, IPv4-mapped.
constexpr Ip6 mapped(std::uint32_t ipv4) { return {0, 0xFFFF'0000'0000U | ipv4}; }
/// A new record of connection `conn`; everything in it follows from `conn`.
OpenReport fresh(std::uint16_t conn, std::uint8_t qp = 0,
                 contract::TcpState state = contract::TcpState::kSynSent);
/// A job without payload that reports `received`.
RxJob report(std::uint16_t conn, std::uint32_t received);

}  // namespace millrace::dma_test
