// SPDX-License-Identifier: Apache-2.0
// Every host that the environment's lanes cannot do without can be reached and takes steps: a release that
// begins without one would stop half-way.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "controller/gate/gates.hpp"

namespace signalbox::gate {
namespace {

// Why a host takes no steps; empty: it does.
std::string trouble_of(const Inputs& in, const plan::PlanStep& step) {
    const auto found = in.agents.find(step.agent_id);
    if (found == in.agents.end()) return "not enrolled";
    return found->second.online ? found->second.problem : "offline";
}

// Hosts that a lane may be released without, when they are away: those of lanes that skip, as far as their
// quorum allows.
std::set<std::string> dispensable(const Inputs& in, const std::map<std::string, std::string>& away) {
    std::set<std::string> needed, spared;
    for (const plan::PlanGroup& lane : in.environment.groups) {
        const auto gone = std::count_if(lane.hosts.begin(), lane.hosts.end(),
                                        [&](const std::string& host) { return away.contains(host); });
        const bool skips = lane.offline == plan::Offline::skip &&
                           static_cast<std::ptrdiff_t>(lane.hosts.size()) - gone >= lane.quorum;
        (skips ? spared : needed).insert(lane.hosts.begin(), lane.hosts.end());
    }
    // Whoever moves the traffic is in no lane, and nothing goes without it.
    for (const std::string& host : needed) spared.erase(host);
    return spared;
}

class AgentsOnline final : public Gate {
  public:
    std::string_view name() const override { return "agents_online"; }
    Judgement judge(const Inputs& in, Instant) const override {
        std::map<std::string, std::string> away;  // host -> why
        json::Json looked_at = json::Json::object();
        for (const auto* list : {&in.environment.steps, &in.environment.undo}) {
            for (const plan::PlanStep& step : *list) {
                std::string trouble = trouble_of(in, step);
                looked_at[step.host] = trouble.empty();
                if (!trouble.empty()) away[step.host] = std::move(trouble);
            }
        }
        const std::set<std::string> spared = dispensable(in, away);
        std::string waits, without;
        for (const auto& [host, why] : away) {
            std::string& text = spared.contains(host) ? without : waits;
            text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", host, why);
        }
        if (!waits.empty()) {
            return {sequence::GateOutcome::wait, "waits for " + waits,
                    "Start the agent there: systemctl status signalbox-agent signalbox-executor", looked_at};
        }
        if (!without.empty()) {
            return {sequence::GateOutcome::pass,
                    "enough hosts are online; away, and left out if they stay so: " + without, "", looked_at};
        }
        return {sequence::GateOutcome::pass,
                looked_at.size() == 1 ? "its host is online"
                                      : fmt::format("all {} hosts are online", looked_at.size()),
                "", looked_at};
    }
};

}  // namespace

std::unique_ptr<Gate> agents_online_gate() {
    return std::make_unique<AgentsOnline>();
}

}  // namespace signalbox::gate
