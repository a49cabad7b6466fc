// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/command_run/command_run.hpp"

namespace signalbox::actions {

StepResult perform_body(const CommandRun& action, StepContext& context) {
    return run_command(action.command, context);
}

}  // namespace signalbox::actions
