// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/event.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace signalbox::sequence {
namespace {

using json::Json;

constexpr std::array<std::string_view, 3> kAnswers{"admitted", "refused", "unavailable"};
constexpr std::array<std::string_view, 3> kReports{"started", "finished", "interrupted"};
constexpr std::array<std::string_view, 4> kFound{"never", "running", "done", "unavailable"};
constexpr std::array<std::string_view, 4> kCommands{"halt", "resume", "abort", "undo"};

template <class E, std::size_t N>
std::string_view name(const std::array<std::string_view, N>& names, E value) {
    return names[static_cast<std::size_t>(value)];
}

// Reads a member that must be one of `names`.
template <class E, std::size_t N>
Result<E> one_of(json::ObjectReader& in, std::string_view key, const std::array<std::string_view, N>& names) {
    SB_TRY(const std::string text, in.string(key));
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == text) return static_cast<E>(i);
    }
    return Error(Code::invalid_argument,
                 fmt::format("{} is '{:.40}', which it cannot be", in.path_of(key), text));
}

struct Writer {
    Json& out;

    void operator()(const ReleaseStarted& e) const {
        begin("started", e.spec->id);
        out["plan_sha256"] = e.spec->plan_sha256;
        out["name"] = e.spec->name;
        out["version"] = e.spec->version;
        out["services"] = e.spec->services;
        out["requester"] = e.spec->requester;
        out["not_before"] = to_rfc3339(e.spec->not_before);
        out["not_after"] = to_rfc3339(e.spec->not_after);
    }
    void operator()(const GatesJudged& e) const {
        begin("gates_judged", e.release);
        out["environment"] = e.environment;
        out["plan_sha256"] = e.plan_sha256;
        Json list = Json::array();
        for (const Verdict& v : e.verdicts) {
            list.push_back({{"gate", v.gate},
                            {"outcome", to_string(v.outcome)},
                            {"reason", v.reason},
                            {"remedy", v.remedy},
                            {"inputs_sha256", v.inputs_sha256}});
        }
        out["verdicts"] = std::move(list);
    }
    void operator()(const AgentSeen& e) const {
        out["event"] = "agent_seen";
        out["agent_id"] = e.agent.str();
        out["online"] = e.online;
        if (e.gone) out["gone"] = true;
    }
    void operator()(const TokenMinted& e) const {
        begin("minted", e.release, e.step, e.attempt);
        out["jti"] = e.jti;
        out["token_sha256"] = e.token_sha256;
        out["expires"] = to_rfc3339(e.expires);
        out["again"] = e.again;
        out["scopes"] = e.scopes;
        if (e.run_by != Instant{}) out["run_by"] = to_rfc3339(e.run_by);
    }
    void operator()(const ExecuteAnswered& e) const {
        begin("execute_answered", e.release, e.step, e.attempt);
        out["answer"] = name(kAnswers, e.answer);
        out["code"] = e.code;
        out["detail"] = e.detail;
    }
    void operator()(const StepReported& e) const {
        begin("step_reported", e.release, e.step, e.attempt);
        out["report"] = name(kReports, e.report);
        out["code"] = e.code;
        out["detail"] = e.detail;
    }
    void operator()(const QueryAnswered& e) const {
        begin("query_answered", e.release, e.step, e.attempt);
        out["ask"] = e.ask;
        out["found"] = name(kFound, e.found);
        out["code"] = e.code;
        out["token_dead"] = e.token_dead;
    }
    void operator()(const Command& e) const {
        begin("command", e.release);
        out["command"] = name(kCommands, e.kind);
        out["by"] = e.by;
        out["reason"] = e.reason;
    }
    void operator()(const Tick&) const { out["event"] = "tick"; }
    void operator()(const ControllerStarted&) const { out["event"] = "controller_started"; }

  private:
    void begin(const char* event, const ReleaseId& release) const {
        out["event"] = event;
        out["release_id"] = release.str();
    }
    void begin(const char* event, const ReleaseId& release, const StepId& step, int attempt) const {
        begin(event, release);
        out["step_id"] = step.str();
        out["attempt"] = attempt;
    }
};

struct Place {
    ReleaseId release;
    StepId step;
    int attempt = 0;
};

Result<ReleaseId> release_of(json::ObjectReader& in) {
    SB_TRY(std::string id, in.string("release_id"));
    return ReleaseId(std::move(id));
}

Result<Place> place_of(json::ObjectReader& in) {
    Place place;
    SB_TRY(place.release, release_of(in));
    SB_TRY(std::string step, in.string("step_id"));
    SB_TRY(const std::int64_t attempt, in.integer("attempt"));
    if (attempt < 0 || attempt > 1'000'000) {
        return Error(Code::invalid_argument, in.path_of("attempt") + " is out of range");
    }
    place.step = StepId(std::move(step));
    place.attempt = static_cast<int>(attempt);
    return place;
}

Result<Event> read_started(json::ObjectReader& in, const SpecLookup& spec_of) {
    SB_TRY(const ReleaseId id, release_of(in));
    SB_TRY(const std::string plan, in.string("plan_sha256"));
    SB_CHECK(in.string("name"));
    SB_CHECK(in.string("version"));
    SB_CHECK(in.strings("services"));
    SB_CHECK(in.string("requester"));
    SB_CHECK(in.string("not_before"));
    SB_CHECK(in.string("not_after"));
    SB_TRY(auto spec, spec_of(id));
    if (spec->plan_sha256 != plan) {
        return Error(Code::data_loss,
                     fmt::format("release {} was started with plan {}, and {} is what is kept", id.str(),
                                 plan, spec->plan_sha256));
    }
    return Event(ReleaseStarted{std::move(spec)});
}

