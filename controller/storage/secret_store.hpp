// SPDX-License-Identifier: Apache-2.0
// SecretStore over SQLite. On the domain strand.
#pragma once

#include "controller/secret/store.hpp"
#include "controller/storage/session.hpp"

namespace signalbox::storage {

class SecretStore final : public secret::SecretStore {
  public:
    // The session must outlive it.
    explicit SecretStore(Session& session) : session_(session) {}

    Status add(const secret::StoredSecret& secret, const ledger::PendingEntry& entry) override;
    Result<std::optional<secret::StoredSecret>> find(const std::string& environment, const std::string& name,
                                                     std::int64_t version) const override;
    Result<std::vector<secret::StoredSecret>> list() const override;
    Status remove(const secret::StoredSecret& secret, Instant when,
                  const ledger::PendingEntry& entry) override;

  private:
    Session& session_;
};

}  // namespace signalbox::storage
