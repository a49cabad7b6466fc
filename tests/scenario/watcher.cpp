// SPDX-License-Identifier: Apache-2.0
#include "watcher.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/record/record.hpp"
#include "controller/release/dispatch/dispatch_id.hpp"
#include "controller/release/sequence/throttle.hpp"

namespace signalbox::scenario {
namespace {

using dispatch::QueryState;
using sequence::Course;
using sequence::StepStatus;

constexpr std::string_view kNames[] = {"gates",    "throttle", "attempts", "halt", "undo",   "ledger",
                                       "fairness", "hours",    "lease",    "end",  "breaker"};

// How often others of its priority may take the last slot of a scope that a waiting release needs: 16 (its
// patience), and those that were granted in the same breath. docs/sequencer.md, "Fairness".
constexpr int kMostPassed = 24;

// The first step that the release says to wait for nothing but its turn; nullptr: none does.
const sequence::StepSpec* first_without_room(const sequence::State& state,
                                             const sequence::ReleaseState& release, Instant now) {
    const sequence::Bits& ready = release.tracking.ready;
    for (std::size_t i = ready.next(0); i < ready.end(); i = ready.next(i + 1)) {
        const sequence::StepSpec* step = (*release.index)[static_cast<sequence::StepIndex>(i)].spec;
        if (sequence::explain(state, release, *step, now).starts_with("waits for its turn")) return step;
    }
    return nullptr;
}

// Whether some scope that `waiting` needs is full now, and what was just granted is in it.
bool takes_last_slot(const sequence::Usage& usage, const sequence::ReleaseState& release,
                     const sequence::StepSpec& waiting, const std::vector<std::string>& granted,
                     Instant now) {
    const auto scopes = sequence::scopes_of(waiting, release.current().name);
    return std::any_of(scopes.begin(), scopes.end(), [&](const std::string& scope) {
        const sequence::CapSpec* cap = usage.cap(scope);
        if (cap == nullptr || std::find(granted.begin(), granted.end(), scope) == granted.end()) return false;
        return usage.in_use(scope) >= sequence::limit_of(*cap, release.spec->priority, now);
    });
}

bool well(const std::string& outcome) {
    return outcome == "ok" || outcome == "nothing_to_do";
}

}  // namespace

std::string_view to_string(Invariant invariant) {
    return kNames[static_cast<std::size_t>(invariant)];
}

void Watcher::violate(Invariant invariant, std::string what) {
    violations_.push_back({invariant, std::move(what)});
    if (on_violation) on_violation(violations_.back());
}

void Watcher::started(std::shared_ptr<const sequence::ReleaseSpec> spec) {
    specs_[spec->id] = std::move(spec);
}

// 6: the entries alone, in their order, give the state that is stored.
void Watcher::replay(const ledger::PendingEntry& entry) {
    json::Json data;
    if (entry.envelope.starts_with("{\"plain\"")) {
        data = json::parse(entry.envelope).value()["plain"];
    } else {
        const auto opened = record::open(entry.envelope);
        const auto decision = record::parse_decision(opened->envelope.payload);
        data = decision->data;
    }
    const auto timed =
        sequence::event_from_json(data, [&](const ReleaseId& id) { return Result(specs_.at(id)); });
    if (!timed) return violate(Invariant::ledger, "an entry cannot be read: " + timed.error().message());
    sequence::State after = sequence::step(replayed_, timed->event, timed->at).state;
    breakers_.replayed(replayed_, after, timed->event, timed->at,
                       [&](std::string what) { violate(Invariant::breaker, std::move(what)); });
    replayed_ = std::move(after);
    if (const auto* command = std::get_if<sequence::Command>(&timed->event)) {
        if (command->kind == sequence::CommandKind::halt) {
            halted_.insert(command->release);
        } else {
            halted_.erase(command->release);
        }
    }
}

void Watcher::committed(const dispatch::Commit& commit) {
    for (const ledger::PendingEntry& entry : commit.entries) {
        audit(entry);
        if (!entry.agent && entry.kind != "decision:approval") replay(entry);
    }
    for (const dispatch::StoredToken& token : commit.tokens) {
        if (halted_.contains(token.release_id))
            violate(Invariant::halt, "a token was minted after a person halted: " + token.step_id.str());
    }
}

void Watcher::changed(const Controller& at, const ReleaseId& id) {
    const sequence::State& state = at.engine().state();
    const auto found = state.releases.find(id);
    if (found == state.releases.end()) return;
    const sequence::ReleaseState& release = found->second;
    const auto again = replayed_.releases.find(id);
    if (again == replayed_.releases.end() || !(again->second == release) ||
        replayed_.breakers != state.breakers)
        violate(Invariant::ledger, "replaying the ledger gives another state of " + id.str());
    std::vector<StepStatus>& seen = seen_[id];
    seen.resize(release.steps.size(), StepStatus::pending);
    for (sequence::StepIndex i = 0; i < release.steps.size(); ++i) {
        if (seen[i] == release.steps[i].status) continue;
        seen[i] = release.steps[i].status;
        check_outcome(release, i);
    }
}

void Watcher::booted(const Controller& at) {
    for (const auto& [id, release] : at.engine().state().releases) {
        const auto again = replayed_.releases.find(id);
        if (again == replayed_.releases.end() || !(again->second == release))
            violate(Invariant::ledger, "what was stored of " + id.str() + " is not what its ledger says");
    }
}

// 3: an outcome is what the host says that it is; an unknown one stops the release for a person.
void Watcher::check_outcome(const sequence::ReleaseState& release, sequence::StepIndex i) {
    const sequence::StepSpec& step = *(*release.index)[i].spec;
    const StepStatus status = release.steps[i].status;
    if (status == StepStatus::unknown && release.course == Course::forward && !release.halted)
        violate(Invariant::attempts, "nobody was told that the outcome of " + step.id.str() + " is unknown");
    if (status != StepStatus::succeeded && status != StepStatus::failed) return;
    const Host* host = watched_.host(step.agent);
    const Host::Journal* entry = nullptr;
    for (const auto& [key, journal] : host->journal) {
        if (key.second == step.id && journal.release == release.spec->id) entry = &journal;
    }
    if (status == StepStatus::succeeded && (entry == nullptr || !well(entry->outcome)))
        violate(Invariant::attempts, step.id.str() + " is said to have succeeded, and has not");
    if (status == StepStatus::failed && entry != nullptr &&
        (entry->state == QueryState::running || well(entry->outcome)))
        violate(Invariant::attempts, step.id.str() + " is said to have failed, and has not");
}

void Watcher::sent(const Controller& by, const Host& to, const dispatch::ExecuteOrder& order) {
    const auto claims = token::parse_claims(token::open(order.token)->message);
    const auto id = dispatch::parse_dispatch_id(order.dispatch_id);
    const Instant now = by.engine().now();  // as its controller sees it
    const auto found = by.engine().state().releases.find(id->release);
    if (found == by.engine().state().releases.end())
        return violate(Invariant::gates,
                       "a token was sent for a release that has ended: " + order.dispatch_id);
    const sequence::ReleaseState& release = found->second;
    const sequence::Index::Entry& entry = (*release.index)[release.index->find(id->step)];
    const sequence::StageSpec& stage = release.spec->stages[entry.stage];
    if (by.epoch() != watched_.store.epoch())
        violate(Invariant::lease, "a controller that had lost its lease sent " + order.dispatch_id);
    if (release.halted || halted_.contains(id->release))
        violate(Invariant::halt, "a token was sent after a halt: " + order.dispatch_id);
    if (claims->att > entry.spec->max_attempts)
        violate(Invariant::attempts, fmt::format("{} is tried {} times of {}", id->step.str(), claims->att,
                                                 entry.spec->max_attempts));
    check_gates(release, stage.name, order);
    check_hours(release, stage, *entry.spec, now);
    Token token{id->release,
                id->step,
                &to,
                {claims->apr.hex(), claims->stp},
                claims->nce,
                claims->jti,
                claims->exp,
                claims->window_exp,
                sequence::scopes_of(*entry.spec, stage.name),
                {id->release, id->step, sequence::host_of(*entry.spec), !entry.spec->undo_of.empty(),
                 stage.name, now}};
    check_throttle(release, stage, std::move(token), now);
    count_in_flight();
    if (entry.spec->undo_of.empty()) check_breakers(by);
    check_fairness(by, release, now);
}

// 1: every gate has passed for this very plan, and the people whose signatures it needs have signed it.
void Watcher::check_gates(const sequence::ReleaseState& release, const std::string& environment,
                          const dispatch::ExecuteOrder& order) {
    if (!watched_.gates_passed(release.spec->id, environment))
        violate(Invariant::gates, "a step was sent whose gates have not passed: " + order.dispatch_id);
    if (!watched_.is_signed(release.spec->id, environment))
        violate(Invariant::gates, "a step was sent without approval: " + order.dispatch_id);
}

void Watcher::check_hours(const sequence::ReleaseState& release, const sequence::StageSpec& stage,
                          const sequence::StepSpec& step, Instant now) {
    const bool undo = !step.undo_of.empty();
    if (now < release.spec->not_before ||
        now >= (undo ? release.spec->undo_not_after : release.spec->not_after))
        violate(Invariant::hours, step.id.str() + " was sent outside the window");
    for (const sequence::ClosedSpec& closed : stage.closed) {
        if (!undo && closed.when.from <= now && now < closed.when.to)
            violate(Invariant::hours, step.id.str() + " was sent during " + closed.name);
    }
}

bool Watcher::may_run(const Token& token) const {
    const auto entry = token.host->journal.find(token.journal);
    if (entry != token.host->journal.end()) {
        if (entry->second.state == QueryState::running) return true;
        if (well(entry->second.outcome) || entry->second.executions >= entry->second.approved) return false;
    }
    return token.host->may_admit(token.nonce, token.jti, token.expires, token.window_end, watched_.now());
}

// 2: steps whose token may still be admitted, or that run.
void Watcher::check_throttle(const sequence::ReleaseState& release, const sequence::StageSpec& stage,
                             Token token, Instant now) {
    std::erase_if(tokens_, [&](const Token& old) { return !may_run(old); });
    const bool known = std::any_of(tokens_.begin(), tokens_.end(), [&](const Token& old) {
        return old.release == token.release && old.step == token.step;
    });
    tokens_.push_back(std::move(token));
    if (known) return;  // it held its slots before
    for (const std::string& scope : tokens_.back().scopes) {
        const auto cap = stage.caps.find(scope);
        if (cap == stage.caps.end()) continue;
        std::set<std::pair<ReleaseId, StepId>> steps;
        std::string names;
        for (const Token& each : tokens_) {
            if (std::find(each.scopes.begin(), each.scopes.end(), scope) == each.scopes.end()) continue;
            if (steps.emplace(each.release, each.step).second)
                names += " " + each.release.str() + ":" + each.step.str();
        }
        int limit = cap->second.max_in_flight;
        for (const sequence::Interval& peak : cap->second.peaks) {
            if (peak.from <= now && now < peak.to) limit = std::min(limit, cap->second.peak_max_in_flight);
        }
        if (release.spec->priority == sequence::Priority::emergency) limit = cap->second.hard_cap;
        if (static_cast<int>(steps.size()) > limit)
            violate(Invariant::throttle, fmt::format("{} steps may run in {}, {} are allowed:{}",
                                                     steps.size(), scope, limit, names));
    }
}

void Watcher::count_in_flight() {
    for (const std::string& scope : tokens_.back().scopes) {
        std::set<std::pair<ReleaseId, StepId>> steps;
        for (const Token& each : tokens_) {
            if (std::find(each.scopes.begin(), each.scopes.end(), scope) != each.scopes.end())
                steps.emplace(each.release, each.step);
        }
        most_[scope] = std::max(most_[scope], steps.size());
    }
}

void Watcher::check_breakers(const Controller& by) {
    std::vector<BreakerWatch::Live> live;
    for (const Token& each : tokens_) {
        if (&each != &tokens_.back() && !each.live.undo) live.push_back(each.live);
    }
    breakers_.sent(by.engine().state(), tokens_.back().live, live,
                   [&](std::string what) { violate(Invariant::breaker, std::move(what)); });
}

// What an auditor reads: the entries as they are, and of a run that does not seal what they would hold.
void Watcher::audit(const ledger::PendingEntry& entry) {
    const std::uint64_t index = entries_++;
    Status read;
    if (!entry.envelope.empty() && !entry.envelope.starts_with("{\"plain\"")) {
        read = audit_.add(index, entry.envelope);
    } else if (entry.agent) {
        audit_.add(index, watched_.host(*entry.agent)->record_of(*entry.seq));
    } else {
        record::Decision decision;
        decision.kind = entry.kind.substr(std::string_view("decision:").size());
        decision.data = json::parse(entry.envelope).value()["plain"];
        read = audit_.add(index, decision);
    }
    if (!read) violate(Invariant::throttle, "an auditor cannot read an entry: " + read.error().message());
}

void Watcher::audited() {
    std::map<std::string, std::size_t> seen;
    const evidence::ThrottleReport report = audit_.report();
    for (const evidence::ScopeAudit& scope : report.scopes) {
        seen[scope.scope] = static_cast<std::size_t>(scope.highest.in_flight);
        for (const auto& moment : {scope.exceeded, scope.unproven}) {
            if (!moment) continue;
            std::string steps;
            for (const evidence::InFlight& step : moment->steps)
                steps += " " + step.release + ":" + step.step;
            violate(Invariant::throttle,
                    fmt::format("the audit sees {} steps in {} at {}, {} were allowed:{}", moment->in_flight,
                                scope.scope, to_rfc3339(moment->at), moment->limit, steps));
        }
    }
    for (const auto& [scope, most] : most_) {
        if (seen[scope] < most)
            violate(Invariant::throttle,
                    fmt::format("the audit sees at most {} steps in {}, and there were {}", seen[scope],
                                scope, most));
    }
}

// 7: nobody waits for ever behind others of its priority.
void Watcher::check_fairness(const Controller& by, const sequence::ReleaseState& served, Instant now) {
    const sequence::State& state = by.engine().state();
    passed_over_[served.spec->id] = 0;
    const sequence::Usage usage(state, now);
    for (const auto& [id, release] : state.releases) {
        if (id == served.spec->id) continue;
        if (release.spec->priority == sequence::Priority::normal &&
            served.spec->priority == sequence::Priority::emergency)
            continue;
        int& count = passed_over_[id];
        const sequence::StepSpec* waiting = first_without_room(state, release, now);
        if (waiting == nullptr) {
            count = 0;
        } else if (takes_last_slot(usage, release, *waiting, tokens_.back().scopes, now)) {
            ++count;
        }
        longest_wait_ = std::max(longest_wait_, count);
        if (count > kMostPassed)
            violate(Invariant::fairness, fmt::format("{} was passed over {} times", id.str(), count));
    }
}

bool Watcher::left_a_mark(const sequence::StepSpec& step, const ReleaseId& release) const {
    return watched_.host(step.agent)->marks.contains({release, step.id});
}

// 5: whatever a release has changed and not taken back has a name, unless it succeeded.
void Watcher::ended(const ReleaseId& id, const sequence::ReleaseState& state) {
    const bool succeeded = state.final_status == sequence::ReleaseStatus::succeeded;
    if (state.final_status == sequence::ReleaseStatus::undone && !state.not_undone.empty())
        violate(Invariant::undo, id.str() + " is undone, and something is not: " + state.not_undone.front());
    for (sequence::StepIndex i = 0; i < state.index->size(); ++i) {
        const sequence::Index::Entry& entry = (*state.index)[i];
        const sequence::StepSpec& step = *entry.spec;
        if (!step.undo_of.empty() || entry.other == sequence::kNone) continue;
        const bool marked = left_a_mark(step, id);
        const bool stays = entry.stage < state.stage || (entry.stage == state.stage && succeeded);
        if (stays) {
            if (state.steps[i].status == StepStatus::succeeded && !marked)
                violate(Invariant::undo, fmt::format("{} is said to stand, and is not there", step.id.str()));
            continue;
        }
        const std::string start = fmt::format("{}: {} (", step.host, step.id.str());
        const bool named = std::any_of(state.not_undone.begin(), state.not_undone.end(),
                                       [&](const std::string& text) { return text.starts_with(start); });
        if (marked && !named)
            violate(Invariant::undo,
                    fmt::format("{} is {}, {} is still changed by {}, and is not named", id.str(),
                                sequence::to_string(state.final_status), step.host, step.id.str()));
    }
    const auto again = replayed_.releases.find(id);
    if (again == replayed_.releases.end() || !(again->second == state))
        violate(Invariant::ledger, "replaying the ledger gives another end of " + id.str());
}

void Watcher::not_ended(const ReleaseId& release, const std::string& why) {
    violate(Invariant::end, release.str() + " has not ended: " + why);
}

}  // namespace signalbox::scenario
