// SPDX-License-Identifier: Apache-2.0
#include "common/os/random_access.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/os/posix/posix_error.hpp"

namespace signalbox::os {

Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<std::uint8_t> out) {
    for (;;) {
        const auto got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return posix_error(errno, "reading", "an open file");
        return static_cast<std::size_t>(got);
    }
}

Result<std::uint64_t> size_of(int fd) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return posix_error(errno, "looking at", "an open file");
    return static_cast<std::uint64_t>(info.st_size);
}

Status rewind(int fd) {
    if (::lseek(fd, 0, SEEK_SET) != 0) return posix_error(errno, "rewinding", "an open file");
    return {};
}

}  // namespace signalbox::os
