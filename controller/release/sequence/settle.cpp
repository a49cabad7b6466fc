// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/sequence/apply.hpp"
#include "controller/release/sequence/rules.hpp"

namespace signalbox::sequence {
namespace {

const StepSpec* failed_step(const ReleaseState& release) {
    for (const StepSpec& step : release.current().steps) {
        if (release.steps.at(step.id).status == StepStatus::failed) return &step;
    }
    return nullptr;
}

bool anything_ran(const ReleaseState& release, const StageSpec& stage) {
    return std::any_of(stage.steps.begin(), stage.steps.end(),
                       [&](const StepSpec& step) { return release.steps.at(step.id).ran; });
}

bool any_flying(const ReleaseState& release) {
    return std::any_of(release.steps.begin(), release.steps.end(),
                       [](const auto& entry) { return flying(entry.second); });
}

void end(ReleaseState& release, ReleaseStatus status, Instant now, std::vector<Effect>& effects) {
    for (auto& [id, step] : release.steps) {
        if (step.status == StepStatus::pending || step.status == StepStatus::ready) {
            step.status = StepStatus::skipped;
        }
        step.asking = false;
    }
    release.course = Course::ended;
    release.final_status = status;
    release.halted = false;
    release.finished = now;
    effects.emplace_back(Close{release.spec->id, status});
}

// Everything that touched its host and was not undone, by name.
void name_leftovers(ReleaseState& release) {
    release.not_undone.clear();
    for (const StepSpec& undo : release.current().undo) {
        const StepState& origin = release.steps.at(undo.undo_of);
        const StepState& step = release.steps.at(undo.id);
        if (!origin.ran || step.status == StepStatus::succeeded) continue;
        std::string why = step.detail;
        if (step.status == StepStatus::unknown) why = "its undo's outcome is unknown";
        if (why.empty())
            why = origin.status == StepStatus::unknown ? "its outcome is unknown" : "no undo was run";
        release.not_undone.push_back(fmt::format("{}: {} ({})", undo.host, undo.undo_of.str(), why));
    }
}

// Hosts that never answered: after the grace nobody pretends to know.
void overdue(ReleaseState& release, Instant now) {
    for (const StageSpec& stage : release.spec->stages) {
        for (const auto* list : {&stage.steps, &stage.undo}) {
            for (const StepSpec& spec : *list) {
                StepState& step = release.steps.at(spec.id);
                if (!flying(step) || !step.sent) continue;
                if (!step.asking && now >= step.ask_at) {
                    step.asking = true;
                    step.ask_at = now;
                }
                if (!step.asking || now < step.give_up_at) continue;
                step.status = StepStatus::unknown;
                step.ran = true;
                step.ask_at = Instant{};
                step.detail = fmt::format("{} did not say what became of it", spec.host);
                if (release.course != Course::forward) continue;
                release.halted = true;
                release.reason = fmt::format("the outcome of {} on {} is unknown", spec.id.str(), spec.host);
                recall(release, now);
            }
        }
    }
}

void begin_undo(ReleaseState& release, Instant now, std::vector<Effect>& effects) {
    const StepSpec* failed = failed_step(release);
    if (failed == nullptr && release.stage > 0 && !anything_ran(release, release.current())) --release.stage;
    for (const StepSpec& spec : release.current().steps) {
        StepState& step = release.steps.at(spec.id);
        if (step.status == StepStatus::pending || step.status == StepStatus::ready) {
            step.status = StepStatus::skipped;
        }
    }
    // An environment that was finished before keeps what succeeded there.
    for (const StageSpec& stage : release.spec->stages) {
        if (&stage == &release.current()) continue;
        for (const StepSpec& undo : stage.undo) {
            StepState& step = release.steps.at(undo.id);
            if (step.status == StepStatus::pending) step.status = StepStatus::skipped;
        }
    }
    bool something = false;
    for (const StepSpec& undo : release.current().undo) {
        StepState& step = release.steps.at(undo.id);
        if (release.steps.at(undo.undo_of).ran) {
            step.status = StepStatus::pending;  // a release that had ended had skipped it
            something = true;
        } else {
            step.status = StepStatus::skipped;
            step.detail = "nothing to undo: " + undo.undo_of.str() + " never ran";
        }
    }
    if (something) {
        release.course = Course::undoing;
        return;
    }
    if (failed == nullptr) {
        release.reason += "; nothing had been changed";
        end(release, ReleaseStatus::undone, now, effects);
    } else {
        release.reason += "; nothing had been switched";
        end(release, ReleaseStatus::failed, now, effects);
    }
}

bool window_over(ReleaseState& release, Instant now) {
    if (now < release.spec->not_after || release.ended() || release.winding_down()) return false;
    const std::string when = "its window ended at " + to_rfc3339(release.spec->not_after);
    if (release.course == Course::forward) {
        release.reason = release.reason.empty() ? when : when + " (" + release.reason + ")";
        release.course = Course::winding_down_to_fail;
        release.halted = false;
        recall(release, now);
        return true;
    }
    bool changed = false;
    for (const StepSpec& spec : release.current().undo) {
        StepState& step = release.steps.at(spec.id);
        if (step.status == StepStatus::dispatched && !step.sent) step.status = StepStatus::ready;
        if (step.status != StepStatus::pending && step.status != StepStatus::ready) continue;
        if (token_alive(step, now)) continue;
        step.status = StepStatus::skipped;
        step.detail = when;
        changed = true;
    }
    return changed;
}

bool forward(ReleaseState& release, Instant now, std::vector<Effect>& effects) {
    if (!release.open && !release.halted && gates_pass(release)) {
        release.open = true;
        release.reason.clear();
        return true;
    }
    if (!release.open) return false;
    if (const StepSpec* failed = failed_step(release)) {
        const std::string what = fmt::format("{} failed on {}: {}", failed->id.str(), failed->host,
                                             release.steps.at(failed->id).detail);
        if (release.spec->undo_on_failure) {
            release.reason = what;
            release.course = Course::winding_down_to_undo;
            recall(release, now);
            return true;
        }
        if (release.halted) return false;
        release.halted = true;
        release.reason = what;
        recall(release, now);
        return false;
    }
    const StageSpec& stage = release.current();
    const bool done = std::all_of(stage.steps.begin(), stage.steps.end(), [&](const StepSpec& step) {
        return release.steps.at(step.id).status == StepStatus::succeeded;
    });
    if (!done) return false;
    if (release.stage + 1 == release.spec->stages.size()) {
        release.reason.clear();
        end(release, ReleaseStatus::succeeded, now, effects);
        return true;
    }
    ++release.stage;
    release.open = false;
    return true;
}

bool undoing(ReleaseState& release, Instant now, std::vector<Effect>& effects) {
    bool changed = false;
    bool done = true;
    for (const StepSpec& spec : release.current().undo) {
        StepState& step = release.steps.at(spec.id);
        if (step.status == StepStatus::pending && undo_blocked(release, spec)) {
            step.status = StepStatus::skipped;
            step.detail = "kept, because the traffic could not be moved away from it";
            changed = true;
        }
        if (!over(step)) done = false;
    }
    if (!done) return changed;
    name_leftovers(release);
    end(release, release.not_undone.empty() ? ReleaseStatus::undone : ReleaseStatus::undone_partly, now,
        effects);
    return true;
}

bool settle_once(ReleaseState& release, Instant now, std::vector<Effect>& effects) {
    switch (release.course) {
        case Course::forward:
            return forward(release, now, effects);
        case Course::undoing:
            return undoing(release, now, effects);
        case Course::winding_down_to_undo:
            if (any_flying(release)) return false;
            begin_undo(release, now, effects);
            return true;
        case Course::winding_down_to_fail:
        case Course::winding_down_to_abort:
            if (any_flying(release)) return false;
            name_leftovers(release);
            end(release,
                release.course == Course::winding_down_to_fail ? ReleaseStatus::failed
                                                               : ReleaseStatus::aborted,
                now, effects);
            return true;
        case Course::ended:
            return false;
    }
    return false;
}

}  // namespace

void settle(ReleaseState& release, Instant now, std::vector<Effect>& effects) {
    if (release.ended()) return;
    overdue(release, now);
    while (settle_once(release, now, effects) || window_over(release, now)) {
    }
}

}  // namespace signalbox::sequence
