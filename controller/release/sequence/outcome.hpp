// SPDX-License-Identifier: Apache-2.0
// What an answer or a record makes of one step. Pure; private to this module.
#pragma once

#include <string>

#include "controller/release/sequence/event.hpp"
#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {

// One step of a release, with what its outcome bears on. The references must outlive it.
struct StepAt {
    State& state;
    ReleaseState& release;
    StepIndex index;

    [[nodiscard]] const StepSpec& spec() const { return *(*release.index)[index].spec; }
    [[nodiscard]] const StepState& step() const { return release.steps[index]; }
};

void ask_from(StepState& step, Instant when);
// Of a step that may be under way although it was said not to have run: when no token of it can be admitted
// any more, its host must say so once more.
void ask_once_more(StepState& step, Instant now);
// The host admitted it, or says that it runs.
void admit(const StepAt& at, Instant now);
// The attempt's outcome is known.
void conclude(const StepAt& at, const std::string& code, const std::string& detail, Instant now);
// "Never ran", as the answer to the newest query.
void never_ran(const StepAt& at, bool token_dead, Instant now);
void refuse(const StepAt& at, const std::string& code, const std::string& detail, Instant now);

}  // namespace signalbox::sequence
