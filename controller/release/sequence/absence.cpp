// SPDX-License-Identifier: Apache-2.0
// Hosts that come and go, and lanes that stand still.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "controller/release/sequence/apply.hpp"
#include "controller/release/sequence/editor.hpp"
#include "controller/release/sequence/outcome.hpp"
#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/window.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::seconds;

std::size_t left_out_of(const ReleaseState& release, const LaneSpec& lane) {
    return static_cast<std::size_t>(std::count_if(
        release.left_out.begin(), release.left_out.end(),
        [&](const LeftOut& host) { return host.service == lane.service && host.group == lane.group; }));
}

// Something of this host in this lane may be under way.
bool any_open(const ReleaseState& release, const std::vector<StepIndex>& steps) {
    return std::any_of(steps.begin(), steps.end(), [&](StepIndex i) {
        return flying(release.steps[i]) || release.steps[i].attempt_open;
    });
}

bool enough_without_one(const ReleaseState& release, const LaneSpec& lane) {
    return lane.hosts.size() > left_out_of(release, lane) &&
           lane.hosts.size() - left_out_of(release, lane) - 1 >= static_cast<std::size_t>(lane.quorum);
}

void leave_out(ReleaseState& release, const LaneSpec& lane, const std::string& host,
               const std::vector<StepIndex>& steps, const std::string& why, Instant now) {
    release.left_out.push_back({lane.service, lane.group, host, why});
    Editor editor(release, now);
    // Last first: what the earlier ones would free is out of the way by then.
    for (auto i = steps.rbegin(); i != steps.rend(); ++i) {
        const StepStatus status = release.steps[*i].status;
        if (status != StepStatus::pending && status != StepStatus::ready) continue;
        editor.update(*i, [&](StepState& step) {
            step.status = StepStatus::skipped;
            step.detail = why;
        });
    }
}

void away_for_too_long(ReleaseState& release, StepIndex i, Instant now) {
    const Index& index = *release.index;
    const StepSpec& spec = *index[i].spec;
    if (release.steps[i].status != StepStatus::ready || !spec.undo_of.empty() || index[i].lane == kNone)
        return;
    const Index::Lane& lane = index.lanes()[index[i].lane];
    if (lane.spec->offline == Offline::wait) return;
    if (now < release.steps[i].absent_since + seconds(lane.spec->offline_after_s)) return;
    // An order that may be under way is nothing that anybody may give up: its host must say what became of
    // it.
    if (maybe_out(release.steps[i]))
        return Editor(release, now).update(i, [&](StepState& step) { ask_once_more(step, now); });
    const std::string away =
        fmt::format("{} has been offline since {}", spec.host, to_rfc3339(release.steps[i].absent_since));
    const auto steps = lane.targets.find(spec.target);
    const bool skips = lane.spec->offline == Offline::skip && steps != lane.targets.end();
    if (skips && any_open(release, steps->second)) return;
    if (skips && enough_without_one(release, *lane.spec)) {
        return leave_out(release, *lane.spec, spec.target, steps->second, away + "; it is left out", now);
    }
    Editor(release, now).update(i, [&](StepState& step) {
        step.status = StepStatus::failed;
        step.order = ++release.completions;
        step.detail = away + (skips ? fmt::format("; without it fewer than {} hosts would be released",
                                                  lane.spec->quorum)
                                    : std::string());
    });
}

// How long an undo step waits for its host before the others go on without it.
Duration undo_waits_for(const Index& index, StepIndex i) {
    const std::uint32_t lane = index[i].lane;
    return lane == kNone ? kAwayAfter : seconds(index.lanes()[lane].spec->offline_after_s);
}

