// SPDX-License-Identifier: Apache-2.0
// Reads a plan back. Strict, because a stored plan is what approvals were signed over.
#include <fmt/format.h>

#include <set>

#include "common/json/json.hpp"
#include "controller/release/plan/plan.hpp"

namespace signalbox::plan {
namespace {

using json::Json;
using json::ObjectReader;

Error wrong(const std::string& path, std::string_view what) {
    return {Code::invalid_argument, fmt::format("{} {}", path, what)};
}

Result<crypto::Digest> digest(ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string hex, reader.string(key));
    return crypto::parse_digest(hex).with_context(reader.path_of(key));
}

Result<int> positive(ObjectReader& reader, std::string_view key, int minimum) {
    SB_TRY(const std::int64_t value, reader.integer(key));
    if (value < minimum || value > 1'000'000'000) {
        return wrong(reader.path_of(key), fmt::format("must be at least {}", minimum));
    }
    return static_cast<int>(value);
}

Result<ArtifactRef> parse_artifact(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    ArtifactRef out;
    SB_TRY(out.sha256, digest(reader, "sha256"));
    SB_TRY(const std::int64_t size, reader.integer("size"));
    if (size < 0) return wrong(reader.path_of("size"), "is negative");
    out.size = static_cast<std::uint64_t>(size);
    SB_TRY(out.format, reader.string("format"));
    SB_CHECK(reader.finish());
    return out;
}

Status parse_action(ObjectReader& reader, PlanStep& out) {
    SB_TRY(const Json* action, reader.raw("action"));
    SB_TRY(auto fields, ObjectReader::open(*action, reader.path_of("action")));
    SB_TRY(out.kind, fields.string("kind"));
    out.action = json::canonical(*action);
    SB_TRY(out.action_sha256, digest(reader, "action_sha256"));
    if (crypto::sha256(out.action) != out.action_sha256) {
        return wrong(reader.path_of("action_sha256"), "is not the digest of the action");
    }
    return {};
}

Result<PlanStep> parse_step(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    PlanStep out;
    SB_TRY(std::string id, reader.string("id"));
    out.id = StepId(std::move(id));
    SB_TRY(std::string agent, reader.string("agent_id"));
    out.agent_id = AgentId(std::move(agent));
    SB_TRY(out.host, reader.string("host"));
    SB_TRY(out.group, reader.string("group"));
    SB_TRY(const std::string phase, reader.string("phase"));
    SB_TRY(out.phase, parse_phase(phase).with_context(reader.path_of("phase")));
    SB_CHECK(parse_action(reader, out));
    SB_TRY(const Json::array_t* artifacts, reader.array("artifacts"));
    for (std::size_t i = 0; i < artifacts->size(); ++i) {
        SB_TRY(auto artifact, parse_artifact((*artifacts)[i], reader.path_of("artifacts", i)));
        out.artifacts.push_back(std::move(artifact));
    }
    SB_TRY(const int deadline, positive(reader, "deadline_s", 1));
    out.deadline = std::chrono::seconds(deadline);
    SB_TRY(out.max_attempts, positive(reader, "max_attempts", 1));
    SB_TRY(const auto needs, reader.strings("needs"));
    for (const auto& need : needs) out.needs.emplace_back(need);
    SB_TRY(std::string undo_of, reader.string("undo_of"));
    out.undo_of = StepId(std::move(undo_of));
    SB_TRY(out.makes_live, reader.string("makes_live"));
    SB_CHECK(reader.finish());
    if (out.id.empty() || out.agent_id.empty()) return wrong(reader.path(), "has no id or no agent_id");
    return out;
}

// Every edge leads to an earlier step of the same list: so the list is sorted and has no cycle.
Result<std::vector<PlanStep>> parse_steps(ObjectReader& reader, std::string_view key,
                                          const std::set<StepId>* forward, std::set<StepId>& ids) {
    SB_TRY(const Json::array_t* values, reader.array(key));
    std::vector<PlanStep> out;
    out.reserve(values->size());
    for (std::size_t i = 0; i < values->size(); ++i) {
        const std::string path = reader.path_of(key, i);
        SB_TRY(auto step, parse_step((*values)[i], path));
        for (const auto& need : step.needs) {
            if (!ids.contains(need)) {
                return wrong(path, fmt::format("needs '{}', which is no earlier step", need.str()));
            }
        }
        if ((forward == nullptr) != step.undo_of.empty()) return wrong(path, "has a wrong undo_of");
        if (forward != nullptr && !forward->contains(step.undo_of)) {
            return wrong(path, fmt::format("undoes '{}', which is no step", step.undo_of.str()));
        }
        if ((forward != nullptr && forward->contains(step.id)) || !ids.insert(step.id).second) {
            return wrong(path, fmt::format("has the id '{}' of another step", step.id.str()));
        }
        out.push_back(std::move(step));
    }
    return out;
}

Result<PlanGroup> parse_group(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    PlanGroup out;
    SB_TRY(out.name, reader.string("name"));
    SB_TRY(out.strategy, reader.string("strategy"));
    SB_TRY(out.hosts, reader.strings("hosts"));
    SB_TRY(out.batch, positive(reader, "batch", 0));
    SB_TRY(out.live, reader.string("live"));
    SB_TRY(out.idle, reader.string("idle"));
    SB_CHECK(reader.finish());
    return out;
}

Result<PlanEnvironment> parse_environment(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    PlanEnvironment out;
    SB_TRY(out.name, reader.string("name"));
    SB_TRY(out.tier, reader.string("tier"));
    SB_TRY(out.promotes_from, reader.string("promotes_from"));
    SB_TRY(out.max_in_flight, positive(reader, "max_in_flight", 1));
    SB_TRY(const Json::array_t* groups, reader.array("groups"));
    for (std::size_t i = 0; i < groups->size(); ++i) {
        SB_TRY(auto group, parse_group((*groups)[i], reader.path_of("groups", i)));
        out.groups.push_back(std::move(group));
    }
    SB_TRY(out.barrier, reader.strings("barrier"));
    std::set<StepId> forward;
    SB_TRY(out.steps, parse_steps(reader, "steps", nullptr, forward));
    std::set<StepId> undo;
    SB_TRY(out.undo, parse_steps(reader, "undo", &forward, undo));
    SB_CHECK(reader.finish());
    return out;
}

Result<Plan> parse_document(const Json& document) {
    SB_TRY(auto reader, ObjectReader::open(document));
    SB_TRY(const std::string format, reader.string("format"));
    if (format != kPlanFormat) {
        return Error{Code::invalid_argument,
                     fmt::format("$.format is '{:.60}', not '{}'", format, kPlanFormat),
                     "Use a controller of the version that made this plan"};
    }
    Plan out;
    SB_TRY(std::string cluster, reader.string("cluster_id"));
    out.cluster_id = ClusterId(std::move(cluster));
    SB_TRY(std::string release, reader.string("release_id"));
    out.release_id = ReleaseId(std::move(release));
    SB_TRY(out.release_counter, reader.integer("release_counter"));
    SB_TRY(out.service, reader.string("service"));
    SB_TRY(out.version, reader.string("version"));
    SB_TRY(out.commit, reader.string("commit"));
    SB_TRY(out.estate_commit, reader.string("estate_commit"));
    SB_TRY(out.manifest, reader.string("manifest"));
    SB_TRY(out.manifest_sha256, digest(reader, "manifest_sha256"));
    SB_TRY(out.requester, reader.string("requester"));
    SB_TRY(out.change, reader.string("change"));
    SB_TRY(out.tickets, reader.strings("tickets"));
    SB_TRY(out.undo_on_failure, reader.boolean("undo_on_failure"));
    SB_TRY(const Json::array_t* environments, reader.array("environments"));
    for (std::size_t i = 0; i < environments->size(); ++i) {
        SB_TRY(auto environment, parse_environment((*environments)[i], reader.path_of("environments", i)));
        if (out.environment(environment.name) != nullptr) {
            return wrong(reader.path_of("environments", i), "is there twice");
        }
        out.environments.push_back(std::move(environment));
    }
    SB_TRY(const Json::array_t* assumes, reader.array("assumes"));
    for (std::size_t i = 0; i < assumes->size(); ++i) {
        SB_TRY(auto fields, ObjectReader::open((*assumes)[i], reader.path_of("assumes", i)));
        Assumption assumption;
        SB_TRY(assumption.environment, fields.string("environment"));
        SB_TRY(assumption.group, fields.string("group"));
        SB_TRY(assumption.live, fields.string("live"));
        SB_CHECK(fields.finish());
        out.assumes.push_back(std::move(assumption));
    }
    SB_CHECK(reader.finish());
    return out;
}

}  // namespace

Result<Plan> parse_plan(std::string_view text) {
    auto document = json::parse(text, {.max_bytes = kMaxPlanBytes});
    if (!document) return std::move(document).error().with_context("reading a plan");
    return parse_document(*document).with_context("reading a plan");
}

}  // namespace signalbox::plan
