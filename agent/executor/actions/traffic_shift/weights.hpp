// SPDX-License-Identifier: Apache-2.0
// Weights for records and people, and as a program prints them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "agent/executor/actions/schema/action.hpp"

namespace signalbox::actions {

// "blue=100 green=0"
[[nodiscard]] std::string describe(const Weights& weights);
// The servers of `wanted` that have other weights in `now`, or are not there; empty when there is none.
[[nodiscard]] std::string differences(const Weights& now, const Weights& wanted);
// "server weight" lines; empty lines are skipped. Errors: invalid_argument (the line that is something else).
[[nodiscard]] Result<Weights> parse_weight_lines(std::string_view text);

}  // namespace signalbox::actions
