// SPDX-License-Identifier: Apache-2.0
// ReleaseStore over SQLite. On the domain strand.
#pragma once

#include "controller/release/dispatch/store.hpp"
#include "controller/storage/session.hpp"

namespace signalbox::storage {

class ReleaseStore final : public dispatch::ReleaseStore {
  public:
    // The session must outlive it.
    explicit ReleaseStore(Session& session) : session_(session) {}

    Status commit(const dispatch::Commit& commit) override;
    Result<dispatch::Opened> open() override;
    Result<std::optional<dispatch::StoredRelease>> load(const ReleaseId& id) override;
    Result<std::vector<dispatch::StoredRelease>> list(std::size_t limit) override;
    Result<std::int64_t> next_counter() override;
    Result<dispatch::Placements> placements() override;
    Result<std::optional<dispatch::StoredToken>> token(const ReleaseId& release, const StepId& step,
                                                       int attempt) override;

  private:
    [[nodiscard]] Result<std::vector<dispatch::StoredRelease>> read(sqlite::Statement statement);
    [[nodiscard]] Status read_approvals(dispatch::StoredRelease& release);
    [[nodiscard]] Status read_steps(dispatch::StoredRelease& release);
    [[nodiscard]] Status read_queues(dispatch::Opened& opened);

    Session& session_;
};

}  // namespace signalbox::storage
