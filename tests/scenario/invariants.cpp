// SPDX-License-Identifier: Apache-2.0
// The seven invariants of a release, as the simulation sees them from outside.
#include <fmt/format.h>

#include "common/trust/approval.hpp"
#include "simulation.hpp"
#include "world.hpp"

namespace signalbox::scenario {

void Simulation::check() {
    if (!engine_) return;
    // 2: steps whose token may still be admitted, or that run, by environment.
    std::map<std::string, std::set<std::string>> in_flight;
    for (const SentToken& token : sent_) {
        const SimAgent& host = agent(agent_of(token.agent_host));
        if (clock_.now() >= token.expires || host.nonce != token.nonce || host.used.contains(token.jti))
            continue;
        bool done = false;
        for (const auto& [key, step] : host.journal) {
            done = done || (key.second == token.step &&
                            step.service + "-" + kNewVersion ==
                                token.release.str().substr(0, token.release.str().rfind('-')) &&
                            step.outcome == "ok");
        }
        if (!done) in_flight[token.environment].insert(token.release.str() + token.step.str());
    }
    for (const auto& each : agents_) {
        for (const auto& [key, step] : each->journal) {
            if (step.executions > step.approved) {
                violate(fmt::format("{} ran {} times", key.second.str(), step.executions));
            }
            if (step.state != dispatch::QueryState::running) continue;
            const ReleaseId* owner = nullptr;
            for (const ReleaseId& id : releases_) {
                if (id.str().starts_with(step.service + "-")) owner = &id;
            }
            if (owner != nullptr)
                in_flight[key.second.str().substr(0, key.second.str().find('/'))].insert(owner->str() +
                                                                                         key.second.str());
        }
    }
    for (const auto& [environment, steps] : in_flight) {
        if (steps.size() > static_cast<std::size_t>(kMaxInFlight)) {
            std::string names;
            for (const std::string& name : steps) names += " " + name;
            violate(fmt::format("{} steps in flight in {}:{}", steps.size(), environment, names));
        }
    }
    // 3: what is said to have succeeded did, on the host.
    for (const auto& [id, release] : engine_->state().releases) {
        for (const auto& [step_id, step] : release.steps) {
            if (step.status != sequence::StepStatus::succeeded) continue;
            bool true_there = false;
            for (const auto& [key, entry] : agent(release.spec->find(step_id)->agent).journal) {
                true_there = true_there || (key.second == step_id && entry.service == release.spec->service &&
                                            entry.outcome == "ok");
            }
            if (!true_there) violate(step_id.str() + " is said to have succeeded and has not");
        }
    }
}

void Simulation::check_end() {
    for (const ReleaseId& id : releases_) {
        const auto state = stored(id);
        if (!state->ended()) {
            violate(fmt::format("{} has not ended: {} ({})", id.str(), sequence::to_string(state->status()),
                                state->reason));
            continue;
        }
        ++report_.endings[std::string(sequence::to_string(state->final_status))];
        tell(fmt::format("{} is {}: {}", id.str(), sequence::to_string(state->final_status), state->reason));
        // 5: of the environment it ended in.
        const std::string environment = state->current().name;
        for (const char* role : {"-green", "-legacy"}) {
            const std::string host = environment + role;
            const std::string& version = agent(agent_of(host)).version.at(state->spec->service);
            bool named = false;
            for (const std::string& text : state->not_undone) named = named || text.starts_with(host + ":");
            if (state->final_status == sequence::ReleaseStatus::succeeded && version != kNewVersion) {
                violate(fmt::format("{} succeeded, and {} runs {}", id.str(), host, version));
            }
            const bool takes_back = state->final_status != sequence::ReleaseStatus::succeeded;
            if (takes_back && version != kOldVersion && !named) {
                violate(fmt::format("{} is {}, {} runs {}, and is not named", id.str(),
                                    sequence::to_string(state->final_status), host, version));
            }
        }
    }
    if (report_.violations.empty()) check_replay();
}

// 6: the ledger alone gives the state that is stored.
void Simulation::check_replay() {
    sequence::State state;
    for (const ledger::PendingEntry& entry : store_.entries()) {
        if (entry.agent) continue;
        const auto opened = record::open(entry.envelope);
        const auto decision = record::parse_decision(opened->envelope.payload);
        const auto event = sequence::event_from_json(
            decision->data, [&](const ReleaseId& id) { return Result(specs_.at(id)); });
        if (!event) return violate("an entry cannot be read: " + event.error().message());
        state = sequence::step(state, event->event, event->at).state;
    }
    for (const ReleaseId& id : releases_) {
        if (state.releases.contains(id) && state.releases.at(id) == *stored(id)) continue;
        violate("replaying the ledger gives another state of " + id.str());
    }
}

}  // namespace signalbox::scenario
