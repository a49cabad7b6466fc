// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/approval_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "controller/calendar/closed_times.hpp"
#include "controller/cli/action_words.hpp"

namespace signalbox::cli {
namespace {

constexpr std::string_view kDoNotSign = "do not sign; tell the keepers of the controller";

Error differs(std::string what) {
    return {Code::refused, std::move(what), std::string(kDoNotSign)};
}

template <class A, class B>
Status same(std::string_view what, const A& document, const B& plan) {
    if (document == plan) return {};
    return differs(
        fmt::format("the document to sign is not what the plan says: {} is '{}', but the plan says '{}'",
                    what, document, plan));
}

std::string joined(const std::vector<crypto::Digest>& digests) {
    std::string out;
    for (const crypto::Digest& digest : digests) out += (out.empty() ? "" : ",") + digest.hex();
    return out;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
    return out;
}

// Names stand beside each other on the screen, so none may look like two, or like another one.
Status check_name(std::string_view what, std::string_view name) {
    const bool clear = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 127; });
    if (clear) return {};
    return differs(fmt::format("{} '{:.200}' has characters that cannot be told apart", what, name));
}

// The rest of what a person reads about a step, beside what the document says of it itself.
Status check_shown(const PlanView& plan, const PlanStepView& step) {
    SB_CHECK(check_name("the host", step.host));
    SB_CHECK(check_name("the service", step.service));
    SB_CHECK(check_name("the group", step.group));
    SB_CHECK(check_name("the phase", step.phase));
    SB_CHECK(check_name("the step", step.id));
    SB_CHECK(check_name("the agent", step.agent_id));
    const auto words = describe_action(step.action, Digests::whole);
    if (!words) return differs("what it does cannot be shown: " + words.error().message());
    SB_TRY(auto action, json::ObjectReader::open(step.action, "action"));
    SB_TRY(const std::string service, action.string("service"));
    SB_TRY(const std::int64_t deadline, action.integer("deadline_s"));
    SB_CHECK(same("the service of the action", service, step.service));
    SB_CHECK(same("the deadline of the action", deadline, step.deadline_s));
    const bool released = std::any_of(plan.services.begin(), plan.services.end(),
                                      [&](const PlanServiceView& each) { return each.name == step.service; });
    if (!released) return differs(fmt::format("the plan does not release the service {}", step.service));
    return {};
}

Status check_step(const trust::ApprovedStep& signed_step, const PlanStepView& step) {
    SB_CHECK(same("the host", signed_step.host, step.host));
    SB_CHECK(same("the host's agent", signed_step.agent_id.str(), step.agent_id));
    SB_CHECK(same("the kind of action", signed_step.action, step.kind));
    SB_CHECK(same("the action", signed_step.action_sha256.hex(), step.action_sha256.hex()));
    SB_CHECK(same("the artifacts", joined(signed_step.artifact_sha256), joined(step.artifacts)));
    SB_CHECK(same("the number of attempts", signed_step.max_attempts, step.max_attempts));
    return same("what it undoes", signed_step.undo_of.str(), step.undo_of);
}

Status check_steps(const trust::Approval& approval, const PlanView& plan, const PlanStageView& stage) {
    std::map<std::string, const PlanStepView*> planned;
    for (const PlanStepView& step : stage.steps) planned[step.id] = &step;
    for (const PlanStepView& step : stage.undo) planned[step.id] = &step;
    for (const trust::ApprovedStep& signed_step : approval.steps) {
        const auto found = planned.find(signed_step.step_id.str());
        if (found == planned.end()) {
            return differs(
                fmt::format("the document to sign has step {}, which the plan does not have, or has it twice",
                            signed_step.step_id.str()));
        }
        const std::string where = "step " + signed_step.step_id.str();
        SB_CHECK(check_step(signed_step, *found->second).with_context(where));
        SB_CHECK(check_shown(plan, *found->second).with_context(where));
        planned.erase(found);
    }
    if (!planned.empty()) {
        return differs(fmt::format("the document to sign lacks step {} of the plan", planned.begin()->first));
    }
    return {};
}

std::string joined(const std::vector<trust::ClosedTime>& times) {
    std::string out;
    for (const trust::ClosedTime& each : times) {
        out += fmt::format("{}{} to {}: {}", out.empty() ? "" : "; ", to_rfc3339(each.from),
                           to_rfc3339(each.to), each.name);
    }
    return out;
}

