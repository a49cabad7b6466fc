// SPDX-License-Identifier: Apache-2.0
#include "controller/app/planner.hpp"

#include <algorithm>

#include "controller/gate/promised_approvals.hpp"
#include "controller/release/plan/compile.hpp"

namespace signalbox::app {
namespace {

constexpr std::size_t kMaxArtifacts = 100'000;

bool blocks(const estate::Problems& problems) {
    return std::any_of(problems.begin(), problems.end(),
                       [](const auto& problem) { return !problem.warning; });
}

}  // namespace

void Planner::plan(const dispatch::PlanOrder& order, std::function<void(Result<dispatch::Planned>)> done) {
    parts_.estate.snapshot(order.ref, [this, order, done = std::move(done)](
                                          Result<std::shared_ptr<const estate::Snapshot>> snapshot) {
        if (!snapshot) return done(std::move(snapshot).error());
        done(compile(**snapshot, order));
    });
}

Result<dispatch::Planned> Planner::compile(const estate::Snapshot& snapshot,
                                           const dispatch::PlanOrder& order) {
    dispatch::Planned out;
    out.problems = snapshot.problems;  // the compiler knows which of them concern this release
    plan::Inputs inputs{
        parts_.cluster,  1,           snapshot.estate, snapshot.commit, order.manifest, {}, {}, {},
        order.requester, order.change};
    SB_TRY(inputs.counter, parts_.releases.next_counter());
    SB_TRY(const auto agents, parts_.fleet.agents());
    for (const auto& agent : agents) {
        if (agent.state != fleet::AgentState::active) continue;
        inputs.hosts.push_back({agent.agent_id, agent.host, agent.environment, agent.site, agent.labels});
    }
    SB_TRY(inputs.artifacts, parts_.artifacts.list(kMaxArtifacts));
    SB_TRY(inputs.secrets, parts_.secrets.newest());
    SB_TRY(const auto placements, parts_.releases.placements());
    for (const auto& live : placements.colours) {
        inputs.placements.push_back({live.environment, live.service, live.group, live.colour});
    }
    auto compiled = plan::compile(inputs, out.problems);
    if (compiled && parts_.trust.current() != nullptr) {
        estate::Problems promised;
        for (const plan::PlanEnvironment& each : compiled->environments)
            gate::check_promised_approvals(snapshot.estate.environments.at(each.name),
                                           *parts_.trust.current(), promised);
        out.problems.insert(out.problems.begin(), promised.begin(), promised.end());  // they come first
        if (blocks(promised)) return out;
    }
    if (compiled) {
        out.plan = std::move(*compiled);
        return out;
    }
    if (blocks(out.problems)) return out;  // the problems say more than the error
    return std::move(compiled).error();
}

}  // namespace signalbox::app
