// SPDX-License-Identifier: Apache-2.0
// One service on one host group on its way through a release in one environment: which of the hosts change,
// and in what order. Pure; pointers into the planner's inputs.
#pragma once

#include <string>
#include <vector>

#include "controller/release/plan/compile.hpp"
#include "controller/release/plan/dependencies.hpp"
#include "controller/release/plan/fleet.hpp"

namespace signalbox::plan {

struct Lane {
    std::size_t service = 0;  // its place in Dependencies::order
    Part part;
    const estate::Strategy* strategy = nullptr;
    const estate::Traffic* traffic = nullptr;  // nullptr: none
    const Host* via = nullptr;                 // reaches the traffic
    Hosts hosts;                               // those that change, by name
    Hosts old;                                 // colours: those that serve before
    std::string live, idle;                    // colours
    int batch = 0;                             // in_place, rolling
    int quorum = 0;
    bool in_barrier = false;

    [[nodiscard]] bool colours() const { return strategy->colours(); }
    [[nodiscard]] std::string name() const { return part.service->name + "/" + strategy->group; }
};

struct LaneInputs {
    const Inputs& inputs;
    const estate::Release& release;
    const Dependencies& services;
    const EnvironmentFleet& fleet;
    const estate::Environment& environment;
};

// The lanes of an environment: service by service, of each those of the barrier in its order and then the
// others by name. What is wrong with the fleet or the placements is added to `problems`.
[[nodiscard]] std::vector<Lane> make_lanes(const LaneInputs& from, estate::Problems& problems);

// How many hosts of a lane change at once, and how many must be released; what cannot be is added to
// `problems`.
void set_sizes(Lane& lane, estate::Problems& problems);

}  // namespace signalbox::plan
