// SPDX-License-Identifier: Apache-2.0
// Assertions for errors of the programmer, on in every build. What a peer, a card or a user can
// cause is an Error.

#pragma once

#include <cstdio>
#include <cstdlib>

namespace millrace::host {

[[noreturn]] inline void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace millrace::host

#define MILLRACE_ASSERT(condition)                   \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::millrace::host::assertion_failed(#condition, __FILE__, __LINE__))
