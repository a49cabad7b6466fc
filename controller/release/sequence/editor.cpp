// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/editor.hpp"

#include <cstdio>
#include <exception>
#include <string>

#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/transitions.hpp"

namespace signalbox::sequence {
namespace {

template <class S>
void must_be_legal(S from, S to, const std::string& whose) {
    if (may_change(from, to)) return;
    std::fprintf(stderr, "the sequencer may not change %s from %s to %s\n", whose.c_str(),
                 std::string(to_string(from)).c_str(), std::string(to_string(to)).c_str());
    std::terminate();
}

// A forward step is met when others may build on it, an undo step when nobody waits for it any longer.
bool met(const StepSpec& spec, StepStatus status) {
    if (status == StepStatus::succeeded || status == StepStatus::skipped) return true;
    return !spec.undo_of.empty() && (status == StepStatus::failed || status == StepStatus::unknown);
}

// A part of `whole` that is fixed by release and host (FNV-1a), so that a replay starts at the same instants.
Duration share_of(std::int64_t whole_s, const std::string& release, const std::string& host) {
    if (whole_s <= 0) return {};
    std::uint64_t hash = 14695981039346656037U;
    for (const std::string* text : {&release, &host}) {
        for (const char c : *text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
    return std::chrono::milliseconds(hash % static_cast<std::uint64_t>(whole_s * 1000));
}

}  // namespace

void Editor::set_course(Course course) {
    must_be_legal(release_.course, course, release_.spec->id.str());
    release_.course = course;
}

void Editor::follow(StepIndex i, StepStatus before) {
    const StepSpec& spec = *index_[i].spec;
    StepState& step = release_.steps.edit(i);
    must_be_legal(before, step.status, spec.id.str());
    if (step.status != StepStatus::ready) {
        step.absent_since = Instant{};
    } else if (step.absent_since == Instant{} && !release_.tracking.online.test(index_[i].agent)) {
        step.absent_since = now_;
    }
    mark(i, step);
    const bool was = met(spec, before);
    const bool is = met(spec, step.status);
    if (was == is) return;
    const std::size_t list = index_[i].stage * 2 + (spec.undo_of.empty() ? 0 : 1);
    release_.tracking.unfinished[list] += is ? -1U : 1U;
    if (spec.undo_of.empty() && index_[i].lane != kNone)
        release_.tracking.lane_left[index_[i].lane] += is ? -1U : 1U;
    tell_waiters(i, is);
}

void Editor::mark(StepIndex i, const StepState& step) {
    Tracking& t = release_.tracking;
    const bool ready = step.status == StepStatus::ready;
    t.ready.set(i, ready);
    t.active.set(i, flying(step) || step.attempt_open || step.asking);
    t.delayed.set(i, ready && step.not_before != Instant{});
    t.absent.set(i, ready && step.absent_since != Instant{});
    const bool lost = step.status == StepStatus::failed || step.status == StepStatus::unknown;
    t.lost.set(i, lost && index_[i].spec->undo_of.empty());
}

void Editor::tell_waiters(std::uint32_t node, bool over) {
    for (const std::uint32_t waiter : index_.waiters(node)) {
        std::uint32_t& unmet = release_.tracking.unmet.edit(waiter);
        const bool changes = over ? --unmet == 0 : unmet++ == 0;
        if (!changes) continue;
        if (index_.is_join(waiter)) {
            tell_waiters(waiter, over);
        } else if (over) {
            try_ready(waiter);
        }
    }
}

bool Editor::list_is_open(StepIndex i) const {
    if (index_[i].stage != release_.stage) return false;
    const bool undo = !index_[i].spec->undo_of.empty();
    return undo ? release_.course == Course::undoing : release_.course == Course::forward && release_.open;
}

void Editor::try_ready(StepIndex i) {
    if (release_.steps[i].status != StepStatus::pending || release_.tracking.unmet[i] != 0 ||
        !list_is_open(i))
        return;
    const StepSpec& spec = *index_[i].spec;
    const StepIndex blocked_by = spec.undo_of.empty() ? kNone : undo_blocked_by(release_, i, spec);
    if (blocked_by != kNone) {
        const bool waits = passed_over(release_, blocked_by);
        const std::string& by = index_[blocked_by].spec->undo_of.str();
        update(i, [&](StepState& step) {
            step.status = StepStatus::skipped;
            step.detail = waits ? "kept, because " + by + " was not undone"
                                : "kept, because the traffic could not be moved away from it";
        });
        return;
    }
    Duration wait = std::chrono::seconds(spec.delay_s);
    const bool first = spec.undo_of.empty() && index_.waited_for(i).empty();
    if (first) wait += share_of(release_.spec->jitter_s, release_.spec->id.str(), spec.host);
    update(i, [&](StepState& step) {
        step.status = StepStatus::ready;
        step.ready = now_;
        if (wait > Duration{}) step.not_before = now_ + wait;
    });
}

void Editor::open_list(bool undo) {
    const auto [begin, end] = index_.steps(release_.stage, undo);
    for (StepIndex i = begin; i < end; ++i) try_ready(i);
}

void Editor::set_online(std::uint32_t agent, bool online) {
    release_.tracking.online.set(agent, online);
    for (const StepIndex i : index_.on_agent(agent)) {
        if (release_.steps[i].status != StepStatus::ready) continue;
        const bool absent = release_.steps[i].absent_since != Instant{};
        if (absent == online)
            update(i, [&](StepState& step) { step.absent_since = online ? Instant{} : now_; });
    }
}

void Editor::rebuild(ReleaseState& release) {
    const Index& index = *release.index;
    Tracking& t = release.tracking;
    const Bits none(index.size());
    t.ready = t.active = t.delayed = t.absent = t.lost = none;
    t.online = t.gone = Bits(index.agents().size());
    t.unmet = SharedVector<std::uint32_t>(index.nodes());
    for (std::uint32_t node = 0; node < index.nodes(); ++node) {
        if (const std::size_t waits = index.waited_for(node).size(); waits > 0)
            t.unmet.edit(node) = static_cast<std::uint32_t>(waits);
    }
    t.unfinished.assign(release.spec->stages.size() * 2, 0);
    t.lane_left.assign(index.lanes().size(), 0);
    Editor editor(release, Instant{});
    for (StepIndex i = 0; i < index.size(); ++i) {
        const bool undo = !index[i].spec->undo_of.empty();
        editor.mark(i, release.steps[i]);
        ++t.unfinished[index[i].stage * 2 + (undo ? 1 : 0)];
        if (!undo && index[i].lane != kNone) ++t.lane_left[index[i].lane];
    }
    for (StepIndex i = 0; i < index.size(); ++i) {
        const StepSpec& spec = *index[i].spec;
        if (!met(spec, release.steps[i].status)) continue;
        --t.unfinished[index[i].stage * 2 + (spec.undo_of.empty() ? 0 : 1)];
        if (spec.undo_of.empty() && index[i].lane != kNone) --t.lane_left[index[i].lane];
        // Nothing becomes ready by loading: what could be ready was so when it was stored.
        editor.count_met(i);
    }
}

void Editor::count_met(std::uint32_t node) {
    for (const std::uint32_t waiter : index_.waiters(node)) {
        if (--release_.tracking.unmet.edit(waiter) == 0 && index_.is_join(waiter)) count_met(waiter);
    }
}

}  // namespace signalbox::sequence
