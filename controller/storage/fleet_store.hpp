// SPDX-License-Identifier: Apache-2.0
// FleetStore over SQLite. On the domain strand.
#pragma once

#include "controller/fleet/store.hpp"
#include "controller/storage/session.hpp"

namespace signalbox::storage {

class FleetStore final : public fleet::FleetStore {
  public:
    // The session must outlive it.
    explicit FleetStore(Session& session) : session_(session) {}

    Status add_join_token(const fleet::JoinToken& token, const ledger::PendingEntry& entry) override;
    Result<std::optional<fleet::JoinToken>> join_token(const std::string& id) override;
    Status enrol(const fleet::Enrolment& enrolment) override;
    Result<std::vector<fleet::AgentInfo>> agents() override;
    Result<std::optional<fleet::AgentInfo>> agent(const AgentId& id) override;
    Status set_state(const fleet::StateChange& change) override;
    Status add_certificate(const fleet::IssuedCertificate& certificate) override;
    Status certificate_presented(const std::string& serial, const AgentId& agent, Instant now) override;
    Result<std::optional<fleet::IssuedCertificate>> certificate_of(const AgentId& agent) override;

  private:
    [[nodiscard]] Status insert_agent(const fleet::AgentInfo& agent);
    [[nodiscard]] Status update_state(const fleet::StateChange& change);

    Session& session_;
};

}  // namespace signalbox::storage
