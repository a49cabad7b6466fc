// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>

#include "controller/release/sequence/apply.hpp"
#include "controller/release/sequence/editor.hpp"
#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/sequence.hpp"
#include "controller/release/sequence/throttle.hpp"
#include "controller/release/sequence/window.hpp"

namespace signalbox::sequence {
namespace {

const Breaker* breaker_of(const State& state, const StageSpec& stage) {
    const auto found = state.breakers.find(stage.name);
    return found == state.breakers.end() ? nullptr : &found->second;
}

bool breakers_let_through(const State& state, const ReleaseState& release, const StepSpec& step) {
    if (!step.undo_of.empty()) return true;  // taking back goes on
    const ReleaseId& id = release.spec->id;
    const Breaker* shared = breaker_of(state, release.current());
    return lets_through(release.breaker, release.spec->breaker, id, step) &&
           (shared == nullptr || lets_through(*shared, release.current().breaker, id, step));
}

// With overrun "stop" nothing starts that could not end within the open time.
bool ends_in_time(const ReleaseState& release, const StepSpec& step, Instant now) {
    if (release.course != Course::forward || release.spec->overrun != Overrun::stop) return true;
    return now + std::chrono::seconds(step.deadline_s) <= open_until(*release.spec, release.current(), now);
}

// Picks one release's next step that may be sent now.
class Picker {
  public:
    Picker(const State& state, const ReleaseState& release, const Usage& usage, Instant now)
        : state_(state), release_(release), room_(usage.room(release, now)), now_(now) {}

    // An undo takes the latest completed first; a step that was not seen to complete counts as the latest.
    [[nodiscard]] StepIndex pick() const {
        StepIndex best = kNone;
        std::uint64_t best_order = 0;
        const bool undoing = release_.course == Course::undoing;
        const auto [begin, end] = release_.index->steps(release_.stage, undoing);
        // When nothing more may start here, only what holds its slots already is looked at.
        const Bits& candidates = is_full(begin, end) ? release_.tracking.active : release_.tracking.ready;
        for (std::size_t i = candidates.next(begin); i < end; i = candidates.next(i + 1)) {
            const auto step = static_cast<StepIndex>(i);
            if (!release_.tracking.ready.test(i)) continue;
            if (!fits(step)) continue;
            if (!undoing) return step;
            const std::uint64_t done = release_.steps[(*release_.index)[step].other].order;
            const std::uint64_t order = done == 0 ? std::numeric_limits<std::uint64_t>::max() : done;
            if (best != kNone && order <= best_order) continue;
            best = step;
            best_order = order;
        }
        return best;
    }

    // The first that waits for nothing but room.
    [[nodiscard]] StepIndex first_without_room() const {
        const auto [begin, end] = release_.index->steps(release_.stage, release_.course == Course::undoing);
        for (std::size_t i = release_.tracking.ready.next(begin); i < end;
             i = release_.tracking.ready.next(i + 1)) {
            const auto step = static_cast<StepIndex>(i);
            if (!has_room(step) && fits_but_for_room(step)) return step;
        }
        return kNone;
    }

  private:
    // A scope that every step of the list counts in has no room: they all name "global" and their environment
    // first.
    [[nodiscard]] bool is_full(StepIndex begin, StepIndex end) const {
        if (begin == end) return false;
        const std::vector<std::uint32_t>& scopes = (*release_.index)[begin].scopes;
        return room_[scopes[0]] <= 0 || room_[scopes[1]] <= 0;
    }
    [[nodiscard]] bool fits(StepIndex i) const { return has_room(i) && fits_but_for_room(i); }
    [[nodiscard]] bool has_room(StepIndex i) const {
        const int own = holds_slot(release_.steps[i], now_) ? 1 : 0;
        const std::vector<std::uint32_t>& scopes = (*release_.index)[i].scopes;
        return std::all_of(scopes.begin(), scopes.end(),
                           [&](std::uint32_t scope) { return room_[scope] + own > 0; });
    }
    [[nodiscard]] bool fits_but_for_room(StepIndex i) const {
        const Index::Entry& entry = (*release_.index)[i];
        const StepState& step = release_.steps[i];
        if (now_ < step.not_before || !release_.tracking.online.test(entry.agent)) return false;
        if (!holds_slot(step, now_) && is_busy(state_, entry.spec->agent, now_)) return false;
        return ends_in_time(release_, *entry.spec, now_) &&
               breakers_let_through(state_, release_, *entry.spec);
    }

