// SPDX-License-Identifier: Apache-2.0
#include "common/os/lock_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "common/os/file.hpp"
#include "common/os/posix/posix_error.hpp"

namespace signalbox::os {

Result<LockFile> LockFile::acquire(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return posix_error(errno, "opening lock file", path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return posix_error(errno, "locking", path);
        auto holder = read_all(fd.get(), 64, path);
        const std::string who = holder && !holder->empty() ? *holder : std::string("unknown");
        return Error(Code::conflict, fmt::format("{} is held by another process (pid {})", path, who),
                     "Stop that process first: two must not use the same directory.");
    }
    if (::ftruncate(fd.get(), 0) != 0) return posix_error(errno, "writing", path);
    SB_CHECK(write_all(fd.get(), fmt::format("{}", ::getpid()), path));
    return LockFile(std::move(fd));
}

}  // namespace signalbox::os
