// SPDX-License-Identifier: Apache-2.0
// Brings an artifact's files to the service's releases folder: whole, or not at all.
#pragma once

#include "agent/executor/actions/step.hpp"

namespace signalbox::actions {

[[nodiscard]] StepResult perform_body(const ArtifactStage& action, StepContext& context);

}  // namespace signalbox::actions
