// SPDX-License-Identifier: Apache-2.0
// Runs by chance: an estate, releases, faults and people, all from one seed. For tests only.
#pragma once

#include "simulation.hpp"

namespace signalbox::scenario {

// `tell`: the report has the story.
[[nodiscard]] Report run_seed(std::uint64_t seed, bool tell);

}  // namespace signalbox::scenario
