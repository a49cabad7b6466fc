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
// Hosts that were away for too long, and lanes that make no progress, by their lane's rules.
void check_absence(ReleaseState& release, Instant now);
void check_progress(ReleaseState& release, Instant now);
// When those two have something to say, if nothing else happens.
[[nodiscard]] std::vector<Instant> lane_deadlines(const ReleaseState& release, Instant now);
// A failure that is no step's: the release goes back, or halts, as it was planned.
void give_up(ReleaseState& release, std::string why, Instant now);
// The undo of what ran in the present stage; ends the release when there is nothing to undo.
void begin_undo(ReleaseState& release, Instant now, std::vector<Effect>& effects);
void end(ReleaseState& release, ReleaseStatus status, Instant now, std::vector<Effect>& effects);
// Everything that touched its host and was not undone, by name.
void name_leftovers(ReleaseState& release);
// What follows for one release: overdue answers, window, failures, next stage, undo, end.
void settle(ReleaseState& release, Instant now, std::vector<Effect>& effects);
// Queries that are due, then throttle slots: emergencies first, then fairly between releases.
void schedule(State& state, Instant now, std::vector<Effect>& effects);
// Adds the Wake for the earliest instant at which time alone changes something.
void set_wake(const State& state, Instant now, std::vector<Effect>& effects);

}  // namespace signalbox::sequence
