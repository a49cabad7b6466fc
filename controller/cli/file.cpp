// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/crypto/key_file.hpp"
#include "common/os/file.hpp"
#include "common/os/private_directory.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::cli {

Error file_error(std::string_view doing, const std::string& path, int why) {
    const std::string what = fmt::format("{} {}: {}", doing, path, std::strerror(why));
    switch (why) {
        case ENOENT:
        case ENOTDIR:
            return {Code::not_found, what, "check the path"};
        case EISDIR:
            return {Code::invalid_argument, what, "name a file"};
        case ENOSPC:
        case EDQUOT:
            return {Code::resource_exhausted, what, "free space on that disk, then run the command again"};
        case EACCES:
        case EPERM:
            return {Code::permission_denied, what, "check the permissions of the file and of its folder"};
        case EEXIST:
            return {Code::already_exists, what, "move the old file away, or choose another path"};
        default:
            return {Code::failed_precondition, what};
    }
}

namespace {

Error local(Error error) {
    if (error.code() != Code::unavailable) return error;
    return {Code::failed_precondition, error.message(), error.remedy()};
}

Status local(Status status) {
    if (status) return status;
    return local(std::move(status).error());
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return file_error("reading", path, errno);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return file_error("reading", path, errno);
    if (S_ISDIR(info.st_mode)) return file_error("reading", path, EISDIR);
    auto content = os::read_all(file.get(), max_bytes, path);
    if (!content) return local(std::move(content).error());
    return content;
}

Status replace_file(const std::string& path, std::string_view content, unsigned mode) {
    return local(os::write_file_atomically(path, content, mode));
}

Status create_file(const std::string& path, std::string_view content, unsigned mode) {
    const std::string temporary = fmt::format("{}.new-{}", path, ::getpid());
    Status written = replace_file(temporary, content, mode);
    // link() refuses an existing name, which rename() would replace.
    if (written && ::link(temporary.c_str(), path.c_str()) != 0) written = file_error("writing", path, errno);
    ::unlink(temporary.c_str());
    if (!written) return written;
    return local(os::sync_directory(folder_of(path)));
}

Status create_secret_file(const std::string& path, ByteView content) {
    return local(crypto::write_secret_file(path, content));
}

bool path_exists(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0;
}

std::string folder_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

Status make_private_folder(const std::string& path) {
    return local(os::make_private_directory(path));
}

}  // namespace signalbox::cli
