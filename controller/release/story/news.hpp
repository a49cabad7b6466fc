// SPDX-License-Identifier: Apache-2.0
// What one entry of the ledger changed, in words. Private to this module. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/release/story/story.hpp"

namespace signalbox::story {

// Of the release itself: gates, stages, commands, breakers, lanes, its end.
[[nodiscard]] std::vector<Line> release_news(const Change& change);
// Of one step; nothing when what changed is of no interest.
[[nodiscard]] std::optional<Line> step_news(const Change& change, sequence::StepIndex step);
// Whether a release's story tells this line of a step.
[[nodiscard]] bool matters_to_release(const Line& line, const sequence::StepSpec& step);

// The step that the entry names; kNone when it names none of this release.
[[nodiscard]] sequence::StepIndex step_of(const sequence::Event& event,
                                          const sequence::ReleaseState& release);

// "3m20s": whole seconds of a time span.
[[nodiscard]] std::string span_text(Duration duration);
// "09:10:00" when it is on the same day as `near`, otherwise in full.
[[nodiscard]] std::string when_text(Instant at, Instant near);

}  // namespace signalbox::story
