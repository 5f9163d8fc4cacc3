// SPDX-License-Identifier: Apache-2.0
// The conformance suite on flows in memory, in virtual time.

#include "flow/memory_flow.h"
#include "tests/conformance/backend.h"

namespace millrace::flow::conformance {
namespace {

class MemoryBackend final : public Backend {
 public:
  explicit MemoryBackend(std::size_t capacity_bytes) {
    options_.capacity_bytes = capacity_bytes;
    loop_.add(clock_);
  }
  EventLoop& loop() override { return loop_; }
  Result<Ends> make_pair() override {
    auto [near, far] = memory_pair(loop_, options_);
    return Ends{AnyFlow(std::move(near)), AnyFlow(std::move(far))};
  }
  std::uint64_t ahead_bytes_max() const override { return options_.capacity_bytes; }

 private:
  VirtualClock clock_;
  EventLoop loop_{clock_};
  MemoryOptions options_;
};

}  // namespace

std::vector<BackendEntry> conformance_backends() {
  return {
      {"Memory64KiB", [] { return std::make_unique<MemoryBackend>(65536); }},
      {"Memory4099", [] { return std::make_unique<MemoryBackend>(4099); }},
  };
}

}  // namespace millrace::flow::conformance
