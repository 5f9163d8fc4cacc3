// SPDX-License-Identifier: Apache-2.0
// The transport of a kernel socket (TCP or Unix) for flows: StreamCore's functions on a
// non-blocking descriptor, told by Asio when it is ready. Bytes go to the kernel at once; received
// ones pass through one buffer of kRxBytes.

#pragma once

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>

#include "flow/asio/asio_source.h"
#include "flow/stream_core.h"

namespace millrace::flow {

/// Name of the flows' layer: static storage.
inline constexpr std::string_view kTcpLayer = "tcp";
inline constexpr std::string_view kUnixLayer = "unix";

class SocketCore final : public StreamCore, private Timer {
 public:
  /// Takes over `fd`, a connected stream socket; the ends are asked from the kernel.
  SocketCore(AsioSource& source, int fd, const Endpoint& local, const Endpoint& peer);
  ~SocketCore() override;
  /// Looks for received bytes and waits for more; once, when a flow refers to the core.
  void start();

 protected:
  std::size_t push(ConstBytes bytes) override;
  ConstBytes readable() const override;
  void consume(std::size_t count) override;
  void finish() override;
  void reset() noexcept override;
  TransportState state() const override;

 private:
  static constexpr std::size_t kRxBytes = 64 << 10;
  static constexpr std::uint64_t kFirstLookUs = 200;  // the kernel does not tell when an ACK came:
  static constexpr std::uint64_t kLastLookUs = 10'000;  // it is asked, more and more seldom

  void on_timer() override;
  void fill();
  void wait_readable();
  void wait_writable();
  void fail(int error);
  void look();
  bool is_tcp() const { return name() == kTcpLayer; }
  std::uint64_t unacknowledged() const;

  boost::asio::posix::stream_descriptor descriptor_;
  int fd_;
  std::shared_ptr<SocketCore*> self_;  // what Asio's handlers hold; null once the core is gone
  std::unique_ptr<std::array<std::byte, kRxBytes>> rx_;
  std::size_t rx_begin_ = 0;
  std::size_t rx_end_ = 0;
  std::uint64_t pushed_ = 0;
  std::uint64_t look_us_ = kFirstLookUs;
  bool reading_ = false;  // a wait for readability is outstanding
  bool writing_ = false;
  bool finished_ = false;  // finish() was called
  bool fin_acked_ = false;
  bool peer_finished_ = false;
  std::error_code failure_;
};

}  // namespace millrace::flow
