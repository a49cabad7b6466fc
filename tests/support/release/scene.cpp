// SPDX-License-Identifier: Apache-2.0
#include "tests/support/release/scene.hpp"

#include <cstdlib>
#include <iostream>

#include "common/json/json.hpp"
#include "controller/release/plan/compile.hpp"

namespace signalbox::scene {
namespace {

template <class T>
T must(Result<T> result) {
    if (result) return *std::move(result);
    std::cerr << result.error().to_string() << '\n';
    std::abort();
}

plan::PlanStep make_step(const std::string& id, const std::string& host, const std::string& kind,
                         const std::string& service, std::vector<std::string> needs) {
    plan::PlanStep step;
    step.id = StepId(id);
    step.agent_id = agent_of(host);
    step.host = host;
    step.target = kind == "traffic.shift" ? "" : host;
    step.service = service;
    step.group = host.find("legacy") == std::string::npos ? "cloud" : "dc1";
    step.phase =
        kind == "traffic.shift" || step.group == "dc1" ? plan::Phase::switch_over : plan::Phase::prepare;
    step.kind = kind;
    step.action = json::canonical({{"kind", kind}, {"service", service}, {"id", id}, {"deadline_s", 30}});
    step.action_sha256 = crypto::sha256(step.action);
    if (kind == "artifact.stage")
        step.artifacts.push_back({crypto::sha256("artifact of " + service), 10, "tar"});
    step.deadline = std::chrono::seconds(30);
    step.max_attempts = 2;
    for (std::string& need : needs) step.needs.emplace_back(std::move(need));
    return step;
}

plan::PlanStep make_undo(const plan::PlanStep& of, const std::string& kind, const std::string& service,
                         std::vector<std::string> needs) {
    plan::PlanStep step = make_step(of.id.str() + "!undo", of.host, kind, service, std::move(needs));
    step.undo_of = of.id;
    return step;
}

plan::PlanEnvironment make_environment(const std::string& name, const std::string& service) {
    plan::PlanEnvironment out;
    out.name = name;
    out.tier = name;
    plan::PlanCap cap;
    cap.max_in_flight = cap.hard_cap = kMaxInFlight;
    out.caps["environment:" + name] = cap;
    out.groups = {{service, "cloud", "blue_green", {name + "-green"}, 0, "blue", "green", {}, {}, {}, 0, {}},
                  {service, "dc1", "in_place", {name + "-legacy"}, 1, "", "", {}, {}, {}, 0, {}}};
    out.barrier = {"cloud", "dc1"};
    const std::string at = name + "/";
    const auto green_stage = make_step(at + "green/stage", name + "-green", "artifact.stage", service, {});
    const auto green =
        make_step(at + "green/activate", name + "-green", "release.activate", service, {at + "green/stage"});
    const auto legacy_stage = make_step(at + "legacy/stage", name + "-legacy", "artifact.stage", service, {});
    auto shift = make_step(at + "cloud/shift", name + "-lb", "traffic.shift", service,
                           {at + "green/activate", at + "legacy/stage"});
    shift.makes_live = "green";
    const auto legacy = make_step(at + "legacy/activate", name + "-legacy", "release.activate", service,
                                  {at + "cloud/shift"});
    out.steps = {green_stage, green, legacy_stage, shift, legacy};
    const auto undo_legacy = make_undo(legacy, "release.revert", service, {});
    auto undo_shift = make_undo(shift, "traffic.shift", service, {undo_legacy.id.str()});
    undo_shift.makes_live = "blue";
    out.undo = {undo_legacy, undo_shift, make_undo(green, "release.revert", service, {undo_shift.id.str()})};
    return out;
}

}  // namespace

std::vector<std::string> hosts_of(const std::string& environment) {
    return {environment + "-green", environment + "-lb", environment + "-legacy"};
}
std::vector<std::string> all_hosts() {
    std::vector<std::string> out = hosts_of("staging");
    for (const std::string& host : hosts_of("production")) out.push_back(host);
    return out;
}
AgentId agent_of(const std::string& host) {
    return AgentId("agent-" + host);
}

plan::Plan make_plan(const std::string& service, std::int64_t counter) {
    plan::Plan out;
    out.cluster_id = ClusterId("demo");
    out.release_id = ReleaseId(service + "-" + kNewVersion + "-" + std::to_string(counter));
    out.release_counter = counter;
    out.name = service;
    out.version = kNewVersion;
    out.services = {
        {service, kNewVersion, "5f3c0a1b", {crypto::sha256("artifact of " + service), 10, "tar"}}};
    out.manifest = "releases/" + service + ".yaml";
    out.requester = "robin";
    out.environments = {make_environment("staging", service), make_environment("production", service)};
    return out;
}

dispatch::Loaded make_release(const fakes::TrustFixture& trust, const std::string& service,
                              std::int64_t counter, Instant now, bool signed_) {
    dispatch::Loaded out;
    out.plan_text = plan::serialize(make_plan(service, counter));
    out.plan = must(plan::parse_plan(out.plan_text));
    const Instant from = std::chrono::floor<std::chrono::seconds>(now);
    const Instant until = from + std::chrono::hours(24);
    const dispatch::StartTerms terms{now, from, until, until};
    out.spec = must(dispatch::spec_of(out.plan, terms));
    for (const plan::PlanEnvironment& environment : out.plan.environments) {
        const auto approval =
            must(plan::approval_for(out.plan, environment.name, {from, until, until, {}, crypto::KeyId()}));
        const bool sign = signed_ && environment.name == "production";
        out.approvals.push_back(
            {out.plan.release_id, environment.name, trust::serialize(approval),
             sign ? trust.sign_approval(approval, {&trust.tom, &trust.ann, &trust.ben, &trust.cat})
                  : trust.sign_approval(approval, {})});
    }
    return out;
}

}  // namespace signalbox::scene
