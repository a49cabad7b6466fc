// SPDX-License-Identifier: Apache-2.0
// The steps of a standing approval, made from a release that people know: the same, with holes where the
// version and the artifact stand. Pure. Format: docs/formats/standing-approval.md.
#pragma once

#include <string_view>
#include <vector>

#include "common/trust/standing.hpp"
#include "controller/cli/plan_view.hpp"

namespace signalbox::cli {

// Adds the environment's steps that are not there yet. A version is a hole where it stands alone: no letter,
// digit, '.', '-' or '+' is beside it. Errors: failed_precondition (several services, several artifacts, an
// action that already holds "${").
[[nodiscard]] Status add_steps(const PlanView& plan, std::string_view environment,
                               std::vector<trust::StandingStep>& steps);

// Both lists by time, without overlap.
[[nodiscard]] std::vector<trust::ClosedTime> merge_closed(std::vector<trust::ClosedTime> a,
                                                          const std::vector<trust::ClosedTime>& b);

}  // namespace signalbox::cli
