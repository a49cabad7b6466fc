// SPDX-License-Identifier: Apache-2.0
// Owners of SQLite's handles, so that no other header includes sqlite3.h. Inner to this module.
#pragma once

#include <memory>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace signalbox::sqlite {

struct CloseConnection {
    void operator()(sqlite3* connection) const noexcept;
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const noexcept;
};

// A connection and the path that errors name. Statements and transactions point to it.
struct Connection {
    std::unique_ptr<sqlite3, CloseConnection> handle;
    std::string path;
};

}  // namespace signalbox::sqlite
