// SPDX-License-Identifier: Apache-2.0
// What the plan takes for granted still holds: the live colours, and that its agents may take steps.
#include <fmt/format.h>

#include <algorithm>

#include "controller/gate/gates.hpp"

namespace signalbox::gate {
namespace {

class PlanCurrent final : public Gate {
  public:
    std::string_view name() const override { return "plan_current"; }
    Judgement judge(const Inputs& in, Instant) const override {
        json::Json looked_at{{"plan", plan::plan_digest(plan::serialize(in.plan)).hex()}};
        for (const plan::Assumption& assumed : in.plan.assumes) {
            if (assumed.environment != in.environment.name) continue;
            const auto now_live =
                std::find_if(in.placements.begin(), in.placements.end(), [&](const plan::Placement& p) {
                    return p.environment == assumed.environment && p.service == assumed.service &&
                           p.group == assumed.group;
                });
            // Nothing recorded: no release of ours has moved it since the plan was made from the estate.
            if (now_live == in.placements.end() || now_live->live == assumed.live) continue;
            looked_at["live"] = now_live->live;
            return {sequence::GateOutcome::block,
                    fmt::format("the plan takes it that {} is live in {}/{}, but {} is", assumed.live,
                                assumed.environment, assumed.group, now_live->live),
                    "Abort this release and start it again, so that it is planned anew", looked_at};
        }
        for (const auto* list : {&in.environment.steps, &in.environment.undo}) {
            for (const plan::PlanStep& step : *list) {
                const auto found = in.agents.find(step.agent_id);
                const std::string state = found == in.agents.end() ? "not enrolled" : found->second.state;
                if (state == "active") continue;
                looked_at["agent"] = step.agent_id.str();
                looked_at["state"] = state;
                return {sequence::GateOutcome::block, fmt::format("the agent of {} is {}", step.host, state),
                        found == in.agents.end()
                            ? "The host was enrolled again? Abort this release and start it again"
                            : "Make the agent active again, or abort this release and plan without the host",
                        looked_at};
            }
        }
        return {sequence::GateOutcome::pass, "what it was planned on still holds", "", looked_at};
    }
};

}  // namespace

std::unique_ptr<Gate> plan_current_gate() {
    return std::make_unique<PlanCurrent>();
}

}  // namespace signalbox::gate
