// SPDX-License-Identifier: Apache-2.0
// Runs a program to its end or its deadline, and takes what it prints. Blocks; one thread per call.
#pragma once

#include <functional>
#include <string_view>

#include "common/base/time.hpp"
#include "common/os/process.hpp"

namespace signalbox::os {

enum class Stream { out, err };

struct Supervision {
    Duration deadline{};                       // on the boot clock: Clock::boot() + allowed time
    Duration grace = std::chrono::seconds(5);  // between SIGTERM and SIGKILL to the group
    // Each piece as it comes; what is not wanted must be dropped by the callee. May be empty.
    std::function<void(Stream, std::string_view)> output;
    // Asked about four times a second; true ends the program as a deadline does. May be empty.
    std::function<bool()> cancelled;
};

struct Ended {
    ExitState state;
    bool timed_out = false;
    bool cancelled = false;
    Duration took{};
};

// `options.out` and `options.err` are replaced by pipes. When the program itself has ended, what remains of
// its group is killed and its pipes are not waited for. Errors: spawn's.
[[nodiscard]] Result<Ended> run_supervised(SpawnOptions options, const Supervision& supervision,
                                           const Clock& clock);

}  // namespace signalbox::os
