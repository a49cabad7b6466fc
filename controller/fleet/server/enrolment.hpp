// SPDX-License-Identifier: Apache-2.0
// Enrolment: a join token, a proof by the record key and a certificate request become an agent. Domain strand
// only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/crypto/random.hpp"
#include "common/telemetry/logger.hpp"
#include "controller/fleet/server/agent_ca.hpp"
#include "controller/fleet/server/lockout.hpp"
#include "controller/fleet/store.hpp"
#include "controller/fleet/trust_source.hpp"
#include "controller/ledger/ledger.hpp"

namespace signalbox::fleet {

struct EnrolmentRequest {
    std::string peer;  // address, for the lock-out
    std::string join_id;
    std::string join_secret;  // base64url
    Bytes csr_der;
    std::string record_public;  // k4.public
    Bytes record_proof;
};

struct Enrolled {
    AgentId agent_id;
    std::string certificate_pem;
    std::string trust;              // the text that the join line names
    std::vector<AgentId> replaced;  // earlier enrolments of this host, now banned
};

class Enroller {
  public:
    // Another host proved the record key of this agent: both hold it, so neither can be believed.
    using OnCopied =
        std::function<void(const AgentId& agent, const std::string& why, const json::Json& proof)>;

    // All must outlive the enroller.
    Enroller(ClusterId cluster, FleetStore& store, ledger::Ledger& ledger, const TrustSource& trust,
             const AgentCa& ca, crypto::Random& random, telemetry::Logger log);

    void on_copied(OnCopied callback) { on_copied_ = std::move(callback); }

    // Errors: unauthenticated with one and the same text for an unknown, used or expired token and a wrong
    // secret; failed_precondition (the host was enrolled since the token was made, or the record key is
    // another agent's, which is quarantined by it); invalid_argument (key, proof or request malformed);
    // resource_exhausted (this peer failed too often); unavailable. Nothing was changed after an error.
    [[nodiscard]] Result<Enrolled> enrol(const EnrolmentRequest& request, Instant now);

  private:
    [[nodiscard]] Result<Enrolled> try_enrol(const EnrolmentRequest& request, Instant now);
    [[nodiscard]] Result<std::vector<StateChange>> bans_for(const AgentInfo& agent, const JoinToken& token,
                                                            const std::vector<AgentInfo>& known, Instant now);
    [[nodiscard]] Status check_key_is_new(const AgentInfo& agent, const EnrolmentRequest& request,
                                          const std::vector<AgentInfo>& known);

    ClusterId cluster_;
    FleetStore& store_;
    ledger::Ledger& ledger_;
    const TrustSource& trust_;
    const AgentCa& ca_;
    crypto::Random& random_;
    telemetry::Logger log_;
    Lockout lockout_;
    OnCopied on_copied_;
};

}  // namespace signalbox::fleet
