// SPDX-License-Identifier: Apache-2.0
// The smallest possible host: drives a card by the contract alone (registers, one queue pair,
// rings), for tests and measurements of the simulation that must not depend on the host runtime.
// Streams carry a fixed pattern.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "host/device/device.h"
#include "hw/contract/generated/contract.h"
#include "sim/testing/frames.h"

namespace millrace::sim {

class RingHost {
 public:
  // One connection. Offsets are of the whole stream; the card's are these modulo 2^32.
  struct Connection {
    std::uint32_t id = 0;
    bool known = false;  // id is valid
    bool established = false;
    bool fin_received = false;
    bool fin_acked = false;
    bool final = false;
    std::uint8_t status = 0;
    std::uint64_t to_send = 0;  // the stream ends here
    bool end = false;           // FIN follows to_send
    std::uint64_t sent = 0;     // given to the card
    std::uint64_t acked = 0;
    std::uint64_t received = 0;  // reported and verified
    bool changed = false;        // to be looked at by poll()
    std::byte* tx_ring = nullptr;
    std::byte* rx_ring = nullptr;
  };

  static constexpr std::uint8_t kRingLog2 = 17;  // 128 KiB each way

  // `connections` is how many can be open at once.
  RingHost(host::Device& device, const Host& address, std::uint32_t connections);

  // Resets nothing: the card must be fresh. False if it does not come up; error() says why.
  bool bring_up();

  // Opens a port with this backlog of connections. The first connection is number first() of
  // connections().
  void listen(std::uint16_t port, std::uint32_t backlog);
  // Returns the connection's number in connections().
  std::uint32_t connect(std::uint32_t remote_ipv4, std::uint16_t port);
  // Sends `bytes` more of the pattern; with `end` FIN after them.
  void send(std::uint32_t connection, std::uint64_t bytes, bool end);

  // Submission entries that can be posted now: listen and connect take one each, a listener's
  // answer its backlog.
  std::uint32_t room() const;

  // Takes completions, verifies and consumes what was received, fills rings, posts entries. True if
  // it did anything.
  bool poll();

  std::vector<Connection>& connections() { return connections_; }
  // The first thing that was wrong, empty if nothing.
  const std::string& error() const { return error_; }

 private:
  void write(std::uint32_t offset, std::uint32_t value);
  void write_address(std::uint32_t offset, std::uint64_t address);
  std::uint32_t add_connection();
  template <typename Entry>
  void post(Entry entry);
  void post_open(contract::Opcode opcode, std::uint32_t number, std::uint32_t listener,
                 std::uint32_t remote_ip, std::uint16_t port);
  bool take_completions();
  void take_report(const contract::CompletionEntry& entry);
  void take_response(const contract::CompletionEntry& entry);
  void verify(Connection& connection, std::uint32_t received_up_to);
  void mark(std::uint32_t number);
  void progress(Connection& connection);
  void fail(const std::string& why);

  host::Device& device_;
  Host address_;
  std::uint32_t connections_max_;
  host::SharedMemory queues_;  // submission ring, completion ring, status line
  host::SharedMemory buffers_;
  std::vector<Connection> connections_;
  std::deque<std::uint32_t> changed_;  // each once
  std::uint16_t tail_ = 0;
  std::uint16_t head_ = 0;
  bool bell_ = false;
  std::uint32_t backlog_ = 0;  // to accept when the listener is known
  std::string error_;
};

}  // namespace millrace::sim
