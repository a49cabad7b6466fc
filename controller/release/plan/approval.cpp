// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/release/plan/compile.hpp"

namespace signalbox::plan {

Result<trust::Approval> approval_for(const Plan& plan, std::string_view environment,
                                     const ApprovalTerms& terms) {
    const PlanEnvironment* stage = plan.environment(environment);
    if (stage == nullptr) {
        return Error{Code::not_found,
                     fmt::format("release {} does not go to '{:.60}'", plan.release_id.str(), environment),
                     "Name an environment of its path"};
    }
    if (terms.not_after <= terms.not_before) {
        return Error{Code::invalid_argument, "the approval's window ends before it begins",
                     "Choose a window of at least a second"};
    }
    trust::Approval out;
    out.cluster_id = plan.cluster_id;
    out.environment = stage->name;
    out.release_id = plan.release_id;
    out.release_counter = plan.release_counter;
    out.plan_sha256 = plan_digest(serialize(plan));
    for (const auto* list : {&stage->steps, &stage->undo}) {
        for (const auto& step : *list) {
            trust::ApprovedStep approved;
            approved.step_id = step.id;
            approved.agent_id = step.agent_id;
            approved.action = step.kind;
            approved.action_sha256 = step.action_sha256;
            for (const auto& artifact : step.artifacts) approved.artifact_sha256.push_back(artifact.sha256);
            approved.max_attempts = step.max_attempts;
            approved.undo_of = step.undo_of;
            out.steps.push_back(std::move(approved));
        }
    }
    out.not_before = terms.not_before;
    out.not_after = terms.not_after;
    out.requester = terms.requester;
    out.requester_name = plan.requester;
    out.change = plan.change;
    out.tickets = plan.tickets;
    return out;
}

}  // namespace signalbox::plan
