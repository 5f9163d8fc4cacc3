// SPDX-License-Identifier: Apache-2.0
// The runtime: one queue pair of a card and the connections on it, for one thread. The loop of an
// application is
//
//   while (running) { runtime.poll(); ...; if (nothing_to_do) runtime.wait(deadline); else
//   runtime.flush(); }
//
// poll() takes what the card reported and calls handlers; calls on connections gather in the ring,
// in one entry for each connection with news; flush() rings one doorbell. Nothing here
// allocates, locks or makes a system call per operation. Costs (instructions):
// host/echo_cost_test.cc.

#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "host/base/error.h"
#include "host/card.h"
#include "host/conn/connection.h"
#include "host/conn/slot_allocator.h"
#include "host/listener.h"
#include "host/ring/completion_ring.h"
#include "host/ring/submission_ring.h"

namespace millrace::host {

struct ConnectOptions {
  Endpoint remote{};
  std::uint16_t local_port = 0;    // 0: the card chooses (RFC 6056)
  std::size_t tx_size = 64 << 10;  // bytes of the transmit ring: power of two, 4 KiB to 16 MiB
  std::size_t rx_size = 64 << 10;  // and of the receive ring
  ConnectionOptions options{};
};

struct RuntimeOptions {
  // What this runtime's thread rings, waits and reads time on; null: the card's own device, which
  // then is this thread's alone.
  Device* device = nullptr;
  QueuePairOptions queue_pair{};      // ring sizes and memory for all connections' rings
  std::uint32_t max_connections = 0;  // handles, LISTEN ones included; 0: as many as the card has
  std::uint64_t liveness_interval_us = 1'000'000;  // device time between questions to a silent card
};

struct RuntimeStats {
  std::uint64_t completions = 0;
  std::uint64_t submissions = 0;
  std::uint64_t doorbells = 0;
  std::uint64_t refused_updates = 0;  // and options; stale ones are normal: an entry crossed with a
                                      // final report
  std::uint64_t bad_offsets = 0;      // always 0 unless card and host disagree
  std::uint64_t stray_reports = 0;    // of connections that are not open here; always 0 likewise
};

class Runtime {
 public:
  // Takes a queue pair of `card`, which must outlive the runtime. no_buffer_space if none or no
  // memory is left.
  static std::expected<std::unique_ptr<Runtime>, Error> open(Card& card,
                                                             const RuntimeOptions& options = {});
  // Aborts what still lives, waits shortly for the card to agree, and gives the queue pair back.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Begins an active open (RFC 9293 3.10.1). The handler hears when it is established() or final():
  // refused, timed_out, no_buffer_space (the card is full), address_in_use. Fails at once with
  // invalid_argument, no_buffer_space (no handle or ring is free here) or device_lost.
  std::expected<Connection*, Error> connect(const ConnectOptions& options,
                                            ConnectionHandler& handler);

  // Begins to listen. The handler hears when the port is open or refused, and of connections to
  // accept(). Fails at once as connect() does.
  std::expected<Listener*, Error> listen(const ListenOptions& options, ListenerHandler& handler);

  // Takes a bounded batch of completions (at most a ring) and calls the handlers concerned. Returns
  // how many handlers were called; 0: nothing new. Never from within a handler.
  std::size_t poll();

  // Tells the card all news: an entry for each connection that has some, then one doorbell. What
  // does not fit into the ring stays for the next flush.
  void flush();

  // Flushes all, also what can wait, then lets the card work until there is something to poll,
  // `deadline_us` (clock: now_us()), wake(), or for no reason. True if poll() has something to do.
  // Asks a silent card for its identity once in a while; a dead card ends every connection (in the
  // next poll).
  bool wait(std::uint64_t deadline_us);

  std::uint64_t now_us() const { return device_.now_us(); }
  // Makes wait() return; the one call for other threads.
  void wake() { device_.wake(); }

  // The card failed: every connection ends with connection_aborted, nothing new can be opened. Open
  // another card.
  bool lost() const { return failure_.has_value(); }
  const std::optional<Error>& failure() const { return failure_; }

