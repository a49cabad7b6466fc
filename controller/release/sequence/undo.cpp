// SPDX-License-Identifier: Apache-2.0
// Taking back, and how a release ends.
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/sequence/apply.hpp"
#include "controller/release/sequence/editor.hpp"
#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/sequence.hpp"

namespace signalbox::sequence {
namespace {

bool anything_ran(const ReleaseState& release) {
    const auto [begin, stop] = release.index->steps(release.stage, false);
    for (StepIndex i = begin; i < stop; ++i) {
        if (release.steps[i].ran) return true;
    }
    return false;
}

void skip(Editor& editor, StepIndex i, const std::string& why) {
    editor.update(i, [&](StepState& step) {
        step.status = StepStatus::skipped;
        if (!why.empty()) step.detail = why;
    });
}

bool waits(const StepState& step) {
    return step.status == StepStatus::pending || step.status == StepStatus::ready;
}

// Whether this undo step is to run; what was undone before stays so, and hosts admit no more attempts than
// were approved.
bool is_due(const ReleaseState& release, StepIndex i) {
    const StepState& step = release.steps[i];
    const StepState& origin = release.steps[(*release.index)[i].other];
    return origin.ran && waits(step);
}

}  // namespace

// A person who asks for it before the stage has begun means the one before.
std::size_t undo_stage(const ReleaseState& release) {
    const bool means_earlier = release.stage > 0 && !release.tracking.lost.any() && !anything_ran(release);
    return means_earlier ? release.stage - 1 : release.stage;
}

void end(ReleaseState& release, ReleaseStatus status, Instant now, std::vector<Effect>& effects) {
    Editor editor(release, now);
    editor.set_course(Course::ended);
    for (StepIndex i = 0; i < release.index->size(); ++i) {
        if (waits(release.steps[i])) skip(editor, i, "");
        if (release.steps[i].asking) editor.update(i, [](StepState& step) { step.asking = false; });
    }
    release.final_status = status;
    release.halted = false;
    release.finished = now;
    effects.emplace_back(Close{release.spec->id, status});
}

void name_leftovers(ReleaseState& release) {
    release.not_undone.clear();
    const auto [begin, stop] = release.index->steps(release.stage, true);
    for (StepIndex i = begin; i < stop; ++i) {
        const Index::Entry& entry = (*release.index)[i];
        const StepState& origin = release.steps[entry.other];
        const StepState& step = release.steps[i];
        if (!origin.ran || step.status == StepStatus::succeeded) continue;
        std::string why = step.detail;
        if (step.status == StepStatus::unknown) why = "its undo's outcome is unknown";
        if (step.status == StepStatus::failed && step.attempt >= entry.spec->max_attempts)
            why += fmt::format("; its {} approved attempts are used up", entry.spec->max_attempts);
        if (why.empty())
            why = origin.status == StepStatus::unknown ? "its outcome is unknown" : "no undo was run";
        release.not_undone.push_back(
            fmt::format("{}: {} ({})", entry.spec->host, entry.spec->undo_of.str(), why));
    }
}

void begin_undo(ReleaseState& release, Instant now, std::vector<Effect>& effects) {
    const bool failed = release.tracking.lost.any();
    if (release.by_person) release.stage = undo_stage(release);
    release.open = false;
    Editor editor(release, now);
    const auto [begin, stop] = release.index->steps(release.stage, false);
    for (StepIndex i = begin; i < stop; ++i) {
        if (waits(release.steps[i])) skip(editor, i, "");
    }
    // An environment that was finished before keeps what succeeded there.
    for (std::size_t stage = 0; stage < release.spec->stages.size(); ++stage) {
        if (stage == release.stage) continue;
        const auto [other, other_stop] = release.index->steps(stage, true);
        for (StepIndex i = other; i < other_stop; ++i) {
            if (waits(release.steps[i])) skip(editor, i, "");
        }
    }
    bool something = false;
    const auto [undo_begin, undo_stop] = release.index->steps(release.stage, true);
    for (StepIndex i = undo_begin; i < undo_stop; ++i) {
        const StepState& origin = release.steps[(*release.index)[i].other];
        const StepState& step = release.steps[i];
        const int most = (*release.index)[i].spec->max_attempts;
        const bool again = step.status == StepStatus::failed && step.attempt < most && !step.attempt_open;
        if ((step.status == StepStatus::skipped || again) && origin.ran) {
            // A release that had ended had skipped it, or stopped trying.
            editor.update(i, [](StepState& s) {
                s.status = StepStatus::pending;
                s.detail.clear();
            });
        }
        if (is_due(release, i)) {
            something = true;
        } else if (waits(release.steps[i])) {
            skip(editor, i, "nothing to undo: " + (*release.index)[i].spec->undo_of.str() + " never ran");
        }
    }
    if (something) {
        editor.set_course(Course::undoing);
        editor.open_list(true);
        return;
    }
    name_leftovers(release);
    if (!release.not_undone.empty()) {
        // Asked for once more, and all that could be tried was tried before.
        release.reason += "; nothing more can be taken back";
        return end(release, ReleaseStatus::undone_partly, now, effects);
    }
    release.reason += failed ? "; nothing had been switched" : "; nothing had been changed";
    const bool asked_for = release.by_person && !failed;
    end(release, asked_for ? ReleaseStatus::undone : ReleaseStatus::failed, now, effects);
}

}  // namespace signalbox::sequence
