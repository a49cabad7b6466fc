// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/undo.hpp"

#include <set>

namespace signalbox::plan {

std::vector<PlanStep> order_undo(const std::vector<PlanStep>& steps, std::map<StepId, PlanStep> undo_of) {
    std::map<StepId, std::size_t> index;
    for (std::size_t i = 0; i < steps.size(); ++i) index[steps[i].id] = i;

    // For each step, the nearest later steps on its paths that have an undo.
    std::vector<std::set<std::size_t>> later(steps.size());
    std::vector<PlanStep> out;
    for (std::size_t i = steps.size(); i-- > 0;) {
        const auto undo = undo_of.find(steps[i].id);
        if (undo != undo_of.end()) {
            PlanStep step = std::move(undo->second);
            // Later ones come first in `out`, so every edge leads to an earlier element of it.
            for (const std::size_t follower : later[i])
                step.needs.emplace_back(steps[follower].id.str() + "!undo");
            out.push_back(std::move(step));
        }
        for (const auto& need : steps[i].needs) {
            auto& target = later[index.at(need)];
            if (undo != undo_of.end()) {
                target.insert(i);
            } else {
                target.insert(later[i].begin(), later[i].end());
            }
        }
    }
    return out;
}

}  // namespace signalbox::plan
