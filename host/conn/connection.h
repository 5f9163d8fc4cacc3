// SPDX-License-Identifier: Apache-2.0
// The host's side of one connection: its two rings, what the card said last, and what the card is
// still to be told. Calls only change memory; Runtime::flush() tells the card. All of it belongs to
// the runtime's one thread. Two cache lines: the first moves with data, the second with control.

#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>

#include "host/base/assert.h"
#include "host/base/error.h"
#include "host/base/ip_address.h"
#include "host/conn/options.h"
#include "host/conn/rx_buffer.h"
#include "host/conn/tx_buffer.h"
#include "host/ring/submission_ring.h"
#include "hw/contract/generated/contract.h"

namespace millrace::host {

class Connection;
class Listener;
class Runtime;

using TcpState = contract::TcpState;
using Status = contract::Status;

// Called from Runtime::poll() when anything about the connection changed: data, acknowledged bytes,
// state. At most once in a poll and level-triggered: look at the connection, not at what changed; a
// call without change is possible. May call everything on every connection and on the runtime but
// poll() and wait(); after release() of the connection it must not touch it any more.
struct ConnectionHandler {
  virtual void on_event(Connection& connection) noexcept = 0;

 protected:
  ~ConnectionHandler() = default;
};

// Of connections that have no handler.
struct NoConnectionHandler final : ConnectionHandler {
  void on_event(Connection& /*connection*/) noexcept override {}
};
inline NoConnectionHandler no_connection_handler;

// A fixed list of connections; each is in it at most once, so that capacity = all connections
// suffices.
class ConnectionList {
 public:
  void reserve(std::size_t capacity) {
    items_ = std::make_unique<Connection*[]>(capacity);
    end_ = items_.get();
  }
  void push(Connection* connection) { *end_++ = connection; }
  Connection** begin() const { return items_.get(); }
  Connection** end() const { return end_; }
  bool empty() const { return end_ == items_.get(); }
  void clear() { end_ = items_.get(); }
  // Forgets the items before `first`; the others move up.
  void erase_before(Connection** first) { end_ = std::copy(first, end_, items_.get()); }

 private:
  Connection** end_ = nullptr;
  std::unique_ptr<Connection*[]> items_;
};

// What a runtime has yet to do and to tell the card. Updates of connections in order go straight to
// the ring; what cannot go there yet, or is said seldom, waits in a list.
struct Outbox {
  explicit Outbox(Runtime& of, const SubmissionRing& ring) : runtime(of), submissions(ring) {}

  Runtime& runtime;
  SubmissionRing submissions;
  ConnectionList dirty;  // the card is to be told at the next flush
  ConnectionList
      lazy;  // freed receive bytes that the card is told when nothing better is to be done
  ConnectionList changed;  // the handler is to be called
  bool control = false;    // poll() has more to do than completions
  bool more = false;       // flush() has more to do than the doorbell
};

class alignas(64) Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // --- Transmit. Bytes may be written before the connection is established; they leave when it is.

  // Bytes that can be written now; 0 after finish(), abort() or the end.
  std::size_t tx_room() const { return writing_ended() ? 0 : tx_.room(); }
  // Contiguous room for the next bytes (tx_room() may be larger, at the ring's start); fill it,
  // then commit().
  std::span<std::byte> writable() const {
    return writing_ended() ? std::span<std::byte>{} : tx_.writable();
  }
  // The first `count` bytes of writable() are the stream's next.
  void commit(std::size_t count) {
    MILLRACE_ASSERT(!writing_ended() || count == 0);
    tx_.commit(count);
    tell();
  }
  // Copies as many bytes as there is room for and returns how many.
  std::size_t write_some(std::span<const std::byte> bytes) {
    if (writing_ended() || !tx_.write_small(bytes)) return write_other(bytes);
    tell();
    return bytes.size();
  }
  // No byte follows what is committed: FIN is sent after it (RFC 9293 3.10.4). Again: no effect.
  void finish() {
    if (writing_ended()) return;
    work_ |= kFin;
    tell();
  }

  // --- Receive. Unread bytes stay readable after FIN, reset and final(), until release().

  // Contiguous received bytes (readable_bytes() may be more, from the ring's start).
  std::span<const std::byte> readable() const { return rx_.readable(); }
  std::size_t readable_bytes() const { return rx_.available(); }
  // Gives `count` bytes back to the card, which opens the window.
  void consume(std::size_t count) {
    rx_.consume(count);
    if (!in_batch()) return consumed_alone();
    SubmissionRing::store_consumed(entry_, announce());
  }

  // --- Life.

  // Resets the connection (RFC 9293 3.10.5); final() follows in a later poll. No effect on one that
  // is final.
  void abort();
  // Gives the handle and both rings back; the handler is called no more. One that is not final is
  // aborted first.
  void release();
  // Changes all options; what was written before is not affected for certain. No effect on a
  // connection that is final. Values beyond what the card knows count as the largest.
  void set_options(const ConnectionOptions& options);
  const ConnectionOptions& options() const;
  // Null: nobody is called.
  void set_handler(ConnectionHandler* handler) {
    handler_ = handler == nullptr ? &no_connection_handler : handler;
  }

