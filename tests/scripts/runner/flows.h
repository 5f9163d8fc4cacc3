// SPDX-License-Identifier: Apache-2.0
// The script's remote ends: ports, initial sequence numbers, and frames made of a script's
// segments.

#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/scripts/runner/ast.h"
#include "tests/scripts/runner/codec.h"
#include "tests/scripts/runner/numbers.h"
#include "tests/scripts/runner/settings.h"

namespace millrace::script {

class Flows {
 public:
  explicit Flows(const Settings& settings) : settings_(settings) {}

  // The remote and the local port that a peer stands for.
  std::pair<std::uint16_t, std::uint16_t> ports(const Peer& peer);

  // The frame that injects `packet`. An error if it names a number of the card's that is unknown.
  std::expected<Bytes, std::string> frame_of(const Packet& packet);

  // The first difference between what is expected and what the card sent, addresses included.
  std::optional<std::string> difference(const Packet& expected, const Segment& actual);

  // In the script's notation.
  std::string shown(const Segment& segment) const;

  // The card's initial sequence number towards a peer, if it is known.
  std::optional<std::uint32_t> local_isn(unsigned index) const;

  // `forget`, `forget 2`: the peer's next connection has a new initial sequence number of the card.
  void forget(const std::vector<std::string>& words);

 private:
  struct Flow {
    std::uint16_t local_port = 0;
    Numbers numbers;
  };

  Flow& at(unsigned index);
  Segment segment_of(const Packet& packet, const Flow& flow) const;
  Segment quoted_of(const Packet& packet, const Flow& flow) const;
  std::optional<unsigned> index_of(const Segment& segment) const;

  const Settings& settings_;
  std::map<unsigned, Flow> flows_;
};

}  // namespace millrace::script
