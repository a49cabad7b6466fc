// SPDX-License-Identifier: Apache-2.0
// The circuit breaker: too many attempts that failed, by count or by rate over a window, open it; then
// nothing is minted; after a while one host is tried (half-open), and its outcome closes it or opens it
// again. Pure values; one for each environment, shared by its releases, and one for each release.
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
        friend bool operator==(const Attempt&, const Attempt&) = default;
    };

    BreakerStatus status = BreakerStatus::closed;
    std::vector<Attempt> recent;  // within the window, oldest first
    Instant opened{};
    ReleaseId probe_release;  // half_open: the one step that may be in flight; empty until it is chosen
    StepId probe_step;
    std::string why;  // of the last change, for people

    friend bool operator==(const Breaker&, const Breaker&) = default;
};

// A forward attempt of this step has ended.
void note_attempt(Breaker& breaker, const BreakerSpec& spec, const ReleaseId& release, const StepId& step,
                  bool well, Instant now);
// The step that was to be tried will not be: the breaker waits again before it tries another.
void lose_probe(Breaker& breaker, Instant now);
// Open for long enough: it becomes half-open.
void advance(Breaker& breaker, const BreakerSpec& spec, Instant now);
// Whether this step may be started.
[[nodiscard]] bool lets_through(const Breaker& breaker, const BreakerSpec& spec, const ReleaseId& release,
                                const StepId& step);
// Called when a step that it lets through is started.
void note_start(Breaker& breaker, const ReleaseId& release, const StepId& step);
// When time alone changes it, if ever.
[[nodiscard]] std::optional<Instant> next_change(const Breaker& breaker, const BreakerSpec& spec);

[[nodiscard]] json::Json to_json(const Breaker& breaker);
// Strict. Errors: invalid_argument.
[[nodiscard]] Result<Breaker> breaker_from_json(const json::Json& value);

}  // namespace signalbox::sequence
