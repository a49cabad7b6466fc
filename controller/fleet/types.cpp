// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/types.hpp"

#include <algorithm>

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

const crypto::PublicKey& AgentInfo::key_of(std::int64_t seq) const {
    for (const FormerKey& former : former_keys) {
        if (seq <= former.last_seq) return former.key;
    }
    return record_key;
}

bool AgentInfo::ever_had(const crypto::PublicKey& key) const {
    return key == record_key || std::any_of(former_keys.begin(), former_keys.end(),
                                            [&](const FormerKey& former) { return former.key == key; });
}

}  // namespace signalbox::fleet
