// SPDX-License-Identifier: Apache-2.0
// What the conformance suite needs of a kind of flow: connected pairs, time, and a few facts and
// faults. A backend's test program defines conformance_backends() and links the suite.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "flow/any_flow.h"

namespace millrace::flow::conformance {

struct Ends {
  AnyFlow near;  ///< the flow under test
  AnyFlow far;   ///< the remote end
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual EventLoop& loop() = 0;
  /// Two ends of a new connection, of the kind under test both, or why not.
  virtual Result<Ends> make_pair() = 0;

  /// The most bytes that writes can be ahead of a remote that never reads: send buffer and receive
  /// window.
  virtual std::uint64_t ahead_bytes_max() const = 0;
  /// After this time an operation that has not completed counts as pending.
  virtual std::uint64_t quiet_us() const { return 200'000; }
  /// A limit for everything that must complete; generous, of the loop's clock.
  virtual std::uint64_t patience_us() const { return 60'000'000; }
  /// What stands for "for ever" and for "hours".
  virtual std::uint64_t long_us() const { return 3 * 3600 * std::uint64_t{1'000'000}; }
  /// How much a bulk transfer moves; what a statement asks for is divided by this.
  virtual std::uint64_t bulk_divisor() const { return 1; }
  /// Makes the path between the ends lossy, reordering and duplicating, or perfect again. False: it
  /// cannot be.
  virtual bool set_faults(bool) { return false; }
  /// After all flows of the pairs are closed and destroyed: what is still held, or nothing. May
  /// pass time.
  virtual std::optional<std::string> leak() { return std::nullopt; }
  /// Attempts to connect where nobody listens; nothing if there is no such thing.
  virtual std::optional<Error> refused() { return std::nullopt; }
  /// Why a statement does not apply to this kind of flow, or nothing.
  virtual std::optional<std::string> not_applicable(int) const { return std::nullopt; }
};

struct BackendEntry {
  std::string name;
  std::function<std::unique_ptr<Backend>()> make;
};

inline void PrintTo(const BackendEntry& entry, std::ostream* out) { *out << entry.name; }

/// Defined by the test program.
std::vector<BackendEntry> conformance_backends();

}  // namespace millrace::flow::conformance
