// SPDX-License-Identifier: Apache-2.0
// A plan as the command line reads it: from its exact bytes, by itself, so that what is shown and signed does
// not rest on the controller's word. Pure. Format: docs/formats/plan.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/json/json.hpp"

namespace signalbox::cli {

struct PlanStepView {
    std::string id, agent_id, host, group, phase, undo_of;
    json::Json action;
    std::string kind;                    // of the action
    crypto::Digest action_sha256;        // recomputed from the action's bytes
    std::vector<std::string> artifacts;  // sha256, in order
    std::int64_t deadline_s = 0;
    std::int64_t max_attempts = 1;
};

struct PlanStageView {
    std::string name, tier;
    std::int64_t max_in_flight = 1;
    std::vector<std::string> barrier;
    std::vector<PlanStepView> steps, undo;
};

struct PlanView {
    crypto::Digest sha256;  // of the bytes
    std::string cluster_id, release_id, service, version, commit, estate_commit, manifest, requester, change;
    std::int64_t release_counter = 0;
    std::vector<std::string> tickets;
    std::vector<PlanStageView> stages;

    [[nodiscard]] const PlanStageView* stage(std::string_view environment) const;
};

// Errors: invalid_argument (not canonical, a member missing or of another type, a step twice), data_loss (an
// action is not what its digest says).
[[nodiscard]] Result<PlanView> read_plan(std::string_view bytes);

}  // namespace signalbox::cli
