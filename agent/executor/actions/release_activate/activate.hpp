// SPDX-License-Identifier: Apache-2.0
// Points `current` to a staged artifact (atomic rename), then runs the command that makes it live.
#pragma once

#include "agent/executor/actions/step.hpp"

namespace signalbox::actions {

[[nodiscard]] StepResult perform_body(const ReleaseActivate& action, StepContext& context);

}  // namespace signalbox::actions
