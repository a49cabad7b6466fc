// SPDX-License-Identifier: Apache-2.0
// The schema as an ordered list of steps: number n (from 1) brings a file from user_version n-1 to n. A step
// that was ever released is never edited; a new one is added after it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::sqlite {

class Database;

struct Migration {
    std::string_view name;  // for errors
    std::string_view sql;   // one or more statements
};

// What a file holds, so that one program's file is never taken for another's (PRAGMA application_id).
struct Schema {
    std::int32_t application_id;
    std::string_view name;
    std::span<const Migration> migrations;
};

// Brings the file up to date, each step in its own transaction.
// Errors: failed_precondition (another program's file, or written by a newer version), and error.hpp's.
[[nodiscard]] Status migrate(Database& database, const Schema& schema);

}  // namespace signalbox::sqlite
