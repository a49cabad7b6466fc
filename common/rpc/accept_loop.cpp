// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/accept_loop.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace signalbox::rpc {
namespace {

constexpr int kReserve = 64;
constexpr int kPauseMs = 100;

struct Parsed {
    std::string host;
    std::uint16_t port = 0;
};

Result<Parsed> split(const std::string& address) {
    const Error bad(Code::invalid_argument, fmt::format("'{}' is not an address to listen on", address),
                    "Write <numeric address>:<port>, such as 0.0.0.0:7443 or [::]:7443");
    const auto colon = address.rfind(':');
    if (colon == std::string::npos) return bad;
    Parsed parsed;
    parsed.host = address.substr(0, colon);
    if (parsed.host.size() >= 2 && parsed.host.front() == '[' && parsed.host.back() == ']') {
        parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
    }
    const char* begin = address.data() + colon + 1;
    const char* end = address.data() + address.size();
    const auto [stop, problem] = std::from_chars(begin, end, parsed.port);
    if (begin == end || stop != end || problem != std::errc()) return bad;
    return parsed;
}

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

Result<SocketAddress> resolve(const std::string& address) {
    SB_TRY(const Parsed parsed, split(address));
    SocketAddress out;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    if (::inet_pton(AF_INET, parsed.host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(parsed.port);
        out.length = sizeof(sockaddr_in);
        return out;
    }
    if (::inet_pton(AF_INET6, parsed.host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(parsed.port);
        out.length = sizeof(sockaddr_in6);
        return out;
    }
    return Error(Code::invalid_argument, fmt::format("'{}' has no numeric address", address),
                 "Write the address in numbers, such as 0.0.0.0 or ::1, not a name");
}

Error listen_error(const std::string& address, int problem) {
    const std::string message = fmt::format("cannot listen on {}: {}", address, std::strerror(problem));
    if (problem == EADDRINUSE) {
        return Error(Code::already_exists, message, "Stop what listens there, or choose another port");
    }
    if (problem == EACCES) {
        return Error(Code::permission_denied, message, "Choose a port above 1023");
    }
    return Error(Code::unavailable, message, "Check that the address belongs to this machine");
}

int descriptor_cap(int wanted) {
    if (wanted > 0) return wanted;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024 - kReserve;
    constexpr rlim_t kHighest = 1 << 20;
    return static_cast<int>(std::min(limit.rlim_cur, kHighest)) - kReserve;
}

}  // namespace

Result<std::unique_ptr<AcceptLoop>> AcceptLoop::listen(const std::string& address, AcceptOptions options) {
    SB_TRY(SocketAddress wanted, resolve(address));
    std::unique_ptr<AcceptLoop> loop(new AcceptLoop());
    const int family = wanted.storage.ss_family;
    loop->listener_ = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (loop->listener_ < 0) return listen_error(address, errno);
    const int on = 1;
    ::setsockopt(loop->listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(loop->listener_, reinterpret_cast<sockaddr*>(&wanted.storage), wanted.length) != 0 ||
        ::listen(loop->listener_, options.backlog) != 0) {
        return listen_error(address, errno);
    }
    loop->wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (loop->wake_ < 0 || loop->spare_ < 0) return listen_error(address, errno);

    SocketAddress bound;
    bound.length = sizeof bound.storage;
    if (::getsockname(loop->listener_, reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) != 0) {
        return listen_error(address, errno);
    }
    loop->port_ = ntohs(family == AF_INET ? reinterpret_cast<sockaddr_in*>(&bound.storage)->sin_port
                                          : reinterpret_cast<sockaddr_in6*>(&bound.storage)->sin6_port);
    loop->address_ = fmt::format("{}:{}", address.substr(0, address.rfind(':')), loop->port_);
    loop->max_descriptor_ = descriptor_cap(options.max_descriptor);
    return loop;
}

AcceptLoop::~AcceptLoop() {
    stop();
    for (const int fd : {listener_, wake_, spare_}) {
        if (fd >= 0) ::close(fd);
    }
}

void AcceptLoop::start(Take take) {
    take_ = std::move(take);
    thread_ = std::thread([this] { run(); });
}

void AcceptLoop::stop() {
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    thread_.join();
}

void AcceptLoop::run() {
    for (;;) {
        std::array<pollfd, 2> watched{{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}}};
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
        if (watched[0].revents != 0) return;
        if (watched[1].revents != 0) accept_ready();
    }
}

void AcceptLoop::accept_ready() {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) shed_one();
        return;  // anything else is that connection's own trouble
    }
    // The kernel hands out the lowest free number, so the number says how full the table is.
    if (socket >= max_descriptor_ || has_its_share(socket)) {
        ::close(socket);
        ++refused_;
        return;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    take_(listener_, socket);
}

bool AcceptLoop::has_its_share(int socket) {
    if (socket < max_descriptor_ / 2) return false;
    return peers_.of_peer(socket, max_descriptor_) > max_descriptor_ / 4;
}

void AcceptLoop::shed_one() {
    if (spare_ >= 0) ::close(std::exchange(spare_, -1));
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) {
        ::close(socket);
        ++refused_;
    }
    spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    pollfd wake{wake_, POLLIN, 0};
    ::poll(&wake, 1, kPauseMs);
}

}  // namespace signalbox::rpc
