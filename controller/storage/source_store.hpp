// SPDX-License-Identifier: Apache-2.0
// The estate's SourceStore over SQLite. On the domain strand.
#pragma once

#include "controller/estate/source.hpp"
#include "controller/storage/session.hpp"

namespace signalbox::storage {

class SourceStore final : public estate::SourceStore {
  public:
    // The session must outlive it.
    explicit SourceStore(Session& session) : session_(session) {}

    Result<std::optional<estate::Source>> load() const override;
    Status save(const estate::Source& source, const ledger::PendingEntry& entry) override;

  private:
    Session& session_;
};

}  // namespace signalbox::storage
