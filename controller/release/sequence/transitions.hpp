// SPDX-License-Identifier: Apache-2.0
// How a step's and a release's status may change: the only table of it. The sequencer terminates on any other
// change; docs/sequencer.md is this table for readers, and a test compares the two. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {

struct StepTransition {
    StepStatus from;
    StepStatus to;
    std::string_view when;
};

inline constexpr std::array kStepTransitions{
    StepTransition{StepStatus::pending, StepStatus::ready,
                   "everything that it waits for is over, and its list is open"},
    StepTransition{StepStatus::pending, StepStatus::skipped,
                   "the release ended or goes back, its host is left out, there is nothing to undo, or what "
                   "its undo builds on was not undone"},
    StepTransition{StepStatus::ready, StepStatus::dispatched,
                   "it got a throttle slot; or its order may still be under way and must be asked for"},
    StepTransition{StepStatus::ready, StepStatus::running,
                   "its earlier order turned out to have been admitted"},
    StepTransition{StepStatus::ready, StepStatus::succeeded, "its earlier order turned out to have run well"},
    StepTransition{StepStatus::ready, StepStatus::failed,
                   "its earlier order turned out to have failed; or its host is offline for too long"},
    StepTransition{StepStatus::ready, StepStatus::skipped,
                   "the release ended or goes back, its host is left out, or (an undo step) its host is away "
                   "for too long or for ever"},
    StepTransition{
        StepStatus::dispatched, StepStatus::ready,
        "it was not sent, the token was refused or never arrived, or an attempt failed and others are left"},
    StepTransition{StepStatus::dispatched, StepStatus::running, "the host admitted its token"},
    StepTransition{StepStatus::dispatched, StepStatus::succeeded, "the host says that it did well"},
    StepTransition{StepStatus::dispatched, StepStatus::failed,
                   "it failed and has no attempt left, or was refused for good"},
    StepTransition{StepStatus::dispatched, StepStatus::unknown, "the host did not say what became of it"},
    StepTransition{StepStatus::dispatched, StepStatus::skipped, "it never ran, and is not wanted any more"},
    StepTransition{StepStatus::running, StepStatus::ready, "an attempt failed, and others are left"},
    StepTransition{StepStatus::running, StepStatus::succeeded, "the host says that it did well"},
    StepTransition{StepStatus::running, StepStatus::failed,
                   "it failed and has no attempt left, or is not wanted any more"},
    StepTransition{StepStatus::running, StepStatus::unknown, "the host did not say what became of it"},
    StepTransition{StepStatus::unknown, StepStatus::ready,
                   "the host is back, and says that it may be tried again"},
    StepTransition{StepStatus::unknown, StepStatus::running, "the host is back, and it runs"},
    StepTransition{StepStatus::unknown, StepStatus::succeeded, "the host is back, and it did well"},
    StepTransition{StepStatus::unknown, StepStatus::failed,
                   "the host is back, and it failed, or it never ran and is not wanted any more"},
    StepTransition{StepStatus::failed, StepStatus::pending,
                   "an undo step with attempts left, and an undo was asked for"},
    StepTransition{StepStatus::skipped, StepStatus::pending, "an undo step, and an undo was asked for"},
};

struct CourseTransition {
    Course from;
    Course to;
    std::string_view when;
};

inline constexpr std::array kCourseTransitions{
    CourseTransition{
        Course::forward, Course::winding_down_to_undo,
        "a step failed or a lane made no progress, and the release takes back by itself; the window closed "
        "(overrun: undo) and it was not halted; a person asked for the undo"},
    CourseTransition{Course::forward, Course::winding_down_to_fail,
                     "the window closed (overrun: finish or stop, or it was halted)"},
    CourseTransition{Course::forward, Course::winding_down_to_abort, "a person aborted it"},
    CourseTransition{Course::forward, Course::ended, "every step of the last environment is over"},
    CourseTransition{Course::winding_down_to_undo, Course::undoing,
                     "nothing is in flight, and something must be taken back"},
    CourseTransition{Course::winding_down_to_undo, Course::ended,
                     "nothing is in flight, and nothing had been changed, or nothing more can be taken back"},
    CourseTransition{Course::winding_down_to_undo, Course::winding_down_to_abort, "a person aborted it"},
    CourseTransition{Course::winding_down_to_fail, Course::ended, "nothing is in flight"},
    CourseTransition{Course::winding_down_to_abort, Course::ended, "nothing is in flight"},
    CourseTransition{Course::undoing, Course::winding_down_to_abort, "a person aborted it"},
    CourseTransition{Course::undoing, Course::ended, "every undo step is over"},
    CourseTransition{Course::ended, Course::winding_down_to_undo,
                     "a person asked for the undo of what is left"},
};

[[nodiscard]] constexpr bool may_change(StepStatus from, StepStatus to) {
    return from == to || std::any_of(kStepTransitions.begin(), kStepTransitions.end(),
                                     [&](const StepTransition& t) { return t.from == from && t.to == to; });
}
[[nodiscard]] constexpr bool may_change(Course from, Course to) {
    return from == to || std::any_of(kCourseTransitions.begin(), kCourseTransitions.end(),
                                     [&](const CourseTransition& t) { return t.from == from && t.to == to; });
}

}  // namespace signalbox::sequence
