// SPDX-License-Identifier: Apache-2.0
// Plans of the sample estate, for tests of the planner. Tests change the estate's texts, the hosts, the
// placements and the artifacts before they plan.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "common/json/json.hpp"
#include "controller/release/plan/compile.hpp"
#include "tests/support/estate/sample_estate.hpp"

namespace signalbox::plan {

inline constexpr auto kManifest = "releases/shop-1.1.0.yaml";

inline std::vector<Host> fleet() {
    return {
        {AgentId("a-test"), "test-1", "staging", "on-premises", {{"role", "test"}, {"port", "8000"}}},
        {AgentId("a-old"), "old-1", "production", "on-premises", {{"role", "legacy"}, {"port", "8001"}}},
        {AgentId("a-blue"),
         "web-blue",
         "production",
         "cloud",
         {{"role", "web"}, {"color", "blue"}, {"port", "8002"}}},
        {AgentId("a-green"),
         "web-green",
         "production",
         "cloud",
         {{"role", "web"}, {"color", "green"}, {"port", "8003"}}},
    };
}

struct Planning {
    support::SampleEstate sample;
    std::vector<Host> hosts = fleet();
    std::vector<Placement> placements;
    std::vector<artifact::ArtifactRecord> artifacts{
        {crypto::parse_digest(std::string(64, '1')).value(), 4096, "tar", Instant{}, "upload by ada"}};
    std::map<std::pair<std::string, std::string>, secret::Reference> secrets;
    estate::Problems problems;
    std::string manifest = kManifest;

    Result<Plan> run() {
        const auto loaded = sample.load();
        problems = loaded.problems;
        return compile({ClusterId("demo"), 7, loaded.estate, std::string(40, 'c'), manifest, hosts, artifacts,
                        placements, "ada", "CHG1", secrets},
                       problems);
    }
    Plan must() {
        auto plan = run();
        for (const auto& problem : problems) ADD_FAILURE() << estate::to_string(problem);
        if (!plan) ADD_FAILURE() << plan.error().to_string();
        return plan ? *plan : Plan{};
    }
    std::string error() {
        auto plan = run();
        return plan ? "it was planned" : plan.error().to_string();
    }
};

inline std::vector<std::string> ids(const std::vector<PlanStep>& steps) {
    std::vector<std::string> out;
    for (const auto& step : steps) out.push_back(step.id.str());
    return out;
}
// All that a step waits for, by name or through a join.
inline std::vector<std::string> needs(const Plan& plan, const std::string& id) {
    const PlanStep* step = plan.step(StepId(id));
    if (step == nullptr) return {"no such step"};
    std::set<std::string> out;
    for (const auto& need : step->needs) out.insert(need.str());
    const PlanEnvironment& stage = *plan.environment(id.substr(0, id.find('/')));
    for (const auto& name : step->after) {
        for (const auto& joined : (step->undo_of.empty() ? stage.joins : stage.undo_joins).at(name))
            out.insert(joined.str());
    }
    return {out.begin(), out.end()};
}
inline json::Json action(const Plan& plan, const std::string& id) {
    const PlanStep* step = plan.step(StepId(id));
    return step == nullptr ? json::Json() : json::parse(step->action).value();
}

}  // namespace signalbox::plan
