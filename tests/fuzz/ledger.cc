// SPDX-License-Identifier: Apache-2.0
// Book-keeping of entries and completions by cookie and opcode.

#include "tests/fuzz/ledger.h"

#include <algorithm>
#include <cstring>

namespace millrace::fuzz {
namespace {

using contract::CompletionFlag;
using contract::CompletionKind;
using contract::Opcode;
using contract::Status;

constexpr std::size_t kCookieAt = 8;

bool has_cookie(std::uint8_t opcode) {
  switch (static_cast<Opcode>(opcode)) {
    case Opcode::kConnect:
    case Opcode::kListen:
    case Opcode::kAccept:
    case Opcode::kUnlisten:
    case Opcode::kAddress:
    case Opcode::kSet:
      return true;
    default:
      return false;
  }
}
bool makes_connection(std::uint8_t opcode) {
  return opcode == static_cast<std::uint8_t>(Opcode::kConnect) ||
         opcode == static_cast<std::uint8_t>(Opcode::kAccept);
}
bool about_listener(std::uint8_t opcode) {
  return opcode == static_cast<std::uint8_t>(Opcode::kListen) ||
         opcode == static_cast<std::uint8_t>(Opcode::kUnlisten);
}
bool known(std::uint8_t opcode) { return opcode <= static_cast<std::uint8_t>(Opcode::kSet); }

}  // namespace

void Ledger::post(RingBytes& entry, bool right_phase) {
  const std::uint8_t opcode = entry[0];
  if (!has_cookie(opcode)) {
    Count& count = counts_[opcode];
    ++count.posted;
    if (!right_phase || !known(opcode)) ++count.due;
    return;
  }
  const std::uint32_t cookie = ++cookies_;
  std::memcpy(entry.data() + kCookieAt, &cookie, sizeof cookie);
  asked_[cookie] = {.opcode = opcode,
                    .right_phase = right_phase,
                    .misnamed = right_phase && makes_connection(opcode) && misnames(entry)};
}

bool Ledger::misnames(const RingBytes& bytes) const {
  contract::OpenEntry entry;
  static_assert(sizeof entry == sizeof bytes);
  std::memcpy(&entry, bytes.data(), sizeof entry);
  const auto fits = [this](std::uint32_t region, std::uint32_t log2, std::uint64_t slot) {
    return region == region_ && log2 >= contract::kSlotLog2Min && log2 <= contract::kSlotLog2Max &&
           slot + 1 <= bytes_ >> log2;
  };
  return !fits(entry.tx_region, entry.tx_size_log2, entry.tx_slot) ||
         !fits(entry.rx_region, entry.rx_size_log2, entry.rx_slot);
}

void Ledger::fail(const std::string& what, const contract::CompletionEntry& entry) {
  if (!wrong_.empty()) return;
  wrong_ = what + ": kind " + std::to_string(entry.kind) + ", flags " +
           std::to_string(entry.flags) + ", status " + std::to_string(entry.status) + ", id " +
           std::to_string(entry.connection_id) + ", cookie " + std::to_string(entry.cookie) +
           ", opcode " + std::to_string(entry.detail);
}

void Ledger::take(const contract::CompletionEntry& entry) {
  switch (static_cast<CompletionKind>(entry.kind)) {
    case CompletionKind::kReport:
      return take_report(entry);
    case CompletionKind::kResponse:
      return take_response(entry);
    case CompletionKind::kPeer:
      return take_peer(entry);
  }
  fail("a completion of no kind", entry);
}

void Ledger::take_report(const contract::CompletionEntry& entry) {
  const auto found = asked_.find(entry.cookie);
  if (found == asked_.end() || !makes_connection(found->second.opcode) || found->second.ended) {
    return fail("a report of no connection", entry);
  }
  Asked& asked = found->second;
  if (asked.misnamed) fail("a connection on memory that is not its owner's", entry);
  const auto has = [&entry](CompletionFlag flag) {
    return (entry.flags & static_cast<std::uint8_t>(flag)) != 0;
  };
  const bool accepted = asked.opcode == static_cast<std::uint8_t>(Opcode::kAccept);
  if (accepted && has(CompletionFlag::kEstablished) && !asked.peered) {
    fail("a connection of a listener whose peer was not told", entry);
  }
  std::erase(ids_, entry.connection_id);
  asked.ended = has(CompletionFlag::kFinal);
  if (!asked.ended) ids_.push_back(entry.connection_id);
}

void Ledger::take_response(const contract::CompletionEntry& entry) {
  const auto opcode = static_cast<std::uint8_t>(entry.detail);
  const bool good = static_cast<Status>(entry.status) == Status::kOk;
  if (entry.detail > 255) return fail("a response to no opcode", entry);
  if (good && !about_listener(opcode)) return fail("a refusal without reason", entry);
  if (!has_cookie(opcode)) {
    Count& count = counts_[opcode];
    ++count.answered;
    if (count.answered > count.posted) fail("more responses than entries", entry);
    return;
  }
  const auto found = asked_.find(entry.cookie);
  if (found == asked_.end() || found->second.opcode != opcode || found->second.ended) {
    return fail("a response to nothing that was asked", entry);
  }
  found->second.ended = true;
  const bool bad_phase = static_cast<Status>(entry.status) == Status::kBadPhase;
  if (bad_phase == found->second.right_phase) fail("a phase bit misjudged", entry);
  const bool bad_memory = static_cast<Status>(entry.status) == Status::kBadRegion ||
                          static_cast<Status>(entry.status) == Status::kBadSlot;
  if (bad_memory != found->second.misnamed) fail("memory misjudged", entry);
  if (!good) return;
  std::erase(listeners_, entry.connection_id);
  if (opcode == static_cast<std::uint8_t>(Opcode::kListen)) {
    listeners_.push_back(entry.connection_id);
  }
}

void Ledger::take_peer(const contract::CompletionEntry& entry) {
  contract::PeerEntry peer;
  static_assert(sizeof peer == sizeof entry);
  std::memcpy(&peer, &entry, sizeof peer);
  const auto found = asked_.find(peer.cookie);
  if (found == asked_.end() || found->second.ended || found->second.peered ||
      found->second.opcode != static_cast<std::uint8_t>(Opcode::kAccept)) {
    return fail("a peer of no connection", entry);
  }
  found->second.peered = true;
}

std::string Ledger::missing() const {
  for (const auto& [cookie, asked] : asked_) {
    const bool due =
        makes_connection(asked.opcode) || about_listener(asked.opcode) || !asked.right_phase;
    if (due && !asked.ended) {
      return "entry " + std::to_string(cookie) + " of opcode " + std::to_string(asked.opcode) +
             " was never answered";
    }
  }
  for (std::size_t opcode = 0; opcode < counts_.size(); ++opcode) {
    if (counts_[opcode].answered < counts_[opcode].due) {
      return "an entry of opcode " + std::to_string(opcode) + " was never refused";
    }
  }
  return {};
}

}  // namespace millrace::fuzz
