// SPDX-License-Identifier: Apache-2.0
// HAProxy's runtime answers, read (docs.haproxy.org/2.6/management.html, 9.3: show servers state, show stat).
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::actions {

using Weights = std::map<std::string, std::int64_t>;

// Weight by server of the backend. Errors: not_found (no such backend), invalid_argument (another format).
[[nodiscard]] Result<Weights> parse_servers_state(std::string_view answer, std::string_view backend);
// Current sessions by server of the backend. Errors: invalid_argument.
[[nodiscard]] Result<Weights> parse_sessions(std::string_view csv, std::string_view backend);
// "blue=100 green=0": for records and people.
[[nodiscard]] std::string describe(const Weights& weights);

}  // namespace signalbox::actions
