// SPDX-License-Identifier: Apache-2.0
// What a plan says of how it runs: limits, calendar, breaker, lanes; as words for people. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/cli/plan_view.hpp"
#include "controller/cli/terminal.hpp"

namespace signalbox::cli {

// "payments 2.14.0 (c0ffee), ledger-db 1.4.0": in the order in which they are released.
[[nodiscard]] std::string services_of(const PlanView& plan);
// What happens when the window closes before the release is done.
[[nodiscard]] std::string overrun_words(std::string_view overrun);
// When it opens and when it tries again; empty: there is none.
[[nodiscard]] std::string breaker_words(const PlanBreakerView& breaker);
// One environment's limits, calendar, breaker and lanes, a line or more each.
[[nodiscard]] std::vector<std::string> render_terms(const PlanStageView& stage, const Terminal& terminal);

}  // namespace signalbox::cli