    const State& state_;
    const ReleaseState& release_;
    std::vector<int> room_;
    Instant now_;
};

void dispatch(State& state, ReleaseState& release, StepIndex i, std::uint64_t served, Instant now,
              std::vector<Effect>& effects) {
    const StepSpec& spec = *(*release.index)[i].spec;
    Editor(release, now).update(i, [](StepState& step) {
        if (!step.attempt_open) {
            ++step.attempt;
            step.attempt_open = true;
            step.ran_before = step.ran;
            step.started = step.finished = Instant{};
        }
        step.status = StepStatus::dispatched;
        step.sent = step.asking = false;
        step.not_before = Instant{};
        ++step.sends;
    });
    release.last_served = served;
    if (spec.undo_of.empty()) {
        note_start(release.breaker, release.spec->id, spec);
        const auto shared = state.breakers.find(release.current().name);
        if (shared != state.breakers.end()) note_start(shared->second, release.spec->id, spec);
    }
    const StepState& step = release.steps[i];
    effects.emplace_back(Dispatch{release.spec->id, spec.id, step.attempt, step.sends, step.fresh_token});
}

void ask(State& state, Instant now, std::vector<Effect>& effects) {
    for (auto& [id, release] : state.releases) {
        if (release.ended()) continue;
        const Bits active = release.tracking.active;
        active.for_each([&, &id = id, &release = release](std::size_t index) {
            const auto i = static_cast<StepIndex>(index);
            const StepState& step = release.steps[i];
            if (!step.asking || step.ask_at == Instant{} || now < step.ask_at) return;
            if (!release.tracking.online.test((*release.index)[i].agent)) return;
            Editor(release, now).update(i, [&](StepState& s) {
                s.asked = now;
                s.ask_at = s.status == StepStatus::unknown ? Instant{} : now + kAskAgain;
                ++s.asks;
            });
            effects.emplace_back(Query{id, (*release.index)[i].spec->id, release.steps[i].asks});
        });
    }
}

// What the host that a half-open breaker lets through is about.
enum class Probe {
    busy,     // something of it is in flight, or will be when it is its turn
    idle,     // it has nothing to start for now: it is done, away, or waits for other hosts
    unknown,  // what became of it is not known
};
Probe probe_of(const State& state, const Breaker& breaker, Instant now) {
    const auto found = state.releases.find(breaker.probe_release);
    if (found == state.releases.end() || found->second.ended()) return Probe::idle;
    const ReleaseState& release = found->second;
    const bool works = release.course == Course::forward && at_work(release, now);
    bool busy = false, unknown = false;
    const auto look = [&](std::size_t at) {
        const auto i = static_cast<StepIndex>(at);
        const Index::Entry& entry = (*release.index)[i];
        const StepState& step = release.steps[i];
        if (!entry.spec->undo_of.empty() || host_of(*entry.spec) != breaker.probe_host) return;
        unknown = unknown || step.status == StepStatus::unknown;
        const bool will = works && step.status == StepStatus::ready &&
                          release.tracking.online.test(entry.agent) &&
                          ends_in_time(release, *entry.spec, std::max(now, step.not_before));
        busy = busy || will || holds_slot(step, now);
    };
    release.tracking.active.for_each(look);
    release.tracking.ready.for_each(look);
    return unknown ? Probe::unknown : busy ? Probe::busy : Probe::idle;
}

void move_breaker(const State& state, Breaker& breaker, const BreakerSpec& spec, Instant now) {
    if (!breaker.probe_host.empty()) {
        const Probe probe = probe_of(state, breaker, now);
        if (probe == Probe::unknown) lose_probe(breaker, now);
        if (probe == Probe::idle) release_probe(breaker);
    }
    advance(breaker, spec, now);
}

void move_breakers(State& state, Instant now) {
    for (auto& [id, release] : state.releases) {
        if (!at_work(release, now)) continue;
        move_breaker(state, release.breaker, release.spec->breaker, now);
        const auto shared = state.breakers.find(release.current().name);
        if (shared != state.breakers.end())
            move_breaker(state, shared->second, release.current().breaker, now);
    }
}

// Emergencies first, then whoever has waited for its turn the longest.
auto turn_of(const ReleaseState& release) {
    const int lane = release.spec->priority == Priority::emergency ? 0 : 1;
    return std::tuple(lane, release.last_served, release.spec->counter);
}

}  // namespace

void schedule(State& state, Instant now, std::vector<Effect>& effects) {
    ask(state, now, effects);
    move_breakers(state, now);
    std::vector<ReleaseState*> working;
    std::uint64_t served = 0;
    for (auto& [id, release] : state.releases) {
        if (release.ended()) continue;  // it may be loaded or not, and must make no difference
        served = std::max(served, release.last_served);
        if (at_work(release, now)) working.push_back(&release);
    }
    if (working.empty()) return;
    Usage usage(state, now);
    while (!working.empty()) {
        const auto turn = std::min_element(working.begin(), working.end(), [](const auto* a, const auto* b) {
            return turn_of(*a) < turn_of(*b);
        });
        ReleaseState& release = **turn;
        const Picker picker(state, release, usage, now);
        const StepIndex step = picker.pick();
        if (step == kNone) {
            // Who needs several scopes at once could be passed over for ever: now nobody takes their last
            // slot.
            if (served - release.last_served > kPatience) usage.reserve(release, picker.first_without_room());
            working.erase(turn);  // what the others take leaves it no more than it has now
            continue;
        }
        if (!holds_slot(release.steps[step], now)) usage.add(release, step);
        dispatch(state, release, step, ++served, now, effects);
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
        consider(last_start(release));
        for (const ClosedSpec& closed : release.current().closed) {
            consider(closed.when.from);
            consider(closed.when.to);
        }
        for (const auto& [scope, cap] : release.current().caps) {
            for (const Interval& peak : cap.peaks) consider(peak.to);
        }
        if (const auto change = next_change(release.breaker, release.spec->breaker)) consider(*change);
        if (const Breaker* shared = breaker_of(state, release.current())) {
            if (const auto change = next_change(*shared, release.current().breaker)) consider(*change);
        }
        release.tracking.active.for_each([&, &release = release](std::size_t i) {
            const StepState& step = release.steps[i];
            if (flying(step) && step.sent) {
                consider(step.give_up_at);
                if (!step.asking ||
                    release.tracking.online.test((*release.index)[static_cast<StepIndex>(i)].agent))
                    consider(step.ask_at);
            }
            if (step.status == StepStatus::ready && step.minted && step.attempt_open)
                consider(step.token_expires + kSkew);
        });
        release.tracking.delayed.for_each(
            [&, &release = release](std::size_t i) { consider(release.steps[i].not_before); });
        for (const Instant due : lane_deadlines(release, now)) consider(due);
    }
    if (earliest) effects.emplace_back(Wake{*earliest});
}

Instant run_by(const StepSpec& step, Instant expires) {
    return expires + kSkew + std::chrono::seconds(step.deadline_s) + kGrace;
}

int in_flight(const State& state, const std::string& environment, Instant now) {
    return Usage(state, now).in_use("environment:" + environment);
}

bool may_mint(const State& state, const Dispatch& dispatch, Instant now) {
    const auto found = state.releases.find(dispatch.release);
    if (found == state.releases.end() || !at_work(found->second, now)) return false;
    const ReleaseState& release = found->second;
    const StepIndex i = release.index->find(dispatch.step);
    if (i == kNone) return false;
    const StepSpec& spec = *(*release.index)[i].spec;
    const StepState& step = release.steps[i];
    return course_wants(release, spec) && ends_in_time(release, spec, now) &&
           step.status == StepStatus::dispatched && !step.sent && step.attempt == dispatch.attempt &&
           step.sends == dispatch.send;
}

Status still_fits(const State& state, const Dispatch& dispatch, bool takes, Instant now) {
    const ReleaseState& release = state.releases.at(dispatch.release);
    const StepSpec& step = *(*release.index)[release.index->find(dispatch.step)].spec;
    if (!breakers_let_through(state, release, step))
        return Error(Code::unavailable, "the circuit breaker opened before its token was made");
    if (!takes) return {};
    const Usage usage(state, now);
    for (const std::string& scope : scopes_of(step, release.current().name)) {
        const CapSpec* cap = usage.cap(scope);
        if (cap == nullptr) continue;
        const int limit = limit_of(*cap, release.spec->priority, now);
        if (usage.in_use(scope) <= limit) continue;
        return Error(Code::unavailable,
                     fmt::format("{} may have {} steps in flight from now on, and has {} with this one",
                                 scope, limit, usage.in_use(scope)));
    }
    return {};
}

}  // namespace signalbox::sequence
