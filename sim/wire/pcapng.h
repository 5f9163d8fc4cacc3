// SPDX-License-Identifier: Apache-2.0
// Writes captures in pcapng (draft-ietf-opsawg-pcapng): one section, an interface per wire end,
// nanosecond times. The bytes depend on the frames and their times alone.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace millrace::sim {

class PcapngWriter {
 public:
  enum class Direction : std::uint32_t { kInbound = 1, kOutbound = 2 };  // epb_flags, bits 1:0

  // Creates or empties the file; the error is a sentence with the path and the system's reason.
  static std::expected<std::unique_ptr<PcapngWriter>, std::string> open(const std::string& path);

  // Describes one more interface and returns its number.
  std::uint32_t add_interface(std::string_view name);

  // `time_ns` counts from the epoch of the file (1970 as far as readers know).
  void write(std::uint32_t interface, std::uint64_t time_ns, Direction direction,
             std::span<const std::byte> frame, bool bad_fcs = false);

  // Hands what is buffered to the system, for readers that look on; done at destruction as well.
  void flush() { std::fflush(file_.get()); }

  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  PcapngWriter(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}
  void put(const void* data, std::size_t bytes) { std::fwrite(data, 1, bytes, file_.get()); }
  void put32(std::uint32_t value) { put(&value, sizeof value); }
  void put_option(std::uint16_t code, const void* data, std::uint16_t bytes);

  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
  std::uint32_t interfaces_ = 0;
};

}  // namespace millrace::sim
