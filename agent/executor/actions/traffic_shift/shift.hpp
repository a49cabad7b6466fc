// SPDX-License-Identifier: Apache-2.0
// Shares traffic out among servers by weights, and reads them back: adapter.hpp says by what.
#pragma once

#include "agent/executor/actions/step.hpp"

namespace signalbox::actions {

[[nodiscard]] StepResult perform_body(const TrafficShift& action, StepContext& context);

}  // namespace signalbox::actions