  // The handshake was completed (and stays so after the end).
  bool established() const { return (work_ & kEstablished) != 0; }
  // The peer's stream ends with what is readable.
  bool fin_received() const { return has(contract::CompletionFlag::kFinReceived); }
  // The peer has all our bytes and our FIN.
  bool fin_acked() const { return has(contract::CompletionFlag::kFinAcked); }
  // finish() was called.
  bool finishing() const { return (work_ & kFin) != 0; }
  // The card has forgotten the connection: status() and error() say why.
  bool final() const { return (work_ & kFinal) != 0; }
  // Changes with everything that the functions above and below say, offsets excepted.
  std::uint32_t facts() const { return last_word_; }
  TcpState state() const { return static_cast<TcpState>((last_word_ >> 16) & 0xFF); }
  // Why it ended; kOk before, and after an orderly end (RFC 9293 3.6).
  Status status() const { return final() ? static_cast<Status>(last_word_ >> 24) : Status::kOk; }
  // status() as an error code; empty while the connection lives. connection_aborted if the card was
  // lost.
  std::error_code error() const { return make_error_code(status()); }

  // --- Figures, in bytes of the stream since its start.
  std::uint64_t bytes_committed() const { return tx_.committed(); }
  std::uint64_t bytes_acked() const { return tx_.acked(); }
  std::uint64_t bytes_received() const { return rx_.received(); }
  std::uint64_t bytes_consumed() const { return rx_.consumed(); }
  std::size_t tx_size() const { return tx_.size(); }
  std::size_t rx_size() const { return rx_.size(); }

  // Known once the card has chosen them: for a connect with the first event, for an accepted one
  // always.
  Endpoint remote() const;
  std::uint16_t local_port() const { return local_port_; }
  Runtime& runtime() const { return outbox_->runtime; }

 private:
  friend class Runtime;
  friend class Listener;

  enum Work : std::uint32_t {
    kFin = SubmissionRing::kFin,  // 0x100
    kWantOpen = 0x2,
    kWantUpdate = 0x4,
    kWantAbort = 0x8,
    kInDirty = 0x10,
    kInLazy = 0x20,
    kInChanged = 0x40,
    kIdKnown = 0x80,
    kEstablished = 0x1,
    kFinal = 0x200,
    kAborting = 0x400,    // abort() was called
    kReleased = 0x800,    // release() was called before the end
    kListening = 0x1000,  // one unit of a listener's backlog
    kQueued = 0x2000,     // in a listener's accept queue
    kWantSet = 0x4000,
  };
  static_assert(kFin == 0x100);
  static constexpr std::uint32_t kInLists = kInDirty | kInLazy | kInChanged;
  static constexpr std::uint32_t kNoWord = 0;  // no report has kind 0
  static constexpr std::uint32_t kNoCookie = 0xFFFFFFFF;

  bool writing_ended() const { return (work_ & (kFin | kFinal | kAborting)) != 0; }
  bool has(contract::CompletionFlag flag) const {
    return ((last_word_ >> 8) & static_cast<std::uint32_t>(flag)) != 0;
  }
  // Freed bytes that the card does not know of.
  std::uint32_t unannounced() const {
    return static_cast<std::uint32_t>(rx_.consumed()) - announced_;
  }
  // The offset for an entry; from here on the card knows it.
  std::uint32_t announce() { return announced_ = static_cast<std::uint32_t>(rx_.consumed()); }
  // An entry of this connection is in the ring and may still be changed.
  bool in_batch() const { return batch_ == outbox_->submissions.batch(); }
  // Stores an update: in this batch's entry of the connection, in the next of the ring, or later.
  void tell() {
    SubmissionRing& ring = outbox_->submissions;
    if (!in_batch()) {
      if (!in_order() || !ring.known_room()) [[unlikely]]
        return tell_other();
      entry_ = ring.take();
      batch_ = ring.batch();
    }
    ring.store_update(entry_, contract::Opcode::kUpdate, work_ & kFin, id_,
                      static_cast<std::uint32_t>(tx_.committed()), announce());
  }
  // Nothing but an update is to be said, and nothing that must come first.
  bool in_order() const {
    constexpr std::uint32_t kDecisive =
        kEstablished | kFinal | kInDirty | kWantOpen | kWantAbort | kWantSet;
    return (work_ & kDecisive) == kEstablished;
  }
  // At the next flush at the earliest, and nothing overtakes it.
  void request(std::uint32_t want) {
    const std::uint32_t before = work_;
    work_ = before | want | kInDirty;
    batch_ = 0;
    outbox_->more = true;
    if ((before & kInDirty) == 0) outbox_->dirty.push(this);
  }
  // The less usual ways, apart so that the usual ones stay short and call nothing.
  std::size_t write_other(std::span<const std::byte> bytes);
  void consumed_alone();
  void tell_other();
  void mark_changed() {
    if ((work_ & kInChanged) != 0) return;
    work_ |= kInChanged;
    outbox_->changed.push(this);
    outbox_->control = true;
  }

  RxBuffer rx_;
  TxBuffer tx_;

  std::uint32_t work_ = 0;  // Work
  std::uint32_t last_word_ =
      kNoWord;  // kind, flags, state, status of the last report, without the phase
  std::uint32_t cookie_ = kNoCookie;
  std::uint32_t id_ = 0;  // the card's name for it; valid with kIdKnown
  ConnectionHandler* handler_ = &no_connection_handler;  // never null
  Outbox* outbox_ = nullptr;
  std::byte* entry_ = nullptr;    // the newest update of the connection in the ring,
  std::uint64_t batch_ = 0;       // and the ring's batch that it belongs to
  Listener* listener_ = nullptr;  // of kListening and kQueued
  std::uint16_t remote_port_ = 0;
  std::uint16_t local_port_ = 0;
  std::uint32_t announced_ = 0;
};

// The rest of a connection, seldom looked at.
struct ConnectionDetails {
  IpAddress remote_ip{};
  std::uint32_t next = 0xFFFFFFFF;  // index of the next in the accept queue, or Listener::kNone
  ConnectionOptions options{};
};
static_assert(sizeof(Connection) == 128);

}  // namespace millrace::host
