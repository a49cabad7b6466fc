// SPDX-License-Identifier: Apache-2.0
// A small plan of two environments, and its approval documents, as a controller would send them.
#pragma once

#include <string>

#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/json/json.hpp"
#include "common/trust/approval.hpp"

namespace signalbox::cli {

inline constexpr const char* kArtifact = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

inline json::Json plan_step(const std::string& id, const std::string& host, const std::string& phase,
                            json::Json action, bool with_artifact, const std::string& undo_of = "") {
    json::Json artifacts = json::Json::array();
    if (with_artifact)
        artifacts.push_back({{"sha256", kArtifact}, {"size", 12582912}, {"format", "tar.zst"}});
    const std::string digest = crypto::sha256(json::canonical(action)).hex();
    return {{"id", id},
            {"agent_id", "agent-of-" + host},
            {"host", host},
            {"target", host},
            {"service", "shop"},
            {"group", "web"},
            {"site", "cloud"},
            {"pool", ""},
            {"delay_s", 0},
            {"after", json::Json::array()},
            {"phase", phase},
            {"action", std::move(action)},
            {"action_sha256", digest},
            {"artifacts", artifacts},
            {"deadline_s", 60},
            {"max_attempts", 2},
            {"needs", json::Json::array()},
            {"undo_of", undo_of},
            {"makes_live", ""}};
}

inline json::Json plan_breaker(int failures) {
    return {{"failures", failures},
            {"rate_percent", 0},
            {"rate_of", 10},
            {"window_s", 600},
            {"half_open_after_s", 300}};
}

inline json::Json plan_stage(const std::string& name, const std::string& host) {
    const std::string stage_id = name + "/" + host + "/stage";
    const std::string id = name + "/" + host + "/activate";
    const json::Json stage = {
        {"kind", "artifact.stage"},
        {"service", "shop"},
        {"deadline_s", 60},
        {"artifact", {{"sha256", kArtifact}, {"size", 12582912}, {"format", "tar.zst"}}}};
    const json::Json activate = {{"kind", "release.activate"},
                                 {"service", "shop"},
                                 {"deadline_s", 60},
                                 {"artifact_sha256", kArtifact},
                                 {"argv", {"systemctl", "restart", "the shop"}},
                                 {"user", ""}};
    const json::Json revert = {{"kind", "release.revert"},
                               {"service", "shop"},
                               {"deadline_s", 60},
                               {"of", id},
                               {"argv", {"systemctl", "restart", "the shop"}},
                               {"user", "shop"}};
    return {
        {"name", name},
        {"tier", name},
        {"caps",
         {{"environment:" + name,
           {{"max_in_flight", 3}, {"hard_cap", 3}, {"peak_hours", ""}, {"peak_max_in_flight", 3}}}}},
        {"breaker", plan_breaker(0)},
        {"calendar", {{"name", ""}, {"open_hours", ""}, {"blackouts", json::Json::array()}}},
        {"groups", json::Json::array()},
        {"barrier", {"cloud", "dc1"}},
        {"steps",
         {plan_step(stage_id, host, "prepare", stage, true), plan_step(id, host, "switch", activate, true)}},
        {"undo", {plan_step(id + "!undo", host, "switch", revert, false, id)}}};
}

inline json::Json sample_plan_json() {
    return {{"format", "signalbox-plan/v1"},
            {"cluster_id", "acme"},
            {"release_id", "shop-1.1.0-7"},
            {"release_counter", 7},
            {"name", "shop"},
            {"version", "1.1.0"},
            {"services", json::Json::array({{{"name", "shop"}, {"version", "1.1.0"}, {"commit", "c0ffee"}}})},
            {"priority", "normal"},
            {"overrun", "finish"},
            {"jitter_s", 0},
            {"breaker", plan_breaker(0)},
            {"estate_commit", "0123456789abcdef0123"},
            {"manifest", "releases/shop-1.1.0.yaml"},
            {"manifest_sha256", kArtifact},
            {"requester", "carol"},
            {"change", "CHG1"},
            {"tickets", {"SHOP-1"}},
            {"undo_on_failure", true},
            {"assumes", json::Json::array()},
            {"environments", {plan_stage("staging", "stage-1"), plan_stage("production", "web-1")}}};
}

inline trust::Approval sample_approval(const json::Json& plan, const std::string& environment, Instant now) {
    trust::Approval approval;
    approval.cluster_id = ClusterId(plan["cluster_id"].get<std::string>());
    approval.environment = environment;
    approval.release_id = ReleaseId(plan["release_id"].get<std::string>());
    approval.release_counter = plan["release_counter"].get<std::int64_t>();
    approval.plan_sha256 = crypto::sha256(json::canonical(plan));
    for (const json::Json& stage : plan["environments"]) {
        if (stage["name"] != environment) continue;
        for (const char* list : {"steps", "undo"}) {
            for (const json::Json& step : stage[list]) {
                trust::ApprovedStep approved;
                approved.step_id = StepId(step["id"].get<std::string>());
                approved.agent_id = AgentId(step["agent_id"].get<std::string>());
                approved.host = step["host"].get<std::string>();
                approved.action = step["action"]["kind"].get<std::string>();
                approved.action_sha256 = *crypto::parse_digest(step["action_sha256"].get<std::string>());
                for (const json::Json& a : step["artifacts"]) {
                    approved.artifact_sha256.push_back(*crypto::parse_digest(a["sha256"].get<std::string>()));
                }
                approved.max_attempts = step["max_attempts"].get<int>();
                approved.undo_of = StepId(step["undo_of"].get<std::string>());
                approval.steps.push_back(std::move(approved));
            }
        }
    }
    approval.not_before = now;
    approval.not_after = now + std::chrono::hours(24);
    approval.undo_not_after = now + std::chrono::hours(36);
    approval.overrun = "finish";
    approval.requester_name = plan["requester"].get<std::string>();
    approval.change = plan["change"].get<std::string>();
    approval.tickets = {"SHOP-1"};
    return approval;
}

}  // namespace signalbox::cli
