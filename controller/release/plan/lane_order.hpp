// SPDX-License-Identifier: Apache-2.0
// In what order the lanes of an environment go through their work: what waits for what, and an order in which
// every wait is for something earlier. Pure.
#pragma once

#include <optional>
#include <vector>

#include "controller/release/plan/lane.hpp"

namespace signalbox::plan {

// Between a lane's preparation and its switch is the place of database steps.
enum class Work { prepare, switch_over, verify, retire };

struct LaneWork {
    Work work = Work::prepare;
    std::size_t lane = 0;
};

// What the work of one lane waits for beside its own.
struct LaneWaits {
    // Services, by place, whose switches come before: all their lanes for `to_switch`; for `to_prepare` those
    // lanes only that no barrier holds together with this one.
    std::vector<std::size_t> to_prepare, to_switch;
    std::optional<std::size_t> previous;  // under a barrier: the lane of this service that switches before
};

// For each lane.
[[nodiscard]] std::vector<LaneWaits> lane_waits(const std::vector<Lane>& lanes, const Dependencies& services);

// Whether the order of two lanes of a barrier excuses the first from waiting: it is prepared against the old
// version of what it depends on, and verified against the new.
[[nodiscard]] inline bool held_together(const Lane& a, const Lane& b) {
    return a.in_barrier && b.in_barrier;
}

// Empty when lanes wait for each other in a circle; it is named in `problems`.
[[nodiscard]] std::vector<LaneWork> order_lanes(const std::vector<Lane>& lanes,
                                                const std::vector<LaneWaits>& waits,
                                                const estate::Release& release, estate::Problems& problems);

}  // namespace signalbox::plan
