// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/release_commit.hpp"

#include "common/json/json.hpp"
#include "controller/storage/columns.hpp"

namespace signalbox::storage {
namespace {

Status create(sqlite::Database& database, const dispatch::NewRelease& release) {
    auto added = database.run(
        "INSERT INTO releases(id, counter, name, version, services, plan, spec, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        release.id.str(), release.counter, release.name, release.version, json::canonical(release.services),
        release.plan, release.spec, to_column(release.created));
    if (!added) {
        if (added.error().code() != Code::already_exists) return std::move(added).error();
        return Error(Code::conflict, "release " + release.id.str() + " or its counter is taken",
                     "Plan again.");
    }
    std::int64_t position = 0;
    for (const auto& document : release.approvals)
        SB_CHECK(database.run(
            "INSERT INTO approvals(release_id, environment, position, payload, envelope, standing,"
            " artifact_statement) VALUES (?, ?, ?, ?, ?, ?, ?)",
            release.id.str(), document.environment, position++, document.payload, document.envelope,
            document.standing, document.artifact_statement));
    return {};
}

Status change(sqlite::Database& database, const dispatch::ReleaseChange& change) {
    SB_TRY(
        const auto changed,
        database.run("UPDATE releases SET state = ?, status = ?, finished = ?, revision = ?, finished_at = ?"
                     " WHERE id = ?",
                     change.state, change.status, change.finished, change.revision,
                     to_column(change.finished_at), change.id.str()));
    if (changed != 1) return Error(Code::not_found, "there is no release " + change.id.str());
    for (const auto& step : change.steps)
        SB_CHECK(
            database.run("INSERT OR REPLACE INTO release_steps(release_id, step_id, state) VALUES (?, ?, ?)",
                         change.id.str(), step.id.str(), step.state));
    return {};
}

Status under_lease(sqlite::Database& database, std::int64_t epoch) {
    SB_TRY(auto statement, database.query("SELECT 1 FROM lease WHERE epoch = ?", epoch));
    SB_TRY(const auto held, statement.first([](const sqlite::Row& row) { return row.integer(0); }));
    if (held) return {};
    return Error(Code::cancelled, "another controller has taken the lease of this store", "Ask that one.");
}

Status approve(sqlite::Database& database, const dispatch::ApprovalDocument& document) {
    SB_TRY(
        const auto changed,
        database.run("UPDATE approvals SET envelope = ? WHERE release_id = ? AND environment = ?"
                     " AND payload = ?",
                     document.envelope, document.release_id.str(), document.environment, document.payload));
    if (changed == 1) return {};
    return Error(
        Code::conflict,
        "release " + document.release_id.str() + " has no such approval document for " + document.environment,
        "What people sign never changes: read the document again.");
}

Status place(sqlite::Database& database, const dispatch::HostPlacement& placement) {
    if (placement.version.empty()) {
        SB_CHECK(database.run("DELETE FROM host_placements WHERE agent_id = ? AND service = ?",
                              placement.agent_id.str(), placement.service));
        return {};
    }
    SB_CHECK(
        database.run("INSERT OR REPLACE INTO host_placements(agent_id, service, version, artifact_sha256,"
                     " release_id) VALUES (?, ?, ?, ?, ?)",
                     placement.agent_id.str(), placement.service, placement.version,
                     placement.artifact_sha256, placement.release_id.str()));
    return {};
}

}  // namespace

Status write(sqlite::Database& database, const dispatch::Commit& commit) {
    SB_CHECK(under_lease(database, commit.epoch));
    for (const auto& release : commit.created) SB_CHECK(create(database, release));
    for (const auto& changed : commit.changed) SB_CHECK(change(database, changed));
    for (const auto& document : commit.approvals) SB_CHECK(approve(database, document));
    for (const auto& withdrawal : commit.withdrawals)
        SB_CHECK(
            database.run("INSERT INTO withdrawals(approval, environment, envelope, taken)"
                         " VALUES (?, ?, ?, ?) ON CONFLICT(approval) DO NOTHING",
                         withdrawal.approval_sha256, withdrawal.environment, withdrawal.envelope,
                         to_column(withdrawal.taken)));
    for (const auto& token : commit.tokens)
        SB_CHECK(
            database.run("INSERT OR REPLACE INTO tokens(release_id, step_id, attempt, jti, token, nonce,"
                         " expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
                         token.release_id.str(), token.step_id.str(), token.attempt, token.jti, token.token,
                         token.nonce, to_column(token.expires)));
    for (const auto& row : commit.outbox_add)
        SB_CHECK(database.run("INSERT INTO outbox(key, body) VALUES (?, ?) ON CONFLICT(key) DO NOTHING",
                              row.key, row.body));
    for (const auto& key : commit.outbox_done)
        SB_CHECK(database.run("DELETE FROM outbox WHERE key = ?", key));
    for (const auto& placement : commit.host_placements) SB_CHECK(place(database, placement));
    for (const auto& colour : commit.live_colours)
        SB_CHECK(
            database.run("INSERT OR REPLACE INTO live_colours(environment, service, host_group, colour)"
                         " VALUES (?, ?, ?, ?)",
                         colour.environment, colour.service, colour.group, colour.colour));
    for (const auto& breaker : commit.breakers)
        SB_CHECK(database.run("INSERT OR REPLACE INTO breakers(environment, state) VALUES (?, ?)",
                              breaker.environment, breaker.state));
    return {};
}

}  // namespace signalbox::storage
