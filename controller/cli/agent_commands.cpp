// SPDX-License-Identifier: Apache-2.0
// signalbox agents [list|show|ban|unban|quarantine|activate]
#include <fmt/format.h>

#include "controller/cli/command.hpp"
#include "controller/cli/line.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/table.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct ListOptions {
    std::string environment;
};
struct OneOptions {
    std::string agent;
    std::string reason;
};

Tone tone_of_state(const std::string& state) {
    if (state == "active") return Tone::plain;
    return state == "banned" ? Tone::bad : Tone::warning;
}

Tone tone_of_presence(const std::string& presence) {
    if (presence == "online") return Tone::good;
    return presence == "stale" ? Tone::warning : Tone::bad;
}

std::string pairs(const google::protobuf::Map<std::string, std::string>& map) {
    // protobuf's map has no order of its own
    const std::map<std::string, std::string> sorted(map.begin(), map.end());
    std::string out;
    for (const auto& [key, value] : sorted) out += fmt::format("{}{}={}", out.empty() ? "" : " ", key, value);
    return out;
}

Result<v1::ListAgentsResponse> fetch(const Context& context) {
    SB_TRY(const auto api, context.api());
    return ask<v1::ListAgentsResponse>(*api, "FleetService/ListAgents", v1::ListAgentsRequest());
}

Result<int> list_agents(const Context& context, const ListOptions& options) {
    SB_TRY(v1::ListAgentsResponse answer, fetch(context));
    if (!options.environment.empty()) {
        auto* all = answer.mutable_agents();
        const auto other = [&](const v1::AgentInfo& a) { return a.environment() != options.environment; };
        all->erase(std::remove_if(all->begin(), all->end(), other), all->end());
    }
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    if (answer.agents().empty()) {
        SB_CHECK(
            context.remark("no agents. next: signalbox enrol-token create --environment ENV --host HOST"));
        return kOk;
    }
    Table table({{"HOST"},
                 {"ENVIRONMENT"},
                 {"SITE"},
                 {"STATE"},
                 {"PRESENCE"},
                 {"SEEN"},
                 {"VERSION"},
                 {"RELEASES", true},
                 {"PROBLEM", true}});
    for (const v1::AgentInfo& a : answer.agents()) {
        table.add({a.host(),
                   a.environment(),
                   a.site(),
                   {a.state(), tone_of_state(a.state())},
                   {a.presence(), tone_of_presence(a.presence())},
                   relative(a.last_seen(), context.clock.now()),
                   a.agent_version(),
                   pairs(a.releases()),
                   {a.problem(), Tone::bad}});
    }
    SB_CHECK(context.print(table.lines(context.terminal)));
    return kOk;
}

std::vector<std::string> describe(const v1::AgentInfo& agent, const Context& context) {
    const Terminal terminal = uncut(context.terminal);
    std::vector<std::string> lines;
    const auto fact = [&](std::string_view name, std::string_view value, Tone tone = Tone::plain) {
        if (value.empty()) return;
        lines.push_back(Line(terminal).add(name, Tone::dim).to_column(16).add(value, tone).text());
    };
    fact("host", agent.host(), Tone::strong);
    fact("agent", agent.agent_id());
    fact("environment", agent.environment());
    fact("site", agent.site());
    fact("labels", pairs(agent.labels()));
    fact("state", agent.state(), tone_of_state(agent.state()));
    fact("presence",
         fmt::format("{}, seen {}", agent.presence(), relative(agent.last_seen(), context.clock.now())),
         tone_of_presence(agent.presence()));
    fact("version", agent.agent_version());
    fact("trust version", std::to_string(agent.trust_version()));
    fact("releases", pairs(agent.releases()));
    fact("records", fmt::format("{}, signed by {}", agent.last_seq(), agent.record_kid()));
    fact("problem", agent.problem(), Tone::bad);
    return lines;
}

Result<int> print_agent(const Context& context, const v1::AgentInfo& agent) {
    if (context.json) {
        SB_TRY(const json::Json out, to_json(agent));
        SB_CHECK(context.out.write(json_text(out)));
    } else {
        SB_CHECK(context.print(describe(agent, context)));
    }
    return kOk;
}

