// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/sequence.hpp"

namespace signalbox::sequence {
namespace {

std::string with_detail(std::string text, const StepState& step) {
    return step.detail.empty() ? text : text + " (" + step.detail + ")";
}

const StageSpec* stage_of(const ReleaseState& release, const StepSpec& wanted) {
    for (const StageSpec& stage : release.spec->stages) {
        for (const auto* list : {&stage.steps, &stage.undo}) {
            if (std::any_of(list->begin(), list->end(),
                            [&](const StepSpec& s) { return s.id == wanted.id; })) {
                return &stage;
            }
        }
    }
    return nullptr;
}

std::string waiting_for_gates(const ReleaseState& release) {
    const auto found = release.gates.find(release.current().name);
    if (found == release.gates.end()) return "waits for its gates to be judged";
    for (const Verdict& v : found->second) {
        if (v.outcome != GateOutcome::pass) {
            return fmt::format("the gate '{}' says {}: {}", v.gate, to_string(v.outcome), v.reason);
        }
    }
    return "its gates have passed";
}

std::string explain_pending(const ReleaseState& release, const StepSpec& spec) {
    const StageSpec* stage = stage_of(release, spec);
    if (!spec.undo_of.empty() && release.course != Course::undoing) {
        return "runs only if " + spec.undo_of.str() + " must be taken back";
    }
    if (stage != nullptr && stage != &release.current()) {
        return fmt::format("{} comes after {}", stage->name, release.current().name);
    }
    if (release.course == Course::forward && !release.open) return waiting_for_gates(release);
    std::string open;
    int more = 0;
    for (const StepId& need : spec.needs) {
        const StepState& step = release.steps.at(need);
        if (spec.undo_of.empty() ? step.status == StepStatus::succeeded : over(step)) continue;
        if (open.empty()) {
            open = need.str();
        } else {
            ++more;
        }
    }
    if (open.empty()) return "is about to be looked at";
    return more == 0 ? "waits for " + open : fmt::format("waits for {} and {} more", open, more);
}

// Another step that keeps this host busy, or nullptr.
const StepSpec* other_on_host(const State& state, const StepSpec& spec, Instant now) {
    for (const auto& [id, release] : state.releases) {
        if (release.ended()) continue;
        for (const auto& [step_id, step] : release.steps) {
            if (step_id == spec.id || !holds_slot(step, now)) continue;
            const StepSpec* other = release.spec->find(step_id);
            if (other->agent == spec.agent) return other;
        }
    }
    return nullptr;
}

std::string explain_ready(const State& state, const ReleaseState& release, const StepSpec& spec,
                          const StepState& step, Instant now) {
    if (release.halted) return "the release is halted: " + release.reason;
    if (release.winding_down()) return "nothing more is started: " + release.reason;
    if (now < release.spec->not_before) return "the window opens at " + to_rfc3339(release.spec->not_before);
    if (now < step.not_before) {
        return with_detail("is tried again at " + to_rfc3339(step.not_before), step);
    }
    if (!state.is_online(spec.agent)) {
        return with_detail(fmt::format("{} is not online", spec.host), step);
    }
    if (const StepSpec* other = other_on_host(state, spec, now)) {
        return fmt::format("{} is busy with {}", spec.host, other->id.str());
    }
    const std::string& environment = release.current().name;
    return fmt::format("waits for its turn: {} steps are in flight in {}, and {} may be",
                       in_flight(state, environment, now), environment, release.current().max_in_flight);
}

std::string explain_flying(const State& state, const StepSpec& spec, const StepState& step) {
    if (step.asking) {
        if (!state.is_online(spec.agent)) {
            return fmt::format("{} went away while it was in flight; it is asked when it is back", spec.host);
        }
        return with_detail(fmt::format("{} is asked what became of it", spec.host), step);
    }
    if (step.status == StepStatus::running) {
        return fmt::format("runs on {}, attempt {} of {}", spec.host, step.attempt, spec.max_attempts);
    }
    if (!step.sent) return fmt::format("its token for {} is being made", spec.host);
    return fmt::format("sent to {}, which checks it", spec.host);
}

}  // namespace

std::string explain(const State& state, const ReleaseState& release, const StepSpec& spec, Instant now) {
    const StepState& step = release.steps.at(spec.id);
    switch (step.status) {
        case StepStatus::pending:
            return explain_pending(release, spec);
        case StepStatus::ready:
            return explain_ready(state, release, spec, step, now);
        case StepStatus::dispatched:
        case StepStatus::running:
            return explain_flying(state, spec, step);
        case StepStatus::succeeded:
            return "";
        case StepStatus::failed:
            return step.detail;
        case StepStatus::unknown:
            return step.detail + "; when its agent is back, it is asked";
        case StepStatus::skipped:
            return step.detail.empty()
                       ? "was not needed: " + (release.reason.empty() ? "the release ended" : release.reason)
                       : step.detail;
    }
    return "";
}

}  // namespace signalbox::sequence
