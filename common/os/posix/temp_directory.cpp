// SPDX-License-Identifier: Apache-2.0
#include "common/os/temp_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "common/os/posix/posix_error.hpp"

namespace signalbox::os {

Result<TempDirectory> TempDirectory::make(const std::string& parent) {
    std::error_code failed;
    std::string name = parent.empty() ? std::filesystem::temp_directory_path(failed).string() : parent;
    if (failed) return posix_error(failed.value(), "finding", "the directory for temporary files");
    name += "/signalbox-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) return posix_error(errno, "creating directory", name);
    return TempDirectory(std::move(name));
}

TempDirectory::~TempDirectory() {
    if (path_.empty()) return;
    std::error_code ignored;  // nobody can act on it; the directory is private
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace signalbox::os
