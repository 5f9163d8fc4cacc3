// SPDX-License-Identifier: Apache-2.0
// The bytes of a script's streams: each offset has its own byte, different wherever an offset, a
// direction or a peer is mistaken.

#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace::script {

// Names of streams: one per direction and peer; `pattern` N of a segment is another one.
constexpr std::uint64_t local_stream(unsigned peer) { return 2 * std::uint64_t{peer}; }
constexpr std::uint64_t remote_stream(unsigned peer) { return 2 * std::uint64_t{peer} + 1; }
constexpr std::uint64_t other_stream(std::uint32_t pattern) { return 1'000'000U + pattern; }

inline std::byte stream_byte(std::uint64_t stream, std::uint64_t offset) {
  const std::uint64_t word =
      (offset >> 3) * 0x9E3779B97F4A7C15U + (stream + 1) * 0xD1B54A32D192ED03U;
  return static_cast<std::byte>((word ^ (word >> 29)) >> ((offset & 7) * 8));
}

}  // namespace millrace::script
