// SPDX-License-Identifier: Apache-2.0
// How a host whose certificate expired while it was away comes back: it signs a challenge with its record key
// and gets a new certificate for the same identity, without a join token. Challenges are not stored: each
// carries its own end and a signature that only this process can make. Domain strand only.
#pragma once

#include <string>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/crypto/keys.hpp"
#include "common/crypto/random.hpp"
#include "common/telemetry/logger.hpp"
#include "controller/fleet/server/agent_ca.hpp"
#include "controller/fleet/server/lockout.hpp"
#include "controller/fleet/store.hpp"
#include "controller/ledger/ledger.hpp"

namespace signalbox::fleet {

struct ReturnRequest {
    std::string peer;  // address, for the lock-out
    AgentId agent;
    std::string challenge;
    Bytes csr_der;
    Bytes record_proof;
    std::vector<std::string> key_changes = {};  // records that we may lack, the oldest first; DSSE texts
};

class Reauthenticator {
  public:
    static constexpr Duration kGoodFor = std::chrono::seconds(60);

    // All must outlive it.
    Reauthenticator(ClusterId cluster, FleetStore& store, ledger::Ledger& ledger, const AgentCa& ca,
                    crypto::Random& random, telemetry::Logger log);

    // Says nothing about whether there is such an agent. Errors: invalid_argument (no agent id).
    [[nodiscard]] Result<std::string> challenge(const AgentId& agent, Instant now);
    // A certificate; it is in the ledger that the host came back. Errors: unauthenticated, with one and the
    // same text for an unknown agent, a challenge that does not count and a wrong signature;
    // permission_denied (banned); resource_exhausted (this peer failed too often); invalid_argument
    // (request), the ledger's.
    [[nodiscard]] Result<AgentLeaf> come_back(const ReturnRequest& request, Instant now);

  private:
    [[nodiscard]] std::string covered(const AgentId& agent, std::string_view body) const;
    [[nodiscard]] bool counts(const AgentId& agent, std::string_view challenge, Instant now) const;
    [[nodiscard]] Result<AgentLeaf> try_come_back(const ReturnRequest& request, Instant now);

    ClusterId cluster_;
    FleetStore& store_;
    ledger::Ledger& ledger_;
    const AgentCa& ca_;
    crypto::Random& random_;
    telemetry::Logger log_;
    crypto::SigningKey key_ = crypto::SigningKey::generate();  // of this process only
    Lockout lockout_;
};

}  // namespace signalbox::fleet
