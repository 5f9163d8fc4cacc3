// SPDX-License-Identifier: Apache-2.0
// The table that packetdrill calls: every function enters the stage and hands on.

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/scripts/packetdrill/interface.h"
#include "tests/scripts/packetdrill/sockets.h"
#include "tests/scripts/packetdrill/stage.h"

namespace millrace::packetdrill {
namespace {

// packetdrill's clock is not that of the script: it begins in the year 2001, never at zero.
constexpr std::int64_t kEpochUs = std::int64_t{1'000'000'000} * 1'000'000;
// For so long nothing leaves the card: then nothing will (longer than any timeout's bound).
constexpr std::int64_t kSilenceUs = 130'000'000;
constexpr std::size_t kEthernetBytes = 14;

struct Stack {
  explicit Stack(std::unique_ptr<script::World> world) : stage(std::move(world)), sockets(stage) {}
  Stage stage;
  Sockets sockets;
};

Stack& of(void* userdata) { return *static_cast<Stack*>(userdata); }

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "millrace: %s\n", why.c_str());
  std::exit(1);
}

// "name=value,name=value" as the options of a script.
script::Script options_of(std::string_view flags) {
  script::Script script;
  // packetdrill's remote ends are behind its gateway; here each is a neighbour.
  script.options.push_back({.line = 0, .name = "netmask", .value = "0"});
  // Nagle is on for every new socket, as public suites expect it.
  script.options.push_back({.line = 0, .name = "nodelay", .value = "off"});
  while (!flags.empty()) {
    const std::string_view word = flags.substr(0, flags.find(','));
    flags.remove_prefix(std::min(flags.size(), word.size() + 1));
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) die("--so_flags: " + std::string(word) + ": no value");
    script.options.push_back({.line = 0,
                              .name = std::string(word.substr(0, equals)),
                              .value = std::string(word.substr(equals + 1))});
  }
  return script;
}

template <typename Call>
auto entered(void* userdata, Call call) {
  Stack& stack = of(userdata);
  Lock lock = stack.stage.enter();
  return call(stack, lock);
}

// ---- Sockets -----------------------------------------------------------------------------------

int do_socket(void* u, int /*domain*/, int type, int /*protocol*/) {
  return static_cast<int>(entered(u, [&](Stack& s, Lock&) { return s.sockets.socket(type); }));
}
int do_bind(void* u, int fd, const sockaddr* address, socklen_t /*length*/) {
  return static_cast<int>(entered(u, [&](Stack& s, Lock&) { return s.sockets.bind(fd, address); }));
}
int do_listen(void* u, int fd, int backlog) {
  return static_cast<int>(
      entered(u, [&](Stack& s, Lock&) { return s.sockets.listen(fd, backlog); }));
}
int do_accept(void* u, int fd, sockaddr* address, socklen_t* length) {
  return static_cast<int>(entered(
      u, [&](Stack& s, Lock& lock) { return s.sockets.accept(lock, fd, address, length); }));
}
int do_connect(void* u, int fd, const sockaddr* address, socklen_t /*length*/) {
  return static_cast<int>(
      entered(u, [&](Stack& s, Lock& lock) { return s.sockets.connect(lock, fd, address); }));
}

