// SPDX-License-Identifier: Apache-2.0
// packetdrill's binary interface to a stack in a shared object (`packetdrill --so_filename=...`): a
// table of functions in packetdrill's order, which packetdrill_interface_init fills. The names and
// the order are its; members that the card does not offer are there for the layout.

#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>

namespace millrace::packetdrill {

// Each function gets `userdata` first and otherwise is what the system call of its name is: errors
// are -1 with errno.
struct Interface {
  void* userdata;
  void (*free)(void*);
  int (*socket)(void*, int domain, int type, int protocol);
  int (*bind)(void*, int fd, const sockaddr*, socklen_t);
  int (*listen)(void*, int fd, int backlog);
  int (*accept)(void*, int fd, sockaddr*, socklen_t*);
  int (*connect)(void*, int fd, const sockaddr*, socklen_t);
  ssize_t (*read)(void*, int fd, void*, std::size_t);
  ssize_t (*readv)(void*, int fd, const iovec*, int);
  ssize_t (*recv)(void*, int fd, void*, std::size_t, int flags);
  ssize_t (*recvfrom)(void*, int fd, void*, std::size_t, int flags, sockaddr*, socklen_t*);
  ssize_t (*recvmsg)(void*, int fd, msghdr*, int flags);
  ssize_t (*write)(void*, int fd, const void*, std::size_t);
  ssize_t (*writev)(void*, int fd, const iovec*, int);
  ssize_t (*send)(void*, int fd, const void*, std::size_t, int flags);
  ssize_t (*sendto)(void*, int fd, const void*, std::size_t, int flags, const sockaddr*, socklen_t);
  ssize_t (*sendmsg)(void*, int fd, const msghdr*, int flags);
  int (*fcntl)(void*, int fd, int command, ...);
  int (*ioctl)(void*, int fd, unsigned long request, ...);
  int (*close)(void*, int fd);
  int (*shutdown)(void*, int fd, int how);
  int (*getsockopt)(void*, int fd, int level, int name, void*, socklen_t*);
  int (*setsockopt)(void*, int fd, int level, int name, const void*, socklen_t);
  int (*poll)(void*, pollfd*, nfds_t, int timeout_ms);
  // An IP packet for the stack.
  int (*netdev_send)(void*, const void* packet, std::size_t bytes);
  // The next IP packet that leaves the stack; *bytes is the buffer's size and becomes the packet's,
  // 0 if none leaves. *time_us is when it left.
  int (*netdev_receive)(void*, void* packet, std::size_t* bytes, long long* time_us);
  int (*usleep)(void*, useconds_t);
  int (*gettimeofday)(void*, timeval*, struct timezone*);
  int (*epoll_create)(void*, int);
  int (*epoll_ctl)(void*, int epoll, int operation, int fd, epoll_event*);
  int (*epoll_wait)(void*, int epoll, epoll_event*, int most, int timeout_ms);
  int (*pipe)(void*, int fds[2]);
  ssize_t (*splice)(void*, int from, loff_t*, int to, loff_t*, std::size_t, unsigned flags);
};

}  // namespace millrace::packetdrill

// `flags` (`--so_flags`): options of a script as `name=value`, separated by commas (README.md). On
// a mistake it says so and ends the process, as there is no way to return it.
extern "C" void packetdrill_interface_init(const char* flags,
                                           millrace::packetdrill::Interface* table);
