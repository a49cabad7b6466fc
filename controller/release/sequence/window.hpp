// SPDX-License-Identifier: Apache-2.0
// When a release may start steps: its window, and the closed times of its environment. Pure; private to this
// module.
#pragma once

#include <algorithm>
#include <optional>

#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {

// The closed time that holds at `now`; nullptr: none.
[[nodiscard]] inline const ClosedSpec* closed_at(const StageSpec& stage, Instant now) {
    for (const ClosedSpec& closed : stage.closed) {
        if (closed.when.from <= now && now < closed.when.to) return &closed;
    }
    return nullptr;
}
// Until when what starts now is in open time: the end of the window, or the next closed time.
[[nodiscard]] inline Instant open_until(const ReleaseSpec& spec, const StageSpec& stage, Instant now) {
    Instant end = spec.not_after;
    for (const ClosedSpec& closed : stage.closed) {
        if (closed.when.from >= now) end = std::min(end, closed.when.from);
    }
    return end;
}
// The last instant until which steps of the course may start.
[[nodiscard]] inline Instant last_start(const ReleaseState& release) {
    return release.course == Course::forward ? release.spec->not_after : release.spec->undo_not_after;
}
// Taking back is never closed.
[[nodiscard]] inline bool in_open_time(const ReleaseState& release, Instant now) {
    if (now < release.spec->not_before || now >= last_start(release)) return false;
    return release.course != Course::forward || closed_at(release.current(), now) == nullptr;
}
[[nodiscard]] inline bool at_work(const ReleaseState& release, Instant now) {
    if (release.ended() || release.halted || !in_open_time(release, now)) return false;
    return (release.course == Course::forward && release.open) || release.course == Course::undoing;
}

}  // namespace signalbox::sequence
