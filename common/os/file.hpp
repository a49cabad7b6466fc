// SPDX-License-Identifier: Apache-2.0
// Whole files, durably. Stateless; safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::os {

// A regular file opened for reading; a symbolic link as the last component is not followed.
// Errors: not_found, permission_denied (also a link), invalid_argument (not a regular file), unavailable.
[[nodiscard]] Result<UniqueFd> open_for_reading(const std::string& path);

// Errors: open_for_reading's, resource_exhausted (longer than max_bytes).
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t max_bytes);
// From where the descriptor stands to its end. `name` is for errors.
[[nodiscard]] Result<std::string> read_all(int fd, std::size_t max_bytes, std::string_view name);

// The file has the old or the new content, whatever happens, and the new one survives a power cut when this
// returns: temporary file beside it, fsync, rename, fsync of the directory.
// Errors: resource_exhausted (disk full), permission_denied, not_found (directory), unavailable.
[[nodiscard]] Status write_file_atomically(const std::string& path, std::string_view content,
                                           unsigned mode = 0600);
[[nodiscard]] Status write_all(int fd, std::string_view content, std::string_view name);

// Makes renames, creations and removals in a directory durable.
[[nodiscard]] Status sync_directory(const std::string& directory);
// Replaces the link at `path` (or makes it) so that readers see the old or the new target. Errors:
// already_exists when `path` is something else than a symbolic link.
[[nodiscard]] Status replace_link(const std::string& target, const std::string& path);

// Bytes that an unprivileged user may still write there.
[[nodiscard]] Result<std::uint64_t> free_space(const std::string& path);

}  // namespace signalbox::os