// Taking back does not stand behind a host that may never return: the hosts that are there go on, and it gets
// a name. What may be under way there is asked for first, as always.
void pass_over(ReleaseState& release, StepIndex i, Instant now) {
    const StepState& step = release.steps[i];
    if (step.status != StepStatus::ready || step.absent_since == Instant{}) return;
    const bool gone = release.tracking.gone.test((*release.index)[i].agent);
    if (!gone && now < step.absent_since + undo_waits_for(*release.index, i)) return;
    Editor editor(release, now);
    if (maybe_out(step)) return editor.update(i, [&](StepState& s) { ask_once_more(s, now); });
    editor.update(i, [&](StepState& s) {
        s.status = StepStatus::skipped;
        s.attempt_open = false;
        const std::string& host = (*release.index)[i].spec->host;
        s.detail = gone ? fmt::format(
                              "the agent that changed {} is banned: the host was enrolled again, or "
                              "somebody banned it; look at it by hand",
                              host)
                        : fmt::format("{} has been offline since {}; undo again when it is back", host,
                                      to_rfc3339(s.absent_since));
    });
}

// The time since then that a lane is held to account for: closed times do not count.
Instant counted_from(const StageSpec& stage, Instant since, Instant now) {
    for (const ClosedSpec& closed : stage.closed) {
        if (closed.when.to <= now) since = std::max(since, closed.when.to);
    }
    return since;
}

// When this lane must have made progress; nothing when it is done, elsewhere, or has no such rule.
std::optional<Instant> progress_due(const ReleaseState& release, const Index::Lane& lane, Instant now) {
    const auto number = static_cast<std::size_t>(&lane - release.index->lanes().data());
    if (lane.stage != release.stage || release.tracking.lane_left[number] == 0) return {};
    const auto last = release.progress.find(lane_name(lane.spec->service, lane.spec->group));
    if (last == release.progress.end()) return {};
    return counted_from(release.current(), last->second, now) + seconds(lane.spec->progress_deadline_s);
}

}  // namespace

void check_absence(ReleaseState& release, Instant now) {
    if (!at_work(release, now)) return;
    const bool undoing = release.course == Course::undoing;
    const Bits absent = release.tracking.absent;
    absent.for_each([&](std::size_t i) {
        if (undoing) return pass_over(release, static_cast<StepIndex>(i), now);
        away_for_too_long(release, static_cast<StepIndex>(i), now);
    });
}

void check_progress(ReleaseState& release, Instant now) {
    if (release.course != Course::forward || !at_work(release, now)) return;
    for (const Index::Lane& lane : release.index->lanes()) {
        const auto due = progress_due(release, lane, now);
        if (!due || now < *due) continue;
        return give_up(release,
                       fmt::format("{} in {} has made no progress for {}",
                                   lane_name(lane.spec->service, lane.spec->group), release.current().name,
                                   format_duration(seconds(lane.spec->progress_deadline_s))),
                       now);
    }
}

std::vector<Instant> lane_deadlines(const ReleaseState& release, Instant now) {
    std::vector<Instant> out;
    if (!at_work(release, now)) return out;
    const Index& index = *release.index;
    if (release.course == Course::undoing) {
        release.tracking.absent.for_each([&](std::size_t i) {
            out.push_back(release.steps[i].absent_since + undo_waits_for(index, static_cast<StepIndex>(i)));
        });
        return out;
    }
    for (const Index::Lane& lane : index.lanes()) {
        if (const auto due = progress_due(release, lane, now)) out.push_back(*due);
    }
    release.tracking.absent.for_each([&](std::size_t i) {
        const std::uint32_t lane = index[static_cast<StepIndex>(i)].lane;
        if (lane == kNone || index.lanes()[lane].spec->offline == Offline::wait) return;
        out.push_back(release.steps[i].absent_since + seconds(index.lanes()[lane].spec->offline_after_s));
    });
    return out;
}

void give_up(ReleaseState& release, std::string why, Instant now) {
    release.reason = std::move(why);
    if (release.spec->undo_on_failure) {
        Editor(release, now).set_course(Course::winding_down_to_undo);
        release.halted = false;
    } else {
        release.halted = true;
    }
    recall(release, now);
}

}  // namespace signalbox::sequence
