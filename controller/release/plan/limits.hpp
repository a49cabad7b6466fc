// SPDX-License-Identifier: Apache-2.0
// What holds an environment's steps back, from the estate into the plan. Pure.
#pragma once

#include "controller/release/plan/lane.hpp"

namespace signalbox::plan {

[[nodiscard]] PlanBreaker to_plan(const estate::Breaker& breaker);
// The caps of every scope that a step of `out` is in, the breaker and the calendar.
void add_limits(const estate::Estate& estate, const estate::Environment& environment,
                const std::vector<Lane>& lanes, PlanEnvironment& out);

}  // namespace signalbox::plan
