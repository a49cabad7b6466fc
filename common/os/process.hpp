// SPDX-License-Identifier: Apache-2.0
// Starts a program with exactly the arguments and environment given: no shell, no inherited descriptor, no
// inherited signal state, a session and process group of its own. One thread at a time per object.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::os {

// Whom to become; needs root. Supplementary groups are set to `groups` and no others.
struct RunAs {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;
};
// Errors: not_found (no such user).
[[nodiscard]] Result<RunAs> look_up_user(const std::string& name);

struct SpawnOptions {
    std::vector<std::string> argv{};           // argv[0] is the path to run, with a '/' in it
    std::map<std::string, std::string> env{};  // the whole environment
    std::string directory{};                   // empty: the present one
    std::optional<RunAs> user{};
    int in = -1;  // descriptors to become 0, 1 and 2; -1: /dev/null
    int out = -1;
    int err = -1;
};

struct ExitState {
    int exit_status = 0;  // when signal is 0
    int signal = 0;       // that ended it
};

class Child {
  public:
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    // Kills the whole group and reaps the child if that was not done.
    ~Child();

    [[nodiscard]] std::int64_t pid() const { return pid_; }
    // Readable when the child has ended: for a poll loop.
    [[nodiscard]] int pidfd() const { return pidfd_.get(); }
    // Waits at most `time` (negative: for ever); nothing when it still runs. When it has ended, what remains
    // of its group is killed before it is reaped. Again: the same answer.
    [[nodiscard]] Result<std::optional<ExitState>> wait_for(std::chrono::milliseconds time);
    // Sends to every process of its group. Does nothing once it was reaped: the number may be somebody
    // else's.
    void signal_group(int signal_number);

  private:
    friend Result<Child> spawn(const SpawnOptions& options);
    Child(std::int64_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
    std::int64_t pid_;
    UniqueFd pidfd_;
    std::optional<ExitState> ended_;
};

// Returns when the program has been started; what could not be done between is an error that says which step.
// Errors: not_found, permission_denied, invalid_argument (argv), resource_exhausted, unavailable.
[[nodiscard]] Result<Child> spawn(const SpawnOptions& options);

// A pipe, both ends close-on-exec: {read end, write end}.
[[nodiscard]] Result<std::pair<UniqueFd, UniqueFd>> make_pipe();

// From now on this process, and what it starts, leaves no core behind: memory holds secrets.
[[nodiscard]] Status forbid_core_dumps();

// From now on orphaned descendants become our children instead of init's, so that they can be found and
// reaped.
[[nodiscard]] Status become_subreaper();

}  // namespace signalbox::os
