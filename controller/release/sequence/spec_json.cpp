// SPDX-License-Identifier: Apache-2.0
// A spec's stored form.
#include <fmt/format.h>

#include <utility>

#include "controller/release/sequence/names.hpp"
#include "controller/release/sequence/spec.hpp"

namespace signalbox::sequence {
namespace {

using json::Json;
using json::ObjectReader;

Error wrong(std::string message) {
    return {Code::invalid_argument, std::move(message), "Plan the release again"};
}

Json texts(const auto& ids) {
    Json out = Json::array();
    for (const auto& id : ids) {
        if constexpr (requires { id.str(); }) {
            out.push_back(id.str());
        } else {
            out.push_back(id);
        }
    }
    return out;
}

Result<Instant> instant(ObjectReader& in, std::string_view key) {
    SB_TRY(const std::string text, in.string(key));
    return parse_rfc3339(text).with_context(in.path_of(key));
}

Result<int> small(ObjectReader& in, std::string_view key) {
    SB_TRY(const std::int64_t value, in.integer(key));
    if (value < 0 || value > 1'000'000) return wrong(in.path_of(key) + " is out of range");
    return static_cast<int>(value);
}

// Every element of a list through `read(value, path)`.
template <class T, class F>
Result<std::vector<T>> list_of(ObjectReader& in, std::string_view key, F read) {
    SB_TRY(const Json::array_t* items, in.array(key));
    std::vector<T> out;
    for (std::size_t i = 0; i < items->size(); ++i) {
        SB_TRY(T item, read((*items)[i], in.path_of(key, i)));
        out.push_back(std::move(item));
    }
    return out;
}

Result<std::vector<StepId>> step_ids(ObjectReader& in, std::string_view key) {
    SB_TRY(const std::vector<std::string> names, in.strings(key));
    return std::vector<StepId>(names.begin(), names.end());
}

Json to_json(const Interval& interval) {
    return {{"from", to_rfc3339(interval.from)}, {"to", to_rfc3339(interval.to)}};
}
Result<Interval> interval_from_json(const Json& value, const std::string& path) {
    SB_TRY(auto in, ObjectReader::open(value, path));
    Interval out;
    SB_TRY(out.from, instant(in, "from"));
    SB_TRY(out.to, instant(in, "to"));
    SB_CHECK(in.finish());
    return out;
}

Json to_json(const ClosedSpec& closed) {
    return {{"when", to_json(closed.when)}, {"name", closed.name}};
}
Result<ClosedSpec> closed_from_json(const Json& value, const std::string& path) {
    SB_TRY(auto in, ObjectReader::open(value, path));
    ClosedSpec out;
    SB_TRY(const Json* when, in.raw("when"));
    SB_TRY(out.when, interval_from_json(*when, path + ".when"));
    SB_TRY(out.name, in.string("name"));
    SB_CHECK(in.finish());
    return out;
}

Json to_json(const StepSpec& step) {
    return {{"id", step.id.str()},
            {"agent", step.agent.str()},
            {"host", step.host},
            {"target", step.target},
            {"service", step.service},
            {"group", step.group},
            {"site", step.site},
            {"pool", step.pool},
            {"phase", step.phase},
            {"kind", step.kind},
            {"deadline_s", step.deadline_s},
            {"delay_s", step.delay_s},
            {"max_attempts", step.max_attempts},
            {"needs", texts(step.needs)},
            {"after", texts(step.after)},
            {"undo_of", step.undo_of.str()}};
}
Result<StepSpec> step_from_json(const Json& value, const std::string& path) {
    SB_TRY(auto in, ObjectReader::open(value, path));
    StepSpec step;
    SB_TRY(std::string id, in.string("id"));
    SB_TRY(std::string agent, in.string("agent"));
    SB_TRY(step.host, in.string("host"));
    SB_TRY(step.target, in.string("target"));
    SB_TRY(step.service, in.string("service"));
    SB_TRY(step.group, in.string("group"));
    SB_TRY(step.site, in.string("site"));
    SB_TRY(step.pool, in.string("pool"));
    SB_TRY(step.phase, in.string("phase"));
    SB_TRY(step.kind, in.string("kind"));
    SB_TRY(step.deadline_s, in.integer("deadline_s"));
    SB_TRY(step.delay_s, in.integer("delay_s"));
    SB_TRY(step.max_attempts, small(in, "max_attempts"));
    SB_TRY(step.needs, step_ids(in, "needs"));
    SB_TRY(step.after, in.strings("after"));
    SB_TRY(std::string undo_of, in.string("undo_of"));
    SB_CHECK(in.finish());
    step.id = StepId(std::move(id));
    step.agent = AgentId(std::move(agent));
    step.undo_of = StepId(std::move(undo_of));
    return step;
}

Json to_json(const LaneSpec& lane) {
    return {{"service", lane.service},
            {"group", lane.group},
            {"hosts", texts(lane.hosts)},
            {"offline", to_string(lane.offline)},
            {"offline_after_s", lane.offline_after_s},
            {"quorum", lane.quorum},
            {"progress_deadline_s", lane.progress_deadline_s}};
}
Result<LaneSpec> lane_from_json(const Json& value, const std::string& path) {
    SB_TRY(auto in, ObjectReader::open(value, path));
    LaneSpec lane;
    SB_TRY(lane.service, in.string("service"));
    SB_TRY(lane.group, in.string("group"));
    SB_TRY(lane.hosts, in.strings("hosts"));
    SB_TRY(const std::string offline, in.string("offline"));
    SB_TRY(lane.offline, parse_offline(offline));
    SB_TRY(lane.offline_after_s, in.integer("offline_after_s"));
    SB_TRY(lane.quorum, small(in, "quorum"));
    SB_TRY(lane.progress_deadline_s, in.integer("progress_deadline_s"));
    SB_CHECK(in.finish());
    return lane;
}

Json to_json(const CapSpec& cap) {
    Json peaks = Json::array();
    for (const Interval& peak : cap.peaks) peaks.push_back(to_json(peak));
    return {{"max_in_flight", cap.max_in_flight},
            {"hard_cap", cap.hard_cap},
            {"peak_max_in_flight", cap.peak_max_in_flight},
            {"peaks", std::move(peaks)}};
}
Result<CapSpec> cap_from_json(const Json& value, const std::string& path) {
    SB_TRY(auto in, ObjectReader::open(value, path));
    CapSpec cap;
    SB_TRY(cap.max_in_flight, small(in, "max_in_flight"));
    SB_TRY(cap.hard_cap, small(in, "hard_cap"));
    SB_TRY(cap.peak_max_in_flight, small(in, "peak_max_in_flight"));
    SB_TRY(cap.peaks, list_of<Interval>(in, "peaks", interval_from_json));
    SB_CHECK(in.finish());
    return cap;
}

Json to_json(const BreakerSpec& breaker) {
    return {{"failures", breaker.failures},
            {"rate_percent", breaker.rate_percent},
            {"rate_of", breaker.rate_of},
            {"window_s", breaker.window_s},
            {"half_open_after_s", breaker.half_open_after_s}};
}
Result<BreakerSpec> breaker_from_json(const Json& value, const std::string& path) {
    SB_TRY(auto in, ObjectReader::open(value, path));
    BreakerSpec breaker;
    SB_TRY(breaker.failures, small(in, "failures"));
    SB_TRY(breaker.rate_percent, small(in, "rate_percent"));
    SB_TRY(breaker.rate_of, small(in, "rate_of"));
    SB_TRY(breaker.window_s, in.integer("window_s"));
    SB_TRY(breaker.half_open_after_s, in.integer("half_open_after_s"));
    SB_CHECK(in.finish());
    return breaker;
}

Json to_json(const Joins& joins) {
    Json out = Json::object();
    for (const auto& [name, members] : joins) out[name] = texts(members);
    return out;
}
Result<Joins> joins_from_json(ObjectReader& in, std::string_view key) {
    SB_TRY(const Json* value, in.raw(key));
    SB_TRY(auto joins, ObjectReader::open(*value, in.path_of(key)));
    Joins out;
    for (const auto& [name, members] : value->items()) {
        SB_TRY(out[name], step_ids(joins, name));
    }
    SB_CHECK(joins.finish());
    return out;
}

Json to_json(const StageSpec& stage);

template <class T>
Json array_of(const std::vector<T>& items) {
    Json out = Json::array();
    for (const T& item : items) out.push_back(to_json(item));
    return out;
}

Json to_json(const StageSpec& stage) {
    Json caps = Json::object();
    for (const auto& [scope, cap] : stage.caps) caps[scope] = to_json(cap);
    return {{"name", stage.name},
            {"caps", std::move(caps)},
            {"breaker", to_json(stage.breaker)},
            {"closed", array_of(stage.closed)},
            {"lanes", array_of(stage.lanes)},
            {"steps", array_of(stage.steps)},
            {"undo", array_of(stage.undo)},
            {"joins", to_json(stage.joins)},
            {"undo_joins", to_json(stage.undo_joins)}};
}
Result<StageSpec> stage_from_json(const Json& value, const std::string& path) {
    SB_TRY(auto in, ObjectReader::open(value, path));
    StageSpec stage;
    SB_TRY(stage.name, in.string("name"));
    SB_TRY(const Json* caps, in.raw("caps"));
    if (!caps->is_object()) return wrong(in.path_of("caps") + " must be an object");
    for (const auto& [scope, cap] : caps->items()) {
        SB_TRY(stage.caps[scope], cap_from_json(cap, in.path_of("caps") + "." + scope));
    }
    SB_TRY(const Json* breaker, in.raw("breaker"));
    SB_TRY(stage.breaker, breaker_from_json(*breaker, in.path_of("breaker")));
    SB_TRY(stage.closed, list_of<ClosedSpec>(in, "closed", closed_from_json));
    SB_TRY(stage.lanes, list_of<LaneSpec>(in, "lanes", lane_from_json));
    SB_TRY(stage.steps, list_of<StepSpec>(in, "steps", step_from_json));
    SB_TRY(stage.undo, list_of<StepSpec>(in, "undo", step_from_json));
    SB_TRY(stage.joins, joins_from_json(in, "joins"));
    SB_TRY(stage.undo_joins, joins_from_json(in, "undo_joins"));
    SB_CHECK(in.finish());
    return stage;
}

}  // namespace

Json to_json(const ReleaseSpec& spec) {
    return {{"id", spec.id.str()},
            {"counter", spec.counter},
            {"name", spec.name},
            {"version", spec.version},
            {"services", texts(spec.services)},
            {"plan_sha256", spec.plan_sha256},
            {"requester", spec.requester},
            {"undo_on_failure", spec.undo_on_failure},
            {"priority", to_string(spec.priority)},
            {"overrun", to_string(spec.overrun)},
            {"jitter_s", spec.jitter_s},
            {"breaker", to_json(spec.breaker)},
            {"created", to_rfc3339(spec.created)},
            {"not_before", to_rfc3339(spec.not_before)},
            {"not_after", to_rfc3339(spec.not_after)},
            {"undo_not_after", to_rfc3339(spec.undo_not_after)},
            {"stages", array_of(spec.stages)}};
}

Result<std::shared_ptr<const ReleaseSpec>> spec_from_json(const Json& value) {
    SB_TRY(auto in, ObjectReader::open(value));
    ReleaseSpec spec;
    SB_TRY(std::string id, in.string("id"));
    spec.id = ReleaseId(std::move(id));
    SB_TRY(spec.counter, in.integer("counter"));
    SB_TRY(spec.name, in.string("name"));
    SB_TRY(spec.version, in.string("version"));
    SB_TRY(spec.services, in.strings("services"));
    SB_TRY(spec.plan_sha256, in.string("plan_sha256"));
    SB_TRY(spec.requester, in.string("requester"));
    SB_TRY(spec.undo_on_failure, in.boolean("undo_on_failure"));
    SB_TRY(const std::string priority, in.string("priority"));
    SB_TRY(spec.priority, parse_priority(priority));
    SB_TRY(const std::string overrun, in.string("overrun"));
    SB_TRY(spec.overrun, parse_overrun(overrun));
    SB_TRY(spec.jitter_s, in.integer("jitter_s"));
    SB_TRY(const Json* breaker, in.raw("breaker"));
    SB_TRY(spec.breaker, breaker_from_json(*breaker, in.path_of("breaker")));
    SB_TRY(spec.created, instant(in, "created"));
    SB_TRY(spec.not_before, instant(in, "not_before"));
    SB_TRY(spec.not_after, instant(in, "not_after"));
    SB_TRY(spec.undo_not_after, instant(in, "undo_not_after"));
    SB_TRY(spec.stages, list_of<StageSpec>(in, "stages", stage_from_json));
    SB_CHECK(in.finish());
    SB_CHECK(validate(spec));
    return std::make_shared<const ReleaseSpec>(std::move(spec));
}

}  // namespace signalbox::sequence
