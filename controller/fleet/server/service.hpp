// SPDX-License-Identifier: Apache-2.0
// What operators do with the fleet through the API: the methods of FleetService. Domain strand only.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "controller/access/caller.hpp"
#include "controller/fleet/server/join_tokens.hpp"
#include "controller/fleet/server/sessions.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::fleet {

// Which release of which service each host runs, for the list: service -> version.
using ReleasesOf = std::function<std::map<std::string, std::string>(const AgentId&)>;

class Service {
  public:
    // All must outlive the service; `releases_of` may be empty.
    Service(ControllerAddress address, Sessions& sessions, FleetStore& store, ledger::Ledger& ledger,
            const TrustSource& trust, crypto::Random& random, const Clock& clock,
            ReleasesOf releases_of = {});

    // Once the listening port is known, when it was not before.
    void set_address(std::string address) { address_.address = std::move(address); }
    // The authority that join lines name from now on, as DER.
    void set_ca(Bytes der) { address_.ca_der = std::move(der); }

    [[nodiscard]] Result<v1::CreateJoinTokenResponse> create_join_token(
        const access::Caller& caller, const v1::CreateJoinTokenRequest& request);
    [[nodiscard]] Result<v1::ListAgentsResponse> list_agents(const access::Caller& caller,
                                                             const v1::ListAgentsRequest& request);
    [[nodiscard]] Result<v1::ShowAgentResponse> show_agent(const access::Caller& caller,
                                                           const v1::ShowAgentRequest& request);
    // `agent` is an id, or a host name that is not ambiguous among enrolments that are not banned (for
    // lifting a ban: among those that are).
    [[nodiscard]] Result<v1::SetAgentStateResponse> set_agent_state(const access::Caller& caller,
                                                                    const v1::SetAgentStateRequest& request);

    struct Counts {
        std::size_t online = 0;
        std::size_t total = 0;  // without the banned
    };
    [[nodiscard]] Result<Counts> counts() const;

  private:
    [[nodiscard]] Result<AgentInfo> find(const std::string& id_or_host, bool among_banned) const;
    [[nodiscard]] Result<v1::AgentInfo> describe(const AgentInfo& agent) const;

    ControllerAddress address_;
    Sessions& sessions_;
    FleetStore& store_;
    ledger::Ledger& ledger_;
    const TrustSource& trust_;
    crypto::Random& random_;
    const Clock& clock_;
    ReleasesOf releases_of_;
};

}  // namespace signalbox::fleet
