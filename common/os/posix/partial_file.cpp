// SPDX-License-Identifier: Apache-2.0
#include "common/os/partial_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "common/os/file.hpp"
#include "common/os/posix/posix_error.hpp"
#include "common/os/random_access.hpp"

namespace signalbox::os {

Result<PartialFile> PartialFile::open(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (!fd) return posix_error(errno, "opening", path);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return posix_error(errno, "looking at", path);
    if (!S_ISREG(info.st_mode)) return Error(Code::invalid_argument, path + " is not a regular file");
    return PartialFile(path, std::move(fd));
}

Result<std::uint64_t> PartialFile::size() const {
    return size_of(fd_.get());
}

Status PartialFile::write_at(std::uint64_t offset, ByteView bytes) {
    while (!bytes.empty()) {
        const auto put = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return posix_error(errno, "writing", path_);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return {};
}

Status PartialFile::truncate(std::uint64_t size) {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return posix_error(errno, "shortening", path_);
    return {};
}

Status PartialFile::publish(const std::string& final_path, unsigned mode) {
    if (::fchmod(fd_.get(), static_cast<mode_t>(mode)) != 0)
        return posix_error(errno, "setting the mode of", path_);
    if (::fsync(fd_.get()) != 0) return posix_error(errno, "syncing", path_);
    if (::rename(path_.c_str(), final_path.c_str()) != 0) return posix_error(errno, "naming", final_path);
    return sync_directory(std::filesystem::path(final_path).parent_path().string());
}

}  // namespace signalbox::os
