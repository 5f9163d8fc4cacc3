// SPDX-License-Identifier: Apache-2.0
// Kernel sockets as a transport.

#include "flow/asio/socket_core.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace millrace::flow {
namespace {

std::error_code code_of(int error) {
  switch (error) {
    case EPIPE:
    case ECONNRESET:
      return make_error_code(Errc::kConnectionReset);
    case ETIMEDOUT:
      return make_error_code(Errc::kTimedOut);
    case ECONNREFUSED:
      return make_error_code(Errc::kRefused);
    case EHOSTUNREACH:
    case ENETUNREACH:
      return make_error_code(Errc::kHostUnreachable);
    case ENOBUFS:
    case ENOMEM:
      return make_error_code(Errc::kNoBufferSpace);
    default:
      return make_error_code(Errc::kConnectionAborted);
  }
}

bool again(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

SocketCore::SocketCore(AsioSource& source, int fd, const Endpoint& local, const Endpoint& peer)
    : StreamCore(source.loop(), local.scheme == "unix" ? kUnixLayer : kTcpLayer, local, peer),
      descriptor_(source.context(), fd),
      fd_(fd),
      self_(std::make_shared<SocketCore*>(this)),
      rx_(std::make_unique<std::array<std::byte, kRxBytes>>()) {
  const int on = 1;
  if (is_tcp()) ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

SocketCore::~SocketCore() {
  *self_ = nullptr;
  loop().disarm(*this);
}

void SocketCore::start() { fill(); }

std::size_t SocketCore::push(ConstBytes bytes) {
  if (failure_ || finished_) return 0;
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t sent =
        ::send(fd_, bytes.data() + done, bytes.size() - done, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (again(errno)) {
        wait_writable();
      } else {
        fail(errno);
      }
      break;
    }
    done += static_cast<std::size_t>(sent);
  }
  pushed_ += done;
  if (done != 0) look();
  return done;
}

ConstBytes SocketCore::readable() const {
  return ConstBytes(*rx_).subspan(rx_begin_, rx_end_ - rx_begin_);
}

void SocketCore::consume(std::size_t count) {
  rx_begin_ += count;
  if (rx_begin_ == rx_end_) fill();
}

void SocketCore::finish() {
  finished_ = true;
  if (failure_) return;
  ::shutdown(fd_, SHUT_WR);
  look();
}

void SocketCore::reset() noexcept {
  if (fd_ < 0) return;
  failure_ = make_error_code(Errc::kConnectionAborted);
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  fd_ = -1;
  loop().disarm(*this);
}

TransportState SocketCore::state() const {
  return {.peer_finished = peer_finished_,
          .fin_acked = fin_acked_,
          .failure = failure_,
          .acked = fin_acked_ ? pushed_ : pushed_ - std::min(pushed_, unacknowledged())};
}

// Bytes the peer's TCP has not acknowledged (tcp(7), SIOCOUTQ). A Unix socket has them at the peer
// at once.
std::uint64_t SocketCore::unacknowledged() const {
  int count = 0;
  if (fd_ < 0 || !is_tcp() || ::ioctl(fd_, SIOCOUTQ, &count) != 0) return 0;
  return static_cast<std::uint64_t>(std::max(count, 0));
}

void SocketCore::fail(int error) {
  if (!failure_) failure_ = code_of(error);
  changed();
}

// Receives what there is, and asks to be told of more if that is nothing.
void SocketCore::fill() {
  if (failure_ || peer_finished_ || rx_begin_ != rx_end_) return;
  ssize_t got = 0;
  do {
    got = ::recv(fd_, rx_->data(), rx_->size(), MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  rx_begin_ = 0;
  rx_end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  if (got < 0) {
    if (again(errno)) {
      wait_readable();
      return;
    }
    fail(errno);
    return;
  }
  if (got == 0) peer_finished_ = true;
  changed();
}

void SocketCore::wait_readable() {
  if (reading_) return;
  reading_ = true;
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [self = self_](boost::system::error_code code) {
                           SocketCore* core = *self;
                           if (core == nullptr) return;
                           core->reading_ = false;
                           if (!code) core->fill();
                         });
}

void SocketCore::wait_writable() {
  if (writing_) return;
  writing_ = true;
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_write,
                         [self = self_](boost::system::error_code code) {
                           SocketCore* core = *self;
                           if (core == nullptr) return;
                           core->writing_ = false;
                           if (!code) core->changed();
                         });
}

void SocketCore::look() {
  look_us_ = kFirstLookUs;
  if (!armed()) loop().arm(*this, loop().in_us(look_us_));
}

void SocketCore::on_timer() {
  if (failure_ || fd_ < 0) return;
  if (unacknowledged() != 0) {
    look_us_ = std::min(2 * look_us_, kLastLookUs);
    loop().arm(*this, loop().in_us(look_us_));
  } else if (finished_ && !fin_acked_) {
    tcp_info info{};
    socklen_t size = sizeof info;
    const bool known = is_tcp() && ::getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
    const bool waiting =
        known && (info.tcpi_state == TCP_FIN_WAIT1 || info.tcpi_state == TCP_CLOSING ||
                  info.tcpi_state == TCP_LAST_ACK);
    fin_acked_ = !waiting;
    look_us_ = std::min(2 * look_us_, kLastLookUs);
    if (waiting) loop().arm(*this, loop().in_us(look_us_));
  }
  changed();
}

}  // namespace millrace::flow
