// SPDX-License-Identifier: Apache-2.0
#include "common/os/private_directory.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "common/os/posix/posix_error.hpp"

namespace signalbox::os {
namespace {

namespace fs = std::filesystem;

Result<struct stat> look(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return posix_error(errno, "looking at", path);
    return info;
}

Error unsafe(const std::string& path, std::string_view why, std::string remedy) {
    return {Code::permission_denied, fmt::format("{} is not safe: {}", path, why), std::move(remedy)};
}

Status check_ancestors(const std::string& path) {
    std::error_code failed;
    // The real way down: what a link on the way points to is what must be safe.
    fs::path above = fs::canonical(fs::absolute(path).parent_path(), failed);
    if (failed) return posix_error(failed.value(), "resolving the directories above", path);
    for (;; above = above.parent_path()) {
        SB_TRY(const auto info, look(above.string()));
        const bool writable_by_others = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
        if (writable_by_others && (info.st_mode & S_ISVTX) == 0)
            return unsafe(path, fmt::format("others may write the directory above it, {}", above.string()),
                          fmt::format("Run: chmod go-w {}", above.string()));
        if (info.st_uid != 0 && info.st_uid != ::geteuid())
            return unsafe(
                path,
                fmt::format("the directory above it, {}, belongs to uid {}", above.string(), info.st_uid),
                "Use a directory below ones of root or of the user that runs this program.");
        if (above == above.root_path()) return {};
    }
}

}  // namespace

Status make_private_directory(const std::string& path) {
    // "dir/" and "dir" are the same directory, but lstat of the first would follow a link.
    fs::path clean = fs::absolute(path).lexically_normal();
    if (!clean.has_filename()) clean = clean.parent_path();
    std::error_code failed;
    fs::create_directories(clean.parent_path(), failed);
    if (failed) return posix_error(failed.value(), "creating directory", clean.parent_path().string());
    if (::mkdir(clean.c_str(), 0700) != 0 && errno != EEXIST)
        return posix_error(errno, "creating directory", clean.string());
    return check_private_directory(clean.string());
}

Status check_private_directory(const std::string& path) {
    fs::path clean = fs::absolute(path).lexically_normal();
    if (!clean.has_filename()) clean = clean.parent_path();
    const std::string name = clean.string();
    SB_TRY(const auto info, look(name));
    if (S_ISLNK(info.st_mode)) return unsafe(name, "it is a symbolic link", "Name the real directory.");
    if (!S_ISDIR(info.st_mode)) return unsafe(name, "it is not a directory", "Name a directory.");
    if (info.st_uid != ::geteuid())
        return unsafe(name, fmt::format("it belongs to uid {}, not to {}", info.st_uid, ::geteuid()),
                      fmt::format("Run: chown {} {}", ::geteuid(), name));
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return unsafe(name, fmt::format("its mode is {:04o}", info.st_mode & 07777U),
                      fmt::format("Run: chmod 700 {}", name));
    return check_ancestors(name);
}

Status check_private_file(const std::string& path) {
    SB_TRY(const auto info, look(path));
    if (!S_ISREG(info.st_mode)) return unsafe(path, "it is not a regular file", "Name the real file.");
    if (info.st_uid != ::geteuid() && info.st_uid != 0)
        return unsafe(path, fmt::format("it belongs to uid {}", info.st_uid),
                      fmt::format("Run: chown {} {}", ::geteuid(), path));
    if (info.st_nlink != 1)
        return unsafe(path, fmt::format("it has {} hard links", info.st_nlink),
                      "Replace it by a copy of its own.");
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return unsafe(path, fmt::format("its mode is {:04o}", info.st_mode & 07777U),
                      fmt::format("Run: chmod go-w {}", path));
    return {};
}

}  // namespace signalbox::os
