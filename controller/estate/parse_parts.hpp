// SPDX-License-Identifier: Apache-2.0
// Parts that several documents of the estate have, or that are large enough to stand alone. Pure.
#pragma once

#include "controller/estate/fields.hpp"

namespace signalbox::estate {

// {max_in_flight, hard_cap, peak: {hours, max_in_flight}}
[[nodiscard]] Cap parse_cap(const Node& node, const std::string& what, Problems& problems);
// {failures, rate, rate_of, window, half_open_after}
[[nodiscard]] Breaker parse_breaker(const Node& node, Problems& problems);
// An entry of an environment's `traffic`.
[[nodiscard]] Traffic parse_traffic(const Entry& entry, Problems& problems);
// {group: {kind, …}}; the entry `barrier` is not one of them.
[[nodiscard]] std::map<std::string, Strategy> parse_strategies(const Node& node, Problems& problems);

// The members `secrets` and `limits` of whatever runs a command.
[[nodiscard]] Allowance parse_allowance(Fields& fields);

// An argv whose templates are checked.
[[nodiscard]] Argv argv_field(Fields& fields, std::string_view key);

}  // namespace signalbox::estate
