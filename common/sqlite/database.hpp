// SPDX-License-Identifier: Apache-2.0
// One SQLite file (3.40 or newer), opened so that a commit that returned survives a power cut: WAL,
// synchronous=FULL. Used by one thread at a time. A damaged or foreign file is an error, never reset.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/sqlite/handle.hpp"
#include "common/sqlite/statement.hpp"
#include "common/sqlite/transaction.hpp"

namespace signalbox::sqlite {

struct OpenOptions {
    // Make the file (mode 0600) when it is not there; its directory must be.
    bool create = true;
    // How long to wait for another process's lock.
    std::chrono::milliseconds busy_timeout{5000};
    // PRAGMA quick_check over the whole file: some 0.1 s per 100 MB.
    bool check = true;
    // Leave the write-ahead log where it is when the last connection closes, instead of moving it into the
    // file and deleting it: whoever wants to know whether a log went missing must be the only one who empties
    // it.
    bool keep_log = false;
};

class Database {
  public:
    // Errors: not_found (and create is false), data_loss (corrupt or not a database), permission_denied,
    // unavailable, resource_exhausted; each names the path.
    [[nodiscard]] static Result<Database> open(const std::string& path, const OpenOptions& options = {});

    // Statements separated by ';' without parameters. Errors: error.hpp's.
    [[nodiscard]] Status execute(std::string_view sql);
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);
    // Prepared and bound in order.
    template <class... Values>
    [[nodiscard]] Result<Statement> query(std::string_view sql, const Values&... values) {
        SB_TRY(auto statement, prepare(sql));
        statement.bind_all(values...);
        return statement;
    }
    // Prepared, bound and run; how many rows it changed.
    template <class... Values>
    [[nodiscard]] Result<std::int64_t> run(std::string_view sql, const Values&... values) {
        SB_TRY(auto statement, prepare(sql));
        statement.bind_all(values...);
        return statement.run();
    }

    // Takes the write lock at once (BEGIN IMMEDIATE). Errors: unavailable (another process holds it),
    // internal (a transaction is already open).
    [[nodiscard]] Result<Transaction> begin();
    [[nodiscard]] bool in_transaction() const;

    // Moves the WAL into the file and empties it: for an orderly stop.
    [[nodiscard]] Status checkpoint();
    // Copies what the WAL holds into the file and leaves the WAL as long as it is.
    [[nodiscard]] Status write_back();
    // A whole, consistent copy while in use (VACUUM INTO); `path` must not exist. Errors: error.hpp's.
    [[nodiscard]] Status backup_to(const std::string& path);

    [[nodiscard]] const std::string& path() const { return connection_->path; }

  private:
    explicit Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
    [[nodiscard]] Status configure(const OpenOptions& options);
    [[nodiscard]] Status quick_check();

    std::unique_ptr<Connection> connection_;  // on the heap: statements keep its address across a move
};

}  // namespace signalbox::sqlite
