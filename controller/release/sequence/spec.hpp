// SPDX-License-Identifier: Apache-2.0
// ReleaseSpec: what the sequencer must know of an approved plan. Fixed when the release is started. Values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/json/json.hpp"
#include "common/model/ids.hpp"

namespace signalbox::sequence {

struct StepSpec {
    StepId id;
    AgentId agent;
    std::string host;
    std::string group;
    std::string phase;  // prepare switch verify
    std::string kind;   // of its action
    std::int64_t deadline_s = 60;
    int max_attempts = 1;
    std::vector<StepId> needs;  // steps of the same stage that must have succeeded
    StepId undo_of;             // empty for a forward step

    friend bool operator==(const StepSpec&, const StepSpec&) = default;
};

// One environment of the path.
struct StageSpec {
    std::string name;
    int max_in_flight = 1;
    std::vector<StepSpec> steps;
    std::vector<StepSpec> undo;

    friend bool operator==(const StageSpec&, const StageSpec&) = default;
};

struct ReleaseSpec {
    ReleaseId id;
    std::int64_t counter = 0;
    std::string service;
    std::string version;
    std::string plan_sha256;
    std::string requester;
    bool undo_on_failure = true;
    Instant created{};
    Instant not_before{};  // the window of its approvals
    Instant not_after{};
    std::vector<StageSpec> stages;  // in path order

    // Forward or undo; nullptr when there is none.
    [[nodiscard]] const StepSpec* find(const StepId& id) const;

    friend bool operator==(const ReleaseSpec&, const ReleaseSpec&) = default;
};

// Errors: invalid_argument: no stage, a step id twice, a need or undo_of that names no step of its stage, a
// cycle (named), a number out of range.
[[nodiscard]] Status validate(const ReleaseSpec& spec);

[[nodiscard]] json::Json to_json(const ReleaseSpec& spec);
// Strict; validated. Errors: invalid_argument.
[[nodiscard]] Result<std::shared_ptr<const ReleaseSpec>> spec_from_json(const json::Json& value);

}  // namespace signalbox::sequence
