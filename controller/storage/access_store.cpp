// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/access_store.hpp"

#include "common/json/json.hpp"
#include "controller/storage/columns.hpp"

namespace signalbox::storage {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, name, roles, secret_sha256, created, revoked, approver_kid FROM api_keys";

std::string to_column(const access::Roles& roles) {
    json::Json names = json::Json::array();
    for (const access::Role role : roles) names.push_back(access::to_string(role));
    return json::canonical(names);
}

Result<access::Roles> roles_of(const std::string& text) {
    SB_TRY(const auto names, json::parse(text));
    access::Roles roles;
    for (const auto& name : names) {
        if (!name.is_string()) return Error(Code::data_loss, "a role is not a text");
        SB_TRY(const auto role, access::parse_role(name.get<std::string>()));
        roles.insert(role);
    }
    return roles;
}

Result<access::ApiKey> key_at(const sqlite::Row& row) {
    access::ApiKey key;
    key.id = row.text(0);
    key.name = row.text(1);
    // A role that this version does not know must not become fewer or other rights in silence.
    auto roles = roles_of(row.text(2));
    if (!roles) return damaged("roles of API key " + key.id, roles.error());
    key.roles = *std::move(roles);
    SB_TRY(key.secret_sha256, digest_at(row, 3, "API key"));
    key.created = instant_at(row, 4);
    key.revoked = optional_instant_at(row, 5);
    key.approver_kid = row.text(6);
    return key;
}

}  // namespace

Status AccessStore::add(const access::ApiKey& key, const ledger::PendingEntry& entry) {
    return session_.commit(entry, [&]() -> Status {
        auto added = session_.database().run(
            "INSERT INTO api_keys(id, name, roles, secret_sha256, created, revoked, approver_kid)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            key.id, key.name, to_column(key.roles), key.secret_sha256.view(), storage::to_column(key.created),
            storage::to_column(key.revoked), key.approver_kid);
        if (added) return {};
        if (added.error().code() != Code::already_exists) return std::move(added).error();
        return Error(Code::already_exists,
                     "an API key named \"" + key.name + "\" exists, or the id " + key.id + " was used",
                     "Revoke it first, or choose another name.");
    });
}

Result<std::optional<access::ApiKey>> AccessStore::find(const std::string& id) const {
    SB_TRY(auto statement, session_.database().query(std::string(kSelect) + " WHERE id = ?", id));
    std::optional<access::ApiKey> found;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        SB_TRY(found, key_at(row));
        return {};
    }));
    return found;
}

Result<std::vector<access::ApiKey>> AccessStore::list() const {
    SB_TRY(auto statement, session_.database().prepare(std::string(kSelect) + " ORDER BY position"));
    std::vector<access::ApiKey> keys;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        SB_TRY(auto key, key_at(row));
        keys.push_back(std::move(key));
        return {};
    }));
    return keys;
}

Status AccessStore::revoke(const std::string& id, Instant when, const ledger::PendingEntry& entry) {
    return session_.commit(entry, [&]() -> Status {
        SB_TRY(const auto changed,
               session_.database().run("UPDATE api_keys SET revoked = ? WHERE id = ? AND revoked IS NULL",
                                       storage::to_column(when), id));
        if (changed == 1) return {};
        SB_TRY(const auto known, find(id));
        if (!known) return Error(Code::not_found, "there is no API key " + id);
        return Error(Code::failed_precondition, "API key " + id + " is revoked already");
    });
}

}  // namespace signalbox::storage
