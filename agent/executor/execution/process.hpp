// SPDX-License-Identifier: Apache-2.0
// Runs one command to its end, or to its deadline: no shell, no inherited environment or descriptor, own
// session, no new privileges. A guard and a supervisor stand between (supervisor.hpp), so that everything the
// command started dies with it at the deadline, on cancellation, and when the executor or one of the two is
// killed. Where control groups can be had it runs in one of its own. What a command that ended by itself left
// running in the background stays: a service may be started that way.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "agent/executor/execution/capture.hpp"
#include "agent/executor/execution/control_group.hpp"
#include "agent/executor/execution/limits.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/secret/redactor.hpp"
#include "common/secret/secret.hpp"

namespace signalbox::execution {

struct CommandSpec {
    std::vector<std::string> argv;
    std::string user;               // empty: the executor's own
    std::string working_directory;  // must exist
    std::map<std::string, std::string> env;
    Duration limit{};                            // from now, on the boot clock
    std::chrono::milliseconds term_grace{2000};  // between SIGTERM and SIGKILL at the deadline
    Limits limits;
    const secret::Values* secrets = nullptr;  // null or empty: none
    std::string credentials_folder;  // where its secrets are while it runs; needed when there are some
    const secret::Patterns* redact = nullptr;       // what is taken out of its output; null: nothing
    const ControlGroups* control_groups = nullptr;  // null: the command gets none of its own
};

struct CommandResult {
    int exit_status = 0;  // when it ended by itself
    int signal = 0;       // when a signal ended it
    bool timed_out = false;
    bool cancelled = false;
    bool interrupted = false;  // who watched over it was killed: it is dead, but nobody knows how far it came
    Duration took{};
    Captured out, err;
    [[nodiscard]] bool succeeded() const {
        return exit_status == 0 && signal == 0 && !timed_out && !cancelled && !interrupted;
    }
};

// Blocks until the end. `cancel` may be set by another thread: then the tree is killed and `cancelled` is
// true. Errors: not_found (program, user), permission_denied, invalid_argument, unavailable (no process could
// be made).
[[nodiscard]] Result<CommandResult> run(const CommandSpec& spec, const Clock& clock,
                                        const std::atomic<bool>& cancel);

}  // namespace signalbox::execution
