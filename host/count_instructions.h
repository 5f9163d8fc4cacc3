// SPDX-License-Identifier: Apache-2.0
// For tests that state costs: counts the instructions of a piece of code exactly, by stepping a
// child process through it. The figure is the same on every run of one build.

#pragma once

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MILLRACE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer) || \
    __has_feature(thread_sanitizer)
#define MILLRACE_SANITIZED 1
#endif
#endif
#ifndef MILLRACE_SANITIZED
#define MILLRACE_SANITIZED 0  // 1: a sanitizer adds instructions of its own
#endif

namespace millrace::host {

class InstructionCount {
 public:
  struct Result {
    std::optional<long> instructions;  // nothing if stepping is not allowed here
    int exit_code = -1;
  };

  // Runs `work(count)` in a child; work calls count.begin() and count.end() around what is to be
  // counted, once, and returns the child's exit code.
  template <class Work>
  static Result of(Work work) {
    InstructionCount count;
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      ::_exit(work(count));
    }
    return count.follow(pid);
  }

  void begin() {
    ::raise(SIGSTOP);
    *phase_ = kCounting;
  }
  void end() { *phase_ = kDone; }

 private:
  enum Phase : int { kOutside = 0, kCounting = 1, kDone = 2 };

  InstructionCount()
      : phase_(static_cast<volatile int*>(::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE,
                                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    *phase_ = kOutside;
  }

  Result follow(pid_t pid) const {
    Result result{.instructions = 0};
    int status = 0;
    ::waitpid(pid, &status, WUNTRACED);
    while (WIFSTOPPED(status) && *phase_ != kDone) {
      if (::ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) != 0) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, &status, 0);
        return {};
      }
      ::waitpid(pid, &status, 0);
      if (*phase_ == kCounting) ++*result.instructions;
    }
    ::ptrace(PTRACE_CONT, pid, nullptr, nullptr);
    while (WIFSTOPPED(status)) ::waitpid(pid, &status, 0);
    ::munmap(const_cast<int*>(phase_), sizeof(int));
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    return result;
  }

  volatile int* phase_;
};

}  // namespace millrace::host
