// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/plan_view.hpp"

#include <fmt/format.h>

#include <set>

namespace signalbox::cli {
namespace {

using json::ObjectReader;

Status read_artifacts(ObjectReader& reader, PlanStepView& step) {
    SB_TRY(const json::Json::array_t* artifacts, reader.array("artifacts"));
    for (std::size_t i = 0; i < artifacts->size(); ++i) {
        SB_TRY(auto artifact, ObjectReader::open((*artifacts)[i], reader.path_of("artifacts", i)));
        SB_TRY(const std::string sha256, artifact.string("sha256"));
        SB_TRY(const crypto::Digest digest, crypto::parse_digest(sha256));
        step.artifacts.push_back(digest.hex());
    }
    return {};
}

Result<PlanStepView> read_step(const json::Json& value, const std::string& path) {
    SB_TRY(auto reader, ObjectReader::open(value, path));
    PlanStepView step;
    SB_TRY(step.id, reader.string("id"));
    SB_TRY(step.agent_id, reader.string("agent_id"));
    SB_TRY(step.host, reader.string("host"));
    SB_TRY(step.group, reader.string("group"));
    SB_TRY(step.phase, reader.string("phase"));
    SB_TRY(step.undo_of, reader.string("undo_of"));
    SB_TRY(step.deadline_s, reader.integer("deadline_s"));
    SB_TRY(step.max_attempts, reader.integer("max_attempts"));
    SB_CHECK(read_artifacts(reader, step));
    SB_TRY(const json::Json* action, reader.raw("action"));
    SB_TRY(auto inner, ObjectReader::open(*action, reader.path_of("action")));
    SB_TRY(step.kind, inner.string("kind"));
    step.action = *action;
    step.action_sha256 = crypto::sha256(json::canonical(*action));
    SB_TRY(const std::string stated, reader.string("action_sha256"));
    if (stated != step.action_sha256.hex()) {
        return Error(Code::data_loss,
                     fmt::format("{}: step {}: the action's digest is {}, but the plan says {}", path,
                                 step.id, step.action_sha256.hex(), stated),
                     "do not approve it: the plan was changed or is damaged");
    }
    return step;
}

Result<std::vector<PlanStepView>> read_steps(ObjectReader& reader, std::string_view key,
                                             std::set<std::string>& seen) {
    SB_TRY(const json::Json::array_t* values, reader.array(key));
    std::vector<PlanStepView> steps;
    for (std::size_t i = 0; i < values->size(); ++i) {
        const std::string path = reader.path_of(key, i);
        SB_TRY(PlanStepView step, read_step((*values)[i], path));
        if (!seen.insert(step.id).second) {
            return Error(Code::invalid_argument, fmt::format("{}: step {} is there twice", path, step.id));
        }
        steps.push_back(std::move(step));
    }
    return steps;
}

Result<PlanStageView> read_stage(const json::Json& value, const std::string& path,
                                 std::set<std::string>& seen) {
    SB_TRY(auto reader, ObjectReader::open(value, path));
    PlanStageView stage;
    SB_TRY(stage.name, reader.string("name"));
    SB_TRY(stage.tier, reader.string("tier"));
    SB_TRY(stage.max_in_flight, reader.integer("max_in_flight"));
    SB_TRY(stage.barrier, reader.strings("barrier"));
    SB_TRY(stage.steps, read_steps(reader, "steps", seen));
    SB_TRY(stage.undo, read_steps(reader, "undo", seen));
    return stage;
}

}  // namespace

const PlanStageView* PlanView::stage(std::string_view environment) const {
    for (const PlanStageView& stage : stages) {
        if (stage.name == environment) return &stage;
    }
    return nullptr;
}

Result<PlanView> read_plan(std::string_view bytes) {
    SB_TRY(const json::Json value, json::parse(bytes, {.max_bytes = 64 << 20}));
    if (json::canonical(value) != bytes) {
        return Error(Code::invalid_argument, "the plan is not canonical JSON, so its digest means nothing");
    }
    SB_TRY(auto reader, ObjectReader::open(value));
    PlanView plan;
    plan.sha256 = crypto::sha256(bytes);
    SB_TRY(const std::string format, reader.string("format"));
    if (format != "signalbox-plan/v1") {
        return Error(Code::invalid_argument, fmt::format("$.format: {} is not signalbox-plan/v1", format),
                     "use the signalbox command of the controller's version");
    }
    SB_TRY(plan.cluster_id, reader.string("cluster_id"));
    SB_TRY(plan.release_id, reader.string("release_id"));
    SB_TRY(plan.release_counter, reader.integer("release_counter"));
    SB_TRY(plan.service, reader.string("service"));
    SB_TRY(plan.version, reader.string("version"));
    SB_TRY(plan.commit, reader.string("commit"));
    SB_TRY(plan.estate_commit, reader.string("estate_commit"));
    SB_TRY(plan.manifest, reader.string("manifest"));
    SB_TRY(plan.requester, reader.string("requester"));
    SB_TRY(plan.change, reader.string("change"));
    SB_TRY(plan.tickets, reader.strings("tickets"));
    SB_TRY(const json::Json::array_t* stages, reader.array("environments"));
    std::set<std::string> seen;
    for (std::size_t i = 0; i < stages->size(); ++i) {
        SB_TRY(PlanStageView stage, read_stage((*stages)[i], reader.path_of("environments", i), seen));
        if (plan.stage(stage.name) != nullptr) {
            return Error(Code::invalid_argument, fmt::format("environment {} is there twice", stage.name));
        }
        plan.stages.push_back(std::move(stage));
    }
    return plan;
}

}  // namespace signalbox::cli
