// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/folders.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "common/os/unique_fd.hpp"

namespace signalbox::actions {
namespace {

Error failed_making(const std::string& path) {
    return Error(Code::unavailable,
                 fmt::format("making {}: {}", path, std::generic_category().message(errno)));
}

Status open_to_all(const std::string& path) {
    const os::UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder.valid() || ::fchmod(folder.get(), 0755) != 0) return failed_making(path);
    return {};
}

}  // namespace

Status make_open_folder(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) return {};
    // It gets its name with its mode: after a crash in between nobody could tell whose choice 0700 was.
    const auto slash = path.rfind('/') + 1;
    const std::string fresh = path.substr(0, slash) + ".making-" + path.substr(slash);
    if (::mkdir(fresh.c_str(), 0700) != 0 && errno != EEXIST) return failed_making(path);
    SB_CHECK(open_to_all(fresh));
    if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
        return failed_making(path);
    return {};
}

Status make_fresh_open_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0) return failed_making(path);
    return open_to_all(path);
}

}  // namespace signalbox::actions
