// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/loaded.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "common/dsse/dsse.hpp"
#include "common/trust/standing.hpp"
#include "controller/calendar/closed_times.hpp"
#include "controller/calendar/weekly_hours.hpp"
#include "controller/release/dispatch/superseded.hpp"

namespace signalbox::dispatch {
namespace {

using json::Json;

// The spec's stored form may be larger than a message: a plan of ten thousand hosts is.
constexpr json::Limits kStored{.max_bytes = 256 << 20, .max_depth = 32, .allow_floats = false};

sequence::StepSpec step_of(const plan::PlanStep& step) {
    sequence::StepSpec out;
    out.id = step.id;
    out.agent = step.agent_id;
    out.host = step.host;
    out.target = step.target;
    out.service = step.service;
    out.group = step.group;
    out.site = step.site;
    out.pool = step.pool;
    out.phase = std::string(plan::to_string(step.phase));
    out.kind = step.kind;
    out.deadline_s = step.deadline.count();
    out.max_attempts = step.max_attempts;
    out.delay_s = step.delay.count();
    out.needs = step.needs;
    out.after = step.after;
    out.undo_of = step.undo_of;
    return out;
}

sequence::LaneSpec lane_of(const plan::PlanGroup& group) {
    sequence::LaneSpec out;
    out.service = group.service;
    out.group = group.name;
    out.hosts = group.hosts;
    out.offline = static_cast<sequence::Offline>(group.offline);
    out.offline_after_s = group.offline_after.count();
    out.quorum = group.quorum;
    out.progress_deadline_s = group.progress_deadline.count();
    return out;
}

sequence::BreakerSpec breaker_of(const plan::PlanBreaker& breaker) {
    return {breaker.failures, breaker.rate_percent, breaker.rate_of, breaker.window.count(),
            breaker.half_open_after.count()};
}

Result<sequence::CapSpec> cap_of(const plan::PlanCap& cap, const StartTerms& terms) {
    sequence::CapSpec out{cap.max_in_flight, cap.hard_cap, cap.max_in_flight, {}};
    if (cap.peak_hours.empty()) return out;
    out.peak_max_in_flight = cap.peak_max_in_flight;
    SB_TRY(const calendar::WeeklyHours hours, calendar::parse_weekly_hours(cap.peak_hours));
    for (const calendar::Interval& peak :
         calendar::intervals(hours, terms.not_before, terms.undo_not_after)) {
        out.peaks.push_back({peak.from, peak.to});
    }
    return out;
}

Result<sequence::StageSpec> stage_of(const plan::PlanEnvironment& environment, const StartTerms& terms) {
    sequence::StageSpec stage;
    stage.name = environment.name;
    for (const auto& [scope, cap] : environment.caps) {
        // A traffic entry has its name within its environment only.
        const bool pool = scope.starts_with("pool:");
        const std::string full = pool ? "pool:" + environment.name + "/" + scope.substr(5) : scope;
        SB_TRY(stage.caps[full], cap_of(cap, terms));
    }
    stage.breaker = breaker_of(environment.breaker);
    SB_TRY(const std::vector<trust::ClosedTime> closed,
           calendar::closed_times(environment.calendar, terms.not_before, terms.not_after));
    for (const trust::ClosedTime& time : closed) stage.closed.push_back({{time.from, time.to}, time.name});
    for (const plan::PlanGroup& group : environment.groups) stage.lanes.push_back(lane_of(group));
    for (const plan::PlanStep& step : environment.steps) stage.steps.push_back(step_of(step));
    for (const plan::PlanStep& step : environment.undo) stage.undo.push_back(step_of(step));
    stage.joins = environment.joins;
    stage.undo_joins = environment.undo_joins;
    return stage;
}

Json to_json(const HostPlacement& host) {
    return {{"agent_id", host.agent_id.str()},
            {"service", host.service},
            {"version", host.version},
            {"artifact_sha256", host.artifact_sha256},
            {"release_id", host.release_id.str()}};
}

Result<HostPlacement> placement_from_json(const Json& value, const std::string& path) {
    SB_TRY(auto in, json::ObjectReader::open(value, path));
    HostPlacement out;
    SB_TRY(std::string agent, in.string("agent_id"));
    SB_TRY(out.service, in.string("service"));
    SB_TRY(out.version, in.string("version"));
    SB_TRY(out.artifact_sha256, in.string("artifact_sha256"));
    SB_TRY(std::string release, in.string("release_id"));
    SB_CHECK(in.finish());
    out.agent_id = AgentId(std::move(agent));
    out.release_id = ReleaseId(std::move(release));
    return out;
}

Error damaged(const ReleaseId& id, const Error& error) {
    return {Code::data_loss, "release " + id.str() + " in the store: " + error.message(),
            "Restore the data directory from its backup"};
}

Result<Loaded> parse(const NewRelease& stored) {
    Loaded out;
    out.plan_text = stored.plan;
    SB_TRY(out.plan, plan::parse_plan(stored.plan));
    SB_TRY(const Json document, json::parse(stored.spec, kStored));
    SB_TRY(auto in, json::ObjectReader::open(document));
    SB_TRY(const Json* spec, in.raw("spec"));
    SB_TRY(out.spec, sequence::spec_from_json(*spec));
    SB_TRY(const Json::array_t* before, in.array("before"));
    for (std::size_t i = 0; i < before->size(); ++i) {
        SB_TRY(HostPlacement host, placement_from_json((*before)[i], in.path_of("before", i)));
        out.before.push_back(std::move(host));
    }
    SB_CHECK(in.finish());
    out.approvals = stored.approvals;
    out.digest_approvals();
    return out;
}

}  // namespace

const ApprovalDocument* Loaded::approval(std::string_view environment) const {
    const auto found = std::find_if(approvals.begin(), approvals.end(),
                                    [&](const ApprovalDocument& d) { return d.environment == environment; });
    return found == approvals.end() ? nullptr : &*found;
}

void Loaded::digest_approvals() {
    for (const ApprovalDocument& document : approvals) {
        approval_digests[document.environment] = trust::approval_digest(document.payload);
        if (document.standing.empty()) continue;
        const auto standing = dsse::parse(document.standing, 2 * trust::kMaxStandingBytes);
        if (standing) standing_digests[document.environment] = trust::approval_digest(standing->payload);
    }
}

Result<std::shared_ptr<const sequence::ReleaseSpec>> spec_of(const plan::Plan& plan,
                                                             const StartTerms& terms) {
    sequence::ReleaseSpec spec;
    spec.id = plan.release_id;
    spec.counter = plan.release_counter;
    spec.name = plan.name;
    spec.version = plan.version;
    for (const plan::PlanService& service : plan.services) spec.services.push_back(service.name);
    spec.plan_sha256 = plan::plan_digest(plan::serialize(plan)).hex();
    spec.requester = plan.requester;
    spec.undo_on_failure = plan.undo_on_failure;
    spec.priority = static_cast<sequence::Priority>(plan.priority);
    spec.overrun = static_cast<sequence::Overrun>(plan.overrun);
    spec.jitter_s = plan.jitter.count();
    spec.breaker = breaker_of(plan.breaker);
    spec.created = terms.created;
    spec.not_before = terms.not_before;
    spec.not_after = terms.not_after;
    spec.undo_not_after = terms.undo_not_after;
    for (const plan::PlanEnvironment& environment : plan.environments) {
        SB_TRY(sequence::StageSpec stage, stage_of(environment, terms));
        spec.stages.push_back(std::move(stage));
    }
    SB_CHECK(sequence::validate(spec));
    return std::make_shared<const sequence::ReleaseSpec>(std::move(spec));
}

NewRelease to_stored(const Loaded& release) {
    Json before = Json::array();
    for (const HostPlacement& host : release.before) before.push_back(to_json(host));
    NewRelease out;
    out.id = release.spec->id;
    out.counter = release.spec->counter;
    out.name = release.spec->name;
    out.version = release.spec->version;
    out.services = release.spec->services;
    out.plan = release.plan_text;
    out.spec = json::canonical({{"spec", sequence::to_json(*release.spec)}, {"before", std::move(before)}});
    out.created = release.spec->created;
    out.approvals = release.approvals;
    return out;
}

ReleaseChange to_stored(const sequence::ReleaseState* before, const sequence::ReleaseState& state) {
    ReleaseChange out;
    const auto add = [&](std::size_t i) {
        const auto step = static_cast<sequence::StepIndex>(i);
        out.steps.push_back(
            {(*state.index)[step].spec->id, json::canonical(sequence::to_json(state.steps[i]))});
    };
    if (before != nullptr) {
        state.steps.for_each_difference(before->steps, add);
    } else {
        state.steps.for_each_difference(sequence::SharedVector<sequence::StepState>(state.steps.size()), add);
    }
    out.id = state.spec->id;
    out.state = json::canonical(sequence::to_json(state));
    out.status = std::string(sequence::to_string(state.status()));
    out.finished = state.ended();
    out.revision = state.revision;
    if (state.ended()) out.finished_at = state.finished;
    return out;
}

Result<Loaded> load(const NewRelease& stored) {
    auto parsed = parse(stored);
    if (!parsed) return damaged(stored.id, parsed.error());
    return parsed;
}

Result<sequence::ReleaseState> load_state(const StoredRelease& stored, const Loaded& release) {
    auto head = json::parse(stored.current.state, kStored);
    if (!head) return damaged(stored.fixed.id, head.error());
    sequence::StoredSteps steps;
    for (const StepRow& row : stored.current.steps) {
        auto value = json::parse(row.state, kStored);
        if (!value) return damaged(stored.fixed.id, value.error());
        steps.emplace_back(row.id, *std::move(value));
    }
    auto state = sequence::state_from_json(*head, steps, release.spec);
    if (!state) return damaged(stored.fixed.id, state.error());
    return state;
}

const plan::PlanStep& plan_step(const Loaded& release, const sequence::Index& index,
                                sequence::StepIndex step) {
    const std::uint32_t stage = index[step].stage;
    const bool undo = !index[step].spec->undo_of.empty();
    const plan::PlanEnvironment& environment = release.plan.environments.at(stage);
    return (undo ? environment.undo : environment.steps).at(step - index.steps(stage, undo).begin);
}

Result<sequence::Breaker> load_breaker(const BreakerRow& stored) {
    const auto damage = [&](const Error& error) {
        return Error(Code::data_loss,
                     "the circuit breaker of " + stored.environment + " in the store: " + error.message(),
                     "Restore the data directory from its backup");
    };
    const auto value = json::parse(stored.state, kStored);
    if (!value) return damage(value.error());
    auto breaker = sequence::breaker_from_json(*value);
    if (!breaker) return damage(breaker.error());
    return breaker;
}

std::string shared_service(const plan::Plan& a, const plan::Plan& b) {
    for (const plan::PlanService& service : a.services) {
        if (b.service(service.name) != nullptr) return service.name;
    }
    return {};
}

namespace {

// The undo steps of an environment by what they undo.
std::map<StepId, const plan::PlanStep*> undo_by_origin(const plan::PlanEnvironment& environment) {
    std::map<StepId, const plan::PlanStep*> out;
    for (const plan::PlanStep& undo : environment.undo) out.emplace(undo.undo_of, &undo);
    return out;
}

// Of a step that changes one host its host; of one that moves the traffic any host of its lane.
bool is_taken_over(const Loaded& release, const plan::PlanEnvironment& environment,
                   const plan::PlanStep& step, const Placements& now) {
    if (step.kind == "release.activate")
        return taken_over(release, step.agent_id, step.service, now) != nullptr;
    return std::any_of(environment.steps.begin(), environment.steps.end(), [&](const plan::PlanStep& other) {
        return other.kind == "release.activate" && other.service == step.service &&
               other.group == step.group &&
               taken_over(release, other.agent_id, other.service, now) != nullptr;
    });
}

}  // namespace

void record_stage(const Loaded& release, const sequence::ReleaseState& state, std::size_t stage,
                  const Placements& now, Commit& commit) {
    const plan::PlanEnvironment& environment = release.plan.environments.at(stage);
    const auto undo_of = undo_by_origin(environment);
    for (const plan::PlanStep& step : environment.steps) {
        const sequence::StepState& done = state.step(step.id);
        if (!done.ran || (step.makes_live.empty() && step.kind != "release.activate")) continue;
        if (is_taken_over(release, environment, step, now)) continue;
        const auto undo = undo_of.find(step.id);
        const bool undone =
            undo != undo_of.end() && state.step(undo->second->id).status == sequence::StepStatus::succeeded;
        const bool stands = done.status == sequence::StepStatus::succeeded && !undone;
        if (!step.makes_live.empty() && stands) {
            commit.live_colours.push_back({environment.name, step.service, step.group, step.makes_live});
        }
        if (undone && !undo->second->makes_live.empty()) {
            commit.live_colours.push_back(
                {environment.name, step.service, step.group, undo->second->makes_live});
        }
        if (step.kind != "release.activate") continue;
        // An activation that neither stands nor was taken back leaves a host of which nothing is known.
        HostPlacement host{step.agent_id, step.service, "", "", release.plan.release_id};
        const plan::PlanService* service = release.plan.service(step.service);
        if (stands && service != nullptr) {
            host.version = service->version;
            if (const auto artifacts = json::parse(step.action); artifacts) {
                host.artifact_sha256 = artifacts->value("artifact_sha256", "");
            }
        } else if (undone) {
            const auto old =
                std::find_if(release.before.begin(), release.before.end(), [&](const HostPlacement& b) {
                    return b.agent_id == step.agent_id && b.service == host.service;
                });
            if (old != release.before.end()) host = *old;
        }
        commit.host_placements.push_back(std::move(host));
    }
}

}  // namespace signalbox::dispatch
