// SPDX-License-Identifier: Apache-2.0
// Flows in memory: a connected pair with bounded buffers, flows that read from given texts, flows
// that write into a string. For tests, for tools, and between the tasks of one loop.

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "flow/stream_flow.h"

namespace millrace::flow {

struct MemoryOptions {
  std::size_t capacity_bytes =
      65536;  ///< of each direction, at least 1: what a writer is ahead of its reader at most
  std::string name = "pipe";  ///< of the endpoints, mem:name
};

class MemoryFlow : public StreamFlow {
 public:
  MemoryFlow() = default;
  explicit MemoryFlow(Ref<StreamCore> core) : StreamFlow(std::move(core)) {}
};

/// Two ends of one connection. What one writes the other reads; a byte counts as acknowledged once
/// it is in the other's buffer. Aborting one end resets the other.
std::pair<MemoryFlow, MemoryFlow> memory_pair(EventLoop& loop, const MemoryOptions& options = {});

/// Reads give the texts, empty ones skipped, then the end of the stream. Writes give kClosed.
MemoryFlow memory_source(EventLoop& loop, std::vector<std::string> texts);

/// Writes append to `sink`, borrowed for the flow's life, until it holds `bytes_max`; the write
/// that exceeds that leaves what fits and gives kClosed, as does every later one. Reads give the
/// end of the stream.
MemoryFlow memory_sink(EventLoop& loop, std::string& sink, std::size_t bytes_max = SIZE_MAX);

}  // namespace millrace::flow
