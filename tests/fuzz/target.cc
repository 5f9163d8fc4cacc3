// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry: MILLRACE_FUZZ_TARGET is fuzz_frames or fuzz_entries. What is wrong ends the
// process, and libFuzzer keeps the input.

#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string wrong = millrace::fuzz::MILLRACE_FUZZ_TARGET({data, size}).wrong;
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", wrong.c_str());
  std::abort();
}
