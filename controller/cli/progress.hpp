// SPDX-License-Identifier: Apache-2.0
// How far something is and how long it may still take. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/time.hpp"
#include "controller/cli/terminal.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {

struct Progress {
    std::size_t done = 0;   // steps that are over; of a release that has ended, those that went well
    std::size_t total = 0;  // steps of the direction it goes in now: forward, or undo
    double fraction = 0;    // of the steps, 0 to 1
    // Nothing when it is over or waits for people. A step takes as long as steps of its kind took in this
    // release; when none is over yet, its deadline, and then `at_most` is true.
    std::optional<Duration> left;
    bool at_most = false;
};

[[nodiscard]] Progress progress_of(const v1::ReleaseInfo& release, Instant now);
// Whether its plan allowed the release to go on without the step's host.
[[nodiscard]] bool was_left_out(const v1::ReleaseInfo& release, const v1::StepInfo& step);
// From its start to its end, or to now while it runs; nothing when it has not started.
[[nodiscard]] std::optional<Duration> elapsed_of(const v1::StepInfo& step, Instant now);

// "[########........]" of this many columns inside the brackets.
[[nodiscard]] std::string bar(double fraction, std::size_t width, const Terminal& terminal);
// "[####....] 4 of 8 steps  about 2m10s left"
[[nodiscard]] std::string progress_text(const Progress& progress, const Terminal& terminal);
// "[####....] 12.0 MiB of 24.0 MiB  3.1 MiB/s  4s left"
[[nodiscard]] std::string transfer_text(std::uint64_t done, std::uint64_t total, std::uint64_t done_before,
                                        Duration spent, const Terminal& terminal);

}  // namespace signalbox::cli
