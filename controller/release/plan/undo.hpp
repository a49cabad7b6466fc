// SPDX-License-Identifier: Apache-2.0
// The undo of an environment's steps: each undoable step has one undo, and undoing goes in the reverse of the
// order of doing. Pure.
#pragma once

#include <map>
#include <vector>

#include "controller/release/plan/plan.hpp"

namespace signalbox::plan {

struct Undo {
    std::vector<PlanStep> steps;
    PlanJoins joins;
};

// `undo_of` maps a forward step's place to its undo, which waits for nothing yet. `steps` is topologically
// sorted, with its joins. Gives the undo steps sorted likewise, with their edges: the undo of a step waits
// for the undo of everything that was built on it.
[[nodiscard]] Undo order_undo(const std::vector<PlanStep>& steps, const PlanJoins& joins,
                              std::map<std::size_t, PlanStep> undo_of);

}  // namespace signalbox::plan
