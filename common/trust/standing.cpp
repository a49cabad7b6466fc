// SPDX-License-Identifier: Apache-2.0
// The JSON of a standing approval: writing, and strict reading with every rule that it alone can show.
#include "common/trust/standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/trust/parts_json.hpp"
#include "common/trust/statement.hpp"

namespace signalbox::trust {
namespace {

using json::Json;
using json::ObjectReader;
using parts::filled;
using parts::wrong;

constexpr std::int64_t kMaxAttempts = 100;
constexpr std::size_t kMaxSteps = 20'000;
constexpr std::size_t kMaxName = 100;
constexpr std::int64_t kMaxNumber = 999'999'999;
constexpr std::size_t kMaxDepth = 12;

Json to_json(const StandingStep& step) {
    return {{"step_id", step.step_id.str()},
            {"agent_id", step.agent_id.str()},
            {"host", step.host},
            {"action", step.action},
            {"artifacts", step.artifacts},
            {"max_attempts", step.max_attempts},
            {"undo_of", step.undo_of.str()}};
}

// Its steps are its subject.
crypto::Digest digest_of(const Json& steps) {
    return crypto::sha256(json::canonical(steps));
}

Result<StandingStep> parse_step(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    StandingStep step;
    SB_TRY(std::string id, filled(reader, "step_id"));
    SB_TRY(std::string agent, filled(reader, "agent_id"));
    step.step_id = StepId{std::move(id)};
    step.agent_id = AgentId{std::move(agent)};
    SB_TRY(step.host, filled(reader, "host"));
    SB_TRY(const Json* action, reader.raw("action"));
    SB_TRY(auto members, ObjectReader::open(*action, reader.path_of("action")));
    SB_CHECK(filled(members, "kind"));
    SB_CHECK(filled(members, "service"));
    step.action = *action;
    SB_TRY(const std::int64_t artifacts, parts::in_range(reader, "artifacts", 0, 1));
    SB_TRY(const std::int64_t attempts, parts::in_range(reader, "max_attempts", 1, kMaxAttempts));
    step.artifacts = static_cast<int>(artifacts);
    step.max_attempts = static_cast<int>(attempts);
    SB_TRY(std::string undo_of, reader.string("undo_of"));
    step.undo_of = StepId{std::move(undo_of)};
    SB_CHECK(reader.finish());
    return step;
}

// No step is there twice, each is for the service, and an undo step undoes a forward step of its host.
Status check_steps(const StandingApproval& standing) {
    std::set<std::string> seen;
    std::set<std::tuple<std::string, std::string, std::string>> forward;
    for (const StandingStep& step : standing.steps) {
        if (!seen.insert(json::canonical(to_json(step))).second)
            return wrong(fmt::format("the step '{:.200}' is listed twice", step.step_id.str()));
        if (step.action["service"] != standing.service)
            return wrong(
                fmt::format("the step '{:.200}' is not for {}", step.step_id.str(), standing.service));
        if (step.undo_of.empty()) forward.emplace(step.step_id.str(), step.agent_id.str(), step.host);
    }
    for (const StandingStep& step : standing.steps) {
        if (step.undo_of.empty() || forward.contains({step.undo_of.str(), step.agent_id.str(), step.host}))
            continue;
        return wrong(
            fmt::format("the step '{:.200}' undoes '{:.200}', which is no forward step of its host here",
                        step.step_id.str(), step.undo_of.str()));
    }
    return {};
}

Status read_steps(ObjectReader& reader, StandingApproval& standing) {
    SB_TRY(const Json::array_t* steps, reader.array("steps"));
    if (steps->empty() || steps->size() > kMaxSteps)
        return wrong(fmt::format("{} must have 1 to {} elements", reader.path_of("steps"), kMaxSteps));
    for (std::size_t i = 0; i < steps->size(); ++i) {
        SB_TRY(StandingStep step, parse_step((*steps)[i], reader.path_of("steps", i)));
        standing.steps.push_back(std::move(step));
    }
    return check_steps(standing);
}

Status read_limits(ObjectReader& reader, StandingApproval& standing) {
    SB_TRY(auto versions, reader.object("versions"));
    SB_TRY(standing.versions.major, parts::in_range(versions, "major", 0, kMaxNumber));
    SB_TRY(standing.versions.minor, parts::in_range(versions, "minor", 0, kMaxNumber));
    SB_TRY(standing.versions.patch_from, parts::in_range(versions, "patch_from", 0, kMaxNumber));
    SB_CHECK(versions.finish());
    SB_TRY(standing.uses, parts::in_range(reader, "uses", 1, kMaxStandingUses));
    SB_TRY(standing.release_counter,
           parts::in_range(reader, "release_counter", 0, INT64_MAX - kMaxCounterAhead));
    SB_TRY(standing.not_before, parts::instant(reader, "not_before"));
    SB_TRY(standing.not_after, parts::instant(reader, "not_after"));
    if (standing.not_after <= standing.not_before)
        return wrong(reader.path_of("not_after") + " must be after not_before");
    if (standing.not_after - standing.not_before > kMaxStandingLife)
        return wrong(reader.path_of("not_after") + " must be within 90 days of not_before");
    SB_TRY(standing.overrun, parts::overrun(reader, "overrun"));
    SB_TRY(standing.closed, parts::closed(reader, "closed", standing.not_before, standing.not_after));
    return {};
}

Result<StandingApproval> parse(std::string_view payload) {
    SB_TRY(const Statement statement,
           parse_statement(payload, kStandingPredicate,
                           {.max_bytes = kMaxStandingBytes, .max_depth = kMaxDepth}));
    SB_TRY(auto reader, ObjectReader::open(statement.predicate, "$.predicate"));
    StandingApproval out;
    SB_TRY(std::string cluster, filled(reader, "cluster_id"));
    out.cluster_id = ClusterId{std::move(cluster)};
    SB_TRY(out.environment, filled(reader, "environment"));
    SB_TRY(out.name, filled(reader, "name"));
    if (out.name.size() > kMaxName) return wrong("$.predicate.name is over 100 bytes");
    SB_TRY(out.service, filled(reader, "service"));
    SB_CHECK(read_steps(reader, out));
    SB_CHECK(read_limits(reader, out));
    SB_TRY(out.requester, parts::optional_key_id(reader, "requester"));
    SB_TRY(out.requester_name, reader.string("requester_name"));
    SB_TRY(out.change, reader.string("change"));
    SB_CHECK(reader.finish());
    if (statement.subject_name != "steps" || statement.subject != digest_of(statement.predicate["steps"]))
        return wrong("$.subject does not agree with the predicate's steps");
    return out;
}

}  // namespace

std::string serialize(const StandingApproval& standing) {
    Json steps = Json::array();
    for (const StandingStep& step : standing.steps) steps.push_back(to_json(step));
    const crypto::Digest subject = digest_of(steps);
    return serialize_statement(kStandingPredicate, "steps", subject,
                               {{"cluster_id", standing.cluster_id.str()},
                                {"environment", standing.environment},
                                {"name", standing.name},
                                {"service", standing.service},
                                {"steps", std::move(steps)},
                                {"versions",
                                 {{"major", standing.versions.major},
                                  {"minor", standing.versions.minor},
                                  {"patch_from", standing.versions.patch_from}}},
                                {"uses", standing.uses},
                                {"release_counter", standing.release_counter},
                                {"not_before", to_rfc3339(standing.not_before)},
                                {"not_after", to_rfc3339(standing.not_after)},
                                {"overrun", standing.overrun},
                                {"closed", parts::to_json(standing.closed)},
                                {"requester", standing.requester.str()},
                                {"requester_name", standing.requester_name},
                                {"change", standing.change}});
}

Result<StandingApproval> parse_standing(std::string_view payload) {
    return parse(payload).with_context("standing approval");
}

}  // namespace signalbox::trust
