// SPDX-License-Identifier: Apache-2.0
// An in-memory FleetStore. Not thread-safe, like the real one.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "controller/fleet/store.hpp"

namespace signalbox::fakes {

class FleetStore final : public fleet::FleetStore {
  public:
    Status add_join_token(const fleet::JoinToken& token, const ledger::PendingEntry& entry) override {
        if (!tokens_.emplace(token.id, token).second) {
            return Error(Code::already_exists, "join token " + token.id + " exists");
        }
        entries_.push_back(entry);
        return {};
    }

    Result<std::optional<fleet::JoinToken>> join_token(const std::string& id) override {
        const auto found = tokens_.find(id);
        if (found == tokens_.end()) return std::optional<fleet::JoinToken>{};
        return std::optional<fleet::JoinToken>{found->second};
    }

    Status enrol(const fleet::Enrolment& e) override {
        const auto found = tokens_.find(e.join_id);
        if (found == tokens_.end() || found->second.secret_sha256 != e.join_secret_sha256 ||
            found->second.used || found->second.expires <= e.now) {
            return Error(Code::unauthenticated, "the join token cannot be used");
        }
        found->second.used = e.now;
        agents_.emplace(e.agent.agent_id, e.agent);
        entries_.push_back(e.entry);
        for (const fleet::StateChange& change : e.replaced) SB_CHECK(set_state(change));
        return {};
    }

    Result<std::vector<fleet::AgentInfo>> agents() override {
        std::vector<fleet::AgentInfo> all;
        for (const auto& [id, agent] : agents_) all.push_back(agent);
        std::sort(all.begin(), all.end(), [](const fleet::AgentInfo& a, const fleet::AgentInfo& b) {
            return std::tie(a.host, a.agent_id) < std::tie(b.host, b.agent_id);
        });
        return all;
    }

    Result<std::optional<fleet::AgentInfo>> agent(const AgentId& id) override {
        const auto found = agents_.find(id);
        if (found == agents_.end()) return std::optional<fleet::AgentInfo>{};
        return std::optional<fleet::AgentInfo>{found->second};
    }

    Status set_state(const fleet::StateChange& change) override {
        const auto found = agents_.find(change.agent_id);
        if (found == agents_.end()) {
            return Error(Code::not_found, "no agent " + change.agent_id.str());
        }
        if ((found->second.state == fleet::AgentState::banned) != change.lifts_ban) {
            return fleet::refuse_change(change);
        }
        found->second.state = change.state;
        found->second.state_reason = change.reason;
        entries_.push_back(change.entry);
        return {};
    }

    Status add_certificate(const fleet::IssuedCertificate& certificate) override {
        certificates_.push_back(certificate);
        return {};
    }

    Status certificate_presented(const std::string& serial, const AgentId& agent, Instant now) override {
        for (auto& each : certificates_) {
            if (each.serial == serial && each.agent_id == agent && !each.presented) each.presented = now;
        }
        return {};
    }

    Result<std::optional<fleet::IssuedCertificate>> certificate_of(const AgentId& agent) override {
        std::optional<fleet::IssuedCertificate> found;
        for (const auto& each : certificates_) {
            if (each.agent_id == agent && (each.presented || !found || !found->presented)) found = each;
        }
        return found;
    }

    // What a test looks at and sets up.
    void put(const fleet::AgentInfo& agent) { agents_.insert_or_assign(agent.agent_id, agent); }
    [[nodiscard]] const std::vector<ledger::PendingEntry>& entries() const { return entries_; }
    [[nodiscard]] const std::vector<fleet::IssuedCertificate>& certificates() const { return certificates_; }
    [[nodiscard]] const std::map<std::string, fleet::JoinToken>& tokens() const { return tokens_; }

  private:
    std::map<std::string, fleet::JoinToken> tokens_;
    std::map<AgentId, fleet::AgentInfo> agents_;
    std::vector<ledger::PendingEntry> entries_;
    std::vector<fleet::IssuedCertificate> certificates_;
};

}  // namespace signalbox::fakes
