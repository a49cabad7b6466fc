// SPDX-License-Identifier: Apache-2.0
// The two processes between the executor and a command: executor > guard > supervisor > command. The
// supervisor is a child subreaper, so whatever the command starts, however often it forks away, stays below
// it and can be killed whole. It ends the tree when the deadline (boot clock) passes, or when the executor's
// end of the lifeline pipe closes: by cancellation, or because the executor died. The guard only waits: when
// somebody kills the supervisor, the tree falls to the guard, which is a subreaper too and kills it. When
// somebody kills the guard, the supervisor ends the tree. When both die at once, the command dies with them,
// and the executor kills what is left of its process group. What a command left running that ended by itself
// falls to init. Where there are control groups the command enters one of its own, and the kernel kills what
// is in it (control_group.hpp). All of it runs between fork and exec of a program with threads: only
// async-signal-safe calls, no allocation.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>

namespace signalbox::execution {

struct ResourceLimit {
    int what = 0;  // RLIMIT_…
    rlimit value{};
};

// All made before the fork; plain pointers into memory of the parent's copy.
struct SupervisorPlan {
    const char* program = nullptr;
    char* const* argv = nullptr;
    char* const* envp = nullptr;
    const char* working_directory = nullptr;
    bool switch_user = false;
    uid_t uid = 0;
    gid_t gid = 0;
    const gid_t* groups = nullptr;
    std::size_t group_count = 0;
    int null_fd = -1, out_fd = -1, err_fd = -1;   // the command's 0, 1, 2
    int lifeline_fd = -1;                         // read end
    int report_fd = -1;                           // write end; gets `started`, then one report of the end
    int group_enter_fd = -1, group_kill_fd = -1;  // of its control group; -1: it has none
    std::array<ResourceLimit, 8> limits{};
    std::size_t limit_count = 0;
    std::int64_t deadline_ns = 0;  // CLOCK_BOOTTIME
    std::int64_t term_grace_ns = 0;
};

// `started` is no end: it says which process the command is. `lost`: the guard or the supervisor was killed;
// the tree is dead, but nobody knows how far it came.
enum class SupervisorEnd : std::int32_t { started = 1, exited, timed_out, cut, could_not_start, lost };

struct SupervisorReport {
    SupervisorEnd end = SupervisorEnd::exited;
    std::int32_t command = 0;       // with started: its process id, which is its group's too
    std::int32_t wait_status = 0;   // of the command
    std::int32_t error_number = 0;  // with could_not_start
    std::int32_t failed_call = 0;   // with could_not_start: which step of the preparation
};

// Never returns.
[[noreturn]] void supervise(const SupervisorPlan& plan);

}  // namespace signalbox::execution
