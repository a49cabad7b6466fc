// SPDX-License-Identifier: Apache-2.0
#include "common/os/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>

#include "common/os/posix/posix_error.hpp"

namespace signalbox::os {
namespace {

std::string directory_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

// Unique in this process and among processes; a leftover of a crash is never reused (O_EXCL).
std::string temporary_beside(const std::string& path) {
    static std::atomic<unsigned> count = 0;
    return fmt::format("{}.{}-{}.tmp", path, ::getpid(), count++);
}

Status sync(int fd, std::string_view name) {
    if (::fsync(fd) == 0) return {};
    return posix_error(errno, "syncing", name);
}

}  // namespace

Result<UniqueFd> open_for_reading(const std::string& path) {
    // O_NONBLOCK: a fifo in the way must not hang us.
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd) return posix_error(errno, "opening", path);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return posix_error(errno, "looking at", path);
    if (!S_ISREG(info.st_mode)) return Error(Code::invalid_argument, path + " is not a regular file");
    return fd;
}

Result<std::string> read_all(int fd, std::size_t max_bytes, std::string_view name) {
    std::string content;
    std::array<char, 65536> buffer;
    for (;;) {
        const auto got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return posix_error(errno, "reading", name);
        if (got == 0) return content;
        if (content.size() + static_cast<std::size_t>(got) > max_bytes)
            return Error(Code::resource_exhausted,
                         fmt::format("{} is longer than {} bytes", name, max_bytes));
        content.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    SB_TRY(const auto fd, open_for_reading(path));
    return read_all(fd.get(), max_bytes, path);
}

Status write_all(int fd, std::string_view content, std::string_view name) {
    while (!content.empty()) {
        const auto put = ::write(fd, content.data(), content.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return posix_error(errno, "writing", name);
        content.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

Status write_file_atomically(const std::string& path, std::string_view content, unsigned mode) {
    const std::string temporary = temporary_beside(path);
    const auto written = [&]() -> Status {
        const UniqueFd fd(
            ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!fd) return posix_error(errno, "creating", temporary);
        if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0)
            return posix_error(errno, "setting the mode of", temporary);
        SB_CHECK(write_all(fd.get(), content, temporary));
        return sync(fd.get(), temporary);
    };
    if (auto status = written(); !status) {
        ::unlink(temporary.c_str());
        return status;
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        const int failed = errno;
        ::unlink(temporary.c_str());
        return posix_error(failed, "replacing", path);
    }
    return sync_directory(directory_of(path));
}

Status sync_directory(const std::string& directory) {
    const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return posix_error(errno, "opening directory", directory);
    return sync(fd.get(), directory);
}

Status replace_link(const std::string& target, const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0 && !S_ISLNK(info.st_mode))
        return Error(Code::already_exists, path + " is not a symbolic link",
                     "Move it away: it is not replaced by itself.");
    const std::string temporary = temporary_beside(path);
    if (::symlink(target.c_str(), temporary.c_str()) != 0)
        return posix_error(errno, "creating link", temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        const int failed = errno;
        ::unlink(temporary.c_str());
        return posix_error(failed, "replacing link", path);
    }
    return sync_directory(directory_of(path));
}

Result<std::uint64_t> free_space(const std::string& path) {
    struct statvfs info {};
    if (::statvfs(path.c_str(), &info) != 0) return posix_error(errno, "asking for the free space of", path);
    return std::uint64_t{info.f_bavail} * info.f_frsize;
}

}  // namespace signalbox::os
