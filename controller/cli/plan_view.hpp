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
    std::string id, agent_id, host, target, service, group, phase, undo_of;
    json::Json action;
    std::string kind;                    // of the action
    crypto::Digest action_sha256;        // recomputed from the action's bytes
    std::vector<std::string> artifacts;  // sha256, in order
    std::int64_t deadline_s = 0;
    std::int64_t delay_s = 0;  // it starts so long after those it waits for
    std::int64_t max_attempts = 1;
};

// One service on one group of hosts.
struct PlanLaneView {
    std::string service, group, strategy, live, idle;
    std::vector<std::string> hosts;
    std::vector<std::int64_t> percents;
    std::int64_t batch = 0;
    std::string offline;  // wait skip fail
    std::int64_t offline_after_s = 0;
    std::int64_t quorum = 0;
    std::int64_t progress_deadline_s = 0;  // 0: none
};

struct PlanCapView {
    std::string scope, peak_hours;
    std::int64_t max_in_flight = 0, hard_cap = 0, peak_max_in_flight = 0;
};

struct PlanBreakerView {
    std::int64_t failures = 0, rate_percent = 0, rate_of = 0, window_s = 0, half_open_after_s = 0;
};

struct PlanBlackoutView {
    std::string name, from, to;
};

struct PlanStageView {
    std::string name, tier;
    std::vector<PlanCapView> caps;
    PlanBreakerView breaker;
    std::string calendar, open_hours;  // empty: none; always
    std::vector<PlanBlackoutView> blackouts;
    std::vector<PlanLaneView> lanes;
    std::vector<std::string> barrier;
    std::vector<PlanStepView> steps, undo;
};

struct PlanServiceView {
    std::string name, version, commit;
};

struct PlanView {
    crypto::Digest sha256;  // of the bytes
    std::string cluster_id, release_id, name, version, estate_commit, manifest, requester, change;
    std::string priority, overrun;
    std::int64_t release_counter = 0;
    std::int64_t jitter_s = 0;
    bool undo_on_failure = true;
    PlanBreakerView breaker;
    std::vector<PlanServiceView> services;
    std::vector<std::string> tickets;
    std::vector<PlanStageView> stages;

    [[nodiscard]] const PlanStageView* stage(std::string_view environment) const;
};

// Errors: invalid_argument (not canonical, a member missing or of another type, a step twice), data_loss (an
// action is not what its digest says).
[[nodiscard]] Result<PlanView> read_plan(std::string_view bytes);

}  // namespace signalbox::cli
