// SPDX-License-Identifier: Apache-2.0
// What the owner of a queue pair wrote and what it was told, entry by entry: each connection that
// it asked for comes back once, by a refusal or a final report; listen and unlisten are answered
// once; what no entry can be is refused once; nothing is told that was not asked; and memory that
// is not the queue pair's cannot be named.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "hw/contract/generated/contract.h"

namespace millrace::fuzz {

using RingBytes = std::array<std::uint8_t, contract::kEntryBytes>;

class Ledger {
 public:
  // Of a queue pair that has one region of so many bytes.
  Ledger(std::uint32_t region, std::uint64_t bytes) : region_(region), bytes_(bytes) {}

  // Gives an entry the cookie that tells its answer from all others, where its opcode has one, and
  // takes note of it.
  void post(RingBytes& entry, bool right_phase);
  void take(const contract::CompletionEntry& entry);

  // Of connections that live, as far as they were told, and of open listeners.
  const std::vector<std::uint32_t>& ids() const { return ids_; }
  const std::vector<std::uint32_t>& listeners() const { return listeners_; }

  // Something is not answered that must be.
  std::string missing() const;
  // The first thing that should not have been told.
  const std::string& wrong() const { return wrong_; }

 private:
  struct Asked {
    std::uint8_t opcode = 0;
    bool right_phase = true;
    bool misnamed = false;  // of opens: a ring that is not in the region
    bool ended = false;     // no more is to be told
    bool peered = false;    // by whom, was told
  };
  struct Count {
    std::uint32_t posted = 0;
    std::uint32_t answered = 0;
    std::uint32_t due = 0;  // must be answered
  };

  bool misnames(const RingBytes& entry) const;
  void take_report(const contract::CompletionEntry& entry);
  void take_response(const contract::CompletionEntry& entry);
  void take_peer(const contract::CompletionEntry& entry);
  void fail(const std::string& what, const contract::CompletionEntry& entry);

  std::uint32_t region_;
  std::uint64_t bytes_;
  std::unordered_map<std::uint32_t, Asked> asked_;  // by cookie
  std::array<Count, 256> counts_{};                 // by opcode, of those without cookie
  std::vector<std::uint32_t> ids_;
  std::vector<std::uint32_t> listeners_;
  std::uint32_t cookies_ = 0;
  std::string wrong_;
};

}  // namespace millrace::fuzz
