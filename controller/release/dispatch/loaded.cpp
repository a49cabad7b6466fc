// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/loaded.hpp"

#include <algorithm>
#include <utility>

namespace signalbox::dispatch {
namespace {

using json::Json;

// The spec's stored form may be larger than a message: a plan of ten thousand hosts is.
constexpr json::Limits kStored{.max_bytes = 256 << 20, .max_depth = 32, .allow_floats = false};

sequence::StepSpec step_of(const plan::PlanStep& step) {
    sequence::StepSpec out;
    out.id = step.id;
    out.agent = step.agent_id;
    out.host = step.host;
    out.group = step.group;
    out.phase = std::string(plan::to_string(step.phase));
    out.kind = step.kind;
    out.deadline_s = step.deadline.count();
    out.max_attempts = step.max_attempts;
    out.needs = step.needs;
    out.undo_of = step.undo_of;
    return out;
}

Json to_json(const HostPlacement& host) {
    return {{"agent_id", host.agent_id.str()},
            {"service", host.service},
            {"version", host.version},
            {"artifact_sha256", host.artifact_sha256},
            {"release_id", host.release_id.str()}};
}

Result<HostPlacement> placement_from_json(const Json& value, const std::string& path) {
    SB_TRY(auto in, json::ObjectReader::open(value, path));
    HostPlacement out;
    SB_TRY(std::string agent, in.string("agent_id"));
    SB_TRY(out.service, in.string("service"));
    SB_TRY(out.version, in.string("version"));
    SB_TRY(out.artifact_sha256, in.string("artifact_sha256"));
    SB_TRY(std::string release, in.string("release_id"));
    SB_CHECK(in.finish());
    out.agent_id = AgentId(std::move(agent));
    out.release_id = ReleaseId(std::move(release));
    return out;
}

Error damaged(const ReleaseId& id, const Error& error) {
    return {Code::data_loss, "release " + id.str() + " in the store: " + error.message(),
            "Restore the data directory from its backup"};
}

Result<Loaded> parse(const NewRelease& stored) {
    Loaded out;
    out.plan_text = stored.plan;
    SB_TRY(out.plan, plan::parse_plan(stored.plan));
    SB_TRY(const Json document, json::parse(stored.spec, kStored));
    SB_TRY(auto in, json::ObjectReader::open(document));
    SB_TRY(const Json* spec, in.raw("spec"));
    SB_TRY(out.spec, sequence::spec_from_json(*spec));
    SB_TRY(const Json::array_t* before, in.array("before"));
    for (std::size_t i = 0; i < before->size(); ++i) {
        SB_TRY(HostPlacement host, placement_from_json((*before)[i], in.path_of("before", i)));
        out.before.push_back(std::move(host));
    }
    SB_CHECK(in.finish());
    out.approvals = stored.approvals;
    return out;
}

}  // namespace

const ApprovalDocument* Loaded::approval(std::string_view environment) const {
    const auto found = std::find_if(approvals.begin(), approvals.end(),
                                    [&](const ApprovalDocument& d) { return d.environment == environment; });
    return found == approvals.end() ? nullptr : &*found;
}

Result<std::shared_ptr<const sequence::ReleaseSpec>> spec_of(const plan::Plan& plan,
                                                             const StartTerms& terms) {
    sequence::ReleaseSpec spec;
    spec.id = plan.release_id;
    spec.counter = plan.release_counter;
    spec.service = plan.service;
    spec.version = plan.version;
    spec.plan_sha256 = plan::plan_digest(plan::serialize(plan)).hex();
    spec.requester = plan.requester;
    spec.undo_on_failure = plan.undo_on_failure;
    spec.created = terms.created;
    spec.not_before = terms.not_before;
    spec.not_after = terms.not_after;
    for (const plan::PlanEnvironment& environment : plan.environments) {
        sequence::StageSpec stage;
        stage.name = environment.name;
        stage.max_in_flight = environment.max_in_flight;
        for (const plan::PlanStep& step : environment.steps) stage.steps.push_back(step_of(step));
        for (const plan::PlanStep& step : environment.undo) stage.undo.push_back(step_of(step));
        spec.stages.push_back(std::move(stage));
    }
    SB_CHECK(sequence::validate(spec));
    return std::make_shared<const sequence::ReleaseSpec>(std::move(spec));
}

NewRelease to_stored(const Loaded& release) {
    Json before = Json::array();
    for (const HostPlacement& host : release.before) before.push_back(to_json(host));
    NewRelease out;
    out.id = release.spec->id;
    out.counter = release.spec->counter;
    out.service = release.spec->service;
    out.version = release.spec->version;
    out.plan = release.plan_text;
    out.spec = json::canonical({{"spec", sequence::to_json(*release.spec)}, {"before", std::move(before)}});
    out.created = release.spec->created;
    out.approvals = release.approvals;
    return out;
}

ReleaseChange to_stored(const sequence::ReleaseState& state) {
    ReleaseChange out;
    out.id = state.spec->id;
    out.state = json::canonical(sequence::to_json(state));
    out.status = std::string(sequence::to_string(state.status()));
    out.finished = state.ended();
    out.revision = state.revision;
    if (state.ended()) out.finished_at = state.finished;
    return out;
}

Result<Loaded> load(const NewRelease& stored) {
    auto parsed = parse(stored);
    if (!parsed) return damaged(stored.id, parsed.error());
    return parsed;
}

Result<sequence::ReleaseState> load_state(const StoredRelease& stored, const Loaded& release) {
    auto value = json::parse(stored.current.state, kStored);
    if (!value) return damaged(stored.fixed.id, value.error());
    auto state = sequence::state_from_json(*value, release.spec);
    if (!state) return damaged(stored.fixed.id, state.error());
    return state;
}

void record_stage(const Loaded& release, const sequence::ReleaseState& state, std::size_t stage,
                  Commit& commit) {
    const plan::PlanEnvironment& environment = release.plan.environments.at(stage);
    for (const plan::PlanStep& step : environment.steps) {
        const sequence::StepState& done = state.steps.at(step.id);
        if (!done.ran) continue;
        const auto undo = std::find_if(environment.undo.begin(), environment.undo.end(),
                                       [&](const plan::PlanStep& u) { return u.undo_of == step.id; });
        const bool undone = undo != environment.undo.end() &&
                            state.steps.at(undo->id).status == sequence::StepStatus::succeeded;
        const bool stands = done.status == sequence::StepStatus::succeeded && !undone;
        if (!step.makes_live.empty() && stands) {
            commit.live_colours.push_back(
                {environment.name, release.plan.service, step.group, step.makes_live});
        }
        if (undone && !undo->makes_live.empty()) {
            commit.live_colours.push_back(
                {environment.name, release.plan.service, step.group, undo->makes_live});
        }
        if (step.kind != "release.activate") continue;
        // An activation that neither stands nor was taken back leaves a host of which nothing is known.
        HostPlacement host{step.agent_id, release.plan.service, "", "", release.plan.release_id};
        if (stands) {
            host.version = release.plan.version;
            if (const auto artifacts = json::parse(step.action); artifacts) {
                host.artifact_sha256 = artifacts->value("artifact_sha256", "");
            }
        } else if (undone) {
            const auto old =
                std::find_if(release.before.begin(), release.before.end(), [&](const HostPlacement& b) {
                    return b.agent_id == step.agent_id && b.service == host.service;
                });
            if (old != release.before.end()) host = *old;
        }
        commit.host_placements.push_back(std::move(host));
    }
}

}  // namespace signalbox::dispatch
