// SPDX-License-Identifier: Apache-2.0
#include "common/os/supervise.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace signalbox::os {
namespace {

using std::chrono::milliseconds;

class Pipes {
  public:
    Pipes(UniqueFd out, UniqueFd err, const std::function<void(Stream, std::string_view)>& sink)
        : fds_{std::move(out), std::move(err)}, sink_(sink) {
        for (const auto& fd : fds_) ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
    }

    // Waits until something can be read, the child has ended, or the time has passed.
    void wait(int pidfd, milliseconds time) {
        // poll() skips negative descriptors: a closed pipe simply stays silent.
        std::array<pollfd, 3> waiting{pollfd{fds_[0].get(), POLLIN, 0}, pollfd{fds_[1].get(), POLLIN, 0},
                                      pollfd{pidfd, POLLIN, 0}};
        ::poll(waiting.data(), waiting.size(), static_cast<int>(time.count()));
    }
    // What is there now, one buffer of each at most; false when there was nothing.
    bool read_some() {
        bool any = false;
        for (std::size_t i = 0; i < fds_.size(); ++i) {
            if (!fds_[i]) continue;
            const auto got = ::read(fds_[i].get(), buffer_.data(), buffer_.size());
            if (got > 0) {
                any = true;
                if (sink_)
                    sink_(i == 0 ? Stream::out : Stream::err,
                          {buffer_.data(), static_cast<std::size_t>(got)});
            } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
                fds_[i].reset();
            }
        }
        return any;
    }

  private:
    std::array<UniqueFd, 2> fds_;
    const std::function<void(Stream, std::string_view)>& sink_;
    std::array<char, 65536> buffer_{};
};

}  // namespace

Result<Ended> run_supervised(SpawnOptions options, const Supervision& supervision, const Clock& clock) {
    SB_TRY(auto out, make_pipe());
    SB_TRY(auto err, make_pipe());
    options.out = out.second.get();
    options.err = err.second.get();
    const Duration begun = clock.boot();
    SB_TRY(auto child, spawn(options));
    out.second.reset();
    err.second.reset();
    Pipes pipes(std::move(out.first), std::move(err.first), supervision.output);

    Ended ended;
    std::optional<Duration> kill_at;
    for (;;) {
        SB_TRY(const auto state, child.wait_for(milliseconds(0)));
        if (state) {
            ended.state = *state;
            break;
        }
        const Duration now = clock.boot();
        if (!kill_at) {
            ended.timed_out = now >= supervision.deadline;
            ended.cancelled = !ended.timed_out && supervision.cancelled && supervision.cancelled();
            if (ended.timed_out || ended.cancelled) {
                child.signal_group(SIGTERM);
                kill_at = now + supervision.grace;
            }
        } else if (now >= *kill_at) {
            child.signal_group(SIGKILL);
        }
        const Duration next = kill_at ? *kill_at - now : supervision.deadline - now;
        const auto pause = std::chrono::ceil<milliseconds>(
            std::clamp(next, Duration(milliseconds(1)), Duration(milliseconds(250))));
        // A program that prints without end must not keep the deadline from being looked at.
        if (!pipes.read_some()) pipes.wait(child.pidfd(), pause);
    }
    // What it had printed is in the pipes; a bound, because something that left the group may still print.
    for (int i = 0; i < 64 && pipes.read_some(); ++i) {
    }
    ended.took = clock.boot() - begun;
    return ended;
}

}  // namespace signalbox::os
