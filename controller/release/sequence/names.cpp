// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <utility>

#include "controller/release/sequence/names.hpp"
#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {
namespace {

template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<ReleaseStatus, 9> kReleaseStatus{{{ReleaseStatus::waiting, "waiting"},
                                                  {ReleaseStatus::running, "running"},
                                                  {ReleaseStatus::halted, "halted"},
                                                  {ReleaseStatus::undoing, "undoing"},
                                                  {ReleaseStatus::succeeded, "succeeded"},
                                                  {ReleaseStatus::failed, "failed"},
                                                  {ReleaseStatus::undone, "undone"},
                                                  {ReleaseStatus::undone_partly, "undone_partly"},
                                                  {ReleaseStatus::aborted, "aborted"}}};
constexpr Names<StepStatus, 8> kStepStatus{{{StepStatus::pending, "pending"},
                                            {StepStatus::ready, "ready"},
                                            {StepStatus::dispatched, "dispatched"},
                                            {StepStatus::running, "running"},
                                            {StepStatus::succeeded, "succeeded"},
                                            {StepStatus::failed, "failed"},
                                            {StepStatus::unknown, "unknown"},
                                            {StepStatus::skipped, "skipped"}}};
constexpr Names<Course, 6> kCourse{{{Course::forward, "forward"},
                                    {Course::winding_down_to_undo, "winding_down_to_undo"},
                                    {Course::winding_down_to_fail, "winding_down_to_fail"},
                                    {Course::winding_down_to_abort, "winding_down_to_abort"},
                                    {Course::undoing, "undoing"},
                                    {Course::ended, "ended"}}};
constexpr Names<Offline, 3> kOffline{
    {{Offline::wait, "wait"}, {Offline::skip, "skip"}, {Offline::fail, "fail"}}};
constexpr Names<Priority, 2> kPriority{{{Priority::normal, "normal"}, {Priority::emergency, "emergency"}}};
constexpr Names<Overrun, 3> kOverrun{
    {{Overrun::finish, "finish"}, {Overrun::stop, "stop"}, {Overrun::undo, "undo"}}};
constexpr Names<BreakerStatus, 3> kBreaker{{{BreakerStatus::closed, "closed"},
                                            {BreakerStatus::open, "open"},
                                            {BreakerStatus::half_open, "half_open"}}};
constexpr Names<GateOutcome, 3> kGateOutcome{
    {{GateOutcome::pass, "pass"}, {GateOutcome::wait, "wait"}, {GateOutcome::block, "block"}}};

template <class E, std::size_t N>
std::string_view name_of(const Names<E, N>& names, E value) {
    for (const auto& [candidate, name] : names) {
        if (candidate == value) return name;
    }
    return "?";
}

template <class E, std::size_t N>
Result<E> value_of(const Names<E, N>& names, std::string_view text, std::string_view what) {
    for (const auto& [value, name] : names) {
        if (name == text) return value;
    }
    return Error(Code::invalid_argument, fmt::format("'{:.40}' is no {}", text, what));
}

}  // namespace

std::string_view to_string(ReleaseStatus status) {
    return name_of(kReleaseStatus, status);
}
std::string_view to_string(StepStatus status) {
    return name_of(kStepStatus, status);
}
std::string_view to_string(Course course) {
    return name_of(kCourse, course);
}
std::string_view to_string(GateOutcome outcome) {
    return name_of(kGateOutcome, outcome);
}
std::string_view to_string(Offline offline) {
    return name_of(kOffline, offline);
}
std::string_view to_string(Priority priority) {
    return name_of(kPriority, priority);
}
std::string_view to_string(Overrun overrun) {
    return name_of(kOverrun, overrun);
}
std::string_view to_string(BreakerStatus status) {
    return name_of(kBreaker, status);
}
Result<ReleaseStatus> parse_release_status(std::string_view text) {
    return value_of(kReleaseStatus, text, "status of a release");
}
Result<StepStatus> parse_step_status(std::string_view text) {
    return value_of(kStepStatus, text, "status of a step");
}
Result<Course> parse_course(std::string_view text) {
    return value_of(kCourse, text, "course of a release");
}
Result<GateOutcome> parse_gate_outcome(std::string_view text) {
    return value_of(kGateOutcome, text, "outcome of a gate");
}
Result<Offline> parse_offline(std::string_view text) {
    return value_of(kOffline, text, "rule for an offline host");
}
Result<Priority> parse_priority(std::string_view text) {
    return value_of(kPriority, text, "priority");
}
Result<Overrun> parse_overrun(std::string_view text) {
    return value_of(kOverrun, text, "rule for the end of a window");
}
Result<BreakerStatus> parse_breaker_status(std::string_view text) {
    return value_of(kBreaker, text, "status of a circuit breaker");
}

}  // namespace signalbox::sequence
