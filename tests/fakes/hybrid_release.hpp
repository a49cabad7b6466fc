// SPDX-License-Identifier: Apache-2.0
// A release of one service by hand: staging, then production; in each a green host takes over from a blue one
// by way of a load balancer, and a legacy host follows. For tests that need a plan without an estate.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/crypto/digest.hpp"
#include "common/json/json.hpp"
#include "controller/release/dispatch/loaded.hpp"
#include "controller/release/plan/compile.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::fakes {

inline AgentId agent_of(const std::string& host) {
    return AgentId("agent-" + host);
}
inline std::vector<std::string> all_hosts() {
    std::vector<std::string> out;
    for (const std::string environment : {"staging", "production"}) {
        for (const char* host : {"-green", "-lb", "-legacy"}) out.push_back(environment + host);
    }
    return out;
}

inline plan::PlanStep hybrid_step(const std::string& id, const std::string& host, const std::string& kind,
                                  const std::string& service, const std::vector<std::string>& needs) {
    plan::PlanStep step;
    step.id = StepId(id);
    step.agent_id = agent_of(host);
    step.host = step.target = host;
    step.service = service;
    step.group = host.find("legacy") == std::string::npos ? "cloud" : "dc1";
    step.site = step.group;
    const bool switches = kind == "traffic.shift" || step.group == "dc1";
    step.phase = switches && kind != "artifact.stage" ? plan::Phase::switch_over : plan::Phase::prepare;
    step.kind = kind;
    step.action = json::canonical({{"kind", kind}, {"service", service}, {"id", id}, {"deadline_s", 30}});
    step.action_sha256 = crypto::sha256(step.action);
    if (kind == "artifact.stage")
        step.artifacts.push_back({crypto::sha256("artifact of " + service), 10, "tar"});
    step.deadline = std::chrono::seconds(30);
    step.max_attempts = 2;
    for (const std::string& need : needs) step.needs.emplace_back(need);
    return step;
}

inline plan::PlanStep hybrid_undo(const plan::PlanStep& of, const std::string& kind,
                                  const std::vector<std::string>& needs) {
    plan::PlanStep step = hybrid_step(of.id.str() + "!undo", of.host, kind, of.service, needs);
    step.phase = of.phase;
    step.target = of.target;
    step.undo_of = of.id;
    return step;
}

inline plan::PlanGroup hybrid_group(const std::string& service, const std::string& name,
                                    const std::string& strategy, const std::string& host) {
    plan::PlanGroup group;
    group.service = service;
    group.name = name;
    group.strategy = strategy;
    group.hosts = {host};
    if (strategy == "blue_green") group.live = "blue", group.idle = "green";
    if (strategy == "in_place") group.batch = 1;
    return group;
}

inline plan::PlanEnvironment hybrid_environment(const std::string& name, const std::string& service) {
    plan::PlanEnvironment out;
    out.name = name;
    out.tier = name;
    out.caps["environment:" + name] = {2, 2, "", 2};
    out.barrier = {"cloud", "dc1"};
    out.groups = {hybrid_group(service, "cloud", "blue_green", name + "-green"),
                  hybrid_group(service, "dc1", "in_place", name + "-legacy")};
    const std::string at = name + "/";
    const auto green_stage = hybrid_step(at + "green/stage", name + "-green", "artifact.stage", service, {});
    const auto green = hybrid_step(at + "green/activate", name + "-green", "release.activate", service,
                                   {at + "green/stage"});
    const auto legacy_stage =
        hybrid_step(at + "legacy/stage", name + "-legacy", "artifact.stage", service, {});
    auto shift = hybrid_step(at + "cloud/shift", name + "-lb", "traffic.shift", service,
                             {at + "green/activate", at + "legacy/stage"});
    shift.target.clear();
    shift.makes_live = "green";
    const auto legacy = hybrid_step(at + "legacy/activate", name + "-legacy", "release.activate", service,
                                    {at + "cloud/shift"});
    out.steps = {green_stage, green, legacy_stage, shift, legacy};
    const auto undo_legacy = hybrid_undo(legacy, "release.revert", {});
    auto undo_shift = hybrid_undo(shift, "traffic.shift", {undo_legacy.id.str()});
    undo_shift.makes_live = "blue";
    out.undo = {undo_legacy, undo_shift, hybrid_undo(green, "release.revert", {undo_shift.id.str()})};
    return out;
}

inline plan::Plan make_plan(const std::string& service, std::int64_t counter) {
    plan::Plan out;
    out.cluster_id = ClusterId("demo");
    out.version = "1.1.0";
    out.release_id = ReleaseId(service + "-" + out.version + "-" + std::to_string(counter));
    out.release_counter = counter;
    out.name = service;
    out.services = {{service, out.version, "", {crypto::sha256("artifact of " + service), 10, "tar"}}};
    out.manifest = "releases/" + service + ".yaml";
    out.requester = "robin";
    out.environments = {hybrid_environment("staging", service), hybrid_environment("production", service)};
    return out;
}

// Started now for a day; `with_signatures`: of everybody that production demands.
inline dispatch::Loaded make_release(const TrustFixture& trust, const std::string& service,
                                     std::int64_t counter, Instant now, bool with_signatures) {
    dispatch::Loaded out;
    out.plan = make_plan(service, counter);
    out.plan_text = plan::serialize(out.plan);
    const Instant from = std::chrono::floor<std::chrono::seconds>(now);
    const Instant to = from + std::chrono::hours(24);
    out.spec = dispatch::spec_of(out.plan, {now, from, to, to}).value();
    for (const plan::PlanEnvironment& environment : out.plan.environments) {
        const trust::Approval approval =
            plan::approval_for(out.plan, environment.name, {from, to, to, {}, crypto::KeyId()}).value();
        const bool sign = with_signatures && environment.name == "production";
        out.approvals.push_back(
            {out.plan.release_id, environment.name, trust::serialize(approval),
             sign ? trust.sign_approval(approval, {&trust.tom, &trust.ann, &trust.ben, &trust.cat})
                  : trust.sign_approval(approval, {})});
    }
    return out;
}

}  // namespace signalbox::fakes
