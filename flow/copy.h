// SPDX-License-Identifier: Apache-2.0
// Moving streams between flows: copy in one direction, proxy in both.

#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "flow/flow.h"
#include "flow/when_all.h"

namespace millrace::flow {

/// Bytes, operations that carried them, and the time of the source flow's clock, which never
/// decreases.
struct CopyStats {
  std::uint64_t read_bytes = 0;
  std::uint64_t read_ops = 0;
  std::uint64_t write_bytes = 0;
  std::uint64_t write_ops = 0;
  std::uint64_t duration_us = 0;
};

/// "3.2 MiB at 1.6 MiB/s and 410 op/s"; without rates if no time passed.
std::string to_string(const CopyStats& stats);
/// "512 B", "1.5 KiB", "3.2 MiB", ...
std::string human_bytes(double bytes);

struct CopyResult {
  CopyStats stats;
  std::optional<Error> read_error;   ///< the source failed
  std::optional<Error> write_error;  ///< the destination failed; at most one of the two is set
  bool ok() const { return !read_error && !write_error; }
};

/// Reads `src` and writes what it gave to `dst` until the end of the stream, an error or a stop
/// request (kCancelled as read_error). Closes and shuts down nothing. The flows must live until the
/// task has ended.
template <Flow Src, Flow Dst>
Task<CopyResult> copy(Src& src, Dst& dst, std::stop_token stop = {}) {
  CopyResult result;
  OpOptions options;
  options.stop = stop;
  const std::uint64_t start_us = src.loop().now_us();
  for (;;) {
    auto read = co_await src.read(options);
    if (!read) {
      result.read_error = std::move(read.error());
      break;
    }
    if (read->eof()) break;
    const std::uint64_t size = read->data().size();
    result.stats.read_bytes += size;
    ++result.stats.read_ops;
    TxBuffer bytes(std::move(read->data()));
    auto written = co_await dst.write(std::move(bytes), options);
    if (!written) {
      result.stats.write_bytes += written.error().transferred;
      result.write_error = std::move(written.error());
      break;
    }
    result.stats.write_bytes += size;
    ++result.stats.write_ops;
  }
  result.stats.duration_us = src.loop().now_us() - start_us;
  co_return result;
}

struct ProxyResult {
  CopyResult a_to_b;
  CopyResult b_to_a;
  bool ok() const { return a_to_b.ok() && b_to_a.ok(); }
};

namespace internal {
template <Flow Src, Flow Dst>
Task<void> proxy_half(Src& src, Dst& dst, std::stop_source& stop, CopyResult& result) {
  result = co_await flow::copy(src, dst, stop.get_token());
  if (result.ok()) {
    co_await dst.shutdown(Direction::kWrite);
  } else {
    stop.request_stop();
  }
}
}  // namespace internal

/// Copies both ways at once. The end of one side's stream becomes the end of what the other
/// receives (shutdown(write)) while the other direction goes on. An error in one direction ends the
/// other at once (its error is kCancelled), then both flows are aborted, so that neither peer takes
/// a cut stream for a whole one. Returns when both directions have ended. Closes neither flow
/// otherwise.
template <Flow A, Flow B>
Task<ProxyResult> proxy(A& a, B& b) {
  ProxyResult result;
  std::stop_source stop;
  co_await when_all(internal::proxy_half(a, b, stop, result.a_to_b),
                    internal::proxy_half(b, a, stop, result.b_to_a));
  if (!result.ok()) {
    a.abort();
    b.abort();
  }
  co_return result;
}

}  // namespace millrace::flow
