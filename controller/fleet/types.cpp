// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/types.hpp"

#include <fmt/format.h>

namespace signalbox::fleet {

std::string_view to_string(AgentState state) {
    switch (state) {
        case AgentState::active:
            return "active";
        case AgentState::quarantined:
            return "quarantined";
        case AgentState::banned:
            return "banned";
    }
    return "banned";
}

Result<AgentState> parse_agent_state(std::string_view text) {
    if (text == "active") return AgentState::active;
    if (text == "quarantined") return AgentState::quarantined;
    if (text == "banned") return AgentState::banned;
    return Error(Code::invalid_argument, fmt::format("'{}' is not a state of an agent", text),
                 "Use active, quarantined or banned");
}

std::string_view to_string(Presence presence) {
    switch (presence) {
        case Presence::online:
            return "online";
        case Presence::stale:
            return "stale";
        case Presence::offline:
            return "offline";
    }
    return "offline";
}

}  // namespace signalbox::fleet
