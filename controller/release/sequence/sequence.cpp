// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/sequence.hpp"

#include <fmt/format.h>

#include "controller/release/sequence/apply.hpp"
#include "controller/release/sequence/rules.hpp"

namespace signalbox::sequence {
namespace {

Error not_now(std::string message, std::string remedy) {
    return {Code::failed_precondition, std::move(message), std::move(remedy)};
}

Status may_resume(const ReleaseState& release) {
    if (!release.halted) {
        return not_now(fmt::format("{} is not halted", release.spec->id.str()), "Nothing is to be done");
    }
    if (release.course != Course::forward) return {};
    const auto [begin, end] = release.index->steps(release.stage, false);
    for (std::size_t i = release.tracking.lost.next(begin); i < end; i = release.tracking.lost.next(i + 1)) {
        const StepSpec& spec = *(*release.index)[static_cast<StepIndex>(i)].spec;
        if (release.steps[i].status == StepStatus::unknown) {
            return not_now(fmt::format("the outcome of {} on {} is unknown", spec.id.str(), spec.host),
                           "Bring its agent back: it is asked at once. Or undo, or abort, the release");
        }
        return not_now(fmt::format("{} failed on {} and has used its attempts", spec.id.str(), spec.host),
                       "Undo or abort the release, and start another one");
    }
    return {};
}

bool is_going_back(const ReleaseState& release) {
    return release.course == Course::undoing || release.course == Course::winding_down_to_undo;
}

// Whether anything that ran where an undo would take back is not undone.
bool anything_to_undo(const ReleaseState& release) {
    const auto [begin, stop] = release.index->steps(undo_stage(release), true);
    for (StepIndex i = begin; i < stop; ++i) {
        const bool ran = release.steps[(*release.index)[i].other].ran;
        if (ran && release.steps[i].status != StepStatus::succeeded) return true;
    }
    return false;
}

Status may_undo(const ReleaseState& release, Instant now) {
    if (now >= release.spec->undo_not_after) {
        return not_now(fmt::format("the time to undo {} ended at {}: its hosts admit no undo step any more",
                                   release.spec->id.str(), to_rfc3339(release.spec->undo_not_after)),
                       "Start a release of the earlier version");
    }
    if (release.ended() && release.final_status == ReleaseStatus::undone) {
        return not_now(fmt::format("{} is {}", release.spec->id.str(), to_string(release.final_status)),
                       "Start a release of the version that is wanted");
    }
    if (release.ended() && !anything_to_undo(release)) {
        return not_now(fmt::format("nothing of {} is left to undo: it is {}", release.spec->id.str(),
                                   to_string(release.final_status)),
                       "Nothing is to be done");
    }
    if (!release.ended() && release.course != Course::forward) {
        return not_now(fmt::format("{} {} already", release.spec->id.str(),
                                   is_going_back(release) ? "is being taken back" : "is ending"),
                       "Watch it: signalbox release watch " + release.spec->id.str());
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
    bool presence = false;
    for (auto& [id, release] : next.releases) {
        const auto before = state.releases.find(id);
        const bool known = before != state.releases.end();
        presence = presence || !known || !(before->second.tracking.online == release.tracking.online) ||
                   !(before->second.tracking.gone == release.tracking.gone);
        if (known && before->second == release) continue;
        ++release.revision;
        out.changed.insert(id);
    }
    // A new process knows of nobody's presence, so a start changes nothing for it, but much for a replay.
    out.applied = presence || !out.changed.empty() || next.breakers != state.breakers ||
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
            if (release.winding_down() && !is_going_back(release)) {
                return not_now(release.spec->id.str() + " is ending already: it starts nothing more",
                               "Watch it");
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
