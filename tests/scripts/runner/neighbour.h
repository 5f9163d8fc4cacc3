// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery (RFC 4861) as far as the script's one neighbour needs it.

#pragma once

#include <expected>
#include <span>
#include <string>

#include "tests/scripts/runner/codec.h"

namespace millrace::script {

// A solicitation or an advertisement.
struct Neighbour {
  Address source;
  Address destination;
  bool solicitation = false;
  Address target;
};

// True for ICMPv6 of one of the two types.
bool is_neighbour(std::span<const std::byte> frame);
// The error says what is wrong: hop limit, checksum, lengths, addresses, link-layer address.
std::expected<Neighbour, std::string> decode_neighbour(std::span<const std::byte> frame);
// Says that `from` has the target that `question` asks for.
Bytes encode_advertisement(const Neighbour& question, const Mac& from, const Mac& to);

}  // namespace millrace::script
