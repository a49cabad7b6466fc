// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/spec.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

namespace signalbox::sequence {
namespace {

Error wrong(std::string message) {
    return {Code::invalid_argument, std::move(message), "Plan the release again"};
}

// Depth-first over `needs`; `path` holds the steps being visited, so that a cycle can be named.
Status visit(const std::map<StepId, const StepSpec*>& steps, const StepSpec& step, std::set<StepId>& done,
             std::vector<StepId>& path) {
    if (done.contains(step.id)) return {};
    for (const StepId& id : path) {
        if (id == step.id) {
            return wrong(
                fmt::format("step {} waits for itself, by way of {}", step.id.str(), path.back().str()));
        }
    }
    path.push_back(step.id);
    for (const StepId& need : step.needs) SB_CHECK(visit(steps, *steps.at(need), done, path));
    path.pop_back();
    done.insert(step.id);
    return {};
}

Status validate_steps(const std::vector<StepSpec>& list, const std::string& stage) {
    std::map<StepId, const StepSpec*> steps;
    for (const StepSpec& step : list) {
        if (step.id.empty() || step.agent.empty()) return wrong("a step of " + stage + " has no id or agent");
        if (!steps.emplace(step.id, &step).second) return wrong("step " + step.id.str() + " is there twice");
        if (step.deadline_s < 1 || step.max_attempts < 1) {
            return wrong(
                fmt::format("step {}: deadline_s and max_attempts must be at least 1", step.id.str()));
        }
    }
    for (const StepSpec& step : list) {
        for (const StepId& need : step.needs) {
            if (!steps.contains(need)) {
                return wrong(fmt::format("step {} needs {}, which is no such step of {}", step.id.str(),
                                         need.str(), stage));
            }
        }
    }
    std::set<StepId> done;
    for (const StepSpec& step : list) {
        std::vector<StepId> path;
        SB_CHECK(visit(steps, step, done, path));
    }
    return {};
}

json::Json to_json(const StepSpec& step) {
    json::Json needs = json::Json::array();
    for (const StepId& need : step.needs) needs.push_back(need.str());
    return {{"id", step.id.str()},
            {"agent", step.agent.str()},
            {"host", step.host},
            {"group", step.group},
            {"phase", step.phase},
            {"kind", step.kind},
            {"deadline_s", step.deadline_s},
            {"max_attempts", step.max_attempts},
            {"needs", std::move(needs)},
            {"undo_of", step.undo_of.str()}};
}

Result<StepSpec> step_from_json(const json::Json& value, const std::string& path) {
    SB_TRY(auto in, json::ObjectReader::open(value, path));
    StepSpec step;
    SB_TRY(std::string id, in.string("id"));
    SB_TRY(std::string agent, in.string("agent"));
    SB_TRY(step.host, in.string("host"));
    SB_TRY(step.group, in.string("group"));
    SB_TRY(step.phase, in.string("phase"));
    SB_TRY(step.kind, in.string("kind"));
    SB_TRY(step.deadline_s, in.integer("deadline_s"));
    SB_TRY(const std::int64_t max_attempts, in.integer("max_attempts"));
    SB_TRY(const auto needs, in.strings("needs"));
    SB_TRY(std::string undo_of, in.string("undo_of"));
    SB_CHECK(in.finish());
    if (max_attempts < 1 || max_attempts > 1000) return wrong(path + ".max_attempts is out of range");
    step.id = StepId(std::move(id));
    step.agent = AgentId(std::move(agent));
    step.max_attempts = static_cast<int>(max_attempts);
    for (const std::string& need : needs) step.needs.emplace_back(need);
    step.undo_of = StepId(std::move(undo_of));
    return step;
}

Result<std::vector<StepSpec>> steps_from_json(json::ObjectReader& in, std::string_view key) {
    SB_TRY(const json::Json::array_t* list, in.array(key));
    std::vector<StepSpec> out;
    for (std::size_t i = 0; i < list->size(); ++i) {
        SB_TRY(StepSpec step, step_from_json((*list)[i], in.path_of(key, i)));
        out.push_back(std::move(step));
    }
    return out;
}

Result<StageSpec> stage_from_json(const json::Json& value, const std::string& path) {
    SB_TRY(auto in, json::ObjectReader::open(value, path));
    StageSpec stage;
    SB_TRY(stage.name, in.string("name"));
    SB_TRY(const std::int64_t max_in_flight, in.integer("max_in_flight"));
    SB_TRY(stage.steps, steps_from_json(in, "steps"));
    SB_TRY(stage.undo, steps_from_json(in, "undo"));
    SB_CHECK(in.finish());
    if (max_in_flight < 1 || max_in_flight > 1'000'000) return wrong(path + ".max_in_flight is out of range");
    stage.max_in_flight = static_cast<int>(max_in_flight);
    return stage;
}

Result<Instant> instant(json::ObjectReader& in, std::string_view key) {
    SB_TRY(const std::string text, in.string(key));
    return parse_rfc3339(text).with_context(in.path_of(key));
}

}  // namespace

const StepSpec* ReleaseSpec::find(const StepId& step_id) const {
    for (const StageSpec& stage : stages) {
        for (const auto* list : {&stage.steps, &stage.undo}) {
            for (const StepSpec& step : *list) {
                if (step.id == step_id) return &step;
            }
        }
    }
    return nullptr;
}

Status validate(const ReleaseSpec& spec) {
    if (spec.id.empty()) return wrong("the release has no id");
    if (spec.stages.empty()) return wrong("release " + spec.id.str() + " has no environment");
    if (spec.not_after <= spec.not_before) return wrong("the window ends before it begins");
    std::set<StepId> ids;
    std::set<std::string> names;
    for (const StageSpec& stage : spec.stages) {
        if (!names.insert(stage.name).second) return wrong("environment " + stage.name + " is there twice");
        if (stage.max_in_flight < 1) return wrong("max_in_flight of " + stage.name + " must be at least 1");
        SB_CHECK(validate_steps(stage.steps, stage.name));
        SB_CHECK(validate_steps(stage.undo, stage.name));
        std::set<StepId> forward;
        for (const StepSpec& step : stage.steps) {
            if (!step.undo_of.empty()) return wrong("forward step " + step.id.str() + " has an undo_of");
            forward.insert(step.id);
        }
        for (const StepSpec& step : stage.undo) {
            if (!forward.contains(step.undo_of)) {
                return wrong(fmt::format("undo step {} undoes '{}', which is no step of {}", step.id.str(),
                                         step.undo_of.str(), stage.name));
            }
        }
        for (const auto* list : {&stage.steps, &stage.undo}) {
            for (const StepSpec& step : *list) {
                if (!ids.insert(step.id).second) return wrong("step " + step.id.str() + " is there twice");
            }
        }
    }
    return {};
}

json::Json to_json(const ReleaseSpec& spec) {
    json::Json stages = json::Json::array();
    for (const StageSpec& stage : spec.stages) {
        json::Json steps = json::Json::array();
        json::Json undo = json::Json::array();
        for (const StepSpec& step : stage.steps) steps.push_back(to_json(step));
        for (const StepSpec& step : stage.undo) undo.push_back(to_json(step));
        stages.push_back({{"name", stage.name},
                          {"max_in_flight", stage.max_in_flight},
                          {"steps", std::move(steps)},
                          {"undo", std::move(undo)}});
    }
    return {{"id", spec.id.str()},
            {"counter", spec.counter},
            {"service", spec.service},
            {"version", spec.version},
            {"plan_sha256", spec.plan_sha256},
            {"requester", spec.requester},
            {"undo_on_failure", spec.undo_on_failure},
            {"created", to_rfc3339(spec.created)},
            {"not_before", to_rfc3339(spec.not_before)},
            {"not_after", to_rfc3339(spec.not_after)},
            {"stages", std::move(stages)}};
}

Result<std::shared_ptr<const ReleaseSpec>> spec_from_json(const json::Json& value) {
    SB_TRY(auto in, json::ObjectReader::open(value));
    ReleaseSpec spec;
    SB_TRY(std::string id, in.string("id"));
    spec.id = ReleaseId(std::move(id));
    SB_TRY(spec.counter, in.integer("counter"));
    SB_TRY(spec.service, in.string("service"));
    SB_TRY(spec.version, in.string("version"));
    SB_TRY(spec.plan_sha256, in.string("plan_sha256"));
    SB_TRY(spec.requester, in.string("requester"));
    SB_TRY(spec.undo_on_failure, in.boolean("undo_on_failure"));
    SB_TRY(spec.created, instant(in, "created"));
    SB_TRY(spec.not_before, instant(in, "not_before"));
    SB_TRY(spec.not_after, instant(in, "not_after"));
    SB_TRY(const json::Json::array_t* stages, in.array("stages"));
    for (std::size_t i = 0; i < stages->size(); ++i) {
        SB_TRY(StageSpec stage, stage_from_json((*stages)[i], in.path_of("stages", i)));
        spec.stages.push_back(std::move(stage));
    }
    SB_CHECK(in.finish());
    SB_CHECK(validate(spec));
    return std::make_shared<const ReleaseSpec>(std::move(spec));
}

}  // namespace signalbox::sequence
