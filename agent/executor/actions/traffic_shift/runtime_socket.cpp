// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/traffic_shift/runtime_socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "common/os/unix_socket.hpp"

namespace signalbox::actions {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{8} << 20;

Error broken(const std::string& socket, const std::string& command) {
    if (errno == EAGAIN)
        return Error(Code::deadline_exceeded,
                     fmt::format("HAProxy at {} did not answer '{}' in time", socket, command));
    return Error(Code::unavailable, fmt::format("HAProxy at {}: '{}': {}", socket, command,
                                                std::generic_category().message(errno)));
}

}  // namespace

Result<std::string> ask_haproxy(const std::string& socket, const std::string& command,
                                std::chrono::milliseconds timeout) {
    auto connected = os::connect_unix(socket);
    if (!connected) {
        return std::move(connected)
            .error()
            .with_context("HAProxy's runtime socket")
            .with_remedy(
                fmt::format("Start HAProxy on this host; if it runs, its 'stats socket' must be {}, as the "
                            "environment's traffic says, and the executor must be let in",
                            socket));
    }
    const timeval wait{timeout.count() / 1000, static_cast<suseconds_t>(timeout.count() % 1000 * 1000)};
    ::setsockopt(connected->get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    ::setsockopt(connected->get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    const std::string line = command + "\n";
    if (::send(connected->get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
        return broken(socket, command);
    std::string answer;
    std::array<char, 16 * 1024> buffer{};
    for (;;) {
        const ssize_t got = ::recv(connected->get(), buffer.data(), buffer.size(), 0);
        if (got == 0) return answer;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return broken(socket, command);
        answer.append(buffer.data(), static_cast<std::size_t>(got));
        if (answer.size() > kMaxAnswer)
            return Error(Code::resource_exhausted, fmt::format("HAProxy at {} answers without end", socket));
    }
}

}  // namespace signalbox::actions
