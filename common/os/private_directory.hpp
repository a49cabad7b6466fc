// SPDX-License-Identifier: Apache-2.0
// Directories that hold keys or state: nobody else may read them, nor swap them by writing a directory above.
#pragma once

#include <string>

#include "common/base/result.hpp"

namespace signalbox::os {

// Makes the directory with mode 0700, and missing ones above it with mode 0755, then checks it.
[[nodiscard]] Status make_private_directory(const std::string& path);

// Refuses a symbolic link, another owner than this process's user, a mode that lets group or others in, and
// any directory above that somebody other than root and this user could write (a sticky one, as /tmp, is
// accepted: entries of ours cannot be replaced there).
// Errors: not_found, permission_denied (which directory, why; the remedy is the command).
[[nodiscard]] Status check_private_directory(const std::string& path);

// Refuses a file that is not regular, is another user's, has more than one hard link, or that group or others
// may write. Errors: as above.
[[nodiscard]] Status check_private_file(const std::string& path);

}  // namespace signalbox::os
