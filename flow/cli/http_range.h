// SPDX-License-Identifier: Apache-2.0
// Which part of a file a Range field asks for (RFC 9110 14), one range at most.

#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::flow::cli {

struct HttpRange {
  enum class Kind : std::uint8_t {
    kWhole,          ///< 200: no range, or one that is to be ignored
    kPart,           ///< 206
    kUnsatisfiable,  ///< 416
  };
  Kind kind = Kind::kWhole;
  std::uint64_t first = 0;
  std::uint64_t count = 0;  ///< kPart: at least 1; kWhole: the size

  bool operator==(const HttpRange&) const = default;
};

/// `field` is the value of Range, empty without one; `size` the file's, in bytes. A field that is
/// malformed, of another unit, or of several ranges asks for the whole, as RFC 9110 14.2 allows.
HttpRange range_of(std::string_view field, std::uint64_t size);

}  // namespace millrace::flow::cli
