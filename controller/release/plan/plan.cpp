// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/plan.hpp"

#include "common/json/json.hpp"

namespace signalbox::plan {
namespace {

using json::Json;

Json texts(const auto& ids) {
    Json out = Json::array();
    for (const auto& id : ids) {
        if constexpr (requires { id.str(); }) {
            out.push_back(id.str());
        } else {
            out.push_back(id);
        }
    }
    return out;
}

Json to_json(const PlanStep& step) {
    Json artifacts = Json::array();
    for (const auto& artifact : step.artifacts) {
        artifacts.push_back(
            {{"sha256", artifact.sha256.hex()}, {"size", artifact.size}, {"format", artifact.format}});
    }
    return {{"id", step.id.str()},
            {"agent_id", step.agent_id.str()},
            {"host", step.host},
            {"group", step.group},
            {"phase", std::string(to_string(step.phase))},
            {"action", Json::parse(step.action, nullptr, false)},
            {"action_sha256", step.action_sha256.hex()},
            {"artifacts", std::move(artifacts)},
            {"deadline_s", step.deadline.count()},
            {"max_attempts", step.max_attempts},
            {"needs", texts(step.needs)},
            {"undo_of", step.undo_of.str()},
            {"makes_live", step.makes_live}};
}

Json to_json(const PlanGroup& group) {
    return {{"name", group.name},   {"strategy", group.strategy}, {"hosts", texts(group.hosts)},
            {"batch", group.batch}, {"live", group.live},         {"idle", group.idle}};
}

Json to_json(const PlanEnvironment& environment) {
    Json steps = Json::array();
    for (const auto& step : environment.steps) steps.push_back(to_json(step));
    Json undo = Json::array();
    for (const auto& step : environment.undo) undo.push_back(to_json(step));
    Json groups = Json::array();
    for (const auto& group : environment.groups) groups.push_back(to_json(group));
    return {{"name", environment.name},
            {"tier", environment.tier},
            {"promotes_from", environment.promotes_from},
            {"max_in_flight", environment.max_in_flight},
            {"groups", std::move(groups)},
            {"barrier", texts(environment.barrier)},
            {"steps", std::move(steps)},
            {"undo", std::move(undo)}};
}

}  // namespace

std::string_view to_string(Phase phase) {
    switch (phase) {
        case Phase::prepare:
            return "prepare";
        case Phase::switch_over:
            return "switch";
        case Phase::verify:
            return "verify";
    }
    return "verify";
}

Result<Phase> parse_phase(std::string_view text) {
    for (const Phase phase : {Phase::prepare, Phase::switch_over, Phase::verify}) {
        if (to_string(phase) == text) return phase;
    }
    return Error{Code::invalid_argument, "phase is none of prepare, switch, verify"};
}

const PlanEnvironment* Plan::environment(std::string_view name) const {
    for (const auto& candidate : environments) {
        if (candidate.name == name) return &candidate;
    }
    return nullptr;
}

const PlanStep* Plan::step(const StepId& id) const {
    for (const auto& environment : environments) {
        for (const auto* list : {&environment.steps, &environment.undo}) {
            for (const auto& candidate : *list) {
                if (candidate.id == id) return &candidate;
            }
        }
    }
    return nullptr;
}

std::string serialize(const Plan& plan) {
    Json environments = Json::array();
    for (const auto& environment : plan.environments) environments.push_back(to_json(environment));
    Json assumes = Json::array();
    for (const auto& assumption : plan.assumes) {
        assumes.push_back({{"environment", assumption.environment},
                           {"group", assumption.group},
                           {"live", assumption.live}});
    }
    return json::canonical({{"format", std::string(kPlanFormat)},
                            {"cluster_id", plan.cluster_id.str()},
                            {"release_id", plan.release_id.str()},
                            {"release_counter", plan.release_counter},
                            {"service", plan.service},
                            {"version", plan.version},
                            {"commit", plan.commit},
                            {"estate_commit", plan.estate_commit},
                            {"manifest", plan.manifest},
                            {"manifest_sha256", plan.manifest_sha256.hex()},
                            {"requester", plan.requester},
                            {"change", plan.change},
                            {"tickets", texts(plan.tickets)},
                            {"undo_on_failure", plan.undo_on_failure},
                            {"environments", std::move(environments)},
                            {"assumes", std::move(assumes)}});
}

crypto::Digest plan_digest(std::string_view canonical) {
    return crypto::sha256(canonical);
}

}  // namespace signalbox::plan
