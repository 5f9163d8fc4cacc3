// SPDX-License-Identifier: Apache-2.0
// The octets of TCP options.

#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "tests/scripts/runner/ast.h"

namespace millrace::script {

// In their order, paddings apart: an end of list ends it and must be followed by zeros only.
std::expected<std::vector<TcpOption>, std::string> decode_options(std::span<const std::byte> bytes);

}  // namespace millrace::script
