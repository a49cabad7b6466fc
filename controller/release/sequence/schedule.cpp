// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "controller/release/sequence/apply.hpp"
#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/sequence.hpp"

namespace signalbox::sequence {
namespace {

// What is in use of each shared thing.
struct Usage {
    std::map<std::string, int> slots;  // by environment
    std::map<std::string, int> cap;    // the smallest of the releases that are at work there
    std::set<AgentId> busy;            // a host does one step at a time
};

Usage measure(const State& state, Instant now) {
    Usage usage;
    for (const auto& [id, release] : state.releases) {
        if (release.ended()) continue;
        for (const StageSpec& stage : release.spec->stages) {
            for (const auto* list : {&stage.steps, &stage.undo}) {
                for (const StepSpec& spec : *list) {
                    if (!holds_slot(release.steps.at(spec.id), now)) continue;
                    ++usage.slots[stage.name];
                    usage.busy.insert(spec.agent);
                }
            }
        }
        if (release.course == Course::forward && !release.open) continue;
        const StageSpec& stage = release.current();
        const auto [found, added] = usage.cap.emplace(stage.name, stage.max_in_flight);
        if (!added) found->second = std::min(found->second, stage.max_in_flight);
    }
    return usage;
}

bool needs_met(const ReleaseState& release, const StepSpec& spec) {
    return std::all_of(spec.needs.begin(), spec.needs.end(), [&](const StepId& need) {
        const StepState& step = release.steps.at(need);
        return spec.undo_of.empty() ? step.status == StepStatus::succeeded : over(step);
    });
}

bool at_work(const ReleaseState& release, Instant now) {
    if (release.ended() || release.halted || now < release.spec->not_before ||
        now >= release.spec->not_after) {
        return false;
    }
    return (release.course == Course::forward && release.open) || release.course == Course::undoing;
}

// Marks what became ready, whether or not it can be sent now.
void mark_ready(ReleaseState& release) {
    if (release.ended() || release.winding_down()) return;
    if (release.course == Course::forward && !release.open) return;
    for (const StepSpec& spec : active_steps(release)) {
        StepState& step = release.steps.at(spec.id);
        if (step.status == StepStatus::pending && needs_met(release, spec)) step.status = StepStatus::ready;
    }
}

// The release's next step that may be sent now; an undo takes the latest completed first. A step that was
// not seen to complete counts as the latest.
const StepSpec* next_step(const State& state, const ReleaseState& release, const Usage& usage, Instant now) {
    const StepSpec* best = nullptr;
    std::uint64_t best_order = 0;
    for (const StepSpec& spec : active_steps(release)) {
        const StepState& step = release.steps.at(spec.id);
        if (step.status != StepStatus::ready || now < step.not_before || !state.is_online(spec.agent))
            continue;
        const bool own_slot = holds_slot(step, now);
        if (usage.busy.contains(spec.agent) && !own_slot) continue;
        const auto used = usage.slots.find(release.current().name);
        const int others = (used == usage.slots.end() ? 0 : used->second) - (own_slot ? 1 : 0);
        if (others >= usage.cap.at(release.current().name)) continue;
        if (release.course != Course::undoing) return &spec;
        const StepState& origin = release.steps.at(spec.undo_of);
        const std::uint64_t order =
            origin.order == 0 ? std::numeric_limits<std::uint64_t>::max() : origin.order;
        if (best == nullptr || order > best_order) {
            best = &spec;
            best_order = order;
        }
    }
    return best;
}

void dispatch(ReleaseState& release, const StepSpec& spec, std::uint64_t served,
              std::vector<Effect>& effects) {
    StepState& step = release.steps.at(spec.id);
    if (!step.attempt_open) {
        ++step.attempt;
        step.attempt_open = true;
        step.started = step.finished = Instant{};
    }
    step.status = StepStatus::dispatched;
    step.sent = false;
    step.asking = false;
    step.not_before = Instant{};
    ++step.sends;
    release.last_served = served;
    effects.emplace_back(Dispatch{release.spec->id, spec.id, step.attempt, step.sends, step.fresh_token});
}

void ask(State& state, Instant now, std::vector<Effect>& effects) {
    for (auto& [id, release] : state.releases) {
        if (release.ended()) continue;
        for (auto& [step_id, step] : release.steps) {
            if (!step.asking || step.ask_at == Instant{} || now < step.ask_at) continue;
            if (!state.is_online(release.spec->find(step_id)->agent)) continue;
            step.asked = now;
            step.ask_at = step.status == StepStatus::unknown ? Instant{} : now + kAskAgain;
            ++step.asks;
            effects.emplace_back(Query{id, step_id, step.asks});
        }
    }
}

}  // namespace

void schedule(State& state, Instant now, std::vector<Effect>& effects) {
    ask(state, now, effects);
    for (auto& [id, release] : state.releases) mark_ready(release);
    while (true) {
        const Usage usage = measure(state, now);
        ReleaseState* chosen = nullptr;
        const StepSpec* spec = nullptr;
        std::uint64_t served = 0;
        for (auto& [id, release] : state.releases) {
            if (release.ended()) continue;  // it may be loaded or not, and must make no difference
            served = std::max(served, release.last_served);
            if (!at_work(release, now)) continue;
            if (chosen != nullptr && std::pair(chosen->last_served, chosen->spec->counter) <=
                                         std::pair(release.last_served, release.spec->counter)) {
                continue;
            }
            if (const StepSpec* next = next_step(state, release, usage, now)) {
                chosen = &release;
                spec = next;
            }
        }
        if (chosen == nullptr) return;
        dispatch(*chosen, *spec, served + 1, effects);
    }
}

void set_wake(const State& state, Instant now, std::vector<Effect>& effects) {
    std::optional<Instant> earliest;
    const auto consider = [&](Instant when) {
        if (when > now && (!earliest || when < *earliest)) earliest = when;
    };
    for (const auto& [id, release] : state.releases) {
        if (release.ended()) continue;
        consider(release.spec->not_before);
        consider(release.spec->not_after);
        for (const auto& [step_id, step] : release.steps) {
            if (flying(step) && step.sent) {
                consider(step.give_up_at);
                if (!step.asking || state.is_online(release.spec->find(step_id)->agent))
                    consider(step.ask_at);
            }
            if (step.status == StepStatus::ready) {
                consider(step.not_before);
                if (step.minted && step.attempt_open) consider(step.token_expires + kSkew);
            }
        }
    }
    if (earliest) effects.emplace_back(Wake{*earliest});
}

int in_flight(const State& state, const std::string& environment, Instant now) {
    const Usage usage = measure(state, now);
    const auto found = usage.slots.find(environment);
    return found == usage.slots.end() ? 0 : found->second;
}

bool may_mint(const State& state, const Dispatch& dispatch, Instant now) {
    const auto found = state.releases.find(dispatch.release);
    if (found == state.releases.end() || !at_work(found->second, now)) return false;
    const ReleaseState& release = found->second;
    const StepSpec* spec = release.spec->find(dispatch.step);
    if (spec == nullptr || !course_wants(release, *spec)) return false;
    const StepState& step = release.steps.at(dispatch.step);
    return step.status == StepStatus::dispatched && !step.sent && step.attempt == dispatch.attempt &&
           step.sends == dispatch.send;
}

}  // namespace signalbox::sequence
