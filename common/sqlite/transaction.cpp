// SPDX-License-Identifier: Apache-2.0
#include "common/sqlite/transaction.hpp"

#include <sqlite3.h>

#include "common/sqlite/error.hpp"

namespace signalbox::sqlite {

Transaction::~Transaction() {
    roll_back();
}

void Transaction::roll_back() noexcept {
    const Connection* connection = std::exchange(connection_, nullptr);
    if (connection == nullptr) return;
    // Some errors (disk full, I/O) have already undone it: then there is nothing to roll back.
    if (sqlite3_get_autocommit(connection->handle.get()) != 0) return;
    sqlite3_exec(connection->handle.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::commit() {
    if (connection_ == nullptr)
        return Error(Code::internal, "commit of a transaction that has already ended");
    if (sqlite3_get_autocommit(connection_->handle.get()) != 0) {
        const Connection* connection = std::exchange(connection_, nullptr);
        return Error(Code::failed_precondition,
                     "an earlier error in database " + connection->path + " has undone the transaction",
                     "Look for that error just before this one.");
    }
    const int code = sqlite3_exec(connection_->handle.get(), "COMMIT", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        Error error = error_of(*connection_, code, "committing");
        roll_back();
        return error;
    }
    connection_ = nullptr;
    return {};
}

}  // namespace signalbox::sqlite
