// SPDX-License-Identifier: Apache-2.0
// A queue pair whose owner writes what it likes into its rings and its doorbell. It has a region of
// its own; the card may write nothing else on its behalf, and the control connection, which is of
// another queue pair, must not feel it.

#include <algorithm>
#include <array>
#include <cstring>

#include "tests/fuzz/bench.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/ledger.h"

namespace millrace::fuzz {
namespace {

constexpr int kEventsMax = 96;
constexpr std::uint32_t kEntries = 32;
constexpr std::size_t kBufferBytes = std::size_t{256} << 10;
constexpr std::uint16_t kRemotePort = 7000;
constexpr std::uint16_t kListenPort = 90;
constexpr std::uint8_t kOpcodes = 10;  // those that exist, and one more
// What its region holds, and what its stations send: whatever else the card sent for it would be
// somebody else's.
constexpr std::uint8_t kOwn = 0x33, kCaller = 0x11, kCalled = 0x22;
constexpr std::array<std::uint8_t, 3> kAllowed = {kOwn, kCaller, kCalled};

enum class Event : std::uint8_t {
  kEntry,
  kEntryAgain,
  kEntryOnceMore,  // three of eight
  kBell,
  kTime,
  kPeer,
  kPeerAgain,
  kBytes,
};

class Entries {
 public:
  explicit Entries(std::span<const std::uint8_t> bytes)
      : program_(bytes), bench_(program_.header()) {}

  Verdict run() {
    if (bench_.failure().empty()) open();
    for (int i = 0; i < kEventsMax && !program_.empty() && bench_.failure().empty(); ++i) {
      input_ = program_.record();
      event();
    }
    if (bench_.failure().empty()) close();
    std::string wrong = bench_.judge({.tables = !lied_, .counters = false});
    return {.wrong = std::move(wrong), .digest = bench_.digest()};
  }

 private:
  void open() {
    host::QueuePairOptions options;
    options.submission_entries = options.completion_entries = kEntries;
    options.buffer_bytes = kBufferBytes;
    auto pair = bench_.card().create_queue_pair(options);
    if (!pair) return bench_.fail("no queue pair: " + to_string(pair.error()));
    pair_ = *pair;
    ledger_ = Ledger(pair_.region, pair_.buffers.bytes.size());
    std::ranges::fill(pair_.buffers.bytes, std::byte{kOwn});
    bench_.rings().allow(pair_.buffers.card_address, pair_.buffers.bytes.size());
    bench_.allow_only(kAllowed);
    bench_.settle();
  }

  // From here on the owner does what it should: it reads what it is told and ends what it has. One
  // that lied before may have lost track of it.
  void close() {
    honest_ = true;
    for (int round = 0; round < 6 && bench_.failure().empty(); ++round) {
      take_completions();
      for (const std::uint32_t id : std::vector(ledger_.ids())) {
        contract::UpdateEntry entry{};
        entry.opcode = static_cast<std::uint8_t>(contract::Opcode::kAbort);
        entry.connection_id = id;
        post(entry);
      }
      for (const std::uint32_t id : std::vector(ledger_.listeners())) {
        contract::ListenEntry entry{};
        entry.opcode = static_cast<std::uint8_t>(contract::Opcode::kUnlisten);
        entry.listener_id = id;
        post(entry);
      }
      ring();
      bench_.run(1'000'000);
      bench_.settle();
    }
    take_completions();
    ring();
    bench_.settle();
    if (!lied_) balance();
    bench_.card().destroy_queue_pair(pair_, false);
    bench_.settle();
  }

  void balance() {
    if (executed() != tail_) {
      bench_.fail("entries up to " + std::to_string(executed()) + " of " + std::to_string(tail_) +
                  " were executed");
    }
    if (const std::string missing = ledger_.missing(); !missing.empty()) bench_.fail(missing);
  }

  void event() {
    const std::uint8_t kind = input_.u8();
    const std::uint8_t more = kind >> 3 & 15;
    switch (static_cast<Event>(kind & 7)) {
      case Event::kEntry:
      case Event::kEntryAgain:
      case Event::kEntryOnceMore:
        entry();
        if ((kind & 0x40) == 0) ring();
        break;
      case Event::kBell:
        if (more < 4) return lie(more);
        take_completions();
        ring();
        break;
      case Event::kTime:
        bench_.run(std::uint64_t{1} << input_.u8() % 21);
        return;
      case Event::kPeer:
      case Event::kPeerAgain:
        peer(more);
        break;
      case Event::kBytes: {  // an entry of no form at all
        RingBytes bytes{};
        std::ranges::copy(input_.take(bytes.size()), bytes.begin());
        write(bytes);
        ring();
        break;
      }
    }
    if ((kind & 0x80) == 0) bench_.settle();
  }

