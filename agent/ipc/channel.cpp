// SPDX-License-Identifier: Apache-2.0
#include "agent/ipc/channel.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "agent/ipc/frame.hpp"

namespace signalbox::ipc {
namespace {

Error broken(std::string_view doing, int error_number) {
    return Error(Code::unavailable,
                 fmt::format("{}: {}", doing, std::generic_category().message(error_number)));
}

struct ControlBuffer {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxDescriptors)> bytes{};
};

// Sends some of `data`, with the descriptors beside its first byte.
Result<std::size_t> send_some(int socket, std::string_view data, const std::vector<Descriptor>& descriptors) {
    iovec part{const_cast<char*>(data.data()), data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ControlBuffer control;
    if (!descriptors.empty()) {
        const std::size_t bytes = sizeof(int) * descriptors.size();
        message.msg_control = control.bytes.data();
        message.msg_controllen = CMSG_SPACE(bytes);
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(bytes);
        for (std::size_t i = 0; i < descriptors.size(); ++i) {
            const int fd = descriptors[i].get();
            std::memcpy(CMSG_DATA(header) + i * sizeof(int), &fd, sizeof(int));
        }
    }
    for (;;) {
        const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent >= 0) return static_cast<std::size_t>(sent);
        if (errno != EINTR) return broken("sending to the local peer", errno);
    }
}

// Reads some bytes; descriptors that come with them are added to `descriptors`. 0 when the peer closed.
Result<std::size_t> receive_some(int socket, char* data, std::size_t size,
                                 std::vector<Descriptor>& descriptors) {
    iovec part{data, size};
    ControlBuffer control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    ssize_t got = -1;
    do got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return broken("reading from the local peer", errno);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            descriptors.emplace_back(fd);
        }
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0 || descriptors.size() > kMaxDescriptors)
        return Error(Code::resource_exhausted,
                     fmt::format("the local peer sent more than {} descriptors", kMaxDescriptors));
    return static_cast<std::size_t>(got);
}

// Never reads past `size`, so that descriptors always belong to the frame that is being read.
Result<std::size_t> receive_exactly(int socket, char* data, std::size_t size,
                                    std::vector<Descriptor>& descriptors) {
    std::size_t have = 0;
    while (have < size) {
        SB_TRY(const std::size_t got, receive_some(socket, data + have, size - have, descriptors));
        if (got == 0) break;
        have += got;
    }
    return have;
}

}  // namespace

Status send_frame(const Descriptor& socket, std::string_view payload,
                  const std::vector<Descriptor>& descriptors) {
    if (descriptors.size() > kMaxDescriptors)
        return Error(Code::resource_exhausted, fmt::format("{} descriptors are over the cap of {}",
                                                           descriptors.size(), kMaxDescriptors));
    SB_TRY(const std::string frame, encode_frame(payload));
    SB_TRY(std::size_t sent, send_some(socket.get(), frame, descriptors));
    while (sent < frame.size()) {
        SB_TRY(const std::size_t more, send_some(socket.get(), std::string_view(frame).substr(sent), {}));
        sent += more;
    }
    return {};
}

Result<Frame> receive_frame(const Descriptor& socket) {
    Frame frame;
    std::array<std::uint8_t, kHeaderBytes> header{};
    SB_TRY(const std::size_t got, receive_exactly(socket.get(), reinterpret_cast<char*>(header.data()),
                                                  header.size(), frame.descriptors));
    if (got == 0) return Error(Code::cancelled, "the local peer closed the connection");
    if (got < header.size()) return Error(Code::unavailable, "the local peer closed inside a frame");
    SB_TRY(const std::size_t length, decode_header(header));
    frame.payload.resize(length);
    SB_TRY(const std::size_t body,
           receive_exactly(socket.get(), frame.payload.data(), length, frame.descriptors));
    if (body < length) return Error(Code::unavailable, "the local peer closed inside a frame");
    return frame;
}

Result<Descriptor> connect_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path))
        return Error(Code::invalid_argument, fmt::format("'{}' cannot be a socket's path", path),
                     "Give a path of at most 107 bytes.");
    std::memcpy(address.sun_path, path.data(), path.size());
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return broken("making a socket", errno);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
        return socket;
    const int why = errno;
    const std::string what =
        fmt::format("connecting to the executor at {}: {}", path, std::generic_category().message(why));
    if (why == ENOENT) return Error(Code::not_found, what, "Start signalbox-executor with this --socket.");
    if (why == EACCES || why == EPERM)
        return Error(Code::permission_denied, what,
                     "Run as the user that signalbox-executor names by --agent-uid.");
    return Error(Code::unavailable, what, "Look whether signalbox-executor runs.");
}

}  // namespace signalbox::ipc
