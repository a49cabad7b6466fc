// SPDX-License-Identifier: Apache-2.0
// AccessStore over SQLite. On the domain strand.
#pragma once

#include "controller/access/store.hpp"
#include "controller/storage/session.hpp"

namespace signalbox::storage {

class AccessStore final : public access::AccessStore {
  public:
    // The session must outlive it.
    explicit AccessStore(Session& session) : session_(session) {}

    Status add(const access::ApiKey& key, const ledger::PendingEntry& entry) override;
    Result<std::optional<access::ApiKey>> find(const std::string& id) const override;
    Result<std::vector<access::ApiKey>> list() const override;
    Status revoke(const std::string& id, Instant when, const ledger::PendingEntry& entry) override;

  private:
    Session& session_;
};

}  // namespace signalbox::storage