ssize_t receive(void* u, int fd, std::span<const iovec> parts, int flags) {
  return entered(u, [&](Stack& s, Lock& lock) { return s.sockets.read(lock, fd, parts, flags); });
}
ssize_t transmit(void* u, int fd, std::span<const iovec> parts, int flags) {
  return entered(u, [&](Stack& s, Lock& lock) { return s.sockets.write(lock, fd, parts, flags); });
}
ssize_t do_recv(void* u, int fd, void* bytes, std::size_t count, int flags) {
  const iovec part{bytes, count};
  return receive(u, fd, {&part, 1}, flags);
}
ssize_t do_read(void* u, int fd, void* bytes, std::size_t count) {
  return do_recv(u, fd, bytes, count, 0);
}
ssize_t do_readv(void* u, int fd, const iovec* parts, int count) {
  return receive(u, fd, {parts, static_cast<std::size_t>(count)}, 0);
}
ssize_t do_recvfrom(void* u, int fd, void* bytes, std::size_t count, int flags,
                    sockaddr* /*address*/, socklen_t* length) {
  if (length != nullptr) *length = 0;  // as of a connected socket
  return do_recv(u, fd, bytes, count, flags);
}
ssize_t do_recvmsg(void* u, int fd, msghdr* message, int flags) {
  message->msg_flags = 0;
  message->msg_controllen = 0;
  return receive(u, fd, {message->msg_iov, message->msg_iovlen}, flags);
}
ssize_t do_send(void* u, int fd, const void* bytes, std::size_t count, int flags) {
  const iovec part{const_cast<void*>(bytes), count};
  return transmit(u, fd, {&part, 1}, flags);
}
ssize_t do_write(void* u, int fd, const void* bytes, std::size_t count) {
  return do_send(u, fd, bytes, count, 0);
}
ssize_t do_writev(void* u, int fd, const iovec* parts, int count) {
  return transmit(u, fd, {parts, static_cast<std::size_t>(count)}, 0);
}
ssize_t do_sendto(void* u, int fd, const void* bytes, std::size_t count, int flags,
                  const sockaddr* /*address*/, socklen_t /*length*/) {
  return do_send(u, fd, bytes, count, flags);
}
ssize_t do_sendmsg(void* u, int fd, const msghdr* message, int flags) {
  return transmit(u, fd, {message->msg_iov, message->msg_iovlen}, flags);
}

int do_fcntl(void* u, int fd, int command, ...) {
  va_list more;
  va_start(more, command);
  const long argument = va_arg(more, long);
  va_end(more);
  return static_cast<int>(
      entered(u, [&](Stack& s, Lock&) { return s.sockets.control(fd, command, argument); }));
}
int do_ioctl(void* u, int fd, unsigned long request, ...) {
  va_list more;
  va_start(more, request);
  int* const argument = va_arg(more, int*);
  va_end(more);
  return static_cast<int>(
      entered(u, [&](Stack& s, Lock&) { return s.sockets.io_control(fd, request, argument); }));
}
int do_close(void* u, int fd) {
  return static_cast<int>(entered(u, [&](Stack& s, Lock&) { return s.sockets.close(fd); }));
}
int do_shutdown(void* u, int fd, int how) {
  return static_cast<int>(entered(u, [&](Stack& s, Lock&) { return s.sockets.shutdown(fd, how); }));
}
int do_getsockopt(void* u, int fd, int level, int name, void* value, socklen_t* length) {
  return static_cast<int>(entered(
      u, [&](Stack& s, Lock&) { return s.sockets.get_option(fd, level, name, value, length); }));
}
int do_setsockopt(void* u, int fd, int level, int name, const void* value, socklen_t length) {
  return static_cast<int>(entered(
      u, [&](Stack& s, Lock&) { return s.sockets.set_option(fd, level, name, value, length); }));
}
int do_poll(void* u, pollfd* fds, nfds_t count, int timeout_ms) {
  return static_cast<int>(entered(
      u, [&](Stack& s, Lock& lock) { return s.sockets.poll(lock, fds, count, timeout_ms); }));
}
int do_epoll_create(void* u, int /*size*/) {
  return static_cast<int>(entered(u, [&](Stack& s, Lock&) { return s.sockets.epoll_create(); }));
}
int do_epoll_ctl(void* u, int epoll, int operation, int fd, epoll_event* event) {
  return static_cast<int>(entered(
      u, [&](Stack& s, Lock&) { return s.sockets.epoll_control(epoll, operation, fd, event); }));
}
int do_epoll_wait(void* u, int epoll, epoll_event* events, int most, int timeout_ms) {
  return static_cast<int>(entered(u, [&](Stack& s, Lock& lock) {
    return s.sockets.epoll_wait(lock, epoll, events, most, timeout_ms);
  }));
}
int do_pipe(void* /*u*/, int* /*fds*/) {
  errno = ENOSYS;
  return -1;
}
ssize_t do_splice(void* /*u*/, int /*from*/, loff_t* /*from_at*/, int /*to*/, loff_t* /*to_at*/,
                  std::size_t /*count*/, unsigned /*flags*/) {
  errno = ENOSYS;
  return -1;
}

// ---- Wire and time -----------------------------------------------------------------------------

