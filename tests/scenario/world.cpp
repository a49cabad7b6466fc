// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <cstdlib>
#include <iostream>

#include "controller/calendar/closed_times.hpp"
#include "controller/release/plan/compile.hpp"
#include "estate_text.hpp"

namespace signalbox::scenario {
namespace {

template <class T>
T must(Result<T> result) {
    if (result) return *std::move(result);
    std::cerr << result.error().to_string() << '\n';
    std::abort();
}

trust::TrustFile make_trust() {
    trust::TrustFile file = people().file;
    file.roles.erase("approve/production/tester");
    file.roles.at("approve/production/owner").threshold = 1;
    return file;
}

bool needs_nobody(const std::string& environment) {
    return environment == "staging";
}

}  // namespace

const fakes::TrustFixture& people() {
    static const fakes::TrustFixture fixture;
    return fixture;
}

const trust::TrustFile& trust_file() {
    static const trust::TrustFile file = make_trust();
    return file;
}

World::World(Design design) : design_(std::move(design)), estate_(estate::load(estate_files(design_))) {
    for (const auto& problem : estate_.problems) {
        if (problem.warning) continue;
        for (const auto& file : estate_files(design_)) std::cerr << file.path << '\n' << file.text;
        std::cerr << estate::to_string(problem) << '\n';
        std::abort();
    }
    for (const EnvironmentDesign& environment : design_.environments) {
        for (const GroupDesign& group : environment.groups) {
            for (const std::string& host : group.hosts)
                fleet_.push_back({host, environment.name, AgentId("agent-" + host)});
        }
        const std::string balancer = balancer_of(environment.name);
        fleet_.push_back({balancer, environment.name, AgentId("agent-" + balancer)});
    }
}

AgentId World::enrol_again(const std::string& host) {
    for (Enrolled& each : fleet_) {
        if (each.host == host)
            return each.agent = AgentId("agent-" + host + "-" + std::to_string(++enrolments_ + 1));
    }
    std::abort();
}

std::vector<plan::Host> World::hosts() const {
    std::vector<plan::Host> out;
    std::size_t next = 0;
    for (const EnvironmentDesign& environment : design_.environments) {
        for (const GroupDesign& group : environment.groups) {
            bool blue = group.hosts.size() > 1;
            for (const std::string& host : group.hosts) {
                out.push_back({fleet_[next++].agent,
                               host,
                               environment.name,
                               group.site,
                               {{"group", group.name}, {"color", blue ? "blue" : "green"}}});
                blue = !blue;
            }
        }
        const Enrolled& balancer = fleet_[next++];
        out.push_back({balancer.agent, balancer.host, environment.name, "edge", {}});
    }
    return out;
}

std::optional<dispatch::Loaded> World::plan(const ReleaseDesign& release, std::int64_t counter, Instant now,
                                            const dispatch::Placements& placements) const {
    std::vector<artifact::ArtifactRecord> artifacts;
    for (const std::string& service : release.services)
        artifacts.push_back(
            {crypto::parse_digest(artifact_of(service, release.version)).value(), 10, "tar", Instant{}, ""});
    std::vector<plan::Placement> live;
    for (const dispatch::LiveColour& colour : placements.colours)
        live.push_back({colour.environment, colour.service, colour.group, colour.colour});
    estate::Problems problems = estate_.problems;
    dispatch::Loaded out;
    auto planned = plan::compile({ClusterId("demo"), counter, estate_.estate, "e", manifest_path(release),
                                  hosts(), artifacts, live, "robin", ""},
                                 problems);
    const bool no_idle =
        !planned && planned.error().message().find("of the idle colour") != std::string::npos;
    if (no_idle) return {};
    out.plan = must(std::move(planned));
    out.plan_text = plan::serialize(out.plan);
    const Instant from = std::chrono::floor<std::chrono::seconds>(now) + release.opens;
    const dispatch::StartTerms terms{now, from, from + release.window,
                                     from + release.window + release.undo_time};
    out.spec = must(dispatch::spec_of(out.plan, terms));
    for (const dispatch::HostPlacement& host : placements.hosts) {
        if (out.plan.service(host.service) != nullptr) out.before.push_back(host);
    }
    for (const plan::PlanEnvironment& environment : out.plan.environments) {
        const trust::Approval approval = must(plan::approval_for(
            out.plan, environment.name,
            {terms.not_before, terms.not_after, terms.undo_not_after,
             must(calendar::closed_times(environment.calendar, terms.not_before, terms.not_after)),
             crypto::KeyId()}));
        out.approvals.push_back({out.plan.release_id, environment.name, trust::serialize(approval),
                                 people().sign_approval(approval, {})});
    }
    return out;
}

dispatch::ApprovalDocument World::sign(const dispatch::ApprovalDocument& document) {
    dispatch::ApprovalDocument out = document;
    if (needs_nobody(document.environment)) return out;
    out.envelope = fakes::signed_text(trust::kInTotoPayloadType, document.payload, {&people().ann});
    return out;
}

}  // namespace signalbox::scenario
