// SPDX-License-Identifier: Apache-2.0
// The undo of an environment's steps: each undoable step has one undo, and undoing goes in the reverse of the
// order of doing. Pure.
#pragma once

#include <map>
#include <vector>

#include "controller/release/plan/plan.hpp"

namespace signalbox::plan {

// `undo_of` maps a forward step to its undo, whose `needs` are still empty. `steps` is topologically sorted.
// Gives the undo steps sorted likewise, with their edges: the undo of a step waits for the undo of everything
// that was built on it.
[[nodiscard]] std::vector<PlanStep> order_undo(const std::vector<PlanStep>& steps,
                                               std::map<StepId, PlanStep> undo_of);

}  // namespace signalbox::plan
