// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/audit_render.hpp"

#include <fmt/format.h>

#include "controller/cli/table.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

std::string limit_text(int limit) {
    return limit == 0 ? "no limit" : std::to_string(limit);
}

Cell verdict_of(const evidence::ScopeAudit& scope) {
    if (scope.exceeded) return {"EXCEEDED", Tone::bad};
    if (scope.unproven) return {"not proven", Tone::bad};
    return scope.highest.limit == 0 ? Cell("no limit", Tone::dim) : Cell("kept", Tone::good);
}

void tell(const evidence::Moment& moment, std::string_view what, const std::string& scope,
          std::vector<std::string>& out) {
    out.push_back(safe(fmt::format("{} {}: {} in flight, {} were allowed, at {} (entry {}):", scope, what,
                                   moment.in_flight, moment.limit, to_rfc3339(moment.at), moment.index)));
    for (const evidence::InFlight& step : moment.steps)
        out.push_back(safe(fmt::format("  {}  {}", step.step, step.release)));
}

json::Json steps_json(const std::vector<evidence::InFlight>& steps) {
    json::Json out = json::Json::array();
    for (const evidence::InFlight& step : steps)
        out.push_back({{"release_id", step.release}, {"step_id", step.step}});
    return out;
}

json::Json moment_json(const std::optional<evidence::Moment>& moment) {
    if (!moment) return nullptr;
    return {{"index", moment->index},
            {"at", to_rfc3339(moment->at)},
            {"in_flight", moment->in_flight},
            {"limit", moment->limit},
            {"steps", steps_json(moment->steps)}};
}

}  // namespace

std::vector<std::string> render_audit(const evidence::ThrottleReport& report, const Terminal& terminal) {
    std::vector<std::string> out;
    Table table({{"SCOPE"},
                 {"MOST IN FLIGHT", false, true},
                 {"LIMIT THEN", false, true},
                 {"WHEN"},
                 {"TOKENS", false, true},
                 {"VERDICT"}});
    for (const evidence::ScopeAudit& scope : report.scopes) {
        table.add({scope.scope, std::to_string(scope.highest.in_flight), limit_text(scope.highest.limit),
                   to_rfc3339(std::chrono::floor<std::chrono::seconds>(scope.highest.at)),
                   std::to_string(scope.tokens), verdict_of(scope)});
    }
    if (!table.empty()) out = table.lines(terminal);
    for (const evidence::ScopeAudit& scope : report.scopes) {
        if (scope.exceeded) tell(*scope.exceeded, "exceeded its limit", scope.scope, out);
        if (scope.unproven) tell(*scope.unproven, "may have exceeded its limit", scope.scope, out);
    }
    for (const evidence::InFlight& step : report.never_ended) {
        out.push_back(safe(
            fmt::format("{} of {} was started, and no record says how it ended", step.step, step.release)));
    }
    for (const evidence::InFlight& step : report.no_run_by) {
        out.push_back(
            safe(fmt::format("not proven: {} of {} was minted before mints said by when a step is over; ask "
                             "its host for the record",
                             step.step, step.release)));
    }
    if (report.on_word > 0) {
        out.push_back(
            fmt::format("{} given back on the controller's word: no record of the host says so",
                        report.on_word == 1 ? "1 slot was" : fmt::format("{} slots were", report.on_word)));
    }
    if (report.kept()) {
        out.push_back(fmt::format("{}: {}, every limit was kept at every instant",
                                  paint(terminal, Tone::good, "kept"), counted(report.tokens, "token")));
    }
    return out;
}

json::Json audit_json(const evidence::ThrottleReport& report) {
    json::Json scopes = json::Json::array();
    for (const evidence::ScopeAudit& scope : report.scopes) {
        scopes.push_back({{"scope", scope.scope},
                          {"tokens", scope.tokens},
                          {"highest", moment_json(scope.highest)},
                          {"exceeded", moment_json(scope.exceeded)},
                          {"unproven", moment_json(scope.unproven)}});
    }
    return {{"kept", report.kept()},
            {"tokens", report.tokens},
            {"scopes", std::move(scopes)},
            {"never_ended", steps_json(report.never_ended)},
            {"no_run_by", steps_json(report.no_run_by)},
            {"on_the_controllers_word", report.on_word}};
}

}  // namespace signalbox::cli
