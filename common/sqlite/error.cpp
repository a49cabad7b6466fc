// SPDX-License-Identifier: Apache-2.0
#include "common/sqlite/error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace signalbox::sqlite {
namespace {

struct Meaning {
    Code code;
    std::string_view remedy;
};

Meaning meaning_of(int extended) {
    switch (extended) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            return {Code::already_exists, ""};
        case SQLITE_IOERR_WRITE:
        case SQLITE_IOERR_FSYNC:
        case SQLITE_IOERR_DIR_FSYNC:
            return {Code::unavailable,
                    "Nothing of this change was kept. Check the disk (dmesg) and restart once it is sound."};
        default:
            break;
    }
    switch (extended & 0xff) {
        case SQLITE_FULL:
            return {Code::resource_exhausted,
                    "Nothing of this change was kept. Free space on that file system, then try again."};
        case SQLITE_CORRUPT:
            return {Code::data_loss,
                    "Stop, keep the file with its -wal and -shm beside it for analysis, and restore the last "
                    "backup. It is never reset by itself."};
        case SQLITE_NOTADB:
            return {Code::data_loss, "Check that the path is right; restore the last backup if it is."};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return {Code::permission_denied,
                    "Make the file and its directory writable for the user that runs this program."};
        case SQLITE_CANTOPEN:
            return {Code::unavailable,
                    "Check that the directory exists and that the user that runs this program may write it."};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Code::unavailable, "Another process holds it: end that process, then try again."};
        case SQLITE_IOERR:
            return {Code::unavailable, "Check the disk (dmesg) and restart once it is sound."};
        case SQLITE_NOMEM:
        case SQLITE_TOOBIG:
            return {Code::resource_exhausted, ""};
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
            return {Code::failed_precondition, ""};
        default:
            return {Code::internal, ""};
    }
}

}  // namespace

Error error_of(const Connection& connection, int code, std::string_view doing) {
    const int extended = connection.handle ? sqlite3_extended_errcode(connection.handle.get()) : SQLITE_NOMEM;
    // The connection remembers only its last call; when that is another one, `code` is all that is known.
    const bool same = (extended & 0xff) == (code & 0xff);
    const Meaning meaning = meaning_of(same ? extended : code);
    const char* said = same ? sqlite3_errmsg(connection.handle.get()) : sqlite3_errstr(code);
    return {meaning.code,
            fmt::format("{} in database {}: {} (SQLite code {})", doing, connection.path, said,
                        same ? extended : code),
            std::string(meaning.remedy)};
}

}  // namespace signalbox::sqlite
