// SPDX-License-Identifier: Apache-2.0
// The sequencer's fixed times and small rules, each with its reason. Pure; private to this module.
#pragma once

#include <algorithm>
#include <chrono>
#include <string_view>

#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {

// An order or a finished record that is not answered within this is asked for.
inline constexpr Duration kAnswerWithin = std::chrono::seconds(20);
// A query that is not answered within this is sent again.
inline constexpr Duration kAskAgain = std::chrono::seconds(15);
// How long after everything must be over a step is declared unknown.
inline constexpr Duration kGrace = std::chrono::seconds(60);
// So long after its end a token may still be admitted: a host is lenient by at most 30 s (the trust file's
// skew_s), and its clock may be as far behind ours.
inline constexpr Duration kSkew = std::chrono::seconds(60);
// A token refused so often in a row will not be admitted: the step fails.
inline constexpr int kMaxSetbacks = 8;

// An undo step of no lane whose host is away for so long is passed over.
inline constexpr Duration kAwayAfter = std::chrono::minutes(5);

// After so many grants to others the next free slots of a release's first waiting step are kept for it.
inline constexpr std::uint64_t kPatience = 16;

// 1 s, 2 s, 4 s … at most a minute.
inline Duration backoff(int count) {
    return std::chrono::seconds(std::min(1 << std::clamp(count, 0, 6), 60));
}

// Of an undo step: 10 s, 60 s … What it needs (a load balancer, a service) may be just coming up, and it has
// few attempts.
inline Duration undo_backoff(int count) {
    return std::chrono::seconds(count <= 0 ? 10 : 60);
}

enum class RefusalClass {
    dead_token,  // this token never will be admitted: mint another one for the same attempt
    not_yet,     // the same token may be admitted later
    ask,         // something of this step ran or runs: the host knows what
    final_,      // no token for this step will be admitted
};
[[nodiscard]] inline RefusalClass classify(std::string_view code) {
    if (code == "R_NONCE" || code == "R_EXPIRED") return RefusalClass::dead_token;
    if (code == "R_EARLY" || code == "R_CLOCK" || code == "R_WINDOW" || code == "R_TRUST") {
        return RefusalClass::not_yet;
    }
    if (code == "R_REPLAY" || code == "R_BUSY" || code == "R_DONE" || code == "R_ATTEMPTS") {
        return RefusalClass::ask;
    }
    return RefusalClass::final_;
}

[[nodiscard]] inline bool flying(const StepState& step) {
    return step.status == StepStatus::dispatched || step.status == StepStatus::running;
}
// A token of the open attempt may still be admitted.
[[nodiscard]] inline bool token_alive(const StepState& step, Instant now) {
    return step.minted && step.attempt_open && now < step.token_expires + kSkew;
}
[[nodiscard]] inline bool holds_slot(const StepState& step, Instant now) {
    return flying(step) || (step.status == StepStatus::ready && token_alive(step, now));
}
// Its host said that it never ran, but its order may still be on its way.
[[nodiscard]] inline bool maybe_out(const StepState& step) {
    return step.status == StepStatus::ready && step.attempt_open && step.minted;
}
[[nodiscard]] inline bool over(const StepState& step) {
    return step.status == StepStatus::succeeded || step.status == StepStatus::failed ||
           step.status == StepStatus::unknown || step.status == StepStatus::skipped;
}
// Whether steps of this direction may be retried or sent again.
[[nodiscard]] inline bool course_wants(const ReleaseState& release, const StepSpec& step) {
    return release.course == (step.undo_of.empty() ? Course::forward : Course::undoing);
}
[[nodiscard]] inline bool gates_pass(const ReleaseState& release) {
    const auto found = release.gates.find(release.current().name);
    return found != release.gates.end() && !found->second.empty() &&
           std::all_of(found->second.begin(), found->second.end(),
                       [](const Verdict& v) { return v.outcome == GateOutcome::pass; });
}
// An undo step that was to run and did not: its host is away, its time ended, or what it builds on was not
// undone.
[[nodiscard]] inline bool passed_over(const ReleaseState& release, StepIndex i) {
    return release.steps[i].status == StepStatus::skipped && release.steps[(*release.index)[i].other].ran;
}
// Whether `step` must not be undone while `need`, an undo step of its lane that was passed over, is not: they
// are of one host, or one of them moves the whole lane's traffic to or from the other. Traffic may leave a
// host that changes and is away, and may not come back to one that does not serve yet.
[[nodiscard]] inline bool of_one_side(const ReleaseState& release, StepIndex need, const StepSpec& step) {
    const Index::Entry& entry = (*release.index)[need];
    if (entry.spec->target == step.target || entry.spec->target.empty()) return true;
    if (!step.target.empty()) return false;
    if (entry.lane == kNone) return true;
    const auto& changing = release.index->lanes()[entry.lane].spec->hosts;
    return std::find(changing.begin(), changing.end(), entry.spec->target) == changing.end();
}
// What keeps this undo step of `lane` from running; kNone: nothing does. A shift that could not be taken back
// keeps what it leads the traffic to, and what was passed over keeps its own side. `node`: the step, or a
// join that it waits for.
[[nodiscard]] inline StepIndex undo_blocked_by(const ReleaseState& release, std::uint32_t node,
                                               const StepSpec& lane) {
    const Index& index = *release.index;
    for (const std::uint32_t before : index.waited_for(node)) {
        if (index.is_join(before)) {
            if (const StepIndex by = undo_blocked_by(release, before, lane); by != kNone) return by;
            continue;
        }
        const StepSpec& need = *index[before].spec;
        if (need.group != lane.group || need.service != lane.service) continue;
        const StepStatus status = release.steps[before].status;
        const bool lost = status == StepStatus::failed || status == StepStatus::unknown;
        if (lost && need.kind == "traffic.shift") return before;
        if (status != StepStatus::skipped) continue;
        if (passed_over(release, before) && of_one_side(release, before, lane)) return before;
        if (const StepIndex by = undo_blocked_by(release, before, lane); by != kNone) return by;
    }
    return kNone;
}

// Where a lane's progress is kept.
[[nodiscard]] inline std::string lane_name(const std::string& service, const std::string& group) {
    return service + "/" + group;
}

}  // namespace signalbox::sequence
