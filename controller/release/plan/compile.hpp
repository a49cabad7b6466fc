// SPDX-License-Identifier: Apache-2.0
// The planner: a manifest, the estate and the fleet make a plan. Pure and deterministic to the byte: the same
// inputs, in whatever order the hosts are listed, give the same plan.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/secret/secret.hpp"
#include "common/trust/approval.hpp"
#include "controller/artifact/record.hpp"
#include "controller/estate/model.hpp"
#include "controller/release/plan/plan.hpp"

namespace signalbox::plan {

// The references must live during the call.
struct Inputs {
    ClusterId cluster_id;
    std::int64_t counter = 1;  // of this release: higher than every earlier one
    const estate::Estate& estate;
    std::string estate_commit;
    std::string manifest;     // path of the release in the estate
    std::vector<Host> hosts;  // enrolled and active
    std::vector<artifact::ArtifactRecord> artifacts;
    std::vector<Placement> placements;
    std::string requester;
    std::string change;
    // The newest version of each secret, by environment and name.
    std::map<std::pair<std::string, std::string>, secret::Reference> secrets{};
};

// Adds what is wrong to `problems`, each with its place and remedy; warnings do not prevent a plan. Errors:
// invalid_argument (the first problem, and how many), not_found (no such manifest).
[[nodiscard]] Result<Plan> compile(const Inputs& inputs, estate::Problems& problems);

// For people and logs: stages, phases, hosts, order, what is expected to change.
[[nodiscard]] std::string describe(const Plan& plan);

struct ApprovalTerms {
    Instant not_before{};
    Instant not_after{};
    Instant undo_not_after{};               // undo steps may run until then; not before not_after
    std::vector<trust::ClosedTime> closed;  // of this environment, from its calendar
    crypto::KeyId requester;                // the requester's approver key, if any: it never counts
};
// What people sign for one environment of the plan: every forward and undo step. Closed times are cut to the
// window. Errors: not_found, invalid_argument (the window ends before it begins, or the time to undo before
// the window; closed times out of order).
[[nodiscard]] Result<trust::Approval> approval_for(const Plan& plan, std::string_view environment,
                                                   const ApprovalTerms& terms);

}  // namespace signalbox::plan
