// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "agent/executor/actions/command_run/command_run.hpp"
#include "tests/support/executor/step_scene.hpp"

namespace signalbox::actions {
namespace {

// What ignores SIGTERM has a grace after its deadline, but not past the time at which nothing may run any
// more.
TEST(CommandRun, nothing_runs_after_the_hard_end) {
    Stage scene;
    StepContext context = scene.context();
    context.deadline = scene.system_clock.boot() + std::chrono::milliseconds(300);
    context.hard_end = context.deadline;
    const Command stubborn{{"/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"}, "", {}};
    const StepResult result = perform_body(CommandRun{stubborn}, context);
    EXPECT_EQ(result.code, "timed_out") << result.detail;
    EXPECT_LT(scene.system_clock.boot() - *context.hard_end, std::chrono::milliseconds(1500));
}

}  // namespace
}  // namespace signalbox::actions
