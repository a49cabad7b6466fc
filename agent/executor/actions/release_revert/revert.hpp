// SPDX-License-Identifier: Apache-2.0
// Points `current` back to what a step of the same approval found, then runs the command.
#pragma once

#include "agent/executor/actions/step.hpp"

namespace signalbox::actions {

[[nodiscard]] StepResult perform_body(const ReleaseRevert& action, StepContext& context);

}  // namespace signalbox::actions
