// SPDX-License-Identifier: Apache-2.0
// The JSON of an approval: writing, and strict reading with every rule that the document alone can show.
#include "common/trust/approval.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/json/json.hpp"

namespace signalbox::trust {
namespace {

using json::Json;
using json::ObjectReader;

constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
constexpr std::int64_t kMaxAttempts = 100;
constexpr std::size_t kMaxSteps = 20'000;
constexpr std::size_t kMaxTickets = 100;
constexpr std::size_t kMaxClosedTimes = 1000;
constexpr std::size_t kMaxClosedName = 200;

Error wrong(std::string what) {
    return {Code::invalid_argument, std::move(what)};
}

Result<std::string> filled(ObjectReader& reader, std::string_view key) {
    SB_TRY(std::string text, reader.string(key));
    if (text.empty()) return wrong(reader.path_of(key) + " is empty");
    return text;
}

Result<crypto::Digest> digest(ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string hex, reader.string(key));
    return crypto::parse_digest(hex).with_context(reader.path_of(key));
}

Result<Instant> instant(ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string text, reader.string(key));
    return parse_rfc3339(text).with_context(reader.path_of(key));
}

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
    SB_TRY(const std::int64_t attempts, reader.integer("max_attempts"));
    if (attempts < 1 || attempts > kMaxAttempts) {
        return wrong(fmt::format("{} must be from 1 to {}", reader.path_of("max_attempts"), kMaxAttempts));
    }
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

Json to_json(const ClosedTime& closed) {
    return {{"from", to_rfc3339(closed.from)}, {"to", to_rfc3339(closed.to)}, {"name", closed.name}};
}

Result<ClosedTime> parse_closed_time(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    ClosedTime closed;
    SB_TRY(closed.from, instant(reader, "from"));
    SB_TRY(closed.to, instant(reader, "to"));
    SB_TRY(closed.name, filled(reader, "name"));
    if (closed.name.size() > kMaxClosedName) {
        return wrong(fmt::format("{} is over {} bytes", reader.path_of("name"), kMaxClosedName));
    }
    SB_CHECK(reader.finish());
    return closed;
}

// One reading for everybody: what is closed is given once, in the order of time, and lies in the window.
Status read_closed(ObjectReader& reader, Approval& approval) {
    SB_TRY(const Json::array_t* closed, reader.array("closed"));
    if (closed->size() > kMaxClosedTimes) {
        return wrong(fmt::format("{} has over {} elements", reader.path_of("closed"), kMaxClosedTimes));
    }
    Instant open_from = approval.not_before;
    for (std::size_t i = 0; i < closed->size(); ++i) {
        const std::string path = reader.path_of("closed", i);
        SB_TRY(ClosedTime each, parse_closed_time((*closed)[i], path));
        if (each.to <= each.from) return wrong(path + " ends before it begins");
        if (each.from < approval.not_before || each.to > approval.not_after) {
            return wrong(path + " is not inside the window");
        }
        if (each.from < open_from) return wrong(path + " begins before the one before it ended");
        open_from = each.to;
        approval.closed.push_back(std::move(each));
    }
    return {};
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
    SB_TRY(approval.overrun, reader.string("overrun"));
    if (approval.overrun != "finish" && approval.overrun != "stop" && approval.overrun != "undo") {
        return wrong(reader.path_of("overrun") + " must be finish, stop or undo");
    }
    return read_closed(reader, approval);
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
    SB_TRY(std::string requester, reader.string("requester"));
    if (!requester.empty()) {
        SB_TRY(approval.requester, crypto::parse_key_id(requester).with_context(reader.path_of("requester")));
    }
    SB_TRY(approval.requester_name, reader.string("requester_name"));
    SB_TRY(approval.change, reader.string("change"));
    SB_TRY(approval.tickets, reader.strings("tickets"));
    if (approval.tickets.size() > kMaxTickets)
        return wrong(reader.path_of("tickets") + " has over 100 elements");
    SB_CHECK(reader.finish());
    return approval;
}

Status check_subject(const Json& value, const crypto::Digest& plan, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    SB_TRY(const std::string name, reader.string("name"));
    SB_TRY(auto digests, reader.object("digest"));
    SB_TRY(const crypto::Digest sha256, digest(digests, "sha256"));
    SB_CHECK(digests.finish());
    SB_CHECK(reader.finish());
    if (name != "plan" || sha256 != plan) {
        return wrong("$.subject does not agree with the predicate's plan_sha256");
    }
    return {};
}

Result<Approval> parse(std::string_view payload) {
    SB_TRY(const Json value, json::parse(payload, {.max_bytes = kMaxApprovalBytes, .max_depth = 8}));
    SB_TRY(auto reader, ObjectReader::open(value));
    SB_TRY(const std::string type, reader.string("_type"));
    SB_TRY(const std::string predicate_type, reader.string("predicateType"));
    if (type != kStatementType || predicate_type != kApprovalPredicate) {
        return wrong("$ is not an in-toto Statement v1 with the approval predicate");
    }
    SB_TRY(const Json::array_t* subjects, reader.array("subject"));
    if (subjects->size() != 1) return wrong("$.subject must have exactly one element");
    SB_TRY(auto predicate, reader.object("predicate"));
    SB_CHECK(reader.finish());
    SB_TRY(Approval approval, parse_predicate(std::move(predicate)));
    SB_CHECK(check_subject(subjects->front(), approval.plan_sha256, reader.path_of("subject", 0)));
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
    Json subject = Json::object();
    subject["name"] = "plan";
    subject["digest"]["sha256"] = approval.plan_sha256.hex();
    Json statement = {{"_type", kStatementType}, {"predicateType", kApprovalPredicate}};
    statement["subject"] = Json::array();
    statement["subject"].push_back(std::move(subject));
    Json closed = Json::array();
    for (const ClosedTime& each : approval.closed) closed.push_back(to_json(each));
    Json tickets = Json::array();
    for (const std::string& ticket : approval.tickets) tickets.push_back(ticket);
    statement["predicate"] = {{"cluster_id", approval.cluster_id.str()},
                              {"environment", approval.environment},
                              {"release_id", approval.release_id.str()},
                              {"release_counter", approval.release_counter},
                              {"plan_sha256", approval.plan_sha256.hex()},
                              {"steps", std::move(steps)},
                              {"not_before", to_rfc3339(approval.not_before)},
                              {"not_after", to_rfc3339(approval.not_after)},
                              {"undo_not_after", to_rfc3339(approval.undo_not_after)},
                              {"overrun", approval.overrun},
                              {"closed", std::move(closed)},
                              {"requester", approval.requester.str()},
                              {"requester_name", approval.requester_name},
                              {"change", approval.change},
                              {"tickets", std::move(tickets)}};
    return json::canonical(statement);
}

Result<Approval> parse_approval(std::string_view payload) {
    return parse(payload).with_context("approval");
}

crypto::Digest approval_digest(std::string_view payload) {
    return crypto::sha256(payload);
}

}  // namespace signalbox::trust
