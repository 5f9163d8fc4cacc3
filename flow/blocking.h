// SPDX-License-Identifier: Apache-2.0
// The blocking face: a flow whose operations run the loop until they are done. For programs and
// tests that are not coroutines. Not to be called from a coroutine of the same loop.

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "flow/flow.h"

namespace millrace::flow {
namespace internal {
template <class T, class Awaitable>
Task<T> as_task(Awaitable& awaitable) {
  co_return co_await awaitable;
}
}  // namespace internal

/// Borrows the flow. Every operation may also fail with std::errc::resource_deadlock_would_occur:
/// it can never complete.
template <Flow F>
class Blocking {
 public:
  explicit Blocking(F& flow) : flow_(flow) {}

  Result<ReadResult> read(const OpOptions& options = {}) {
    auto operation = flow_.read(options);
    return flow_.loop().block_on(internal::as_task<Result<ReadResult>>(operation));
  }
  Result<std::size_t> read_into(MutableBytes space, const OpOptions& options = {}) {
    auto operation = flow_.read_into(space, options);
    return flow_.loop().block_on(internal::as_task<Result<std::size_t>>(operation));
  }
  Result<void> write(ConstBytes bytes, const OpOptions& options = {}) {
    auto operation = flow_.write(bytes, options);
    return flow_.loop().block_on(internal::as_task<Result<void>>(operation));
  }
  Result<void> writev(std::span<const ConstBytes> pieces, const OpOptions& options = {}) {
    auto operation = flow_.writev(pieces, options);
    return flow_.loop().block_on(internal::as_task<Result<void>>(operation));
  }
  Result<void> shutdown(Direction direction) {
    auto operation = flow_.shutdown(direction);
    return flow_.loop().block_on(shut(operation));
  }
  Result<CloseOutcome> close(const CloseOptions& options = {}) {
    auto operation = flow_.close(options);
    return flow_.loop().block_on(internal::as_task<CloseOutcome>(operation));
  }
  /// Everything up to the end of the stream; kTooLarge beyond `bytes_max`.
  Result<std::string> read_all(std::size_t bytes_max = SIZE_MAX) {
    std::string all;
    for (;;) {
      auto part = read();
      if (!part) return std::unexpected(std::move(part.error()));
      if (part->eof()) return all;
      if (part->data().size() > bytes_max - all.size()) {
        return std::unexpected(Error(Errc::kTooLarge, "read_all"));
      }
      all += part->data().text();
    }
  }

 private:
  template <class Awaitable>
  static Task<void> shut(Awaitable& awaitable) {
    co_await awaitable;
  }
  F& flow_;
};

}  // namespace millrace::flow