Result<Event> read_gates(json::ObjectReader& in) {
    GatesJudged e;
    SB_TRY(e.release, release_of(in));
    SB_TRY(e.environment, in.string("environment"));
    SB_TRY(e.plan_sha256, in.string("plan_sha256"));
    SB_TRY(const Json::array_t* list, in.array("verdicts"));
    for (std::size_t i = 0; i < list->size(); ++i) {
        SB_TRY(auto item, json::ObjectReader::open((*list)[i], in.path_of("verdicts", i)));
        Verdict v;
        SB_TRY(v.gate, item.string("gate"));
        SB_TRY(const std::string outcome, item.string("outcome"));
        SB_TRY(v.outcome, parse_gate_outcome(outcome));
        SB_TRY(v.reason, item.string("reason"));
        SB_TRY(v.remedy, item.string("remedy"));
        SB_TRY(v.inputs_sha256, item.string("inputs_sha256"));
        SB_CHECK(item.finish());
        e.verdicts.push_back(std::move(v));
    }
    return Event(std::move(e));
}

Result<Event> read_event(const std::string& kind, json::ObjectReader& in, const SpecLookup& spec_of) {
    if (kind == "started") return read_started(in, spec_of);
    if (kind == "gates_judged") return read_gates(in);
    if (kind == "tick") return Event(Tick{});
    if (kind == "controller_started") return Event(ControllerStarted{});
    if (kind == "agent_seen") {
        AgentSeen e;
        SB_TRY(std::string agent, in.string("agent_id"));
        e.agent = AgentId(std::move(agent));
        SB_TRY(e.online, in.boolean("online"));
        if (in.optional("gone") != nullptr) {
            SB_TRY(e.gone, in.boolean("gone"));
        }
        return Event(e);
    }
    if (kind == "command") {
        Command e;
        SB_TRY(e.release, release_of(in));
        SB_TRY(e.kind, one_of<CommandKind>(in, "command", kCommands));
        SB_TRY(e.by, in.string("by"));
        SB_TRY(e.reason, in.string("reason"));
        return Event(e);
    }
    SB_TRY(const Place place, place_of(in));
    if (kind == "minted") {
        TokenMinted e{place.release, place.step, place.attempt, {}, {}, {}, false, {}, {}};
        SB_TRY(e.jti, in.string("jti"));
        SB_TRY(e.token_sha256, in.string("token_sha256"));
        SB_TRY(const std::string expires, in.string("expires"));
        SB_TRY(e.expires, parse_rfc3339(expires));
        SB_TRY(e.again, in.boolean("again"));
        if (in.optional("run_by") != nullptr) {
            SB_TRY(const std::string run_by, in.string("run_by"));
            SB_TRY(e.run_by, parse_rfc3339(run_by));
        }
        SB_TRY(const Json* scopes, in.raw("scopes"));
        SB_TRY(auto limits, json::ObjectReader::open(*scopes, in.path_of("scopes")));
        for (const auto& [scope, limit] : scopes->items()) {
            SB_TRY(const std::int64_t value, limits.integer(scope));
            e.scopes[scope] = static_cast<int>(value);
        }
        SB_CHECK(limits.finish());
        return Event(e);
    }
    if (kind == "execute_answered") {
        ExecuteAnswered e{place.release, place.step, place.attempt, Answer::unavailable, {}, {}};
        SB_TRY(e.answer, one_of<Answer>(in, "answer", kAnswers));
        SB_TRY(e.code, in.string("code"));
        SB_TRY(e.detail, in.string("detail"));
        return Event(e);
    }
    if (kind == "step_reported") {
        StepReported e{place.release, place.step, place.attempt, Report::started, {}, {}};
        SB_TRY(e.report, one_of<Report>(in, "report", kReports));
        SB_TRY(e.code, in.string("code"));
        SB_TRY(e.detail, in.string("detail"));
        return Event(e);
    }
    if (kind == "query_answered") {
        QueryAnswered e;
        e.release = place.release;
        e.step = place.step;
        e.attempt = place.attempt;
        SB_TRY(const std::int64_t ask, in.integer("ask"));
        e.ask = static_cast<int>(ask);
        SB_TRY(e.found, one_of<Found>(in, "found", kFound));
        SB_TRY(e.code, in.string("code"));
        SB_TRY(e.token_dead, in.boolean("token_dead"));
        return Event(e);
    }
    return Error(Code::invalid_argument, fmt::format("'{:.40}' is no release event", kind));
}

}  // namespace

std::string_view to_string(CommandKind kind) {
    return name(kCommands, kind);
}

std::string_view ledger_kind(const Event& event) {
    if (std::holds_alternative<ReleaseStarted>(event)) return "release_created";
    if (std::holds_alternative<GatesJudged>(event)) return "gate_verdict";
    if (const auto* minted = std::get_if<TokenMinted>(&event); minted != nullptr && !minted->again) {
        return "token_minted";
    }
    return "release_event";
}

json::Json to_json(const Event& event, Instant at) {
    Json out = Json::object();
    std::visit(Writer{out}, event);
    out["at"] = to_rfc3339(at);
    return out;
}

Result<TimedEvent> event_from_json(const Json& data, const SpecLookup& spec_of) {
    SB_TRY(auto in, json::ObjectReader::open(data));
    SB_TRY(const std::string at_text, in.string("at"));
    SB_TRY(const Instant at, parse_rfc3339(at_text).with_context(in.path_of("at")));
    SB_TRY(const std::string kind, in.string("event"));
    SB_TRY(Event event, read_event(kind, in, spec_of));
    SB_CHECK(in.finish());
    return TimedEvent{at, std::move(event)};
}

}  // namespace signalbox::sequence
