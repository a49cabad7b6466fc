// SPDX-License-Identifier: Apache-2.0
// Every host of the environment can be reached and takes steps: a release that begins without one would stop
// half-way.
#include <fmt/format.h>

#include "controller/gate/gates.hpp"

namespace signalbox::gate {
namespace {

class AgentsOnline final : public Gate {
  public:
    std::string_view name() const override { return "agents_online"; }
    Judgement judge(const Inputs& in, Instant) const override {
        std::map<std::string, std::string> away;  // host -> why
        json::Json looked_at = json::Json::object();
        for (const auto* list : {&in.environment.steps, &in.environment.undo}) {
            for (const plan::PlanStep& step : *list) {
                const auto found = in.agents.find(step.agent_id);
                const bool ok =
                    found != in.agents.end() && found->second.online && found->second.problem.empty();
                looked_at[step.host] = ok;
                if (ok) continue;
                away[step.host] = found == in.agents.end() ? "not enrolled"
                                  : !found->second.online  ? "offline"
                                                           : found->second.problem;
            }
        }
        if (away.empty()) {
            return {sequence::GateOutcome::pass,
                    looked_at.size() == 1 ? "its host is online"
                                          : fmt::format("all {} hosts are online", looked_at.size()),
                    "", looked_at};
        }
        std::string text;
        for (const auto& [host, why] : away)
            text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", host, why);
        return {sequence::GateOutcome::wait, "waits for " + text,
                "Start the agent there: systemctl status signalbox-agent signalbox-executor", looked_at};
    }
};

}  // namespace

std::unique_ptr<Gate> agents_online_gate() {
    return std::make_unique<AgentsOnline>();
}

}  // namespace signalbox::gate
