// SPDX-License-Identifier: Apache-2.0
// What agents say, as events: only the agent that a step names is heard about it.
#include <algorithm>

#include "controller/release/dispatch/dispatch_id.hpp"
#include "controller/release/dispatch/engine.hpp"

namespace signalbox::dispatch {
namespace {

// Whether this unfinished release has such a step, and it is this agent's.
bool is_step_of(const sequence::State& state, const ReleaseId& release, const StepId& id,
                const AgentId& agent) {
    const auto found = state.releases.find(release);
    if (found == state.releases.end()) return false;
    const sequence::StepIndex step = found->second.index->find(id);
    return step != sequence::kNone && (*found->second.index)[step].spec->agent == agent;
}

sequence::Found found_of(QueryState state) {
    switch (state) {
        case QueryState::never:
            return sequence::Found::never;
        case QueryState::running:
            return sequence::Found::running;
        case QueryState::done:
            return sequence::Found::done;
        case QueryState::unavailable:
            break;
    }
    return sequence::Found::unavailable;
}

std::optional<sequence::Report> report_of(record::Kind kind) {
    if (kind == record::Kind::started) return sequence::Report::started;
    if (kind == record::Kind::finished) return sequence::Report::finished;
    if (kind == record::Kind::interrupted) return sequence::Report::interrupted;
    return {};
}

}  // namespace

void Engine::agent_ready(const AgentId& agent) {
    feed(sequence::AgentSeen{agent, true});
    judge_soon();
}

void Engine::agent_gone(const AgentId& agent, const std::string& why) {
    parts_.log.debug("agent gone", {{"agent", agent}, {"why", why}});
    feed(sequence::AgentSeen{agent, false});
    judge_soon();
}

// An undo does not wait for an agent that will not be back: of a host that was enrolled again.
void Engine::see_replaced() {
    std::map<AgentId, bool> banned;  // each is looked up once, however many of its steps wait
    for (const auto& [id, release] : state_.releases) {
        if (release.course != sequence::Course::undoing) continue;
        const sequence::Index& index = *release.index;
        release.tracking.absent.for_each([&, &release = release](std::size_t i) {
            const std::uint32_t number = index[static_cast<sequence::StepIndex>(i)].agent;
            if (release.tracking.gone.test(number)) return;
            const AgentId& agent = index.agents()[number];
            if (banned.contains(agent)) return;
            const auto view = parts_.agents.info(agent);
            banned[agent] = view && !view->online && view->state == "banned";
        });
    }
    for (const auto& [agent, is_banned] : banned)
        if (is_banned) feed(sequence::AgentSeen{agent, false, true});
}

void Engine::execute_answered(const AgentId& agent, const ExecuteAnswer& answer) {
    const auto id = parse_dispatch_id(answer.dispatch_id);
    if (!id || !is_step_of(state_, id->release, id->step, agent)) {
        parts_.log.debug("an answer that belongs to no step",
                         {{"agent", agent}, {"dispatch_id", answer.dispatch_id}});
        return;
    }
    sequence::ExecuteAnswered event{id->release,    id->step,     id->attempt, sequence::Answer::refused,
                                    answer.refusal, answer.detail};
    if (answer.admitted) event.answer = sequence::Answer::admitted;
    if (!answer.admitted && !answer.refusal.starts_with("R_")) {
        event.answer = sequence::Answer::unavailable;
        event.code.clear();
    }
    feed(event);
}

void Engine::query_answered(const AgentId& agent, const QueryAnswer& answer) {
    const auto id = parse_dispatch_id(answer.dispatch_id);
    if (!id || id->ask == 0 || !is_step_of(state_, id->release, id->step, agent)) return;
    sequence::QueryAnswered event;
    event.release = id->release;
    event.step = id->step;
    event.ask = id->ask;
    event.found = found_of(answer.state);
    event.attempt = answer.attempt;
    event.code = answer.outcome_code;
    const auto token = parts_.store.token(id->release, id->step, id->attempt);
    const auto view = parts_.agents.info(agent);
    event.token_dead = token && *token && view && !view->nonce.empty() && (*token)->nonce != view->nonce;
    feed(event);
}

Status Engine::accept(const AgentId& agent, std::vector<fleet::VerifiedRecord> records) {
    Commit commit;
    std::vector<sequence::Event> events;
    for (fleet::VerifiedRecord& verified : records) {
        commit.entries.push_back(std::move(verified.entry));
        const record::ActionRecord& record = verified.record;
        const auto report = report_of(record.kind);
        if (!report || !record.step_id || !record.approval_sha256) continue;
        for (const auto& [id, release] : loaded_) {
            if (!is_step_of(state_, id, *record.step_id, agent)) continue;
            const auto& digests = release.approval_digests;
            const bool ours = std::any_of(digests.begin(), digests.end(), [&](const auto& each) {
                return each.second == *record.approval_sha256;
            });
            if (!ours) continue;
            sequence::StepReported event{
                id, *record.step_id, static_cast<int>(record.attempt.value_or(0)), *report, {}, {}};
            if (record.outcome) {
                event.code = record.outcome->code;
                event.detail = record.outcome->detail;
            }
            events.emplace_back(std::move(event));
        }
    }
    return apply(events, std::move(commit));
}

}  // namespace signalbox::dispatch
