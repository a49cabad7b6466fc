// SPDX-License-Identifier: Apache-2.0
// SQLite's result codes as our errors: what failed, in which file, and what the operator does about it.
// Inner to this module. Codes: sqlite.org/rescode.html.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/sqlite/handle.hpp"

namespace signalbox::sqlite {

// disk full -> resource_exhausted; corrupt, not a database -> data_loss; read-only, no permission ->
// permission_denied; busy, locked, I/O -> unavailable; unique or primary key -> already_exists; other
// constraints -> failed_precondition; anything else -> internal.
[[nodiscard]] Error error_of(const Connection& connection, int code, std::string_view doing);

}  // namespace signalbox::sqlite
