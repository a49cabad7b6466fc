// SPDX-License-Identifier: Apache-2.0
// FleetStore: where enrolments, join tokens and issued certificates are kept. Called on the domain strand
// only; every method that takes ledger entries appends them in the same transaction as its own change.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/fleet/types.hpp"
#include "controller/ledger/entry.hpp"

namespace signalbox::fleet {

struct StateChange {
    AgentId agent_id;
    AgentState state = AgentState::active;
    std::string reason;
    ledger::PendingEntry entry;
    bool lifts_ban = false;  // only out of a ban, instead of never
};

// Why a store does not make a change that the agent's present state forbids.
[[nodiscard]] Error refuse_change(const StateChange& change);

struct Enrolment {
    std::string join_id;
    crypto::Digest join_secret_sha256;
    AgentInfo agent;
    ledger::PendingEntry entry;         // agent_enrolled
    std::vector<StateChange> replaced;  // earlier enrolments of the same host, banned by this one
    Instant now{};
};

// A leaf certificate that was issued; kept so that every identity document can be accounted for.
struct IssuedCertificate {
    std::string serial;  // lower-case hex
    AgentId agent_id;
    Instant not_before{};
    Instant not_after{};
    std::string issuer;                // the authority's fingerprint; empty: issued before that was kept
    std::optional<Instant> presented;  // when a stream came with it for the first time
};

class FleetStore {
  public:
    virtual ~FleetStore() = default;

    // Errors: already_exists (id), unavailable (storage).
    [[nodiscard]] virtual Status add_join_token(const JoinToken& token,
                                                const ledger::PendingEntry& entry) = 0;
    // Used and expired ones are returned too: the caller judges.
    [[nodiscard]] virtual Result<std::optional<JoinToken>> join_token(const std::string& id) = 0;
    // One transaction: ONE update marks the token used where id and secret_sha256 agree, it is unused and
    // expires after `now`; it must change exactly one row, else nothing happens and the error is
    // unauthenticated. Then the agent row, the replaced ones, and the ledger entries.
    [[nodiscard]] virtual Status enrol(const Enrolment& enrolment) = 0;

    // In order of host, then agent id.
    [[nodiscard]] virtual Result<std::vector<AgentInfo>> agents() = 0;
    [[nodiscard]] virtual Result<std::optional<AgentInfo>> agent(const AgentId& id) = 0;
    // Errors: not_found; failed_precondition when it is banned and the change does not lift that, or the
    // reverse.
    [[nodiscard]] virtual Status set_state(const StateChange& change) = 0;

    [[nodiscard]] virtual Status add_certificate(const IssuedCertificate& certificate) = 0;
    // A stream came with it. Nothing happens when it is unknown, another agent's, or came before.
    [[nodiscard]] virtual Status certificate_presented(const std::string& serial, const AgentId& agent,
                                                       Instant now) = 0;
    // The one that the agent holds: of those that it came with the last one issued, else the last one issued.
    [[nodiscard]] virtual Result<std::optional<IssuedCertificate>> certificate_of(const AgentId& agent) = 0;
};

}  // namespace signalbox::fleet
