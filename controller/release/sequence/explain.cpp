// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/sequence.hpp"
#include "controller/release/sequence/throttle.hpp"
#include "controller/release/sequence/window.hpp"

namespace signalbox::sequence {
namespace {

std::string with_detail(std::string text, const StepState& step) {
    return step.detail.empty() ? text : text + " (" + step.detail + ")";
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

// What of those that this node waits for is not over: the first, and how many.
void count_open(const ReleaseState& release, std::uint32_t node, bool undo, std::string& first, int& count) {
    for (const std::uint32_t before : release.index->waited_for(node)) {
        if (release.index->is_join(before)) {
            count_open(release, before, undo, first, count);
            continue;
        }
        const StepState& step = release.steps[before];
        const bool met =
            undo ? over(step) : step.status == StepStatus::succeeded || step.status == StepStatus::skipped;
        if (met) continue;
        if (++count == 1) first = (*release.index)[before].spec->id.str();
    }
}

std::string explain_pending(const ReleaseState& release, StepIndex i) {
    const Index::Entry& entry = (*release.index)[i];
    const bool undo = !entry.spec->undo_of.empty();
    if (undo && release.course != Course::undoing) {
        return "runs only if " + entry.spec->undo_of.str() + " must be taken back";
    }
    if (entry.stage != release.stage) {
        return fmt::format("{} comes after {}", release.spec->stages[entry.stage].name,
                           release.current().name);
    }
    if (release.course == Course::forward && !release.open) return waiting_for_gates(release);
    std::string first;
    int count = 0;
    count_open(release, i, undo, first, count);
    if (count == 0) return "is about to be looked at";
    return count == 1 ? "waits for " + first : fmt::format("waits for {} and {} more", first, count - 1);
}

// Another step that keeps this host busy, with its release when that is another one; empty: none does.
std::string other_on_host(const State& state, const ReleaseState& mine, const StepSpec& spec, Instant now) {
    for (const auto& [id, release] : state.releases) {
        const std::uint32_t agent = release.index->agent(spec.agent);
        if (release.ended() || agent == kNone) continue;
        for (const StepIndex i : release.index->on_agent(agent)) {
            const StepSpec* other = (*release.index)[i].spec;
            const bool own = id == mine.spec->id;
            if ((own && other->id == spec.id) || !holds_slot(release.steps[i], now)) continue;
            return own ? other->id.str() : other->id.str() + " of " + id.str();
        }
    }
    return {};
}

std::string explain_breaker(const Breaker& breaker, const BreakerSpec& spec, const std::string& whose) {
    if (breaker.status == BreakerStatus::open) {
        return fmt::format("the circuit breaker of {} is open ({}); one host is tried at {}", whose,
                           breaker.why,
                           to_rfc3339(breaker.opened + std::chrono::seconds(spec.half_open_after_s)));
    }
    return fmt::format("the circuit breaker of {} is half open ({}): {}", whose, breaker.why,
                       half_open_words(breaker));
}

// Which throttle, breaker or hour holds it back; empty: none does.
std::string held_back(const State& state, const ReleaseState& release, const StepSpec& spec, Instant now) {
    const StageSpec& stage = release.current();
    if (spec.undo_of.empty()) {
        const ReleaseId& id = release.spec->id;
        if (!lets_through(release.breaker, release.spec->breaker, id, spec))
            return explain_breaker(release.breaker, release.spec->breaker, id.str());
        const auto shared = state.breakers.find(stage.name);
        if (shared != state.breakers.end() && !lets_through(shared->second, stage.breaker, id, spec))
            return explain_breaker(shared->second, stage.breaker, stage.name);
        const Instant end = open_until(*release.spec, stage, now);
        if (release.spec->overrun == Overrun::stop && now + std::chrono::seconds(spec.deadline_s) > end) {
            return fmt::format("it may take {}, and the open time ends at {}",
                               format_duration(std::chrono::seconds(spec.deadline_s)), to_rfc3339(end));
        }
    }
    const Usage usage(state, now);
    for (const std::string& scope : scopes_of(spec, stage.name)) {
        const CapSpec* cap = usage.cap(scope);
        if (cap == nullptr) continue;
        const int limit = limit_of(*cap, release.spec->priority, now);
        if (usage.in_use(scope) < limit) continue;
        const int used = usage.in_use(scope);
        return fmt::format("waits for its turn: {} {} in flight in {}, and {} may be{}", used,
                           used == 1 ? "step is" : "steps are", scope, limit,
                           limit < cap->max_in_flight ? " in peak hours" : "");
    }
    return {};
}

std::string explain_ready(const State& state, const ReleaseState& release, const StepSpec& spec,
                          const StepState& step, Instant now) {
    if (release.halted) return "the release is halted: " + release.reason;
    if (release.winding_down()) return "nothing more is started: " + release.reason;
    if (now < release.spec->not_before) return "the window opens at " + to_rfc3339(release.spec->not_before);
    if (const ClosedSpec* closed = closed_at(release.current(), now);
        closed != nullptr && release.course == Course::forward) {
        return fmt::format("nothing may start during '{}', which ends at {}", closed->name,
                           to_rfc3339(closed->when.to));
    }
    if (now < step.not_before) {
        if (const Instant end = last_start(release); step.not_before >= end) {
            return fmt::format("could start at {}, and nothing may start any more from {} on",
                               to_rfc3339(step.not_before), to_rfc3339(end));
        }
        if (step.attempt == 0) return "starts at " + to_rfc3339(step.not_before) + ", as planned";
        return with_detail("is tried again at " + to_rfc3339(step.not_before), step);
    }
    if (!release.is_online(spec.agent)) {
        return with_detail(
            fmt::format("{} is not online, or takes no steps: signalbox agents list", spec.host), step);
    }
    if (const std::string other = other_on_host(state, release, spec, now); !other.empty()) {
        return fmt::format("{} is busy with {}", spec.host, other);
    }
    std::string why = held_back(state, release, spec, now);
    return why.empty() ? "is about to be started" : why;
}

std::string explain_flying(const ReleaseState& release, const StepSpec& spec, const StepState& step) {
    if (step.asking) {
        if (!release.is_online(spec.agent)) {
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
    const StepIndex i = release.index->find(spec.id);
    if (i == kNone) return {};
    const StepState& step = release.steps[i];
    switch (step.status) {
        case StepStatus::pending:
            return explain_pending(release, i);
        case StepStatus::ready:
            return explain_ready(state, release, spec, step, now);
        case StepStatus::dispatched:
        case StepStatus::running:
            return explain_flying(release, spec, step);
        case StepStatus::succeeded:
            return "";
        case StepStatus::failed:
            return step.detail;
        case StepStatus::unknown:
            return step.detail + (release.ended() ? "; its release has ended, so nobody asks any more"
                                                  : "; when its agent is back, it is asked");
        case StepStatus::skipped:
            return step.detail.empty()
                       ? "was not needed: " + (release.reason.empty() ? "the release ended" : release.reason)
                       : step.detail;
    }
    return "";
}

}  // namespace signalbox::sequence
