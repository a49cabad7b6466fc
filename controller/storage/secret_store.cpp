// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/secret_store.hpp"

#include <fmt/format.h>

#include "controller/storage/columns.hpp"

namespace signalbox::storage {
namespace {

Result<secret::StoredSecret> secret_at(const sqlite::Row& row) {
    secret::StoredSecret out;
    out.environment = row.text(0);
    out.name = row.text(1);
    out.version = row.integer(2);
    SB_TRY(out.commitment, digest_at(row, 3, "secret"));
    out.created = instant_at(row, 4);
    out.created_by = row.text(5);
    out.removed = optional_instant_at(row, 6);
    out.sealed = row.blob(7);
    return out;
}

}  // namespace

Status SecretStore::add(const secret::StoredSecret& secret, const ledger::PendingEntry& entry) {
    return session_.commit(entry, [&]() -> Status {
        auto added = session_.database().run(
            "INSERT INTO secrets(environment, name, version, commitment, created, created_by, removed, "
            "sealed)"
            " VALUES (?, ?, ?, ?, ?, ?, NULL, ?)",
            secret.environment, secret.name, secret.version, secret.commitment.view(),
            to_column(secret.created), secret.created_by, ByteView(secret.sealed));
        if (added) return {};
        if (added.error().code() != Code::already_exists) return std::move(added).error();
        return Error(Code::conflict,
                     fmt::format("version {} of the secret {} is there already", secret.version, secret.name),
                     "Try again.");
    });
}

Result<std::optional<secret::StoredSecret>> SecretStore::find(const std::string& environment,
                                                              const std::string& name,
                                                              std::int64_t version) const {
    SB_TRY(auto statement,
           session_.database().query(
               "SELECT environment, name, version, commitment, created, created_by, removed, sealed"
               " FROM secrets WHERE environment = ? AND name = ? AND version = ?",
               environment, name, version));
    std::optional<secret::StoredSecret> found;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        SB_TRY(found, secret_at(row));
        return {};
    }));
    return found;
}

Result<std::vector<secret::StoredSecret>> SecretStore::list() const {
    SB_TRY(auto statement,
           session_.database().prepare(
               "SELECT environment, name, version, commitment, created, created_by, removed, x''"
               " FROM secrets ORDER BY environment, name, version"));
    std::vector<secret::StoredSecret> out;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        SB_TRY(auto one, secret_at(row));
        out.push_back(std::move(one));
        return {};
    }));
    return out;
}

Status SecretStore::remove(const secret::StoredSecret& secret, Instant when,
                           const ledger::PendingEntry& entry) {
    return session_.commit(entry, [&]() -> Status {
        SB_TRY(const auto changed,
               session_.database().run(
                   "UPDATE secrets SET sealed = x'', removed = ? WHERE environment = ? AND name = ?"
                   " AND version = ? AND removed IS NULL",
                   to_column(when), secret.environment, secret.name, secret.version));
        if (changed == 1) return {};
        return Error(Code::not_found,
                     fmt::format("version {} of the secret {} is not there", secret.version, secret.name));
    });
}

}  // namespace signalbox::storage