int netdev_send(void* u, const void* packet, std::size_t bytes) {
  return entered(u, [&](Stack& s, Lock&) {
    const auto* octets = static_cast<const std::byte*>(packet);
    const bool v6 = (std::to_integer<unsigned>(octets[0]) >> 4) == 6;
    script::Bytes frame;
    for (const auto octet : script::World::kCardMac) frame.push_back(std::byte{octet});
    for (const auto octet : script::World::kRemoteMac) frame.push_back(std::byte{octet});
    frame.push_back(std::byte{static_cast<unsigned char>(v6 ? 0x86 : 0x08)});
    frame.push_back(std::byte{static_cast<unsigned char>(v6 ? 0xDD : 0x00)});
    frame.insert(frame.end(), octets, octets + bytes);
    s.stage.world().inject(frame, false);
    s.stage.settle();
    return 0;
  });
}

// Bytes of the IP packet in a frame, which may be padded behind it.
std::size_t packet_bytes(const script::Bytes& frame) {
  const auto at = [&frame](std::size_t i) {
    return std::to_integer<std::size_t>(frame[kEthernetBytes + i]);
  };
  return (at(0) >> 4) == 6 ? 40 + (at(4) << 8 | at(5)) : (at(2) << 8 | at(3));
}

int netdev_receive(void* u, void* packet, std::size_t* bytes, long long* time_us) {
  return entered(u, [&](Stack& s, Lock& lock) {
    script::World& world = s.stage.world();
    auto& sent = world.sent();
    s.stage.pass(lock, world.now_us() + kSilenceUs, [&sent] { return !sent.empty(); });
    if (sent.empty()) {
      *bytes = 0;
      return 0;
    }
    const auto one = std::move(sent.front());
    sent.pop_front();
    *bytes = std::min(*bytes, packet_bytes(one.frame));
    std::memcpy(packet, one.frame.data() + kEthernetBytes, *bytes);
    *time_us = kEpochUs + one.time_us;
    return 0;
  });
}

int do_usleep(void* u, useconds_t us) {
  return entered(u, [&](Stack& s, Lock& lock) {
    s.stage.pass(lock, s.stage.world().now_us() + us, [] { return false; });
    return 0;
  });
}

int do_gettimeofday(void* u, timeval* time, struct timezone* /*zone*/) {
  return entered(u, [&](Stack& s, Lock& lock) {
    const std::int64_t now = kEpochUs + s.stage.look_at_clock(lock);
    time->tv_sec = now / 1'000'000;
    time->tv_usec = now % 1'000'000;
    return 0;
  });
}

void do_free(void* u) { delete static_cast<Stack*>(u); }

}  // namespace
}  // namespace millrace::packetdrill

extern "C" __attribute__((visibility("default"))) void packetdrill_interface_init(
    const char* flags, millrace::packetdrill::Interface* table) {
  using namespace millrace;
  using namespace millrace::packetdrill;
  const auto settings = script::settings_of(options_of(flags == nullptr ? "" : flags));
  if (!settings) die("--so_flags: " + settings.error().text);
  const char* capture = std::getenv("MILLRACE_CAPTURE");
  auto world = script::World::make(*settings, capture == nullptr ? "" : capture);
  if (!world) die(world.error());
  *table = {.userdata = new Stack(std::move(*world)),
            .free = do_free,
            .socket = do_socket,
            .bind = do_bind,
            .listen = do_listen,
            .accept = do_accept,
            .connect = do_connect,
            .read = do_read,
            .readv = do_readv,
            .recv = do_recv,
            .recvfrom = do_recvfrom,
            .recvmsg = do_recvmsg,
            .write = do_write,
            .writev = do_writev,
            .send = do_send,
            .sendto = do_sendto,
            .sendmsg = do_sendmsg,
            .fcntl = do_fcntl,
            .ioctl = do_ioctl,
            .close = do_close,
            .shutdown = do_shutdown,
            .getsockopt = do_getsockopt,
            .setsockopt = do_setsockopt,
            .poll = do_poll,
            .netdev_send = netdev_send,
            .netdev_receive = netdev_receive,
            .usleep = do_usleep,
            .gettimeofday = do_gettimeofday,
            .epoll_create = do_epoll_create,
            .epoll_ctl = do_epoll_ctl,
            .epoll_wait = do_epoll_wait,
            .pipe = do_pipe,
            .splice = do_splice};
}
