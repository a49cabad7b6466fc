// SPDX-License-Identifier: Apache-2.0
// The ids that both sides speak of.
#pragma once

#include "common/base/strong_id.hpp"

namespace signalbox {

using ClusterId = StrongId<struct ClusterIdTag>;  // [a-z0-9-]{1,40}
using AgentId = StrongId<struct AgentIdTag>;      // UUID
using ReleaseId = StrongId<struct ReleaseIdTag>;  // <service>-<version>-<counter>
using StepId = StrongId<struct StepIdTag>;        // <environment>/<host>/<name>, an undo step ends in "!undo"

}  // namespace signalbox
