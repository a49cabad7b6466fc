// SPDX-License-Identifier: Apache-2.0
#include "common/os/fd_passing.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "common/os/posix/posix_error.hpp"

namespace signalbox::os {
namespace {

constexpr std::string_view kWhat = "a local socket";

struct alignas(cmsghdr) ControlBuffer {
    char bytes[CMSG_SPACE(sizeof(int) * kMaxPassedFds)];
};

}  // namespace

Status send_with_fds(int socket, std::string_view bytes, std::span<const int> fds) {
    if (bytes.empty() || fds.size() > kMaxPassedFds)
        return Error(Code::invalid_argument,
                     fmt::format("cannot pass {} descriptors with {} bytes", fds.size(), bytes.size()));
    while (!bytes.empty()) {
        ControlBuffer control{};
        iovec data{const_cast<char*>(bytes.data()), bytes.size()};
        msghdr message{};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        if (!fds.empty()) {
            message.msg_control = control.bytes;
            message.msg_controllen = CMSG_SPACE(fds.size_bytes());
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(fds.size_bytes());
            std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
        }
        const auto sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return posix_error(errno, "sending on", kWhat);
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        fds = {};
    }
    return {};
}

Result<std::size_t> receive_with_fds(int socket, std::span<char> into, std::vector<UniqueFd>& fds) {
    ControlBuffer control{};
    iovec data{into.data(), into.size()};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    ssize_t got = 0;
    do {
        got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return posix_error(errno, "receiving on", kWhat);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            fds.emplace_back(fd);
        }
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0)
        return Error(Code::data_loss, "descriptors that were passed over a local socket did not all arrive",
                     "Raise the limit of open files (LimitNOFILE=).");
    return static_cast<std::size_t>(got);
}

void shut_down(int socket) {
    ::shutdown(socket, SHUT_RDWR);
}

}  // namespace signalbox::os
