// SPDX-License-Identifier: Apache-2.0
// The controller's tables. Times are nanoseconds since 1970 in UTC; digests are 32-byte blobs; texts that are
// signed or hashed are kept byte for byte. Triggers refuse to change or remove what the ledger holds.
#pragma once

#include "common/sqlite/migration.hpp"

namespace signalbox::storage {

[[nodiscard]] sqlite::Schema schema();

}  // namespace signalbox::storage
