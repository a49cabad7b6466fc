// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/release_store.hpp"

#include <algorithm>

#include "controller/storage/columns.hpp"
#include "controller/storage/release_commit.hpp"

namespace signalbox::storage {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, counter, service, version, plan, spec, created, state, status, finished, revision, "
    "finished_at"
    " FROM releases ";

dispatch::StoredRelease release_at(const sqlite::Row& row) {
    dispatch::StoredRelease release;
    release.fixed.id = ReleaseId(row.text(0));
    release.fixed.counter = row.integer(1);
    release.fixed.service = row.text(2);
    release.fixed.version = row.text(3);
    release.fixed.plan = row.text(4);
    release.fixed.spec = row.text(5);
    release.fixed.created = instant_at(row, 6);
    release.current.id = release.fixed.id;
    release.current.state = row.text(7);
    release.current.status = row.text(8);
    release.current.finished = row.boolean(9);
    release.current.revision = static_cast<std::uint64_t>(row.integer(10));
    release.current.finished_at = optional_instant_at(row, 11);
    return release;
}

}  // namespace

Status ReleaseStore::commit(const dispatch::Commit& commit) {
    return session_.commit(commit.entries, [&] { return write(session_.database(), commit); });
}

Status ReleaseStore::read_approvals(dispatch::StoredRelease& release) {
    SB_TRY(auto statement,
           session_.database().query(
               "SELECT environment, payload, envelope FROM approvals WHERE release_id = ? ORDER BY position",
               release.fixed.id.str()));
    return statement.each([&](const sqlite::Row& row) -> Status {
        release.fixed.approvals.push_back({release.fixed.id, row.text(0), row.text(1), row.text(2)});
        return {};
    });
}

Result<std::vector<dispatch::StoredRelease>> ReleaseStore::read(sqlite::Statement statement) {
    std::vector<dispatch::StoredRelease> releases;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        releases.push_back(release_at(row));
        return {};
    }));
    for (auto& release : releases) SB_CHECK(read_approvals(release));
    return releases;
}

Result<std::vector<dispatch::StoredRelease>> ReleaseStore::load_unfinished() {
    SB_TRY(auto statement,
           session_.database().prepare(std::string(kSelect) + "WHERE finished = 0 ORDER BY counter"));
    return read(std::move(statement));
}

Result<std::optional<dispatch::StoredRelease>> ReleaseStore::load(const ReleaseId& id) {
    SB_TRY(auto statement, session_.database().query(std::string(kSelect) + "WHERE id = ?", id.str()));
    SB_TRY(auto found, read(std::move(statement)));
    if (found.empty()) return std::optional<dispatch::StoredRelease>{};
    return std::optional(std::move(found.front()));
}

Result<std::vector<dispatch::StoredRelease>> ReleaseStore::list(std::size_t limit) {
    SB_TRY(auto statement,
           session_.database().query(std::string(kSelect) + "ORDER BY counter DESC LIMIT ?",
                                     static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30))));
    return read(std::move(statement));
}

Result<std::int64_t> ReleaseStore::next_counter() {
    SB_TRY(auto statement, session_.database().prepare("SELECT coalesce(max(counter), 0) + 1 FROM releases"));
    SB_TRY(const auto next, statement.first([](const sqlite::Row& row) { return row.integer(0); }));
    return next.value_or(1);
}

Result<dispatch::Placements> ReleaseStore::placements() {
    dispatch::Placements placements;
    SB_TRY(auto hosts,
           session_.database().prepare(
               "SELECT agent_id, service, version, artifact_sha256, release_id FROM host_placements"
               " ORDER BY agent_id, service"));
    SB_CHECK(hosts.each([&](const sqlite::Row& row) -> Status {
        placements.hosts.push_back(
            {AgentId(row.text(0)), row.text(1), row.text(2), row.text(3), ReleaseId(row.text(4))});
        return {};
    }));
    SB_TRY(auto colours,
           session_.database().prepare("SELECT environment, service, host_group, colour FROM live_colours"
                                       " ORDER BY environment, service, host_group"));
    SB_CHECK(colours.each([&](const sqlite::Row& row) -> Status {
        placements.colours.push_back({row.text(0), row.text(1), row.text(2), row.text(3)});
        return {};
    }));
    return placements;
}

Result<std::vector<dispatch::OutboxRow>> ReleaseStore::outbox() {
    SB_TRY(auto statement, session_.database().prepare("SELECT key, body FROM outbox ORDER BY position"));
    std::vector<dispatch::OutboxRow> rows;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        rows.push_back({row.text(0), row.text(1)});
        return {};
    }));
    return rows;
}

Result<std::optional<dispatch::StoredToken>> ReleaseStore::token(const ReleaseId& release, const StepId& step,
                                                                 int attempt) {
    SB_TRY(auto statement, session_.database().query("SELECT jti, token, nonce, expires FROM tokens"
                                                     " WHERE release_id = ? AND step_id = ? AND attempt = ?",
                                                     release.str(), step.str(), attempt));
    return statement.first([&](const sqlite::Row& row) {
        return dispatch::StoredToken{release,     step,        attempt,           row.text(0),
                                     row.text(1), row.text(2), instant_at(row, 3)};
    });
}

}  // namespace signalbox::storage
