// SPDX-License-Identifier: Apache-2.0
// The parts of one sequencer step, in the order in which they run. Private to this module.
#pragma once

#include <vector>

#include "controller/release/sequence/effect.hpp"
#include "controller/release/sequence/event.hpp"
#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {

// What the event itself says.
void apply(State& state, const Event& event, Instant now);
// Nothing of this release is to be sent any more: takes back what is queued, asks for what may be out.
void recall(ReleaseState& release, Instant now);
// What follows for one release: overdue answers, window, failures, next stage, undo, end.
void settle(ReleaseState& release, Instant now, std::vector<Effect>& effects);
// Queries that are due, then throttle slots, fairly between releases.
void schedule(State& state, Instant now, std::vector<Effect>& effects);
// Adds the Wake for the earliest instant at which time alone changes something.
void set_wake(const State& state, Instant now, std::vector<Effect>& effects);

}  // namespace signalbox::sequence
