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
    SB_TRY(step.target, reader.string("target"));
    SB_TRY(step.service, reader.string("service"));
    SB_TRY(step.group, reader.string("group"));
    SB_TRY(step.phase, reader.string("phase"));
    SB_TRY(step.undo_of, reader.string("undo_of"));
    SB_TRY(step.deadline_s, reader.integer("deadline_s"));
    SB_TRY(step.delay_s, reader.integer("delay_s"));
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

// f(reader) for every object of a list.
template <class F>
Status each(ObjectReader& reader, std::string_view key, F f) {
    SB_TRY(const json::Json::array_t* values, reader.array(key));
    for (std::size_t i = 0; i < values->size(); ++i) {
        SB_TRY(auto item, ObjectReader::open((*values)[i], reader.path_of(key, i)));
        SB_CHECK(f(item));
    }
    return {};
}

Result<PlanBreakerView> read_breaker(ObjectReader& reader) {
    SB_TRY(const json::Json* value, reader.raw("breaker"));
    SB_TRY(auto in, ObjectReader::open(*value, reader.path_of("breaker")));
    PlanBreakerView breaker;
    SB_TRY(breaker.failures, in.integer("failures"));
    SB_TRY(breaker.rate_percent, in.integer("rate_percent"));
    SB_TRY(breaker.rate_of, in.integer("rate_of"));
    SB_TRY(breaker.window_s, in.integer("window_s"));
    SB_TRY(breaker.half_open_after_s, in.integer("half_open_after_s"));
    return breaker;
}

Status read_calendar(ObjectReader& reader, PlanStageView& stage) {
    SB_TRY(const json::Json* value, reader.raw("calendar"));
    SB_TRY(auto in, ObjectReader::open(*value, reader.path_of("calendar")));
    SB_TRY(stage.calendar, in.string("name"));
    SB_TRY(stage.open_hours, in.string("open_hours"));
    return each(in, "blackouts", [&](ObjectReader& item) -> Status {
        PlanBlackoutView blackout;
        SB_TRY(blackout.name, item.string("name"));
        SB_TRY(blackout.from, item.string("from"));
        SB_TRY(blackout.to, item.string("to"));
        stage.blackouts.push_back(std::move(blackout));
        return {};
    });
}

Status read_caps(ObjectReader& reader, PlanStageView& stage) {
    SB_TRY(const json::Json* value, reader.raw("caps"));
    SB_TRY(auto in, ObjectReader::open(*value, reader.path_of("caps")));
    for (const auto& [scope, unused] : value->items()) {
        SB_TRY(const json::Json* numbers, in.raw(scope));
        SB_TRY(auto cap_in, ObjectReader::open(*numbers, in.path_of(scope)));
        PlanCapView cap;
        cap.scope = scope;
        SB_TRY(cap.max_in_flight, cap_in.integer("max_in_flight"));
        SB_TRY(cap.hard_cap, cap_in.integer("hard_cap"));
        SB_TRY(cap.peak_hours, cap_in.string("peak_hours"));
        SB_TRY(cap.peak_max_in_flight, cap_in.integer("peak_max_in_flight"));
        stage.caps.push_back(std::move(cap));
    }
    return {};
}

Status read_lane(ObjectReader& in, PlanStageView& stage) {
    PlanLaneView lane;
    SB_TRY(lane.service, in.string("service"));
    SB_TRY(lane.group, in.string("name"));
    SB_TRY(lane.strategy, in.string("strategy"));
    SB_TRY(lane.live, in.string("live"));
    SB_TRY(lane.idle, in.string("idle"));
    SB_TRY(lane.hosts, in.strings("hosts"));
    SB_TRY(lane.batch, in.integer("batch"));
    SB_TRY(lane.offline, in.string("offline"));
    SB_TRY(lane.offline_after_s, in.integer("offline_after_s"));
    SB_TRY(lane.quorum, in.integer("quorum"));
    SB_TRY(lane.progress_deadline_s, in.integer("progress_deadline_s"));
    SB_TRY(const json::Json::array_t* percents, in.array("percents"));
    for (const json::Json& percent : *percents) {
        if (!percent.is_number_integer()) {
            return Error(Code::invalid_argument, in.path_of("percents") + " are not whole numbers");
        }
        lane.percents.push_back(percent.get<std::int64_t>());
    }
    stage.lanes.push_back(std::move(lane));
    return {};
}

Result<PlanStageView> read_stage(const json::Json& value, const std::string& path,
                                 std::set<std::string>& seen) {
    SB_TRY(auto reader, ObjectReader::open(value, path));
    PlanStageView stage;
    SB_TRY(stage.name, reader.string("name"));
    SB_TRY(stage.tier, reader.string("tier"));
    SB_CHECK(read_caps(reader, stage));
    SB_TRY(stage.breaker, read_breaker(reader));
    SB_CHECK(read_calendar(reader, stage));
    SB_CHECK(each(reader, "groups", [&](ObjectReader& in) { return read_lane(in, stage); }));
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
    SB_TRY(plan.name, reader.string("name"));
    SB_TRY(plan.version, reader.string("version"));
    SB_TRY(plan.priority, reader.string("priority"));
    SB_TRY(plan.overrun, reader.string("overrun"));
    SB_TRY(plan.jitter_s, reader.integer("jitter_s"));
    SB_TRY(plan.undo_on_failure, reader.boolean("undo_on_failure"));
    SB_TRY(plan.breaker, read_breaker(reader));
    SB_CHECK(each(reader, "services", [&](ObjectReader& in) -> Status {
        PlanServiceView service;
        SB_TRY(service.name, in.string("name"));
        SB_TRY(service.version, in.string("version"));
        SB_TRY(service.commit, in.string("commit"));
        plan.services.push_back(std::move(service));
        return {};
    }));
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