  RuntimeStats stats() const {
    RuntimeStats stats = stats_;
    stats.completions = completions_.popped();
    stats.submissions = outbox_.submissions.pushed();
    stats.doorbells = doorbells_;
    return stats;
  }
  std::uint64_t doorbells() const { return doorbells_; }
  // Handles in use, connections in LISTEN included.
  std::uint32_t open_connections() const {
    return capacity_ - static_cast<std::uint32_t>(free_.size());
  }
  std::size_t free_buffer_bytes() const { return slots_.free_bytes(); }
  // An update waits in memory for the card: the submission ring was full.
  bool backlogged() const { return !outbox_.dirty.empty(); }
  Card& card() const { return card_; }

 private:
  friend class Connection;
  friend class Listener;

  Runtime(Card& card, const RuntimeOptions& options, const QueuePair& pair, std::uint32_t capacity);

  std::expected<Connection*, Error> allocate(std::size_t tx_size, std::size_t rx_size);
  void recycle(Connection& connection);
  std::uint32_t index_of(const Connection& connection) const {
    return static_cast<std::uint32_t>(&connection - connections_.get());
  }
  ConnectionDetails& details(const Connection& connection) const {
    return details_[index_of(connection)];
  }

  void apply_other(const contract::CompletionEntry& entry, std::uint32_t word);
  bool apply_report(const contract::CompletionEntry& entry, std::uint32_t word);
  void apply_peer(const contract::CompletionEntry& entry);
  void apply_response(const contract::CompletionEntry& entry, std::uint32_t word);
  void apply_listen_response(Listener& listener, Status status, std::uint32_t id);
  void became_established(Connection& connection);
  void became_final(Connection& connection);
  void end(Connection& connection, Status status);
  void fault(const contract::CompletionEntry& entry);
  std::size_t dispatch();
  void dispatch_listeners();
  bool pending() const;
  void nothing_came();

  void flush_lists();
  Connection** submit(Connection** item);
  void submit_update(Connection& connection, contract::Opcode opcode);
  bool submit_open(Connection& connection);
  void submit_options(Connection& connection);
  void tell_of_listeners() { listeners_dirty_ = outbox_.more = true; }
  void submit_listeners();
  void flush_lazy();
  void ring_doorbell(std::uint16_t tail, std::uint16_t head);

  void refill(Listener& listener);
  void refill_starved();
  void changed(Listener& listener);
  void close_if_done(Listener& listener);

  void check_alive();
  void lose(Error why);
  void end_all();
  void drain();

  enum class Mode : std::uint8_t { kNormal, kPolling, kLost };

  void starve() { starved_ = true; }

  Card& card_;
  Device& device_;
  Outbox outbox_;
  CompletionRing completions_;
  std::unique_ptr<Connection[]> connections_;
  std::unique_ptr<ConnectionDetails[]> details_;  // of each connection
  std::uint32_t capacity_;                        // a power of two
  std::uint32_t cookie_mask_;
  std::uint32_t doorbell_;       // register offset
  std::uint16_t rung_tail_ = 0;  // what the last doorbell said
  std::uint16_t rung_head_ = 0;
  std::uint32_t empty_polls_ = 0;
  std::uint64_t heard_ = 0;  // completions popped at the last question to the card
  std::uint64_t doorbells_ = 0;
  Mode mode_ = Mode::kNormal;
  bool starved_ = false;  // some listener lacks connections
  bool freed_ = false;    // and buffers have become free since
  bool listeners_dirty_ = false;
  bool listeners_changed_ = false;
  bool ended_ = false;  // end_all() was done
  IpAddress named_;     // the IPv6 address that connects go to, as the card knows it
  RuntimeStats stats_;

  QueuePair pair_;
  SlotAllocator slots_;
  std::vector<std::uint32_t> free_;         // indices of free connections, reserved to capacity
  std::vector<std::uint16_t> incarnation_;  // of each connection, part of its cookie
  std::unique_ptr<Listener[]> listeners_;
  std::uint64_t liveness_interval_us_;
  std::uint64_t next_question_us_ = 0;
  std::uint64_t next_refill_us_ = 0;
  std::optional<Error> failure_;
};

}  // namespace millrace::host