// What the plan's calendar closes in the window, worked out here.
Status check_closed(const trust::Approval& approval, const PlanStageView& stage) {
    calendar::Calendar calendar{stage.calendar, stage.open_hours, {}};
    for (const PlanBlackoutView& each : stage.blackouts) {
        SB_TRY(const Instant from, parse_rfc3339(each.from));
        SB_TRY(const Instant to, parse_rfc3339(each.to));
        calendar.blackouts.push_back({each.name, from, to});
    }
    SB_TRY(const auto closed, calendar::closed_times(calendar, approval.not_before, approval.not_after));
    return same("what is closed", joined(approval.closed), joined(closed));
}

Status check_window(const trust::Approval& approval, const PlanStageView& stage, std::string_view manifest,
                    Instant now) {
    if (approval.not_after <= approval.not_before)
        return differs("the document's window ends before it begins");
    if (approval.undo_not_after < approval.not_after)
        return differs("the document's time to undo ends before its window");
    if (approval.not_after <= now) {
        return Error(Code::failed_precondition,
                     fmt::format("the window of this approval ended at {}: a signature would have no effect",
                                 to_rfc3339(approval.not_after)),
                     fmt::format("start the release again: signalbox release start {}", manifest));
    }
    return check_closed(approval, stage);
}

// Keys with the same label are one person's.
bool same_person(const trust::TrustFile& trust, const crypto::KeyId& a, const crypto::KeyId& b) {
    const auto left = trust.keys.find(a);
    const auto right = trust.keys.find(b);
    const bool labelled =
        left != trust.keys.end() && right != trust.keys.end() && !left->second.label.empty();
    return a == b || (labelled && left->second.label == right->second.label);
}

}  // namespace

Result<trust::Approval> check_document(const PlanView& plan, std::string_view release_id,
                                       std::string_view environment, std::string_view payload, Instant now) {
    SB_TRY(trust::Approval approval, trust::parse_approval(payload));
    if (trust::serialize(approval) != payload) {
        return differs("the document to sign has more in it than this program can show");
    }
    const PlanStageView* stage = plan.stage(environment);
    if (stage == nullptr) return differs(fmt::format("the plan has no environment {}", environment));
    SB_CHECK(same("the plan's release", plan.release_id, release_id));
    SB_CHECK(same("the release", approval.release_id.str(), release_id));
    SB_CHECK(same("the environment", approval.environment, environment));
    SB_CHECK(same("the cluster", approval.cluster_id.str(), plan.cluster_id));
    SB_CHECK(same("the plan's digest", approval.plan_sha256.hex(), plan.sha256.hex()));
    SB_CHECK(same("the release counter", approval.release_counter, plan.release_counter));
    SB_CHECK(same("the requester", approval.requester_name, plan.requester));
    SB_CHECK(same("what happens when the window closes", approval.overrun, plan.overrun));
    SB_CHECK(same("the change", approval.change, plan.change));
    SB_CHECK(same("the tickets", joined(approval.tickets), joined(plan.tickets)));
    SB_CHECK(check_steps(approval, plan, *stage));
    SB_CHECK(check_window(approval, *stage, plan.manifest, now));
    return approval;
}

Result<std::string> role_for(const trust::TrustFile& trust, const trust::Approval& approval,
                             const crypto::PublicKey& key) {
    if (!approval.requester.empty() && same_person(trust, approval.requester, key.id())) {
        return Error(Code::refused,
                     fmt::format("{} asked for this release, so their own key does not count",
                                 approval.requester_name),
                     "ask another approver");
    }
    const auto roles = trust.approval_roles(approval.environment);
    for (const auto& [name, role] : roles) {
        const std::string whole = fmt::format("approve/{}/{}", approval.environment, name);
        if (trust.key_in_role(whole, key.id()) != nullptr) return name;
    }
    std::string who;
    for (const auto& [name, role] : roles) {
        for (const crypto::KeyId& id : role.keyids) {
            const auto found = trust.keys.find(id);
            if (found != trust.keys.end()) who += (who.empty() ? "" : ", ") + found->second.label;
        }
    }
    return Error(Code::refused,
                 fmt::format("key {} may not approve for {} (trust version {})", key.id().str(),
                             approval.environment, trust.version),
                 who.empty() ? "nobody may: signalbox trust add-approver" : "ask one of: " + who);
}

}  // namespace signalbox::cli
