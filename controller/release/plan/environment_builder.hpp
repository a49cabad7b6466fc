// SPDX-License-Identifier: Apache-2.0
// Builds the steps of one environment from its lanes: order, barrier, undo. Pure.
#pragma once

#include <vector>

#include "controller/release/plan/lane.hpp"

namespace signalbox::plan {

// By place in Dependencies::order.
using Artifacts = std::vector<ArtifactRef>;

// Nothing when lanes wait for each other in a circle, which is added to `problems`.
[[nodiscard]] std::optional<PlanEnvironment> build_environment(const LaneInputs& from,
                                                               const std::vector<Lane>& lanes,
                                                               const Artifacts& artifacts,
                                                               estate::Problems& problems);

}  // namespace signalbox::plan
