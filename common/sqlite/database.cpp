// SPDX-License-Identifier: Apache-2.0
#include "common/sqlite/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "common/sqlite/error.hpp"

namespace signalbox::sqlite {
namespace {

// An empty file with the right mode before SQLite writes a byte: its own default would be 0644.
Status create_private(const std::string& path) {
    namespace fs = std::filesystem;
    {
        const std::ofstream made(path, std::ios::app);
    }
    std::error_code failed;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write, failed);
    if (failed)
        return Error(Code::unavailable, fmt::format("cannot create database {}: {}", path, failed.message()),
                     "Check that its directory exists, is writable and has free space.");
    return {};
}

}  // namespace

void CloseConnection::operator()(sqlite3* connection) const noexcept {
    sqlite3_close_v2(connection);
}

Result<Database> Database::open(const std::string& path, const OpenOptions& options) {
    std::error_code failed;
    const bool exists = std::filesystem::exists(path, failed);
    if (failed)
        return Error(Code::unavailable, fmt::format("cannot look at database {}: {}", path, failed.message()),
                     "Check the permissions of its directory.");
    if (!exists && !options.create)
        return Error(Code::not_found, fmt::format("there is no database at {}", path),
                     "Check the path; if the file was lost, restore the last backup.");
    if (!exists) {
        // A log without its file means that the file was lost: opening would silently begin an empty one.
        if (std::filesystem::exists(path + "-wal", failed))
            return Error(Code::data_loss,
                         fmt::format("database {} is missing beside its own {}-wal", path, path),
                         "Restore the file; remove the -wal only if you want to begin anew.");
        SB_CHECK(create_private(path));
    }

    auto connection = std::make_unique<Connection>();
    connection->path = path;
    sqlite3* raw = nullptr;
    const int code = sqlite3_open_v2(
        path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    connection->handle.reset(raw);
    if (code != SQLITE_OK) return error_of(*connection, code, "opening");
    if (sqlite3_db_readonly(raw, "main") != 0)
        return Error(Code::permission_denied, fmt::format("database {} can only be read", path),
                     "Make the file and its directory writable for the user that runs this program.");

    Database database(std::move(connection));
    SB_CHECK(database.configure(options));
    if (options.check) SB_CHECK(database.quick_check());
    return database;
}

Status Database::configure(const OpenOptions& options) {
    sqlite3* handle = connection_->handle.get();
    sqlite3_busy_timeout(handle, static_cast<int>(options.busy_timeout.count()));
    // Refuses SQL that edits the schema tables or pages directly, and functions hidden in a hostile schema.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, options.keep_log ? 1 : 0, nullptr);
    SB_TRY(auto statement, prepare("PRAGMA journal_mode=WAL"));
    SB_TRY(const auto mode, statement.first([](const Row& row) { return row.text(0); }));
    if (mode != "wal")
        return Error(Code::failed_precondition,
                     fmt::format("database {} cannot use a write-ahead log (mode is {})", path(),
                                 mode.value_or("unknown")),
                     "Put it on a local file system: network file systems do not offer what WAL needs.");
    return execute("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON");
}

Status Database::quick_check() {
    SB_TRY(auto statement, prepare("PRAGMA quick_check(1)"));
    SB_TRY(const auto verdict, statement.first([](const Row& row) { return row.text(0); }));
    if (verdict == "ok") return {};
    return Error(Code::data_loss,
                 fmt::format("database {} is damaged: {}", path(), verdict.value_or("no verdict")),
                 "Stop, keep the file with its -wal and -shm beside it for analysis, and restore the last "
                 "backup. It is never reset by itself.");
}

Status Database::execute(std::string_view sql) {
    const std::string text(sql);
    const int code = sqlite3_exec(connection_->handle.get(), text.c_str(), nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    return error_of(*connection_, code, "executing SQL");
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(connection_->handle.get(), sql.data(), static_cast<int>(sql.size()),
                                        0, &raw, nullptr);
    std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement(raw);
    if (code != SQLITE_OK) return error_of(*connection_, code, fmt::format("preparing \"{}\"", sql));
    if (!statement) return Error(Code::internal, fmt::format("no SQL statement in \"{}\"", sql));
    return Statement(*connection_, std::move(statement));
}

Result<Transaction> Database::begin() {
    if (in_transaction()) return Error(Code::internal, "a transaction is already open in database " + path());
    const int code = sqlite3_exec(connection_->handle.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error_of(*connection_, code, "beginning a transaction");
    return Transaction(*connection_);
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(connection_->handle.get()) == 0;
}

Status Database::checkpoint() {
    const int code = sqlite3_wal_checkpoint_v2(connection_->handle.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                                               nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    return error_of(*connection_, code, "emptying the write-ahead log");
}

Status Database::write_back() {
    const int code = sqlite3_wal_checkpoint_v2(connection_->handle.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                               nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    return error_of(*connection_, code, "writing the log back");
}

Status Database::backup_to(const std::string& path) {
    SB_TRY(auto statement, prepare("VACUUM INTO ?"));
    statement.bind(0, path);
    SB_CHECK(statement.run());
    return {};
}

}  // namespace signalbox::sqlite
