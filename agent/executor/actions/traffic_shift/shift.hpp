// SPDX-License-Identifier: Apache-2.0
// Sets HAProxy's server weights by its runtime socket and reads them back.
#pragma once

#include "agent/executor/actions/step.hpp"

namespace signalbox::actions {

[[nodiscard]] StepResult perform_body(const TrafficShift& action, StepContext& context);

}  // namespace signalbox::actions
