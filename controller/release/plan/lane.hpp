// SPDX-License-Identifier: Apache-2.0
// One host group on its way through a release in one environment: which of its hosts change, and in what
// order. Pure; pointers into the planner's inputs.
#pragma once

#include <string>
#include <vector>

#include "controller/release/plan/compile.hpp"

namespace signalbox::plan {

struct Lane {
    const estate::Strategy* strategy = nullptr;
    const estate::Traffic* traffic = nullptr;  // nullptr: none
    const Host* via = nullptr;                 // reaches the traffic's socket
    std::vector<const Host*> hosts;            // those that change, by name
    std::string live, idle;                    // blue_green
    bool in_barrier = false;

    [[nodiscard]] bool blue_green() const { return strategy->kind == "blue_green"; }
};

// The lanes of an environment: those of the barrier in its order, then the others by name. What is wrong with
// the fleet or the placements is added to `problems`.
[[nodiscard]] std::vector<Lane> make_lanes(const Inputs& inputs, const estate::Release& release,
                                           const estate::Environment& environment,
                                           estate::Problems& problems);

}  // namespace signalbox::plan
