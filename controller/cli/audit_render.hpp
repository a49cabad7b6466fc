// SPDX-License-Identifier: Apache-2.0
// What an audit of a ledger's throttles found, for people and for scripts. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/evidence/throttle_audit.hpp"
#include "common/json/json.hpp"
#include "controller/cli/terminal.hpp"

namespace signalbox::cli {

// Scope by scope: most in flight, the limit then, when; then what was exceeded or cannot be proven.
[[nodiscard]] std::vector<std::string> render_audit(const evidence::ThrottleReport& report,
                                                    const Terminal& terminal);
[[nodiscard]] json::Json audit_json(const evidence::ThrottleReport& report);

}  // namespace signalbox::cli
