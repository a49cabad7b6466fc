// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/plan/compile.hpp"

namespace signalbox::plan {
namespace {

Error wrong(std::string what, std::string remedy) {
    return {Code::invalid_argument, std::move(what), std::move(remedy)};
}

Status check_terms(const ApprovalTerms& terms) {
    if (terms.not_after <= terms.not_before)
        return wrong("the approval's window ends before it begins", "Choose a window of at least a second");
    if (terms.undo_not_after < terms.not_after)
        return wrong("the time to undo ends before the approval's window",
                     "Let undo steps run at least until the window ends");
    Instant open_from = Instant::min();
    for (const trust::ClosedTime& each : terms.closed) {
        if (each.to <= each.from || each.from < open_from)
            return wrong(fmt::format("the closed time '{:.60}' from {} is out of order", each.name,
                                     to_rfc3339(each.from)),
                         "Give closed times in the order of time, without overlap");
        open_from = each.to;
    }
    return {};
}

// What of the closed times lies in the window; an approval names no others.
std::vector<trust::ClosedTime> closed_within(const ApprovalTerms& terms) {
    std::vector<trust::ClosedTime> out;
    for (trust::ClosedTime each : terms.closed) {
        each.from = std::max(each.from, terms.not_before);
        each.to = std::min(each.to, terms.not_after);
        if (each.from < each.to) out.push_back(std::move(each));
    }
    return out;
}

}  // namespace

Result<trust::Approval> approval_for(const Plan& plan, std::string_view environment,
                                     const ApprovalTerms& terms) {
    const PlanEnvironment* stage = plan.environment(environment);
    if (stage == nullptr) {
        return Error{Code::not_found,
                     fmt::format("release {} does not go to '{:.60}'", plan.release_id.str(), environment),
                     "Name an environment of its path"};
    }
    SB_CHECK(check_terms(terms));
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
            approved.host = step.host;
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
    out.undo_not_after = terms.undo_not_after;
    out.overrun = to_string(plan.overrun);
    out.closed = closed_within(terms);
    out.requester = terms.requester;
    out.requester_name = plan.requester;
    out.change = plan.change;
    out.tickets = plan.tickets;
    return out;
}

}  // namespace signalbox::plan
