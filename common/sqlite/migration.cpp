// SPDX-License-Identifier: Apache-2.0
#include "common/sqlite/migration.hpp"

#include <fmt/format.h>

#include "common/sqlite/database.hpp"

namespace signalbox::sqlite {
namespace {

Result<std::int64_t> pragma(Database& database, std::string_view sql) {
    SB_TRY(auto statement, database.prepare(sql));
    SB_TRY(const auto value, statement.first([](const Row& row) { return row.integer(0); }));
    return value.value_or(0);
}

Status check_owner(Database& database, const Schema& schema) {
    SB_TRY(const auto owner, pragma(database, "PRAGMA application_id"));
    if (owner == schema.application_id) return {};
    SB_TRY(const auto tables, pragma(database, "SELECT count(*) FROM sqlite_schema"));
    if (owner == 0 && tables == 0) return {};
    return Error(Code::failed_precondition,
                 fmt::format("database {} is not a {} (application id {}, expected {})", database.path(),
                             schema.name, owner, schema.application_id),
                 "Check the path; nothing was changed.");
}

}  // namespace

Status migrate(Database& database, const Schema& schema) {
    SB_CHECK(check_owner(database, schema));
    SB_TRY(const auto version, pragma(database, "PRAGMA user_version"));
    const auto newest = static_cast<std::int64_t>(schema.migrations.size());
    if (version < 0 || version > newest)
        return Error(Code::failed_precondition,
                     fmt::format("database {} has schema version {}, this program knows up to {}",
                                 database.path(), version, newest),
                     "Run the version that wrote it, or a newer one; going back is not supported.");
    for (auto next = version; next < newest; ++next) {
        const Migration& migration = schema.migrations[static_cast<std::size_t>(next)];
        const auto named = [&](Error error) {
            return std::move(error).with_context(
                fmt::format("schema step {} ({}) of {}", next + 1, migration.name, schema.name));
        };
        auto transaction = database.begin();
        if (!transaction) return named(std::move(transaction).error());
        if (auto status = database.execute(migration.sql); !status) return named(std::move(status).error());
        // The two pragmas are part of the transaction: they are fields of the file's first page.
        const std::string stamp =
            fmt::format("PRAGMA user_version={};PRAGMA application_id={}", next + 1, schema.application_id);
        if (auto status = database.execute(stamp); !status) return named(std::move(status).error());
        if (auto status = transaction->commit(); !status) return named(std::move(status).error());
    }
    return {};
}

}  // namespace signalbox::sqlite
