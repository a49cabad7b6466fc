// SPDX-License-Identifier: Apache-2.0
// Asks until the service answers as approved often enough in a row, or the time is over.
#pragma once

#include "agent/executor/actions/step.hpp"

namespace signalbox::actions {

[[nodiscard]] StepResult perform_body(const HealthCheck& action, StepContext& context);

}  // namespace signalbox::actions
