// SPDX-License-Identifier: Apache-2.0
// The JSON of an approval: writing, and strict reading with every rule that the document alone can show.
#include "common/trust/approval.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/json/json.hpp"
#include "common/trust/parts_json.hpp"
#include "common/trust/statement.hpp"

namespace signalbox::trust {
namespace {

using json::Json;
using json::ObjectReader;
using parts::digest;
using parts::filled;
using parts::instant;
using parts::wrong;

constexpr std::int64_t kMaxAttempts = 100;
constexpr std::size_t kMaxSteps = 20'000;
constexpr std::size_t kMaxTickets = 100;

Json to_json(const ApprovedStep& step) {
    Json artifacts = Json::array();
    for (const crypto::Digest& each : step.artifact_sha256) artifacts.push_back(each.hex());
    return {{"step_id", step.step_id.str()},
            {"agent_id", step.agent_id.str()},
            {"host", step.host},
            {"action", step.action},
            {"action_sha256", step.action_sha256.hex()},
            {"artifact_sha256", std::move(artifacts)},
            {"max_attempts", step.max_attempts},
            {"undo_of", step.undo_of.str()}};
}

Result<ApprovedStep> parse_step(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    ApprovedStep step;
    SB_TRY(std::string id, filled(reader, "step_id"));
    SB_TRY(std::string agent, filled(reader, "agent_id"));
    step.step_id = StepId{std::move(id)};
    step.agent_id = AgentId{std::move(agent)};
    SB_TRY(step.host, filled(reader, "host"));
    SB_TRY(step.action, filled(reader, "action"));
    SB_TRY(step.action_sha256, digest(reader, "action_sha256"));
    SB_TRY(const std::vector<std::string> artifacts, reader.strings("artifact_sha256"));
    for (std::size_t i = 0; i < artifacts.size(); ++i) {
        SB_TRY(const crypto::Digest each,
               crypto::parse_digest(artifacts[i]).with_context(reader.path_of("artifact_sha256", i)));
        step.artifact_sha256.push_back(each);
    }
    SB_TRY(const std::int64_t attempts, parts::in_range(reader, "max_attempts", 1, kMaxAttempts));
    step.max_attempts = static_cast<int>(attempts);
    SB_TRY(std::string undo_of, reader.string("undo_of"));
    step.undo_of = StepId{std::move(undo_of)};
    SB_CHECK(reader.finish());
    return step;
}

// Ids are used once, and an undo step undoes a forward step of this document on the same host.
Status check_steps(const std::vector<ApprovedStep>& steps) {
    std::map<StepId, const ApprovedStep*> by_id;
    for (const ApprovedStep& step : steps) {
        if (!by_id.emplace(step.step_id, &step).second) {
            return wrong(fmt::format("the step '{:.200}' is listed twice", step.step_id.str()));
        }
    }
    for (const ApprovedStep& step : steps) {
        if (step.undo_of.empty()) continue;
        const auto undone = by_id.find(step.undo_of);
        if (undone == by_id.end() || !undone->second->undo_of.empty() ||
            undone->second->agent_id != step.agent_id || undone->second->host != step.host) {
            return wrong(
                fmt::format("the step '{:.200}' undoes '{:.200}', which is no forward step of its host here",
                            step.step_id.str(), step.undo_of.str()));
        }
    }
    return {};
}

Status read_steps(ObjectReader& reader, Approval& approval) {
    SB_TRY(const Json::array_t* steps, reader.array("steps"));
    if (steps->empty() || steps->size() > kMaxSteps) {
        return wrong(fmt::format("{} must have 1 to {} elements", reader.path_of("steps"), kMaxSteps));
    }
    for (std::size_t i = 0; i < steps->size(); ++i) {
        SB_TRY(ApprovedStep step, parse_step((*steps)[i], reader.path_of("steps", i)));
        approval.steps.push_back(std::move(step));
    }
    return check_steps(approval.steps);
}

Status read_window(ObjectReader& reader, Approval& approval) {
    SB_TRY(approval.not_before, instant(reader, "not_before"));
    SB_TRY(approval.not_after, instant(reader, "not_after"));
    if (approval.not_after <= approval.not_before) {
        return wrong(reader.path_of("not_after") + " must be after not_before");
    }
    SB_TRY(approval.undo_not_after, instant(reader, "undo_not_after"));
    if (approval.undo_not_after < approval.not_after) {
        return wrong(reader.path_of("undo_not_after") + " must not be before not_after");
    }
    SB_TRY(approval.overrun, parts::overrun(reader, "overrun"));
    SB_TRY(approval.closed, parts::closed(reader, "closed", approval.not_before, approval.not_after));
    return {};
}

Result<Approval> parse_predicate(ObjectReader reader) {
    Approval approval;
    SB_TRY(std::string cluster, filled(reader, "cluster_id"));
    approval.cluster_id = ClusterId{std::move(cluster)};
    SB_TRY(approval.environment, filled(reader, "environment"));
    SB_TRY(std::string release, filled(reader, "release_id"));
    approval.release_id = ReleaseId{std::move(release)};
    SB_TRY(approval.release_counter, reader.integer("release_counter"));
    if (approval.release_counter < 0) return wrong(reader.path_of("release_counter") + " is negative");
    SB_TRY(approval.plan_sha256, digest(reader, "plan_sha256"));
    SB_CHECK(read_steps(reader, approval));
    SB_CHECK(read_window(reader, approval));
    SB_TRY(approval.requester, parts::optional_key_id(reader, "requester"));
    SB_TRY(approval.requester_name, reader.string("requester_name"));
    SB_TRY(approval.change, reader.string("change"));
    SB_TRY(approval.tickets, reader.strings("tickets"));
    if (approval.tickets.size() > kMaxTickets)
        return wrong(reader.path_of("tickets") + " has over 100 elements");
    if (reader.optional("standing") != nullptr) {
        SB_TRY(approval.standing, digest(reader, "standing"));
    }
    SB_CHECK(reader.finish());
    return approval;
}

Result<Approval> parse(std::string_view payload) {
    SB_TRY(const Statement statement,
           parse_statement(payload, kApprovalPredicate, {.max_bytes = kMaxApprovalBytes, .max_depth = 8}));
    SB_TRY(auto predicate, ObjectReader::open(statement.predicate, "$.predicate"));
    SB_TRY(Approval approval, parse_predicate(std::move(predicate)));
    if (statement.subject_name != "plan" || statement.subject != approval.plan_sha256)
        return wrong("$.subject does not agree with the predicate's plan_sha256");
    return approval;
}

}  // namespace

const ApprovedStep* Approval::find(const StepId& step) const {
    const auto it = std::find_if(steps.begin(), steps.end(),
                                 [&](const ApprovedStep& each) { return each.step_id == step; });
    return it == steps.end() ? nullptr : &*it;
}

std::string serialize(const Approval& approval) {
    Json steps = Json::array();
    for (const ApprovedStep& step : approval.steps) steps.push_back(to_json(step));
    Json tickets = Json::array();
    for (const std::string& ticket : approval.tickets) tickets.push_back(ticket);
    Json predicate = {{"cluster_id", approval.cluster_id.str()},
                      {"environment", approval.environment},
                      {"release_id", approval.release_id.str()},
                      {"release_counter", approval.release_counter},
                      {"plan_sha256", approval.plan_sha256.hex()},
                      {"steps", std::move(steps)},
                      {"not_before", to_rfc3339(approval.not_before)},
                      {"not_after", to_rfc3339(approval.not_after)},
                      {"undo_not_after", to_rfc3339(approval.undo_not_after)},
                      {"overrun", approval.overrun},
                      {"closed", parts::to_json(approval.closed)},
                      {"requester", approval.requester.str()},
                      {"requester_name", approval.requester_name},
                      {"change", approval.change},
                      {"tickets", std::move(tickets)}};
    if (approval.standing) predicate["standing"] = approval.standing->hex();
    return serialize_statement(kApprovalPredicate, "plan", approval.plan_sha256, std::move(predicate));
}

Result<Approval> parse_approval(std::string_view payload) {
    return parse(payload).with_context("approval");
}

crypto::Digest approval_digest(std::string_view payload) {
    return crypto::sha256(payload);
}

}  // namespace signalbox::trust
