// SPDX-License-Identifier: Apache-2.0
// The tables of the executor's journal.sqlite3. Inner to this module. Instants are nanoseconds since 1970
// (UTC).
#pragma once

#include "common/sqlite/migration.hpp"

namespace signalbox::journal {

[[nodiscard]] const sqlite::Schema& journal_schema();

}  // namespace signalbox::journal
