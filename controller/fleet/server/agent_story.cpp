// SPDX-License-Identifier: Apache-2.0
// One agent as a whole: what it is, and what happened to it, told from the ledger.
#include <algorithm>
#include <array>

#include "common/dsse/dsse.hpp"
#include "common/record/record.hpp"
#include "controller/fleet/server/service.hpp"

namespace signalbox::fleet {
namespace {

constexpr std::array<std::string_view, 7> kKinds = {"agent_enrolled", "agent_quarantined", "agent_activated",
                                                    "agent_banned",   "agent_unbanned",    "agent_returned",
                                                    "agent_alarm"};
// Of each kind so many of the newest, of all agents, are looked through.
constexpr std::size_t kLookedThrough = 2000;

std::string text_of(const json::Json& data) {
    for (const char* member : {"reason", "problem"}) {
        if (const auto found = data.find(member); found != data.end() && found->is_string())
            return found->get<std::string>();
    }
    return {};
}

}  // namespace

Result<v1::ShowAgentResponse> Service::show_agent(const access::Caller&,
                                                  const v1::ShowAgentRequest& request) {
    auto agent = find(request.agent(), false);
    // A host all of whose identities are banned has a story too.
    if (!agent && agent.error().code() == Code::not_found) {
        auto banned = find(request.agent(), true);
        if (banned || banned.error().code() != Code::not_found) agent = std::move(banned);
    }
    if (!agent) return std::move(agent).error();
    v1::ShowAgentResponse out;
    SB_TRY(*out.mutable_agent(), describe(*agent));
    out.set_state_reason(agent->state_reason);
    out.set_enrolled(to_rfc3339(agent->enrolled));
    out.set_record_public(agent->record_key.paserk());
    out.set_record_key_since(to_rfc3339(agent->record_key_since.value_or(agent->enrolled)));
    out.set_record_keys_before(static_cast<std::uint32_t>(agent->former_keys.size()));
    SB_TRY(const auto held, store_.certificate_of(agent->agent_id));
    if (held) {
        v1::AgentCertificate& certificate = *out.mutable_certificate();
        certificate.set_serial(held->serial);
        certificate.set_not_before(to_rfc3339(held->not_before));
        certificate.set_not_after(to_rfc3339(held->not_after));
        certificate.set_renewal(to_rfc3339(held->not_before + (held->not_after - held->not_before) / 2));
        certificate.set_authority(held->issuer);
    }

    std::vector<std::pair<std::uint64_t, v1::AgentEvent>> story;
    for (const std::string_view kind : kKinds) {
        ledger::EntryQuery query;
        query.kind = "decision:" + std::string(kind);
        query.limit = kLookedThrough;
        query.newest_first = true;
        SB_TRY(const auto entries, ledger_.entries(query));
        for (const auto& stored : entries) {
            SB_TRY(const auto envelope, dsse::parse(stored.entry.envelope));
            SB_TRY(const auto decision, record::parse_decision(envelope.payload));
            if (decision.data.value("agent_id", std::string()) != agent->agent_id.str()) continue;
            v1::AgentEvent event;
            event.set_at(to_rfc3339(decision.time));
            event.set_kind(std::string(kind));
            event.set_by(decision.data.value("by", std::string()));
            event.set_text(text_of(decision.data));
            story.emplace_back(stored.index, std::move(event));
        }
    }
    std::sort(story.begin(), story.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [index, event] : story) *out.add_story() = std::move(event);
    return out;
}

}  // namespace signalbox::fleet
