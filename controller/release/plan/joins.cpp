// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/joins.hpp"

#include <algorithm>

namespace signalbox::plan {

void Joins::wait(const Ends& ends, Waits& waits) {
    if (ends.steps.size() == 1) {
        const auto& only = ends.steps.front();
        if (std::find(waits.needs.begin(), waits.needs.end(), only) == waits.needs.end())
            waits.needs.push_back(only);
    } else if (!ends.steps.empty()) {
        waits.after.push_back(ends.join);
        joins_.try_emplace(ends.join, ends.steps);
    }
}

}  // namespace signalbox::plan
