// SPDX-License-Identifier: Apache-2.0
// Whether another release has put something on the hosts of a release since: what it would take back is not
// there any more, and what is there is not its own. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/model/ids.hpp"
#include "controller/release/dispatch/loaded.hpp"
#include "controller/release/dispatch/store.hpp"

namespace signalbox::dispatch {

struct Superseded {
    ReleaseId by;
    std::string host;
};

// The first host on which an undo of this release would run a step, and on which another release is that was
// not there when this one started. Nothing: it may be undone. An earlier release on hosts that this one never
// reached, or has given back already, is no reason.
[[nodiscard]] std::optional<Superseded> superseded(const Loaded& release, const sequence::ReleaseState& state,
                                                   const Placements& placements);

// Another release is on this agent's host, and was not when `release` started.
[[nodiscard]] const HostPlacement* taken_over(const Loaded& release, const AgentId& agent,
                                              const std::string& service, const Placements& placements);

}  // namespace signalbox::dispatch
