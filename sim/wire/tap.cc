// SPDX-License-Identifier: Apache-2.0
// TUNSETIFF and non-blocking reads and writes of whole frames.

#include "sim/wire/tap.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace millrace::sim {
std::expected<std::unique_ptr<TapWire>, std::string> TapWire::open(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return std::unexpected("TAP name \"" + name + "\" must have 1 to 15 characters");
  }
  const int fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    return std::unexpected(std::string("cannot open /dev/net/tun: ") + std::strerror(errno));
  }
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(fd, TUNSETIFF, &request) != 0) {
    const std::string reason = std::strerror(errno);
    ::close(fd);
    return std::unexpected("cannot attach to TAP " + name + ": " + reason +
                           " (create it with: ip tuntap add " + name + " mode tap)");
  }
  return std::unique_ptr<TapWire>(new TapWire(fd));
}

TapWire::~TapWire() { ::close(fd_); }

void TapWire::send(std::uint64_t, Frame& frame) {
  if (::write(fd_, frame.bytes.data(), frame.bytes.size()) < 0) ++dropped_;
  frame.bytes.clear();
}

void TapWire::poll() {
  if (!staged_.bytes.empty()) return;
  const ssize_t got = ::read(fd_, buffer_.data(), buffer_.size());
  if (got <= 0) return;
  staged_.bytes.assign(buffer_.begin(), buffer_.begin() + got);
  // The kernel hands over short frames unpadded, a MAC never would.
  if (staged_.bytes.size() < kMinFrameBytes) staged_.bytes.resize(kMinFrameBytes);
}

bool TapWire::receive(std::uint64_t, Frame& frame) {
  if (staged_.bytes.empty()) return false;
  std::swap(frame, staged_);
  frame.bad_fcs = false;
  staged_.bytes.clear();
  poll();
  return true;
}

}  // namespace millrace::sim
