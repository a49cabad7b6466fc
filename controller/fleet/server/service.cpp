// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/service.hpp"

#include <fmt/format.h>

namespace signalbox::fleet {
namespace {

constexpr std::chrono::seconds kDefaultJoinTtl{600};
constexpr std::size_t kMaxReasonBytes = 500;

}  // namespace

Service::Service(ControllerAddress address, Sessions& sessions, FleetStore& store, ledger::Ledger& ledger,
                 const TrustSource& trust, crypto::Random& random, const Clock& clock, ReleasesOf releases_of)
    : address_(std::move(address)),
      sessions_(sessions),
      store_(store),
      ledger_(ledger),
      trust_(trust),
      random_(random),
      clock_(clock),
      releases_of_(std::move(releases_of)) {}

Result<v1::CreateJoinTokenResponse> Service::create_join_token(const access::Caller& caller,
                                                               const v1::CreateJoinTokenRequest& request) {
    JoinRequest wanted;
    wanted.environment = request.environment();
    wanted.host = request.host();
    wanted.site = request.site();
    wanted.labels = Labels(request.labels().begin(), request.labels().end());
    wanted.ttl = request.ttl_s() == 0 ? kDefaultJoinTtl : std::chrono::seconds(request.ttl_s());
    wanted.by = caller.name;
    wanted.replace = request.replace();
    SB_TRY(const NewJoinToken made,
           fleet::create_join_token(wanted, address_, store_, ledger_, trust_, random_, clock_.now()));
    v1::CreateJoinTokenResponse response;
    response.set_join_line(join::to_text(made.line));
    response.set_expires(to_rfc3339(made.expires));
    return response;
}

Result<v1::ListAgentsResponse> Service::list_agents(const access::Caller&, const v1::ListAgentsRequest&) {
    SB_TRY(const std::vector<AgentInfo> agents, store_.agents());
    v1::ListAgentsResponse response;
    for (const AgentInfo& agent : agents) {
        SB_TRY(*response.add_agents(), describe(agent));
    }
    return response;
}

Result<v1::SetAgentStateResponse> Service::set_agent_state(const access::Caller& caller,
                                                           const v1::SetAgentStateRequest& request) {
    SB_TRY(const AgentState state, parse_agent_state(request.state()));
    if (request.reason().empty() || request.reason().size() > kMaxReasonBytes) {
        return Error(Code::invalid_argument,
                     "a change of an agent's state needs a reason of at most 500 bytes",
                     "Say why with --reason: it goes into the ledger");
    }
    if (request.lift_ban() && state != AgentState::quarantined) {
        return Error(Code::invalid_argument, "out of a ban the only way is into quarantine",
                     "Lift the ban first, look at the host, then activate it");
    }
    if (request.lift_ban() && !caller.holds_any({access::Role::administrator})) {
        return Error(Code::permission_denied, "only an administrator lifts a ban",
                     "Ask one, or enrol the host again");
    }
    SB_TRY(const AgentInfo agent, find(request.agent(), request.lift_ban()));
    SB_CHECK(request.lift_ban() ? sessions_.lift_ban(agent.agent_id, request.reason(), caller.name)
                                : sessions_.set_state(agent.agent_id, state, request.reason(), caller.name));
    SB_TRY(const auto changed, store_.agent(agent.agent_id));
    v1::SetAgentStateResponse response;
    SB_TRY(*response.mutable_agent(), describe(changed.value_or(agent)));
    return response;
}

Result<Service::Counts> Service::counts() const {
    SB_TRY(const std::vector<AgentInfo> agents, store_.agents());
    Counts counts;
    for (const AgentInfo& agent : agents) {
        if (agent.state == AgentState::banned) continue;
        ++counts.total;
        if (sessions_.seen(agent.agent_id).presence == Presence::online) ++counts.online;
    }
    return counts;
}

Result<AgentInfo> Service::find(const std::string& id_or_host, bool among_banned) const {
    SB_TRY(const auto by_id, store_.agent(AgentId(id_or_host)));
    if (by_id) return *by_id;
    SB_TRY(const std::vector<AgentInfo> agents, store_.agents());
    std::optional<AgentInfo> found;
    for (const AgentInfo& agent : agents) {
        if (agent.host != id_or_host || (agent.state == AgentState::banned) != among_banned) continue;
        // Of one host's banned identities only the newest can come back.
        if (found && among_banned && found->environment == agent.environment) {
            if (agent.enrolled > found->enrolled) found = agent;
            continue;
        }
        if (found) {
            return Error(Code::invalid_argument,
                         fmt::format("host '{}' is enrolled in {} and in {}", id_or_host, found->environment,
                                     agent.environment),
                         "Name the agent by its id: `signalbox agents` shows it");
        }
        found = agent;
    }
    if (found) return *found;
    return Error(Code::not_found,
                 fmt::format("no {}agent or host '{}'", among_banned ? "banned " : "", id_or_host),
                 "`signalbox agents` lists them");
}

Result<v1::AgentInfo> Service::describe(const AgentInfo& agent) const {
    v1::AgentInfo out;
    out.set_agent_id(agent.agent_id.str());
    out.set_host(agent.host);
    out.set_environment(agent.environment);
    out.set_site(agent.site);
    for (const auto& [key, value] : agent.labels) (*out.mutable_labels())[key] = value;
    out.set_state(std::string(to_string(agent.state)));
    const Seen seen = sessions_.seen(agent.agent_id);
    out.set_presence(std::string(to_string(seen.presence)));
    if (seen.last_heard) out.set_last_seen(to_rfc3339(*seen.last_heard));
    out.set_agent_version(seen.agent_version);
    out.set_trust_version(static_cast<std::uint64_t>(seen.trust_version));
    out.set_problem(agent.state == AgentState::active ? seen.problem : agent.state_reason);
    if (releases_of_) {
        for (const auto& [service, version] : releases_of_(agent.agent_id)) {
            (*out.mutable_releases())[service] = version;
        }
    }
    SB_TRY(const auto tail, ledger_.agent_tail(agent.agent_id));
    out.set_last_seq(tail ? static_cast<std::uint64_t>(tail->seq) : 0);
    out.set_record_kid(agent.record_key.id().str());
    return out;
}

}  // namespace signalbox::fleet
