// SPDX-License-Identifier: Apache-2.0
// ReleaseSpec: what the sequencer must know of an approved plan. Fixed when the release is started. Values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/json/json.hpp"
#include "common/model/ids.hpp"

namespace signalbox::sequence {

// From `from` on, before `to`.
struct Interval {
    Instant from{};
    Instant to{};
    friend bool operator==(const Interval&, const Interval&) = default;
};

struct StepSpec {
    StepId id;
    AgentId agent;
    std::string host;     // where it runs
    std::string target;   // the host that it changes; empty: its whole lane
    std::string service;  // service and group name its lane
    std::string group;
    std::string site;
    std::string pool;   // traffic whose weights it changes; empty: none
    std::string phase;  // prepare switch verify
    std::string kind;   // of its action
    std::int64_t deadline_s = 60;
    std::int64_t delay_s = 0;  // not before so long after the last of those it waits for was over
    int max_attempts = 1;
    std::vector<StepId> needs;       // steps of the same stage that must have succeeded
    std::vector<std::string> after;  // joins whose steps all must have
    StepId undo_of;                  // empty for a forward step

    friend bool operator==(const StepSpec&, const StepSpec&) = default;
};

// What becomes of a host that is offline when one of its forward steps could start.
enum class Offline { wait, skip, fail };
// Which releases go first when they compete for a throttle.
enum class Priority { normal, emergency };
// What becomes of a release when its window closes before it is done: plan::Overrun says more.
enum class Overrun { finish, stop, undo };

// One service on one group of hosts.
struct LaneSpec {
    std::string service;
    std::string group;
    std::vector<std::string> hosts;
    Offline offline = Offline::wait;
    std::int64_t offline_after_s = 0;
    int quorum = 0;                        // skip: so many of its hosts must be released
    std::int64_t progress_deadline_s = 0;  // 0: none

    friend bool operator==(const LaneSpec&, const LaneSpec&) = default;
};

// How many steps may hold a slot of one scope at any instant.
struct CapSpec {
    int max_in_flight = 1;
    int hard_cap = 1;  // for emergencies, whatever the hour; at least max_in_flight
    int peak_max_in_flight = 1;
    std::vector<Interval> peaks;  // by time, not overlapping; enough for the release's window

    friend bool operator==(const CapSpec&, const CapSpec&) = default;
};

// 0 of a number: it does not count. All 0: no breaker.
struct BreakerSpec {
    int failures = 0;
    int rate_percent = 0;
    int rate_of = 10;
    std::int64_t window_s = 600;
    std::int64_t half_open_after_s = 300;

    [[nodiscard]] bool counts() const { return failures > 0 || rate_percent > 0; }
    friend bool operator==(const BreakerSpec&, const BreakerSpec&) = default;
};

// When no forward step may start.
struct ClosedSpec {
    Interval when;
    std::string name;
    friend bool operator==(const ClosedSpec&, const ClosedSpec&) = default;
};

using Joins = std::map<std::string, std::vector<StepId>>;

// One environment of the path.
struct StageSpec {
    std::string name;
    std::map<std::string, CapSpec> caps;  // by scope; a scope that is not named has no limit
    BreakerSpec breaker;                  // of the environment
    std::vector<ClosedSpec> closed;       // by time, not overlapping
    std::vector<LaneSpec> lanes;
    std::vector<StepSpec> steps;
    std::vector<StepSpec> undo;
    Joins joins;
    Joins undo_joins;

    friend bool operator==(const StageSpec&, const StageSpec&) = default;
};

struct ReleaseSpec {
    ReleaseId id;
    std::int64_t counter = 0;
    std::string name;
    std::string version;
    std::vector<std::string> services;
    std::string plan_sha256;
    std::string requester;
    bool undo_on_failure = true;
    Priority priority = Priority::normal;
    Overrun overrun = Overrun::finish;
    std::int64_t jitter_s = 0;  // each host's first step waits a part of this, fixed by release and host
    BreakerSpec breaker;        // of this release alone
    Instant created{};
    Instant not_before{};  // the window of its approvals
    Instant not_after{};
    Instant undo_not_after{};       // undo steps may start until then
    std::vector<StageSpec> stages;  // in path order

    friend bool operator==(const ReleaseSpec&, const ReleaseSpec&) = default;
};

// The scopes of a throttle that a step of this environment counts in: "global" "environment:<name>"
// "site:<name>" "service:<name>" "pool:<environment>/<traffic>".
[[nodiscard]] std::vector<std::string> scopes_of(const StepSpec& step, const std::string& environment);

// Errors: invalid_argument: no stage, a step id twice, a need, join or undo_of that names no step of its
// stage, a cycle (named), a number out of range, times that are out of order.
[[nodiscard]] Status validate(const ReleaseSpec& spec);

[[nodiscard]] json::Json to_json(const ReleaseSpec& spec);
// Strict; validated. Errors: invalid_argument.
[[nodiscard]] Result<std::shared_ptr<const ReleaseSpec>> spec_from_json(const json::Json& value);

}  // namespace signalbox::sequence
