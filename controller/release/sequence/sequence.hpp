// SPDX-License-Identifier: Apache-2.0
// The sequencer: all waiting, retrying, throttling, halting and compensating is decided here, and only here.
// Pure: the same state, event and time give the same outcome. Its rules and invariants: docs/architecture.md.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "controller/release/sequence/effect.hpp"
#include "controller/release/sequence/event.hpp"
#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {

struct Outcome {
    State state;
    std::vector<Effect> effects;
    std::set<ReleaseId> changed;  // whose state is not what it was
    bool applied = false;         // the event changed something: it must be in the ledger
};

// `now` never goes back between calls. An event that no longer fits (an old answer, a command that
// allowed() refuses) changes nothing.
[[nodiscard]] Outcome step(const State& state, const Event& event, Instant now);

// Whether a person's command would do something now. Errors: failed_precondition (why, and what would help),
// not_found.
[[nodiscard]] Status allowed(const State& state, const Command& command, Instant now);

// The environment (its place in the path) that an undo asked for by a person would take back now.
[[nodiscard]] std::size_t undo_stage(const ReleaseState& release);

// Whether a token may be minted or sent for this dispatch now: the last look before the shell acts.
[[nodiscard]] bool may_mint(const State& state, const Dispatch& dispatch, Instant now);

// Plain words: what the step waits for, or what became of it.
[[nodiscard]] std::string explain(const State& state, const ReleaseState& release, const StepSpec& step,
                                  Instant now);

// What TokenMinted says of the throttle for this step now.
[[nodiscard]] std::map<std::string, int> scopes_now(const State& state, const ReleaseState& release,
                                                    const StepSpec& step, Instant now);

// Of a step that may be minted: whether its slots and breakers still let it, for time and others' failures go
// on between the grant and the token. `takes`: no token of its attempt is out. Errors: unavailable.
[[nodiscard]] Status still_fits(const State& state, const Dispatch& dispatch, bool takes, Instant now);

// Until when a step whose token ends at `expires` may run, its host's clock and a slow end included. Never
// heard of again, it is declared unknown then, and gives back its slots.
[[nodiscard]] Instant run_by(const StepSpec& step, Instant expires);

// Steps that hold a throttle slot of this environment now: in flight, or with a token that is still alive.
[[nodiscard]] int in_flight(const State& state, const std::string& environment, Instant now);

}  // namespace signalbox::sequence
