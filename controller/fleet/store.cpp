// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/store.hpp"

#include <fmt/format.h>

namespace signalbox::fleet {

Error refuse_change(const StateChange& change) {
    if (change.lifts_ban) {
        return {Code::failed_precondition, fmt::format("agent {} is not banned", change.agent_id.str()),
                "`signalbox agents show` tells its state"};
    }
    return {Code::failed_precondition, fmt::format("agent {} is banned", change.agent_id.str()),
            "Lift the ban with `signalbox agents unban`, or enrol the host again"};
}

}  // namespace signalbox::fleet
