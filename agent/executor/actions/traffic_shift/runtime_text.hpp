// SPDX-License-Identifier: Apache-2.0
// HAProxy's runtime answers, read (docs.haproxy.org/2.6/management.html, 9.3: show servers state, show stat).
// Pure.
#pragma once

#include <string_view>

#include "agent/executor/actions/schema/action.hpp"

namespace signalbox::actions {

// Weight by server of the backend. Errors: not_found (no such backend), invalid_argument (another format).
[[nodiscard]] Result<Weights> parse_servers_state(std::string_view answer, std::string_view backend);
// Current sessions by server of the backend. Errors: invalid_argument.
[[nodiscard]] Result<Weights> parse_sessions(std::string_view csv, std::string_view backend);

}  // namespace signalbox::actions
