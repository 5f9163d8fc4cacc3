// SPDX-License-Identifier: Apache-2.0
// From the target of an HTTP request to a path below a folder, and nowhere else.

#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace millrace::flow::cli {

/// Decodes %XX and drops the query; the path below `root`. Nothing for a target that does not begin
/// with '/', holds a NUL, a bad escape or a part "..", or leads out of `root` through a symbolic
/// link. The file itself need not exist.
std::optional<std::filesystem::path> path_of_target(const std::filesystem::path& root,
                                                    std::string_view target);

/// "text/html" and the like, by the name's ending.
std::string_view content_type(const std::filesystem::path& path);

}  // namespace millrace::flow::cli
