// SPDX-License-Identifier: Apache-2.0
// The parts of a release commit, written one after the other inside the caller's transaction.
#pragma once

#include "common/sqlite/database.hpp"
#include "controller/release/dispatch/store.hpp"

namespace signalbox::storage {

// Everything of a commit but its ledger entries. Errors: cancelled (the lease is somebody else's), conflict
// (release id or counter taken; an approval with another payload), not_found (a release that was never
// created), SQLite's.
[[nodiscard]] Status write(sqlite::Database& database, const dispatch::Commit& commit);

}  // namespace signalbox::storage
