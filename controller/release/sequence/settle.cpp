// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/sequence/apply.hpp"
#include "controller/release/sequence/editor.hpp"
#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/window.hpp"

namespace signalbox::sequence {
namespace {

// The first forward step of the stage that failed; an unknown one did not.
StepIndex failed_step(const ReleaseState& release) {
    const Bits& lost = release.tracking.lost;
    const auto [begin, stop] = release.index->steps(release.stage, false);
    for (std::size_t i = lost.next(begin); i < stop; i = lost.next(i + 1)) {
        if (release.steps[i].status == StepStatus::failed) return static_cast<StepIndex>(i);
    }
    return kNone;
}

bool any_flying(const ReleaseState& release) {
    bool found = false;
    release.tracking.active.for_each([&](std::size_t i) { found = found || flying(release.steps[i]); });
    return found;
}

// Hosts that never answered: after the grace nobody pretends to know.
void overdue(ReleaseState& release, Instant now) {
    const Bits active = release.tracking.active;
    active.for_each([&](std::size_t index) {
        const auto i = static_cast<StepIndex>(index);
        if (!flying(release.steps[i]) || !release.steps[i].sent) return;
        Editor editor(release, now);
        if (!release.steps[i].asking && now >= release.steps[i].ask_at) {
            editor.update(i, [&](StepState& step) {
                step.asking = true;
                step.ask_at = now;
            });
        }
        if (!release.steps[i].asking || now < release.steps[i].give_up_at) return;
        const StepSpec& spec = *(*release.index)[i].spec;
        editor.update(i, [&](StepState& step) {
            step.status = StepStatus::unknown;
            step.ran = true;
            step.ask_at = Instant{};
            step.detail = fmt::format("{} did not say what became of it", spec.host);
        });
        if (release.course != Course::forward) return;
        release.halted = true;
        release.reason = fmt::format("the outcome of {} on {} is unknown", spec.id.str(), spec.host);
        recall(release, now);
    });
}

bool forward_window_over(ReleaseState& release, Instant now) {
    const std::string when = "its window ended at " + to_rfc3339(release.spec->not_after);
    release.reason = release.reason.empty() ? when : when + " (" + release.reason + ")";
    // Whoever halted it has the word: what is left gets a name, and a person may still ask for the undo.
    const bool takes_back = release.spec->overrun == Overrun::undo && release.open && !release.halted;
    Editor(release, now).set_course(takes_back ? Course::winding_down_to_undo : Course::winding_down_to_fail);
    release.halted = false;
    recall(release, now);
    return true;
}

bool window_over(ReleaseState& release, Instant now) {
    if (release.ended() || release.winding_down() || now < last_start(release)) return false;
    if (release.course == Course::forward) return forward_window_over(release, now);
    bool changed = false;
    Editor editor(release, now);
    const auto [begin, stop] = release.index->steps(release.stage, true);
    for (StepIndex i = begin; i < stop; ++i) {
        const StepState& step = release.steps[i];
        const bool unsent = step.status == StepStatus::dispatched && !step.sent;
        const bool waits = step.status == StepStatus::pending || step.status == StepStatus::ready;
        if ((!unsent && !waits) || token_alive(step, now)) continue;
        if (unsent) editor.update(i, [](StepState& s) { s.status = StepStatus::ready; });
        editor.update(i, [&](StepState& s) {
            s.status = StepStatus::skipped;
            s.detail = "the time to undo ended at " + to_rfc3339(release.spec->undo_not_after);
        });
        changed = true;
    }
    return changed;
}

void open_stage(ReleaseState& release, Instant now) {
    release.open = true;
    release.reason.clear();
    release.progress.clear();
    for (const LaneSpec& lane : release.current().lanes) {
        if (lane.progress_deadline_s > 0) release.progress[lane_name(lane.service, lane.group)] = now;
    }
    Editor(release, now).open_list(false);
}

// The release does not succeed without saying who is missing.
std::string without(const ReleaseState& release) {
    if (release.left_out.empty()) return {};
    std::string names;
    for (const LeftOut& host : release.left_out) names += (names.empty() ? "" : ", ") + host.host;
    return "without " + names;
}

bool forward(ReleaseState& release, Instant now, std::vector<Effect>& effects) {
    if (!release.open && !release.halted && gates_pass(release)) {
        open_stage(release, now);
        return true;
    }
    if (!release.open) return false;
    if (const StepIndex failed = failed_step(release); failed != kNone) {
        const StepSpec& spec = *(*release.index)[failed].spec;
        std::string why =
            fmt::format("{} failed on {}: {}", spec.id.str(), spec.host, release.steps[failed].detail);
        if (release.halted) {
            // Nothing is minted after a halt, no undo either, until a person says so.
            if (release.reason.find(why) == std::string::npos)
                release.reason += (release.reason.empty() ? "" : "; ") + why;
            return false;
        }
        give_up(release, std::move(why), now);
        return release.spec->undo_on_failure;
    }
    if (release.tracking.unfinished[release.stage * 2] > 0) return false;
    if (release.stage + 1 == release.spec->stages.size()) {
        release.reason = without(release);
        end(release, ReleaseStatus::succeeded, now, effects);
        return true;
    }
    ++release.stage;
    release.open = false;
    return true;
}

bool undoing(ReleaseState& release, Instant now, std::vector<Effect>& effects) {
    if (release.tracking.unfinished[release.stage * 2 + 1] > 0) return false;
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
        case Course::winding_down_to_abort: {
            if (any_flying(release)) return false;
            const bool fails = release.course == Course::winding_down_to_fail;
            name_leftovers(release);
            end(release, fails ? ReleaseStatus::failed : ReleaseStatus::aborted, now, effects);
            return true;
        }
        case Course::ended:
            return false;
    }
    return false;
}

}  // namespace

void settle(ReleaseState& release, Instant now, std::vector<Effect>& effects) {
    if (release.ended()) return;
    overdue(release, now);
    check_absence(release, now);
    check_progress(release, now);
    while (settle_once(release, now, effects) || window_over(release, now)) {
    }
}

}  // namespace signalbox::sequence
