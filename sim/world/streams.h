// SPDX-License-Identifier: Apache-2.0
// What must hold of every byte of a world. Each end of a connection sends a stream of its own: its
// number, then a pattern that number decides. So whoever receives knows whose bytes they are, and
// that they come in order, once, and from the end that it is connected to.

#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "flow/buffer.h"
#include "flow/endpoint.h"

namespace millrace::sim::world {

/// One end of a connection in an application's hands.
struct End {
  std::uint64_t number = 0;  ///< from 1
  int machine = 0;
  bool client = false;
  flow::Endpoint local;
  flow::Endpoint remote;

  std::uint64_t offered = 0;   ///< bytes that writes have been asked to send
  std::uint64_t accepted = 0;  ///< bytes that writes have taken
  bool finished = false;       ///< close or shutdown(write) was called
  std::uint64_t received = 0;
  bool eof = false;               ///< the peer's end of stream was read
  const End* sender = nullptr;    ///< whose bytes are received, once the number was read
  const End* receiver = nullptr;  ///< who receives ours

  bool over = false;               ///< the application is done with it
  bool broken = false;             ///< it was aborted, or failed
  std::string_view reading = "-";  ///< the pending operation of each task
  std::string_view writing = "-";
  std::string_view ending = "-";
  std::string why;  ///< how it ended, for people
};

class Streams {
 public:
  /// Lives as long as this.
  End& add(int machine, bool client, flow::Endpoint local, flow::Endpoint remote);

  /// The next `bytes.size()` bytes of the stream of `end` from `offset`.
  static void fill(const End& end, std::uint64_t offset, flow::MutableBytes bytes);

  /// `end` has received these. Empty, or what is wrong with them.
  std::string receive(End& end, flow::ConstBytes bytes);
  /// `end` has read the end of the stream.
  std::string receive_eof(End& end);

  /// The end at the other side as far as addresses tell: the one that carries most of what is
  /// known.
  const End* peer_of(const End& end) const;

  const std::deque<End>& all() const { return ends_; }
  static std::string describe(const End& end);

 private:
  static bool opposite(const End& a, const End& b);
  std::string bind(End& end);

  std::deque<End> ends_;
  std::vector<std::vector<std::byte>> heads_;  // first bytes of each end's received stream
};

}  // namespace millrace::sim::world