  std::uint32_t draw_connection() {
    const std::uint8_t chosen = input_.u8();
    const auto& ids = ledger_.ids();
    if (!ids.empty() && (chosen & 3) != 0) return ids[(chosen >> 2) % ids.size()];
    // Somebody else's, nobody's, or an old one: index and generation.
    return (chosen & 0x40) != 0 ? input_.u32() : (chosen >> 2 & 7u) | (input_.u8() & 3u) << 24;
  }

  std::uint8_t draw_opcode() {
    using contract::Opcode;
    constexpr std::array<Opcode, 8> kOften = {Opcode::kUpdate,  Opcode::kConnect, Opcode::kConnect,
                                              Opcode::kAccept,  Opcode::kAccept,  Opcode::kListen,
                                              Opcode::kAddress, Opcode::kSet};
    const std::uint8_t chosen = input_.u8();
    if (chosen < 0x80) return static_cast<std::uint8_t>(kOften[chosen & 7]);
    return chosen % kOpcodes;
  }

  // Fields that can be right, near what is right, or anything.
  void entry() {
    const std::uint8_t opcode = draw_opcode();
    switch (static_cast<contract::Opcode>(opcode)) {
      case contract::Opcode::kConnect:
      case contract::Opcode::kAccept:
        return open_entry(opcode);
      case contract::Opcode::kUpdate:
      case contract::Opcode::kAbort: {
        contract::UpdateEntry entry{};
        entry.opcode = opcode;
        entry.flags = input_.u8();
        entry.connection_id = draw_connection();
        entry.sent_up_to = draw_offset();
        entry.consumed_up_to = draw_offset();
        return post(entry);
      }
      case contract::Opcode::kListen:
      case contract::Opcode::kUnlisten: {
        contract::ListenEntry entry{};
        entry.opcode = opcode;
        entry.local_port = static_cast<std::uint16_t>(kListenPort + (input_.u8() & 3));
        entry.listener_id = draw_listener();
        return post(entry);
      }
      default: {
        RingBytes bytes{};
        bytes[0] = opcode;
        std::ranges::copy(input_.take(3), bytes.begin() + 1);
        const std::uint32_t id = draw_connection();
        std::memcpy(bytes.data() + 4, &id, sizeof id);
        std::ranges::copy(input_.take(bytes.size() - 8), bytes.begin() + 8);
        if (opcode == static_cast<std::uint8_t>(contract::Opcode::kAddress) && bytes[3] < 0x80) {
          std::ranges::reverse_copy(Bench::attacker().ipv6, bytes.begin() + 12);
        }
        return write(bytes);
      }
    }
  }

  std::uint32_t draw_offset() {
    const std::uint8_t chosen = input_.u8();
    return (chosen & 0xC0) == 0xC0 ? input_.u32() : std::uint32_t{chosen} << 5;
  }
  std::uint32_t draw_listener() {
    const std::uint8_t chosen = input_.u8();
    const auto& open = ledger_.listeners();
    if (!open.empty() && (chosen & 1) != 0) return open[(chosen >> 1) % open.size()];
    return chosen >> 1;
  }

  void open_entry(std::uint8_t opcode) {
    contract::OpenEntry entry{};
    entry.opcode = opcode;
    entry.tx_size_log2 = entry.rx_size_log2 = 12;
    entry.listener_id = draw_listener();
    entry.remote_ip = Bench::attacker().ipv4;
    const std::uint8_t places = input_.u8();
    entry.remote_port = static_cast<std::uint16_t>(kRemotePort + (places >> 6));
    entry.tx_region = entry.rx_region = static_cast<std::uint8_t>(pair_.region);
    entry.tx_slot = places & 31;
    entry.rx_slot = 32 + entry.tx_slot;
    for (int i = 0; i < 2; ++i) make_odd(entry, input_.u8());
    post(entry);
  }

