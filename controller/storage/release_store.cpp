// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/release_store.hpp"

#include <algorithm>

#include "common/json/json.hpp"
#include "controller/storage/columns.hpp"
#include "controller/storage/release_commit.hpp"

namespace signalbox::storage {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, counter, name, version, services, plan, spec, created, state, status, finished, revision, "
    "finished_at"
    " FROM releases ";

Result<std::vector<std::string>> texts_of(const std::string& text) {
    SB_TRY(const json::Json value, json::parse(text, {}));
    if (!value.is_array()) return Error(Code::data_loss, "a release's services are not a list");
    std::vector<std::string> out;
    for (const json::Json& item : value) {
        if (!item.is_string()) return Error(Code::data_loss, "a release's services are not texts");
        out.push_back(item.get<std::string>());
    }
    return out;
}

Result<dispatch::StoredRelease> release_at(const sqlite::Row& row) {
    dispatch::StoredRelease release;
    release.fixed.id = ReleaseId(row.text(0));
    release.fixed.counter = row.integer(1);
    release.fixed.name = row.text(2);
    release.fixed.version = row.text(3);
    SB_TRY(release.fixed.services, texts_of(row.text(4)));
    release.fixed.plan = row.text(5);
    release.fixed.spec = row.text(6);
    release.fixed.created = instant_at(row, 7);
    release.current.id = release.fixed.id;
    release.current.state = row.text(8);
    release.current.status = row.text(9);
    release.current.finished = row.boolean(10);
    release.current.revision = static_cast<std::uint64_t>(row.integer(11));
    release.current.finished_at = optional_instant_at(row, 12);
    return release;
}

}  // namespace

Status ReleaseStore::commit(const dispatch::Commit& commit) {
    return session_.commit(commit.entries, [&] { return write(session_.database(), commit); });
}

Status ReleaseStore::read_approvals(dispatch::StoredRelease& release) {
    SB_TRY(auto statement,
           session_.database().query("SELECT environment, payload, envelope, standing, artifact_statement "
                                     "FROM approvals WHERE release_id = ? ORDER BY position",
                                     release.fixed.id.str()));
    return statement.each([&](const sqlite::Row& row) -> Status {
        release.fixed.approvals.push_back(
            {release.fixed.id, row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)});
        return {};
    });
}

Result<std::vector<dispatch::StoredRelease>> ReleaseStore::read(sqlite::Statement statement) {
    std::vector<dispatch::StoredRelease> releases;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        SB_TRY(dispatch::StoredRelease release, release_at(row));
        releases.push_back(std::move(release));
        return {};
    }));
    for (auto& release : releases) SB_CHECK(read_approvals(release));
    return releases;
}

Status ReleaseStore::read_steps(dispatch::StoredRelease& release) {
    SB_TRY(auto statement,
           session_.database().query(
               "SELECT step_id, state FROM release_steps WHERE release_id = ? ORDER BY step_id",
               release.fixed.id.str()));
    return statement.each([&](const sqlite::Row& row) -> Status {
        release.current.steps.push_back({StepId(row.text(0)), row.text(1)});
        return {};
    });
}

Status ReleaseStore::read_queues(dispatch::Opened& opened) {
    SB_TRY(auto rows, session_.database().prepare("SELECT key, body FROM outbox ORDER BY position"));
    SB_CHECK(rows.each([&](const sqlite::Row& row) -> Status {
        opened.outbox.push_back({row.text(0), row.text(1)});
        return {};
    }));
    SB_TRY(auto withdrawals, session_.database().prepare("SELECT approval, environment, envelope, taken"
                                                         " FROM withdrawals ORDER BY taken, approval"));
    SB_CHECK(withdrawals.each([&](const sqlite::Row& row) -> Status {
        opened.withdrawals.push_back({row.text(0), row.text(1), row.text(2), instant_at(row, 3)});
        return {};
    }));
    SB_TRY(auto breakers,
           session_.database().prepare("SELECT environment, state FROM breakers ORDER BY environment"));
    return breakers.each([&](const sqlite::Row& row) -> Status {
        opened.breakers.push_back({row.text(0), row.text(1)});
        return {};
    });
}

Result<dispatch::Opened> ReleaseStore::open() {
    dispatch::Opened opened;
    const auto take = [&]() -> Status {
        SB_CHECK(session_.database().run("UPDATE lease SET epoch = epoch + 1"));
        SB_TRY(auto statement, session_.database().prepare("SELECT epoch FROM lease"));
        SB_TRY(const auto epoch, statement.first([](const sqlite::Row& row) { return row.integer(0); }));
        opened.epoch = epoch.value_or(0);
        return {};
    };
    SB_CHECK(session_.commit(take));
    SB_TRY(auto statement,
           session_.database().prepare(std::string(kSelect) + "WHERE finished = 0 ORDER BY counter"));
    SB_TRY(opened.unfinished, read(std::move(statement)));
    for (auto& release : opened.unfinished) SB_CHECK(read_steps(release));
    SB_CHECK(read_queues(opened));
    return opened;
}

Result<std::optional<dispatch::StoredRelease>> ReleaseStore::load(const ReleaseId& id) {
    SB_TRY(auto statement, session_.database().query(std::string(kSelect) + "WHERE id = ?", id.str()));
    SB_TRY(auto found, read(std::move(statement)));
    if (found.empty()) return std::optional<dispatch::StoredRelease>{};
    SB_CHECK(read_steps(found.front()));
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
