// SPDX-License-Identifier: Apache-2.0
// Files that a person names on the command line. Unlike a daemon's own files (common/os/file.hpp) they may be
// reached through links or be pipes, such as <(command). No error here is `unavailable`, which would tell
// scripts that the controller cannot be reached.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

namespace signalbox::cli {

// Errors: not_found, permission_denied, resource_exhausted (larger than the cap), failed_precondition; each
// names the path.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t max_bytes);
// Whole or not at all, over what is there.
[[nodiscard]] Status replace_file(const std::string& path, std::string_view content, unsigned mode);
// The same, but never over an existing file. Errors: already_exists besides.
[[nodiscard]] Status create_file(const std::string& path, std::string_view content, unsigned mode);
// The same with mode 0600.
[[nodiscard]] Status create_secret_file(const std::string& path, ByteView content);
// What an errno of the system means for such a file, and what to do about it.
[[nodiscard]] Error file_error(std::string_view doing, const std::string& path, int why);
[[nodiscard]] bool path_exists(const std::string& path);  // a dangling link exists
// The folder that a path is in.
[[nodiscard]] std::string folder_of(const std::string& path);
// With mode 0700, and checked that nobody else can get at what is in it.
[[nodiscard]] Status make_private_folder(const std::string& path);

}  // namespace signalbox::cli
