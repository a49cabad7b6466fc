// SPDX-License-Identifier: Apache-2.0
#include "common/os/signal_watcher.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "common/os/posix/posix_error.hpp"

namespace signalbox::os {

Result<SignalWatcher> SignalWatcher::open() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (const int failed = pthread_sigmask(SIG_BLOCK, &set, nullptr); failed != 0)
        return posix_error(failed, "blocking", "SIGTERM and SIGINT");
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a write past a limit (LimitFSIZE=) fails, and says so
    UniqueFd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals) return posix_error(errno, "creating", "a signal descriptor");
    UniqueFd wakes(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wakes) return posix_error(errno, "creating", "an event descriptor");
    return SignalWatcher(std::move(signals), std::move(wakes));
}

int SignalWatcher::wait() {
    for (;;) {
        if (const auto signal = wait_for(std::chrono::milliseconds(-1))) return *signal;
    }
}

std::optional<int> SignalWatcher::wait_for(std::chrono::milliseconds time) {
    std::array<pollfd, 2> waiting{pollfd{signals_.get(), POLLIN, 0}, pollfd{wakes_.get(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(time.count())) <= 0) return std::nullopt;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info))
        return static_cast<int>(info.ssi_signo);
    std::uint64_t count = 0;
    if (::read(wakes_.get(), &count, sizeof count) == static_cast<ssize_t>(sizeof count)) return 0;
    return std::nullopt;
}

void SignalWatcher::wake() {
    const std::uint64_t one = 1;
    // It can only fail when the counter is full: then the wake-up is pending anyway.
    [[maybe_unused]] const auto written = ::write(wakes_.get(), &one, sizeof one);
}

}  // namespace signalbox::os