  // One field that is not as it should be, or none.
  void make_odd(contract::OpenEntry& entry, std::uint8_t what) {
    const auto sixteenth = static_cast<std::uint8_t>(what >> 4);
    switch (what & 15) {
      case 0:
      case 1:
        return void(entry.flags = input_.u8());
      case 2:
        return void(entry.tx_size_log2 = 11 + sixteenth);
      case 3:
        return void(entry.rx_size_log2 = 11 + sixteenth);
      case 4:
        return void(entry.tx_size_log2 = entry.rx_size_log2 = input_.u8());
      case 5:
        return void(entry.remote_ip = input_.u32());
      case 6:
        return void(entry.local_port = static_cast<std::uint16_t>(1000 + sixteenth));
      case 7:
        return void(entry.tx_region = sixteenth < 15 ? sixteenth : input_.u8());
      case 8:
        return void(entry.rx_region = sixteenth < 15 ? sixteenth : input_.u8());
      case 9:
        return void(entry.tx_slot = sixteenth < 15 ? 60u + sixteenth : input_.u32());
      case 10:
        return void(entry.rx_slot = sixteenth < 15 ? 60u + sixteenth : input_.u32());
      case 11:
        return void(entry.options = input_.u8());
      case 12:
        return void(entry.congestion_control = sixteenth);
      default:
        return;
    }
  }

  // A doorbell that lies about either index, once or for good.
  void lie(std::uint8_t how) {
    lied_ = true;
    const int shift = input_.u8() & 15;
    const auto tail = static_cast<std::uint16_t>(tail_ + (input_.i16() >> shift));
    const auto head = static_cast<std::uint16_t>(head_ + (input_.i16() >> shift));
    if ((how & 1) != 0) tail_ = tail;
    if ((how & 2) != 0) head_ = head;
    write_bell(tail, head);
    if ((how & 1) == 0) bench_.settle();
  }

  // The stations answer what the card sends for this queue pair, or call it.
  void peer(std::uint8_t what) {
    const std::uint8_t options = input_.u8();
    if ((what & 1) != 0) {
      Peer& one =
          bench_.peer(static_cast<std::uint16_t>(6000 + (what >> 3 & 3)), kListenPort, false);
      if (!one.heard) return bench_.open(one, options);
      return bench_.send(one, kAck, Bytes(input_.u8(), kCaller));
    }
    Peer* one = bench_.called();
    if (one == nullptr) return;
    if ((what & 2) != 0) {
      bench_.open(*one, options);
    } else {
      bench_.send(*one, static_cast<std::uint8_t>(kAck | (input_.u8() & (kFin | kRst))),
                  Bytes(input_.u8(), kCalled));
    }
  }

  template <class Entry>
  void post(const Entry& entry) {
    static_assert(sizeof entry == contract::kEntryBytes);
    RingBytes bytes;
    std::memcpy(bytes.data(), &entry, sizeof entry);
    write(bytes);
  }

  // With the phase that belongs to its place, mostly.
  void write(RingBytes bytes) {
    if (full()) {
      take_completions();
      ring();
      bench_.settle();
      if (full()) lied_ = true;  // what the card has not fetched is overwritten
    }
    const bool first = (tail_ & kEntries) == 0;
    const bool right = honest_ || (input_.u8() & 15) != 15;
    bytes[1] = static_cast<std::uint8_t>((bytes[1] & 0x7F) | (first == right ? 0x80 : 0));
    ledger_.post(bytes, right);
    std::memcpy(pair_.submissions.bytes.data() + std::size_t{tail_ % kEntries} * bytes.size(),
                bytes.data(), bytes.size());
    ++tail_;
  }
  std::uint16_t executed() const {
    std::uint16_t head = 0;
    std::memcpy(&head, pair_.status_line.bytes.data(), sizeof head);
    return head;
  }
  bool full() const { return static_cast<std::uint16_t>(tail_ - executed()) >= kEntries; }
  void write_bell(std::uint16_t tail, std::uint16_t head) {
    const std::uint32_t offset = contract::kDoorbellBase + pair_.number * contract::kDoorbellStride;
    (void)bench_.device().write_register(offset, tail | std::uint32_t{head} << 16);
  }
  void ring() { write_bell(tail_, head_); }

  // What an owner that reads its ring learns.
  void take_completions() {
    for (std::uint32_t i = 0; i < kEntries; ++i) {
      contract::CompletionEntry entry;
      std::memcpy(&entry, pair_.completions.bytes.data() + std::size_t{head_ % kEntries} * 32, 32);
      const bool first = (head_ & kEntries) == 0;
      if (((entry.flags & 0x80) != 0) != first) break;
      ++head_;
      ledger_.take(entry);
    }
    if (!lied_ && !ledger_.wrong().empty()) bench_.fail(ledger_.wrong());
  }

  Program program_;
  Input input_{{}};
  Bench bench_;
  host::QueuePair pair_;
  std::uint16_t tail_ = 0;
  std::uint16_t head_ = 0;
  bool honest_ = false;
  bool lied_ = false;  // nothing can be said any more of what its owner is told
  Ledger ledger_{0, 0};
};

}  // namespace

Verdict fuzz_entries(std::span<const std::uint8_t> input) { return Entries(input).run(); }

}  // namespace millrace::fuzz
