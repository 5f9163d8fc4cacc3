// SPDX-License-Identifier: Apache-2.0
// The blocks of pcapng in the machine's byte order, as the format wants.

#include "sim/wire/pcapng.h"

#include <cerrno>
#include <cstring>

namespace millrace::sim {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint16_t kOptionName = 2;        // if_name
constexpr std::uint16_t kOptionFlags = 2;       // epb_flags
constexpr std::uint16_t kOptionResolution = 9;  // if_tsresol
constexpr std::uint32_t kFlagCrcError = 1u << 24;
constexpr std::uint16_t kLinkTypeEthernet = 1;

std::uint32_t padded(std::size_t bytes) { return static_cast<std::uint32_t>((bytes + 3) & ~3u); }

}  // namespace

std::expected<std::unique_ptr<PcapngWriter>, std::string> PcapngWriter::open(
    const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    return std::unexpected("cannot write capture " + path + ": " + std::strerror(errno));
  }
  std::setvbuf(file, nullptr, _IOFBF, 256 * 1024);
  std::unique_ptr<PcapngWriter> writer(new PcapngWriter(file, path));
  writer->put32(kSectionHeader);
  writer->put32(28);
  writer->put32(0x1A2B3C4D);
  writer->put32(1);           // version 1.0
  writer->put32(0xFFFFFFFF);  // section length: not given
  writer->put32(0xFFFFFFFF);
  writer->put32(28);
  return writer;
}

void PcapngWriter::put_option(std::uint16_t code, const void* data, std::uint16_t bytes) {
  put(&code, 2);
  put(&bytes, 2);
  put(data, bytes);
  const std::uint32_t zero = 0;
  put(&zero, padded(bytes) - bytes);
}

std::uint32_t PcapngWriter::add_interface(std::string_view name) {
  const std::uint32_t length = 20 + (4 + padded(name.size())) + 8 + 4;
  put32(kInterfaceDescription);
  put32(length);
  put32(kLinkTypeEthernet);
  put32(0);  // snap length: none
  put_option(kOptionName, name.data(), static_cast<std::uint16_t>(name.size()));
  const std::uint8_t resolution = 9;  // 10^-9 s
  put_option(kOptionResolution, &resolution, 1);
  put32(0);  // end of options
  put32(length);
  return interfaces_++;
}

void PcapngWriter::write(std::uint32_t interface, std::uint64_t time_ns, Direction direction,
                         std::span<const std::byte> frame, bool bad_fcs) {
  const std::uint32_t length = 32 + padded(frame.size()) + 8 + 4;
  const std::uint32_t zero = 0;
  put32(kEnhancedPacket);
  put32(length);
  put32(interface);
  put32(static_cast<std::uint32_t>(time_ns >> 32));
  put32(static_cast<std::uint32_t>(time_ns));
  put32(static_cast<std::uint32_t>(frame.size()));
  put32(static_cast<std::uint32_t>(frame.size()));
  put(frame.data(), frame.size());
  put(&zero, padded(frame.size()) - frame.size());
  const std::uint32_t flags = static_cast<std::uint32_t>(direction) | (bad_fcs ? kFlagCrcError : 0);
  put_option(kOptionFlags, &flags, sizeof flags);
  put32(0);
  put32(length);
}

}  // namespace millrace::sim
