// SPDX-License-Identifier: Apache-2.0
// One card under attack, its host, and the stations on its wire. One connection, of a station that
// never does wrong, is the control: whatever the others do, it goes on.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/card.h"
#include "host/runtime.h"
#include "sim/ring_watch.h"
#include "sim/sim_device.h"
#include "sim/simulation.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/packets.h"
#include "tests/fuzz/pattern.h"

namespace millrace::fuzz {

// The far end of a connection of the card: knows the numbers, does nothing by itself.
struct Peer {
  bool six = false;
  std::uint16_t port = 0;
  std::uint16_t card_port = 0;
  std::uint32_t next = 0;        // our next sequence number
  std::uint32_t acked = 0;       // what the card acknowledged
  std::uint32_t card_next = 0;   // behind the card's last byte
  std::uint32_t card_acked = 0;  // what we acknowledged
  bool heard = false;            // the card sent something
  bool timestamps = false;
  std::uint32_t clock = 1000;  // our timestamps
  std::uint32_t echo = 0;      // the card's last timestamp
  Bytes stream;                // what the card sent in order, of honest peers alone
  Pattern pattern;             // of what the card sent
};

// The option with the peer's next timestamp (RFC 7323 3.2), behind two NOPs.
void append_timestamps(Bytes& options, Peer& peer);

// A connection of the host that the fuzzer's stations are at the other end of.
struct Attacked {
  host::Connection* connection = nullptr;
  Pattern pattern{};  // of what was read
};

// What can be said of a card when an input is over.
struct Claims {
  bool tables = true;    // all connections are over, also those of other queue pairs
  bool counters = true;  // no other queue pair was in use
};

class Bench final : private sim::FrameWatch {
 public:
  static constexpr std::uint16_t kPort = 80;
  static constexpr std::uint16_t kControlPort = 4000;
  static constexpr std::uint16_t kFreshPort = 4001;
  static constexpr std::size_t kHeaderTaken = 5;  // bytes that the constructor takes

  // Brings the card up with what the header of an input wants of its policy and of its memory, and
  // the control connection.
  explicit Bench(Input header);
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  // A station that fuzzes, the one that does not, and the card.
  static const Station& attacker();
  static const Station& honest();
  static const Station& card_station();

  host::Card& card() { return *card_; }
  host::Runtime& runtime() { return *runtime_; }
  sim::RingWatch& rings() { return *rings_; }
  // Past the watch over the host's own rings.
  sim::SimDevice& device() { return *device_; }
  host::Connection& control() { return *control_; }
  sim::SimCard& sim_card() { return simulation_->card(0); }
  std::uint64_t now_us() const { return simulation_->now_ns() / 1000; }

  // Of the bytes in segments that the card sends, which come out of `allowed` alone.
  void allow_only(std::span<const std::uint8_t> allowed) { allowed_ = allowed; }
  // A frame of the attacker. One that says it is of the honest station's TCP is not sent.
  void inject(const Bytes& frame, bool bad_fcs = false);
  // A segment of a peer, with its timestamps.
  void send(Peer& peer, std::uint8_t flags, std::span<const std::uint8_t> payload = {});

  // A peer that the card's frames are told, by port. Made if there is none.
  Peer& peer(std::uint16_t port, std::uint16_t card_port, bool six);
  // A SYN, or the answer to the card's. Bits of `options`: window scale, SACK, timestamps; above
  // them the scale.
  void send_syn(Peer& peer, std::uint8_t options);
  // Completes a handshake that the peer begins, or that the card began.
  void open(Peer& peer, std::uint8_t options);
  // Connections that the listener gave, none of them the control.
  std::vector<Attacked>& attacked() { return attacked_; }
  void connect(std::uint16_t port, bool six);
  // Writes as many bytes as there is room for.
  void write(host::Connection& connection, std::size_t bytes);
  // Reads; the bytes must be those of their sequence numbers, unless an input says that it sent
  // others.
  void read(Attacked& attacked, std::size_t most);
  void spoiled() { spoiled_ = true; }
  // The peer that the card's latest SYN called, null if it called none.
  Peer* called() { return called_; }

  // Passes time; the host takes what comes. Stations answer questions for their addresses.
  void run(std::uint64_t us);
  // Runs until the card has nothing to do.
  void settle();

  // Everything that must hold at the end: the control connection works, the card answers echoes,
  // all connections of the host end, a new one works, and, if nobody else has any, tables are as
  // before. Empty, or what is wrong.
  std::string judge(const Claims& claims);
  // Of every frame that the card sent: the same after the same input.
  std::uint64_t digest() const { return digest_; }
  void fail(std::string what);
  const std::string& failure() const { return failure_; }

 private:
  struct Quiet final : host::ConnectionHandler, host::ListenerHandler {
    void on_event(host::Connection& /*connection*/) noexcept override {}
    void on_event(host::Listener& /*listener*/) noexcept override {}
  };

  void on_frame(std::uint64_t now_ns, sim::PcapngWriter::Direction direction,
                const sim::Frame& frame) override;
  void bring_up(Input& header);
  void open_host(Input& header);
  // Makes the checksums right and gives the frame to the card.
  void transmit(Bytes frame);
  void answer();
  void answer_segment(const Seen& seen);
  void learn(const Seen& seen, std::span<const std::uint8_t> frame);
  void learn_payload(Peer& peer, const Seen& seen, std::span<const std::uint8_t> payload);
  void accept();
  // The first honest connection of the listener's that is from this port.
  host::Connection* take_honest(std::uint16_t port);
  void probe_echo(bool six);
  void probe_connection();
  void exchange(host::Connection& connection, Peer& peer);
  void end_attacked();
  void close_all(const Claims& claims);
  void check_counters(const Claims& claims);

  std::shared_ptr<sim::Simulation> simulation_ = std::make_shared<sim::Simulation>();
  sim::ScriptWire* wire_ = nullptr;
  std::unique_ptr<sim::SimDevice> device_;
  std::unique_ptr<sim::RingWatch> rings_;
  std::unique_ptr<host::Card> card_;
  std::unique_ptr<host::Runtime> runtime_;
  Quiet quiet_;
  host::Listener* listener_ = nullptr;
  host::Connection* control_ = nullptr;
  Peer* control_peer_ = nullptr;
  Peer* called_ = nullptr;
  std::deque<Peer> peers_;
  std::vector<Attacked> attacked_;
  std::vector<host::Connection*> honest_;  // that nobody took yet
  std::span<const std::uint8_t> allowed_;
  std::uint32_t free_before_ = 0;
  std::uint64_t frames_in_before_ = 0;
  std::uint32_t icmp_errors_ = 0;  // that the card was given
  bool spoiled_ = false;
  bool courteous_ = false;  // the fuzzer's stations answer calls and acknowledge what comes
  Bytes echoed_;            // of the last echo reply
  std::uint64_t digest_ = 0xCBF29CE484222325u;
  std::string failure_;
};

}  // namespace millrace::fuzz
