// SPDX-License-Identifier: Apache-2.0
#include "common/os/service_notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "common/os/posix/posix_error.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::os {
namespace {

std::optional<std::int64_t> number_in_environment(const char* name) {
    const char* text = std::getenv(name);
    if (text == nullptr) return std::nullopt;
    std::int64_t value = 0;
    const char* end = text + std::strlen(text);
    const auto [stop, failed] = std::from_chars(text, end, value);
    if (failed != std::errc{} || stop != end) return std::nullopt;
    return value;
}

}  // namespace

Status notify_service_manager(std::string_view state) {
    const char* where = std::getenv("NOTIFY_SOCKET");
    if (where == nullptr || *where == '\0') return {};
    const std::string_view path = where;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return Error(Code::invalid_argument, "NOTIFY_SOCKET is not a local socket: " + std::string(path));
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space
    const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd) return posix_error(errno, "creating", "a local socket");
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), length) < 0)
        return posix_error(errno, "notifying the service manager at", path);
    return {};
}

std::optional<std::chrono::microseconds> watchdog_interval() {
    const auto interval = number_in_environment("WATCHDOG_USEC");
    if (!interval || *interval <= 0) return std::nullopt;
    const auto pid = number_in_environment("WATCHDOG_PID");
    if (pid && *pid != ::getpid()) return std::nullopt;
    return std::chrono::microseconds(*interval);
}

}  // namespace signalbox::os
