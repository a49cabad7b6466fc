// SPDX-License-Identifier: Apache-2.0
// Which entries of the ledger tell of one release.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "controller/cli/api_port.hpp"

namespace signalbox::cli {

// Every decision that names the release, every record of a host under one of its tokens, and the enrolment of
// each of these hosts and the changes of its record key before that, which bring the keys that its records
// are signed with; in order. Reads the whole
// ledger once. Errors: the controller's; not_found (no entry names the release).
[[nodiscard]] Result<std::vector<std::uint64_t>> release_entries(ApiPort& api, const std::string& release);

}  // namespace signalbox::cli
