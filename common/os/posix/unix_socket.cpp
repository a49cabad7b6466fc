// SPDX-License-Identifier: Apache-2.0
#include "common/os/unix_socket.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/os/posix/posix_error.hpp"

namespace signalbox::os {
namespace {

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return Error(Code::invalid_argument,
                     fmt::format("socket path {} is {} bytes long, the limit is {}", path, path.size(),
                                 sizeof address.sun_path - 1),
                     "Choose a shorter path.");
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<UniqueFd> stream_socket() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return posix_error(errno, "creating", "a local socket");
    return fd;
}

Status clear_the_way(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) return {};
        return posix_error(errno, "looking at", path);
    }
    if (!S_ISSOCK(info.st_mode))
        return Error(Code::already_exists, path + " is not a socket", "Choose another path for the socket.");
    if (connect_unix(path))
        return Error(Code::conflict, "another process listens on " + path, "Stop that process first.");
    if (::unlink(path.c_str()) != 0) return posix_error(errno, "removing the old socket", path);
    return {};
}

}  // namespace

Result<UniqueFd> listen_unix(const std::string& path, unsigned mode) {
    SB_TRY(const auto address, address_of(path));
    SB_CHECK(clear_the_way(path));
    SB_TRY(auto fd, stream_socket());
    // The mode is set on the socket before it has a name, so that it is never more open than asked.
    if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0)
        return posix_error(errno, "setting the mode of", path);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return posix_error(errno, "binding", path);
    if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0)
        return posix_error(errno, "setting the mode of", path);
    if (::listen(fd.get(), 16) != 0) return posix_error(errno, "listening on", path);
    return fd;
}

Result<std::optional<UniqueFd>> accept_unix(int listener, std::chrono::milliseconds wait) {
    pollfd waiting{listener, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(wait.count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) return std::optional<UniqueFd>{};
    if (ready < 0) return posix_error(errno, "waiting on", "the local socket");
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) return std::optional(UniqueFd(fd));
    if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return std::optional<UniqueFd>{};
    return posix_error(errno, "accepting on", "the local socket");
}

Result<UniqueFd> connect_unix(const std::string& path) {
    SB_TRY(const auto address, address_of(path));
    SB_TRY(auto fd, stream_socket());
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    return posix_error(errno, "connecting to", path);
}

Result<std::pair<UniqueFd, UniqueFd>> socket_pair() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0)
        return posix_error(errno, "creating", "a socket pair");
    return std::pair(UniqueFd(fds[0]), UniqueFd(fds[1]));
}

Result<PeerCredentials> peer_credentials(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return posix_error(errno, "asking who is at", "the other end of a local socket");
    return PeerCredentials{credentials.pid, credentials.uid, credentials.gid};
}

std::uint32_t own_uid() {
    return ::geteuid();
}

}  // namespace signalbox::os
