// SPDX-License-Identifier: Apache-2.0
// The controller's domain: everything that lives on the domain strand, made in the order of its members and
// destroyed in the reverse. It opens no port. Destroy it after the strand has stopped.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/async/strand.hpp"
#include "common/crypto/random.hpp"
#include "common/telemetry/logger.hpp"
#include "common/telemetry/metrics.hpp"
#include "controller/access/service.hpp"
#include "controller/api/method_table.hpp"
#include "controller/api/status_api.hpp"
#include "controller/app/data_directory.hpp"
#include "controller/app/health.hpp"
#include "controller/app/planner.hpp"
#include "controller/app/published_trust.hpp"
#include "controller/artifact/artifact_service.hpp"
#include "controller/authority/authority.hpp"
#include "controller/authority/service_keys.hpp"
#include "controller/authority/trust_api.hpp"
#include "controller/estate/estate_service.hpp"
#include "controller/fleet/blob_directory.hpp"
#include "controller/fleet/server/agent_service.hpp"
#include "controller/fleet/server/authority_change.hpp"
#include "controller/fleet/server/foreign_calls.hpp"
#include "controller/fleet/server/service.hpp"
#include "controller/ledger/api/ledger_api.hpp"
#include "controller/ledger/cosigners.hpp"
#include "controller/release/dispatch/engine.hpp"
#include "controller/release/dispatch/release_api.hpp"
#include "controller/secret/secret_service.hpp"
#include "controller/storage/storage.hpp"

namespace signalbox::app {

// What the domain is made from; all must outlive it.
struct DomainParts {
    const DataDirectory& data;
    authority::ServiceKeys& keys;
    fleet::Authorities& ca;
    storage::Storage& storage;
    artifact::BlobStore& blobs;
    artifact::Fetcher& fetcher;
    authority::Authority& authority;
    async::Strand& strand;
    async::Strand& side;          // may block: Git and downloads
    async::Strand& witness_side;  // may block: witnesses
    std::vector<std::unique_ptr<ledger::WitnessPort>> witnesses;
    const Clock& clock;
    crypto::Random& random;
    telemetry::Logger log;
    fleet::ControllerAddress address;
};

class Domain {
  public:
    explicit Domain(DomainParts parts);
    Domain(const Domain&) = delete;
    Domain& operator=(const Domain&) = delete;

    // On the strand, before any port is open: proves the ledger whole, takes the first key, and takes up the
    // releases that were under way. Errors: data_loss, not_found (bootstrap), the store's.
    [[nodiscard]] Status open(const std::string& bootstrap_path);

    [[nodiscard]] api::Services services();
    // Brings the gauges up to date.
    void observe(telemetry::Metrics& metrics);
    // Adds an entry when there was none since the last call, so that a ledger that does not grow is one that
    // somebody withholds.
    void sign_of_life();
    // Logs what people should know about the trust file.
    void warn_of_trust() const;
    // Called when the cluster's certificate authority was changed: our own certificate is to follow.
    void on_authority_changed(std::function<void()> callback) {
        authority_change_.on_retired(std::move(callback));
    }
    // Tells when another token key, or another ledger key, is signed with from now on.
    void watch_service_keys();

    [[nodiscard]] Result<access::Caller> authenticate(std::string_view key) const {
        return access_.authenticate(key);
    }
    // Keeps that somebody called what their role does not allow: in the ledger, once in a while for each key.
    void denied(const access::Caller& caller, const std::string& method);
    [[nodiscard]] ledger::Ledger& ledger() { return ledger_; }
    [[nodiscard]] ledger::Publisher& publisher() { return cosigners_; }
    [[nodiscard]] fleet::Sessions& sessions() { return sessions_; }
    [[nodiscard]] fleet::AgentRpc& agent_rpc() { return agent_rpc_; }
    [[nodiscard]] fleet::ForeignCalls& foreign_calls() { return foreign_calls_; }
    [[nodiscard]] fleet::Service& fleet() { return fleet_; }
    [[nodiscard]] const Health& health() const { return health_; }

  private:
    [[nodiscard]] api::StatusSources status_sources();
    void read_service_keys();
    void tell_key_change(const std::string& role, const crypto::KeyId& now,
                         std::optional<crypto::KeyId>& before);
    [[nodiscard]] ledger::Cosigners::Parts cosigner_parts(const DomainParts& parts);

    telemetry::Logger log_;
    const Clock& clock_;
    authority::Authority& authority_;
    authority::TokenKeys& token_keys_;
    authority::TokenKeys& ledger_keys_;
    std::optional<crypto::KeyId> token_kid_, ledger_kid_;  // signed with so far
    Health health_;
    // Appends, signs checkpoints, proves.
    ledger::Ledger ledger_;
    // Gets checkpoints cosigned before they are shown.
    ledger::Cosigners cosigners_;
    // Who may call what.
    access::AccessService access_;
    // The trust file for those who verify and mint by it.
    PublishedTrust trust_;
    // The agents' sessions, enrolment and certificates.
    fleet::Sessions sessions_;
    fleet::AgentCa agent_ca_;
    fleet::Enroller enroller_;
    fleet::Reauthenticator returns_;
    fleet::BlobDirectory blobs_;
    fleet::AgentRpc agent_rpc_;
    fleet::ForeignCalls foreign_calls_;
    fleet::AuthorityChange authority_change_;
    fleet::Service fleet_;
    // The desired state, from Git.
    estate::GitCache git_;
    estate::EstateService estate_;
    // What is released.
    artifact::ArtifactService artifacts_;
    // Values that steps are given and nobody else.
    secret::SecretService secrets_;
    // Plans, and the engine that carries them out.
    Planner planner_;
    dispatch::Engine engine_;
    // What operators call.
    dispatch::ReleaseApi release_api_;
    authority::TrustApi trust_api_;
    ledger::LedgerApi ledger_api_;
    api::StatusApi status_api_;
    std::uint64_t size_at_sign_of_life_ = 0;
    std::map<std::string, Instant> denied_;  // by API key: when the ledger was told last
};

}  // namespace signalbox::app
