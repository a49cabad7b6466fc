// SPDX-License-Identifier: Apache-2.0
// Runs one command that people approved, argument by argument.
#pragma once

#include "agent/executor/actions/step.hpp"

namespace signalbox::actions {

[[nodiscard]] StepResult perform_body(const CommandRun& action, StepContext& context);

}  // namespace signalbox::actions
