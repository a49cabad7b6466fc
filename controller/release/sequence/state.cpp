// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "controller/release/sequence/editor.hpp"

namespace signalbox::sequence {
namespace {

using json::Json;

// Members that hold their default are left out: most steps of a large release have not begun.
template <class T>
void put(Json& out, const char* key, const T& value, const T& plain) {
    if (value != plain) out[key] = value;
}
void put(Json& out, const char* key, Instant value) {
    if (value != Instant{}) out[key] = to_rfc3339(value);
}

template <class T>
Status take_integer(json::ObjectReader& in, const char* key, T& value) {
    if (in.optional(key) == nullptr) return {};
    SB_TRY(const std::int64_t number, in.integer(key));
    if (number < 0 || number > INT32_MAX) {
        return Error(Code::invalid_argument, in.path_of(key) + " is out of range");
    }
    value = static_cast<T>(number);
    return {};
}
Status take(json::ObjectReader& in, const char* key, bool& value) {
    if (in.optional(key) == nullptr) return {};
    SB_TRY(value, in.boolean(key));
    return {};
}
Status take(json::ObjectReader& in, const char* key, std::string& value) {
    if (in.optional(key) == nullptr) return {};
    SB_TRY(value, in.string(key));
    return {};
}
Status take(json::ObjectReader& in, const char* key, Instant& value) {
    if (in.optional(key) == nullptr) return {};
    SB_TRY(const std::string text, in.string(key));
    SB_TRY(value, parse_rfc3339(text).with_context(in.path_of(key)));
    return {};
}

Result<StepState> step_from_json(const Json& value, const std::string& path) {
    SB_TRY(auto in, json::ObjectReader::open(value, path));
    StepState step;
    std::string status(to_string(step.status));
    SB_CHECK(take(in, "status", status));
    SB_TRY(step.status, parse_step_status(status).with_context(path));
    SB_CHECK(take_integer(in, "attempt", step.attempt));
    SB_CHECK(take(in, "attempt_open", step.attempt_open));
    SB_CHECK(take(in, "minted", step.minted));
    SB_CHECK(take(in, "sent", step.sent));
    SB_CHECK(take(in, "fresh_token", step.fresh_token));
    SB_CHECK(take(in, "asking", step.asking));
    SB_CHECK(take(in, "ran", step.ran));
    SB_CHECK(take(in, "ran_before", step.ran_before));
    SB_CHECK(take_integer(in, "sends", step.sends));
    SB_CHECK(take_integer(in, "asks", step.asks));
    SB_CHECK(take_integer(in, "setbacks", step.setbacks));
    SB_CHECK(take_integer(in, "order", step.order));
    SB_CHECK(take(in, "token_expires", step.token_expires));
    SB_CHECK(take(in, "not_before", step.not_before));
    SB_CHECK(take(in, "asked", step.asked));
    SB_CHECK(take(in, "ask_at", step.ask_at));
    SB_CHECK(take(in, "give_up_at", step.give_up_at));
    SB_CHECK(take(in, "absent_since", step.absent_since));
    SB_CHECK(take(in, "ready", step.ready));
    SB_CHECK(take(in, "started", step.started));
    SB_CHECK(take(in, "finished", step.finished));
    SB_CHECK(take(in, "refusal", step.refusal));
    SB_CHECK(take(in, "detail", step.detail));
    SB_CHECK(in.finish());
    return step;
}

Json to_json(const std::map<std::string, std::vector<Verdict>>& gates) {
    Json out = Json::object();
    for (const auto& [environment, verdicts] : gates) {
        Json list = Json::array();
        for (const Verdict& v : verdicts) {
            list.push_back({{"gate", v.gate},
                            {"outcome", to_string(v.outcome)},
                            {"reason", v.reason},
                            {"remedy", v.remedy},
                            {"inputs_sha256", v.inputs_sha256}});
        }
        out[environment] = std::move(list);
    }
    return out;
}

Status gates_from_json(const Json& value, std::map<std::string, std::vector<Verdict>>& gates) {
    if (!value.is_object()) return Error(Code::invalid_argument, "$.gates must be an object");
    for (const auto& [environment, list] : value.items()) {
        if (!list.is_array()) return Error(Code::invalid_argument, "$.gates must hold lists");
        std::vector<Verdict>& verdicts = gates[environment];
        for (const Json& item : list) {
            SB_TRY(auto in, json::ObjectReader::open(item, "$.gates." + environment));
            Verdict verdict;
            SB_TRY(verdict.gate, in.string("gate"));
            SB_TRY(const std::string outcome, in.string("outcome"));
            SB_TRY(verdict.outcome, parse_gate_outcome(outcome));
            SB_TRY(verdict.reason, in.string("reason"));
            SB_TRY(verdict.remedy, in.string("remedy"));
            SB_TRY(verdict.inputs_sha256, in.string("inputs_sha256"));
            SB_CHECK(in.finish());
            verdicts.push_back(std::move(verdict));
        }
    }
    return {};
}

Json to_json(const std::vector<LeftOut>& hosts) {
    Json out = Json::array();
    for (const LeftOut& host : hosts) {
        out.push_back(
            {{"service", host.service}, {"group", host.group}, {"host", host.host}, {"why", host.why}});
    }
    return out;
}

Status left_out_from_json(json::ObjectReader& in, std::vector<LeftOut>& hosts) {
    SB_TRY(const Json::array_t* list, in.array("left_out"));
    for (std::size_t i = 0; i < list->size(); ++i) {
        SB_TRY(auto item, json::ObjectReader::open((*list)[i], in.path_of("left_out", i)));
        LeftOut host;
        SB_TRY(host.service, item.string("service"));
        SB_TRY(host.group, item.string("group"));
        SB_TRY(host.host, item.string("host"));
        SB_TRY(host.why, item.string("why"));
        SB_CHECK(item.finish());
        hosts.push_back(std::move(host));
    }
    return {};
}

Json to_json(const std::map<std::string, Instant>& progress) {
    Json out = Json::object();
    for (const auto& [lane, at] : progress) out[lane] = to_rfc3339(at);
    return out;
}

Status progress_from_json(const Json& value, std::map<std::string, Instant>& progress) {
    if (!value.is_object()) return Error(Code::invalid_argument, "$.progress must be an object");
    for (const auto& [lane, at] : value.items()) {
        if (!at.is_string()) return Error(Code::invalid_argument, "$.progress." + lane + " must be a time");
        SB_TRY(progress[lane], parse_rfc3339(at.get<std::string>()));
    }
    return {};
}

}  // namespace

ReleaseStatus ReleaseState::status() const {
    if (course == Course::ended) return final_status;
    if (halted) return ReleaseStatus::halted;
    if (course == Course::undoing || course == Course::winding_down_to_undo) return ReleaseStatus::undoing;
    if (course == Course::forward && !open) return ReleaseStatus::waiting;
    return ReleaseStatus::running;
}

const StepState& ReleaseState::step(const StepId& id) const {
    const StepIndex i = index->find(id);
    if (i == kNone) std::terminate();  // callers name steps of the plan only
    return steps[i];
}

bool ReleaseState::is_online(const AgentId& agent) const {
    const std::uint32_t number = index->agent(agent);
    return number != kNone && tracking.online.test(number);
}

bool State::is_online(const AgentId& agent) const {
    return std::any_of(releases.begin(), releases.end(), [&](const auto& entry) {
        return !entry.second.ended() && entry.second.is_online(agent);
    });
}

bool operator==(const ReleaseState& a, const ReleaseState& b) {
    const bool same_spec = a.spec == b.spec || (a.spec && b.spec && *a.spec == *b.spec);
    return same_spec && a.course == b.course && a.final_status == b.final_status && a.halted == b.halted &&
           a.open == b.open && a.by_person == b.by_person && a.stage == b.stage && a.revision == b.revision &&
           a.completions == b.completions && a.last_served == b.last_served && a.reason == b.reason &&
           a.finished == b.finished && a.gates == b.gates && a.steps == b.steps && a.progress == b.progress &&
           a.breaker == b.breaker && a.left_out == b.left_out && a.not_undone == b.not_undone;
}

ReleaseState make_release_state(std::shared_ptr<const ReleaseSpec> spec) {
    ReleaseState out;
    out.index = std::make_shared<const Index>(spec);
    out.spec = std::move(spec);
    out.steps = SharedVector<StepState>(out.index->size());
    Editor::rebuild(out);
    return out;
}

Json to_json(const StepState& step) {
    const StepState plain;
    Json out = Json::object();
    if (step.status != plain.status) out["status"] = to_string(step.status);
    put(out, "attempt", step.attempt, 0);
    put(out, "attempt_open", step.attempt_open, false);
    put(out, "minted", step.minted, false);
    put(out, "sent", step.sent, false);
    put(out, "fresh_token", step.fresh_token, false);
    put(out, "asking", step.asking, false);
    put(out, "ran", step.ran, false);
    put(out, "ran_before", step.ran_before, false);
    put(out, "sends", step.sends, 0);
    put(out, "asks", step.asks, 0);
    put(out, "setbacks", step.setbacks, 0);
    put(out, "order", step.order, std::uint64_t{0});
    put(out, "token_expires", step.token_expires);
    put(out, "not_before", step.not_before);
    put(out, "asked", step.asked);
    put(out, "ask_at", step.ask_at);
    put(out, "give_up_at", step.give_up_at);
    put(out, "absent_since", step.absent_since);
    put(out, "ready", step.ready);
    put(out, "started", step.started);
    put(out, "finished", step.finished);
    put(out, "refusal", step.refusal, std::string());
    put(out, "detail", step.detail, std::string());
    return out;
}

json::Json to_json(const ReleaseState& state) {
    Json out{{"course", to_string(state.course)},
             {"final_status", to_string(state.final_status)},
             {"halted", state.halted},
             {"open", state.open},
             {"by_person", state.by_person},
             {"stage", state.stage},
             {"revision", state.revision},
             {"completions", state.completions},
             {"last_served", state.last_served},
             {"reason", state.reason},
             {"gates", to_json(state.gates)},
             {"progress", to_json(state.progress)},
             {"breaker", to_json(state.breaker)},
             {"left_out", to_json(state.left_out)},
             {"not_undone", state.not_undone}};
    put(out, "finished", state.finished);
    return out;
}

Result<ReleaseState> state_from_json(const Json& head, const StoredSteps& steps,
                                     std::shared_ptr<const ReleaseSpec> spec) {
    SB_TRY(auto in, json::ObjectReader::open(head));
    ReleaseState state = make_release_state(std::move(spec));
    SB_TRY(const std::string course, in.string("course"));
    SB_TRY(state.course, parse_course(course));
    SB_TRY(const std::string final_status, in.string("final_status"));
    SB_TRY(state.final_status, parse_release_status(final_status));
    SB_TRY(state.halted, in.boolean("halted"));
    SB_TRY(state.open, in.boolean("open"));
    SB_TRY(state.by_person, in.boolean("by_person"));
    SB_CHECK(take_integer(in, "stage", state.stage));
    if (state.stage >= state.spec->stages.size())
        return Error(Code::invalid_argument, "$.stage is out of range");
    SB_CHECK(take_integer(in, "revision", state.revision));
    SB_CHECK(take_integer(in, "completions", state.completions));
    SB_CHECK(take_integer(in, "last_served", state.last_served));
    SB_TRY(state.reason, in.string("reason"));
    SB_CHECK(take(in, "finished", state.finished));
    SB_TRY(const Json* gates, in.raw("gates"));
    SB_CHECK(gates_from_json(*gates, state.gates));
    SB_TRY(const Json* progress, in.raw("progress"));
    SB_CHECK(progress_from_json(*progress, state.progress));
    SB_TRY(const Json* breaker, in.raw("breaker"));
    SB_TRY(state.breaker, breaker_from_json(*breaker));
    SB_CHECK(left_out_from_json(in, state.left_out));
    SB_TRY(state.not_undone, in.strings("not_undone"));
    SB_CHECK(in.finish());
    for (const auto& [id, value] : steps) {
        const StepIndex i = state.index->find(id);
        if (i == kNone) {
            return Error(Code::invalid_argument,
                         fmt::format("there is a state of step {}, which the plan has not", id.str()));
        }
        SB_TRY(state.steps.edit(i), step_from_json(value, id.str()));
    }
    Editor::rebuild(state);
    return state;
}

std::string canonical(const State& state) {
    Json releases = Json::object();
    for (const auto& [id, release] : state.releases) {
        Json steps = Json::object();
        for (StepIndex i = 0; i < release.index->size(); ++i) {
            if (!(release.steps[i] == StepState{}))
                steps[(*release.index)[i].spec->id.str()] = to_json(release.steps[i]);
        }
        releases[id.str()] = {{"head", to_json(release)}, {"steps", std::move(steps)}};
    }
    Json breakers = Json::object();
    for (const auto& [environment, breaker] : state.breakers) breakers[environment] = to_json(breaker);
    return json::canonical({{"releases", std::move(releases)}, {"breakers", std::move(breakers)}});
}

}  // namespace signalbox::sequence
