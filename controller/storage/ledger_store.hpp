// SPDX-License-Identifier: Apache-2.0
// LedgerStore over SQLite. On the domain strand.
#pragma once

#include "controller/ledger/store.hpp"
#include "controller/storage/session.hpp"

namespace signalbox::storage {

class LedgerStore final : public ledger::LedgerStore {
  public:
    // The session must outlive it.
    explicit LedgerStore(Session& session) : session_(session) {}

    Result<std::uint64_t> append(const std::vector<ledger::PendingEntry>& entries) override;
    Result<std::uint64_t> size() override;
    Result<merkle::Hash> node(unsigned level, std::uint64_t index) override;
    Result<std::vector<ledger::StoredEntry>> entries(const ledger::EntryQuery& query) override;
    Result<std::optional<ledger::AgentTail>> agent_tail(const AgentId& agent) override;
    Status save_checkpoint(const ledger::SignedCheckpoint& checkpoint) override;
    Result<std::optional<ledger::SignedCheckpoint>> latest_checkpoint() override;
    Result<std::optional<std::string>> output(const crypto::Digest& sha256) override;

  private:
    Session& session_;
};

}  // namespace signalbox::storage
