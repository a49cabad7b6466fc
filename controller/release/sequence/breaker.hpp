// SPDX-License-Identifier: Apache-2.0
// The circuit breaker: too many attempts that failed, by count or by rate over a window, open it; then
// nothing is minted; after a while one host at a time is let through (half-open). It closes when the kinds of
// step that had failed have done well, and opens again when anything fails there. Pure values; one for each
// environment, shared by its releases, and one for each release.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/json/json.hpp"
#include "common/model/ids.hpp"
#include "controller/release/sequence/spec.hpp"

namespace signalbox::sequence {

enum class BreakerStatus { closed, open, half_open };

struct Breaker {
    struct Attempt {
        Instant at{};
        bool well = false;
        std::string kind;  // of its step's action; empty: not known
        friend bool operator==(const Attempt&, const Attempt&) = default;
    };

    BreakerStatus status = BreakerStatus::closed;
    std::vector<Attempt> recent;  // within the window, oldest first
    Instant opened{};
    // Kinds of step that failed and have not done well since: what it takes to close. Sorted.
    std::vector<std::string> to_prove;
    ReleaseId probe_release;  // half_open: whose host is let through; empty until one is chosen
    std::string probe_host;   // the one that is changed; see host_of
    StepId probe_step;        // the newest step there that was started
    std::string why;          // of the last change, for people

    friend bool operator==(const Breaker&, const Breaker&) = default;
};

// The host that a step changes; where it runs when it changes a whole lane.
[[nodiscard]] inline const std::string& host_of(const StepSpec& step) {
    return step.target.empty() ? step.host : step.target;
}

// A forward attempt that has ended.
struct Tried {
    ReleaseId release;
    const StepSpec& step;  // must outlive the call
    bool well = false;
    // With it its host has gone through all of its steps, and no kind of step that must be proven is among
    // those of its environment.
    bool whole = false;
};
void note_attempt(Breaker& breaker, const BreakerSpec& spec, const Tried& tried, Instant now);
// What was tried has an unknown outcome: the breaker waits again before it tries another host.
void lose_probe(Breaker& breaker, Instant now);
// The host that was let through has nothing more to start for now: another one may be chosen.
void release_probe(Breaker& breaker);
// Open for long enough: it becomes half-open.
void advance(Breaker& breaker, const BreakerSpec& spec, Instant now);
// Whether this step may be started.
[[nodiscard]] bool lets_through(const Breaker& breaker, const BreakerSpec& spec, const ReleaseId& release,
                                const StepSpec& step);
// Called when a step that it lets through is started.
void note_start(Breaker& breaker, const ReleaseId& release, const StepSpec& step);
// For people: what a half-open one lets through, and what closes it.
[[nodiscard]] std::string half_open_words(const Breaker& breaker);
// When time alone changes it, if ever.
[[nodiscard]] std::optional<Instant> next_change(const Breaker& breaker, const BreakerSpec& spec);

[[nodiscard]] json::Json to_json(const Breaker& breaker);
// Strict. Errors: invalid_argument.
[[nodiscard]] Result<Breaker> breaker_from_json(const json::Json& value);

}  // namespace signalbox::sequence