std::vector<std::string> story_of(const v1::ShowAgentResponse& answer, const Context& context) {
    const Terminal terminal = uncut(context.terminal);
    const Instant now = context.clock.now();
    const v1::AgentCertificate& certificate = answer.certificate();
    std::vector<std::string> lines{
        Line(terminal).add("record key", Tone::dim).to_column(16).add(answer.record_public()).text(),
        Line(terminal)
            .add("  since", Tone::dim)
            .to_column(16)
            .add(fmt::format("{}, {}; {} before it", answer.record_key_since(),
                             relative(answer.record_key_since(), now), answer.record_keys_before()))
            .text(),
        Line(terminal)
            .add("certificate", Tone::dim)
            .to_column(16)
            .add(fmt::format("from {} until {}", certificate.not_before(), certificate.not_after()))
            .text(),
        Line(terminal)
            .add("  renewal", Tone::dim)
            .to_column(16)
            .add(fmt::format("about {}, {}", certificate.renewal(), relative(certificate.renewal(), now)))
            .text(),
        Line(terminal)
            .add("  authority", Tone::dim)
            .to_column(16)
            .add(certificate.authority().empty() ? "not kept: issued by an earlier version"
                                                 : certificate.authority())
            .text(),
        Line(terminal)
            .add("enrolled", Tone::dim)
            .to_column(16)
            .add(fmt::format("{}, {}", answer.enrolled(), relative(answer.enrolled(), now)))
            .text()};
    for (const v1::AgentEvent& event : answer.story()) {
        const bool bad = event.kind() == "agent_banned" || event.kind() == "agent_alarm" ||
                         event.kind() == "agent_quarantined";
        std::string what = event.kind();
        if (what.starts_with("agent_")) what.erase(0, std::string_view("agent_").size());
        if (!event.by().empty()) what += " by " + event.by();
        if (!event.text().empty()) what += ": " + event.text();
        lines.push_back(Line(terminal)
                            .add("  " + event.at(), Tone::dim)
                            .add("  ")
                            .add(what, bad ? Tone::warning : Tone::plain)
                            .text());
    }
    return lines;
}

Result<int> show_agent(const Context& context, const OneOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::ShowAgentRequest request;
    request.set_agent(options.agent);
    SB_TRY(const auto answer, ask<v1::ShowAgentResponse>(*api, "FleetService/ShowAgent", request));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    std::vector<std::string> lines = describe(answer.agent(), context);
    for (std::string& line : story_of(answer, context)) lines.push_back(std::move(line));
    SB_CHECK(context.print(lines));
    return kOk;
}

auto set_state(std::string state, bool lift_ban = false) {
    return [state, lift_ban](const Context& context, const OneOptions& options) -> Result<int> {
        SB_TRY(const auto api, context.api());
        v1::SetAgentStateRequest request;
        request.set_agent(options.agent);
        request.set_state(state);
        request.set_reason(options.reason);
        request.set_lift_ban(lift_ban);
        SB_TRY(const auto answer,
               ask<v1::SetAgentStateResponse>(*api, "FleetService/SetAgentState", request));
        SB_TRY(const int code, print_agent(context, answer.agent()));
        SB_CHECK(context.remark(fmt::format("{} is now {}", answer.agent().host(), answer.agent().state())));
        return code;
    };
}

}  // namespace

void add_agent_commands(const Registry& registry) {
    CLI::App& agents = registry.command<ListOptions>(
        "agents", "The hosts' agents: list, show, ban, unban, quarantine, activate",
        [](CLI::App& app, ListOptions& o) {
            app.add_option("--environment", o.environment, "Only those of this environment");
        },
        list_agents);
    const Registry under = registry.under(agents);
    under.command<ListOptions>(
        "list", "List the agents (the same as agents alone)",
        [](CLI::App& app, ListOptions& o) {
            app.add_option("--environment", o.environment, "Only those of this environment");
        },
        list_agents);
    under.command<OneOptions>(
        "show", "Everything about one agent",
        [](CLI::App& app, OneOptions& o) {
            app.add_option("agent", o.agent, "Host name or agent id")->required();
        },
        show_agent);
    const auto with_reason = [](CLI::App& app, OneOptions& o) {
        app.add_option("agent", o.agent, "Host name or agent id")->required();
        app.add_option("--reason", o.reason, "Why: it goes into the ledger")->required();
    };
    under.command<OneOptions>("ban", "Cut an agent off: nothing of it is believed, and its streams end",
                              with_reason, set_state("banned"));
    under.command<OneOptions>("unban", "Lift a ban: the agent may report again, and waits in quarantine",
                              with_reason, set_state("quarantined", true));
    under.command<OneOptions>("quarantine", "Let an agent report, but give it nothing to do", with_reason,
                              set_state("quarantined"));
    under.command<OneOptions>("activate", "Take an agent out of quarantine", with_reason,
                              set_state("active"));
}

}  // namespace signalbox::cli
