// SPDX-License-Identifier: Apache-2.0
// How the hosts of a lane are changed: docs/formats/plan.md has the table. Pure.
#pragma once

#include "controller/release/plan/step_writer.hpp"

namespace signalbox::plan {

// What ends each part of a lane's way, once it is written.
struct LaneSteps {
    StepIds staged;  // in place: by host
    Ends prepared, switched, verified;
};

// in_place, rolling: the hosts themselves change, batch by batch. The first batch waits for `gate`.
void stage_in_place(StepWriter& writer, LaneSteps& steps);
void switch_in_place(StepWriter& writer, LaneSteps& steps, const Waits& gate);

// blue_green, canary: the hosts of the idle colour change, then the traffic moves, at once or by shares.
void install_colour(StepWriter& writer, LaneSteps& steps, const Waits& gate);
void shift_colours(StepWriter& writer, LaneSteps& steps, const Waits& gate);
void retire_colour(StepWriter& writer, const Waits& gate);

// Once all have switched: the hosts that changed are looked at again, for as long as their watch lasts.
void verify(StepWriter& writer, LaneSteps& steps, const Waits& gate);

}  // namespace signalbox::plan
