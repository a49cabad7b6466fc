// SPDX-License-Identifier: Apache-2.0
// The ledger as C2SP tlog-tiles (c2sp.org/tlog-tiles), read only: what a checkpoint covers, and no more. On
// the domain strand.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "controller/ledger/ledger.hpp"
#include "controller/ledger/store.hpp"

namespace signalbox::ledger {

// The bytes at `path`, such as "tile/0/x001/234.p/5" or "tile/entries/000". Errors: invalid_argument (not a
// tile's path), not_found (the newest checkpoint does not cover it), the store's.
[[nodiscard]] Result<std::string> read_tile(std::string_view path, const Ledger& ledger, LedgerStore& store);

}  // namespace signalbox::ledger
