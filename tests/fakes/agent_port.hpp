// SPDX-License-Identifier: Apache-2.0
// An AgentPort that remembers what it was told to send.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "controller/release/dispatch/agent_port.hpp"

namespace signalbox::fakes {

class AgentPort final : public dispatch::AgentPort {
  public:
    std::optional<dispatch::AgentView> info(const AgentId& agent) const override {
        const auto found = agents.find(agent);
        if (found == agents.end()) return {};
        return found->second;
    }
    Status execute(const AgentId& agent, const dispatch::ExecuteOrder& order) override {
        SB_CHECK(reachable(agent));
        executed.emplace_back(agent, order);
        return {};
    }
    Status query(const AgentId& agent, const dispatch::QueryOrder& order) override {
        SB_CHECK(reachable(agent));
        queried.emplace_back(agent, order);
        return {};
    }

    std::map<AgentId, dispatch::AgentView> agents;
    std::vector<std::pair<AgentId, dispatch::ExecuteOrder>> executed;
    std::vector<std::pair<AgentId, dispatch::QueryOrder>> queried;

  private:
    [[nodiscard]] Status reachable(const AgentId& agent) const {
        const auto found = agents.find(agent);
        if (found != agents.end() && found->second.online) return {};
        return Error(Code::unavailable, "agent " + agent.str() + " has no session");
    }
};

}  // namespace signalbox::fakes
