// SPDX-License-Identifier: Apache-2.0
// Asks until the service answers as approved often enough in a row, or the time is over; as a watch
// (fail_fast), until the first failure after a success. A probe that cannot be made is a failure.
#pragma once

#include "agent/executor/actions/step.hpp"

namespace signalbox::actions {

[[nodiscard]] StepResult perform_body(const HealthCheck& action, StepContext& context);

}  // namespace signalbox::actions
