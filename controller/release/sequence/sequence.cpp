// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/sequence.hpp"

#include <fmt/format.h>

#include "controller/release/sequence/apply.hpp"
#include "controller/release/sequence/rules.hpp"

namespace signalbox::sequence {
namespace {

// Presence matters only while an unfinished release names the agent; so that it does not depend on what
// else was loaded, the rest is forgotten.
void forget_others(State& state) {
    if (state.online.empty()) return;
    std::set<AgentId> named;
    for (const auto& [id, release] : state.releases) {
        if (release.ended()) continue;
        for (const StageSpec& stage : release.spec->stages) {
            for (const auto* list : {&stage.steps, &stage.undo}) {
                for (const StepSpec& step : *list) named.insert(step.agent);
            }
        }
    }
    std::erase_if(state.online, [&](const auto& entry) { return !named.contains(entry.first); });
}

Error not_now(std::string message, std::string remedy) {
    return {Code::failed_precondition, std::move(message), std::move(remedy)};
}

Status may_resume(const ReleaseState& release) {
    if (!release.halted) {
        return not_now(fmt::format("{} is not halted", release.spec->id.str()), "Nothing is to be done");
    }
    if (release.course != Course::forward) return {};
    for (const StepSpec& spec : release.current().steps) {
        const StepState& step = release.steps.at(spec.id);
        if (step.status == StepStatus::unknown) {
            return not_now(fmt::format("the outcome of {} on {} is unknown", spec.id.str(), spec.host),
                           "Bring its agent back: it is asked at once. Or undo, or abort, the release");
        }
        if (step.status == StepStatus::failed) {
            return not_now(fmt::format("{} failed on {} and has used its attempts", spec.id.str(), spec.host),
                           "Undo or abort the release, and start another one");
        }
    }
    return {};
}

Status may_undo(const ReleaseState& release, Instant now) {
    if (now >= release.spec->not_after) {
        return not_now(fmt::format("the window of {} ended at {}: its hosts admit no undo step any more",
                                   release.spec->id.str(), to_rfc3339(release.spec->not_after)),
                       "Start a release of the earlier version");
    }
    if (release.ended() && release.final_status != ReleaseStatus::succeeded) {
        return not_now(fmt::format("{} is {}", release.spec->id.str(), to_string(release.final_status)),
                       "Start a release of the version that is wanted");
    }
    if (!release.ended() && release.course != Course::forward) {
        return not_now(
            fmt::format("{} is ending already ({})", release.spec->id.str(), to_string(release.course)),
            "Watch it");
    }
    return {};
}

}  // namespace

Outcome step(const State& state, const Event& event, Instant now) {
    Outcome out;
    out.state = state;
    State& next = out.state;
    apply(next, event, now);
    for (auto& [id, release] : next.releases) settle(release, now, out.effects);
    schedule(next, now, out.effects);
    forget_others(next);
    for (auto& [id, release] : next.releases) {
        const auto before = state.releases.find(id);
        if (before != state.releases.end() && before->second == release) continue;
        ++release.revision;
        out.changed.insert(id);
    }
    // A new process knows of nobody's presence, so a start changes nothing for it, but much for a replay.
    out.applied = !out.changed.empty() || next.online != state.online ||
                  std::holds_alternative<ControllerStarted>(event);
    set_wake(next, now, out.effects);
    return out;
}

Status allowed(const State& state, const Command& command, Instant now) {
    const auto found = state.releases.find(command.release);
    if (found == state.releases.end()) {
        return Error(Code::not_found, "there is no release " + command.release.str(),
                     "List the releases to see their ids");
    }
    const ReleaseState& release = found->second;
    if (command.kind == CommandKind::undo) return may_undo(release, now);
    if (release.ended()) {
        return not_now(
            fmt::format("{} has ended: it is {}", release.spec->id.str(), to_string(release.final_status)),
            "Nothing is left to " + std::string(to_string(command.kind)));
    }
    switch (command.kind) {
        case CommandKind::halt:
            if (release.halted) {
                return not_now(release.spec->id.str() + " is halted already", "Resume, undo or abort it");
            }
            return {};
        case CommandKind::resume:
            return may_resume(release);
        case CommandKind::abort:
            if (release.course == Course::winding_down_to_abort ||
                release.course == Course::winding_down_to_fail) {
                return not_now(release.spec->id.str() + " is ending already", "Watch it");
            }
            return {};
        case CommandKind::undo:
            break;
    }
    return {};
}

}  // namespace signalbox::sequence
