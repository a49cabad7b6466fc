// SPDX-License-Identifier: Apache-2.0
#include "agent/ipc/listener.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "agent/ipc/channel.hpp"

namespace signalbox::ipc {
namespace {

constexpr int kBacklog = 8;

Error failed(std::string_view doing, const std::string& path) {
    const int why = errno;
    return Error(why == ENOENT ? Code::not_found : Code::unavailable,
                 fmt::format("{} {}: {}", doing, path, std::generic_category().message(why)));
}

Status check_folder(const std::string& folder) {
    struct stat info {};
    if (::lstat(folder.c_str(), &info) != 0) return failed("looking at the socket's folder", folder);
    if (!S_ISDIR(info.st_mode))
        return Error(Code::permission_denied,
                     fmt::format("the socket's folder {} is not a plain folder", folder),
                     "Give the real path, without a symbolic link.");
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return Error(Code::permission_denied,
                     fmt::format("the socket's folder {} can be written by others (mode {:04o})", folder,
                                 info.st_mode & 07777U),
                     fmt::format("Run: chmod go-w {}", folder));
    return {};
}

// Removes a socket that nobody serves; anything else stays and is an error.
Status clear_stale(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) return {};
        return failed("looking at", path);
    }
    if (!S_ISSOCK(info.st_mode))
        return Error(Code::already_exists, fmt::format("{} exists and is not a socket", path),
                     "Move it away or give another --socket.");
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return Error(
            Code::permission_denied,
            fmt::format("the socket {} was opened to others (mode {:04o})", path, info.st_mode & 07777U),
            fmt::format("Find out who did that, then run: rm {}", path));
    if (connect_unix(path).ok())
        return Error(Code::already_exists, fmt::format("another process serves {}", path),
                     "Stop the other signalbox-executor, or give another --socket.");
    if (::unlink(path.c_str()) != 0) return failed("removing the old socket", path);
    return {};
}

}  // namespace

Result<Descriptor> listen_unix(const std::string& path, std::optional<uid_t> owner) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.front() != '/' || path.size() >= sizeof(address.sun_path))
        return Error(Code::invalid_argument, fmt::format("'{}' cannot be the socket's path", path),
                     "Give an absolute path of at most 107 bytes.");
    std::memcpy(address.sun_path, path.data(), path.size());
    SB_CHECK(check_folder(std::filesystem::path(path).parent_path().string()));
    SB_CHECK(clear_stale(path));
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return failed("making the socket", path);
    // Linux takes the new file's mode from the unbound socket's, so there is no moment of a wider mode.
    if (::fchmod(socket.get(), 0600) != 0) return failed("restricting", path);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        return failed("binding", path);
    if (::chmod(path.c_str(), 0600) != 0) return failed("restricting", path);
    if (owner && *owner != ::geteuid() && ::lchown(path.c_str(), *owner, static_cast<gid_t>(-1)) != 0)
        return failed("giving to the agent's user", path);
    if (::listen(socket.get(), kBacklog) != 0) return failed("listening at", path);
    return socket;
}

}  // namespace signalbox::ipc
