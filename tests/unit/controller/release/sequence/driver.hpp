// SPDX-License-Identifier: Apache-2.0
// Drives the sequencer by hand: a release of two hosts in staging and a hybrid production, and short words
// for what its agents say.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "controller/release/sequence/sequence.hpp"

namespace signalbox::sequence {

inline const Instant kStart = from_unix_seconds(1'800'000'000);

inline StepSpec make_step(const std::string& id, const std::string& host, const std::string& kind,
                          std::vector<std::string> needs = {}) {
    StepSpec out;
    out.id = StepId(id);
    out.agent = AgentId("agent-" + host);
    out.host = out.target = host;
    out.group = host;
    out.kind = kind;
    out.deadline_s = 30;
    out.max_attempts = 2;
    for (std::string& need : needs) out.needs.emplace_back(std::move(need));
    return out;
}
inline StepSpec make_undo(const StepSpec& of, const std::string& kind, std::vector<std::string> needs = {}) {
    StepSpec out = make_step(of.id.str() + "!undo", of.host, kind, std::move(needs));
    out.group = of.group;
    out.undo_of = of.id;
    return out;
}

inline StageSpec make_stage(const std::string& name, int max_in_flight, std::vector<StepSpec> steps = {}) {
    StageSpec stage;
    stage.name = name;
    stage.caps["environment:" + name] = {max_in_flight, max_in_flight, max_in_flight, {}};
    stage.steps = std::move(steps);
    return stage;
}

// production: "green" stages and activates, "legacy" only stages; then the balancer shifts, then legacy
// activates.
inline StageSpec hybrid(const std::string& name) {
    StageSpec stage = make_stage(name, 2);
    const auto id = [&](const char* rest) { return name + "/" + rest; };
    const StepSpec green = make_step(id("green/activate"), name + "-green", "release.activate");
    const StepSpec stage_legacy = make_step(id("legacy/stage"), name + "-legacy", "artifact.stage");
    StepSpec shift = make_step(id("cloud/shift"), name + "-lb", "traffic.shift",
                               {id("green/activate"), id("legacy/stage")});
    shift.group = green.group;
    const StepSpec legacy =
        make_step(id("legacy/activate"), name + "-legacy", "release.activate", {id("cloud/shift")});
    stage.steps = {green, stage_legacy, shift, legacy};
    stage.undo = {make_undo(legacy, "release.revert"),
                  make_undo(shift, "traffic.shift", {legacy.id.str() + "!undo"}),
                  make_undo(green, "release.revert", {shift.id.str() + "!undo"})};
    return stage;
}

inline ReleaseSpec release_spec(const std::string& id, std::int64_t counter, std::vector<StageSpec> stages) {
    ReleaseSpec spec;
    spec.id = ReleaseId(id);
    spec.counter = counter;
    spec.name = "payments";
    spec.services = {"payments"};
    spec.version = "1.1.0";
    spec.plan_sha256 = std::string(64, 'a');
    spec.requester = "robin";
    spec.created = kStart;
    spec.not_before = kStart;
    spec.not_after = spec.undo_not_after = kStart + std::chrono::hours(24);
    spec.stages = std::move(stages);
    return spec;
}

class Driver {
  public:
    State state;
    Instant now = kStart;
    std::vector<Effect> effects;      // of the last event
    std::vector<TimedEvent> history;  // that changed something

    void feed(const Event& event) {
        now += std::chrono::milliseconds(10);
        Outcome outcome = step(state, event, now);
        if (outcome.applied) history.push_back({now, event});
        state = std::move(outcome.state);
        effects = std::move(outcome.effects);
        for (const Effect& effect : effects) {
            if (const auto* dispatch = std::get_if<Dispatch>(&effect)) dispatches.push_back(*dispatch);
            if (const auto* query = std::get_if<Query>(&effect)) queries.push_back(*query);
        }
    }
    // Started, every agent online, every gate passed for every stage as it comes.
    void start(const ReleaseSpec& spec) {
        feed(ReleaseStarted{std::make_shared<const ReleaseSpec>(spec)});
        for (const StageSpec& stage : spec.stages) {
            for (const StepSpec& s : stage.steps) {
                if (!release(spec.id.str()).is_online(s.agent)) feed(AgentSeen{s.agent, true});
            }
        }
        pass_gates(spec.id);
    }
    void pass_gates(const ReleaseId& id) {
        const ReleaseState& r = state.releases.at(id);
        feed(GatesJudged{
            id, r.current().name, r.spec->plan_sha256, {{"approval", GateOutcome::pass, "", "", ""}}});
    }
    [[nodiscard]] const ReleaseState& release(const std::string& id) const {
        return state.releases.at(ReleaseId(id));
    }
    [[nodiscard]] const StepState& at(const std::string& release_id, const std::string& step_id) const {
        return release(release_id).step(StepId(step_id));
    }
    void mint(const std::string& release_id, const std::string& step_id) {
        feed(TokenMinted{ReleaseId(release_id),
                         StepId(step_id),
                         at(release_id, step_id).attempt,
                         "jti",
                         "sha",
                         now + std::chrono::seconds(300),
                         false,
                         {},
                         now + std::chrono::seconds(450)});
    }
    void report(const std::string& release_id, const std::string& step_id, Report report,
                const std::string& code = {}) {
        feed(StepReported{
            ReleaseId(release_id), StepId(step_id), at(release_id, step_id).attempt, report, code, {}});
    }
    // Minted, started, finished with this code.
    void run(const std::string& release_id, const std::string& step_id, const std::string& code = "ok") {
        mint(release_id, step_id);
        report(release_id, step_id, Report::started);
        report(release_id, step_id, Report::finished, code);
    }
    void command(const std::string& release_id, CommandKind kind) {
        feed(Command{ReleaseId(release_id), kind, "robin", "because"});
    }
    void answer_newest_query(Found found, int attempt = 0, const std::string& code = {}) {
        const Query query = queries.back();
        feed(QueryAnswered{query.release, query.step, query.ask, found, attempt, code, false});
    }
    void wait(Duration duration) {
        now += duration;
        feed(Tick{});
    }
    [[nodiscard]] bool dispatched(const std::string& step_id) const {
        return std::any_of(dispatches.begin(), dispatches.end(),
                           [&](const Dispatch& d) { return d.step.str() == step_id; });
    }
    [[nodiscard]] std::string why(const std::string& release_id, const std::string& step_id) const {
        const ReleaseState& r = release(release_id);
        return explain(state, r, *(*r.index)[r.index->find(StepId(step_id))].spec, now);
    }

    std::vector<Dispatch> dispatches;  // all so far
    std::vector<Query> queries;
};

}  // namespace signalbox::sequence
