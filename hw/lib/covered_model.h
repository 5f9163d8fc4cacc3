// SPDX-License-Identifier: Apache-2.0
// A Verilated model that leaves behind which lines and cover points of the RTL it visited, in
// builds with MILLRACE_COVERAGE; in all others it is just the model.

#pragma once

#include <verilated.h>
#ifdef MILLRACE_COVERAGE
#include <verilated_cov.h>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#endif

namespace millrace {

#ifdef MILLRACE_COVERAGE
// One file for each model in the folder $MILLRACE_COVERAGE_DIR, if that is set. The model must
// still live, as the counts are in it.
inline void save_coverage(VerilatedContext& context) {
  static std::atomic<unsigned> number = 0;
  const char* folder = std::getenv("MILLRACE_COVERAGE_DIR");
  if (folder == nullptr) return;
  const std::string path = std::string(folder) + "/" + std::to_string(getpid()) + "-" +
                           std::to_string(number++) + ".dat";
  context.coveragep()->write(path.c_str());
}

template <typename Model>
class Covered final : public Model {
 public:
  using Model::Model;
  ~Covered() override { save_coverage(*this->contextp()); }
};
#else
template <typename Model>
using Covered = Model;
#endif

}  // namespace millrace
