// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/health_check/health_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/executor/step_scene.hpp"

namespace signalbox::actions {
namespace {

using ::testing::HasSubstr;

class Health : public ::testing::Test {
  protected:
    StepResult check(std::int64_t successes = 2) {
        StepContext context = scene.context();
        context.clock = &scene.manual_clock;
        context.deadline = scene.manual_clock.boot() + std::chrono::minutes(5);
        HealthCheck action;
        action.http = HttpProbe{"http://127.0.0.1/health", 200, "ready"};
        action.within = std::chrono::seconds(3);
        action.interval = std::chrono::milliseconds(1000);
        action.successes = successes;
        return perform_body(action, context);
    }
    Stage scene;
};

TEST_F(Health, successes_must_be_in_a_row) {
    scene.prober.answers = {{200, "ready"}, {503, ""}, {200, "ready"}};
    EXPECT_EQ(check().code, "failed");  // three seconds are over before the second in a row
    scene.prober.answers = {{503, ""}, {200, "ready"}, {200, "ready"}};
    EXPECT_EQ(check().code, "ok");
}

TEST_F(Health, a_200_without_the_text_is_not_healthy) {
    scene.prober.answers = {{200, "starting"}};
    const StepResult result = check(1);
    EXPECT_EQ(result.code, "failed");
    EXPECT_THAT(result.detail, HasSubstr("nobody answers"));  // the last reason
}

TEST_F(Health, stopping_ends_it) {
    scene.cancel = true;
    EXPECT_EQ(check().code, "killed");
}

TEST_F(Health, a_command_is_a_probe_too) {
    StepContext context = scene.context();
    HealthCheck action;
    action.command = Command{{"/bin/sh", "-c", "echo fine"}, "", {}};
    action.within = std::chrono::seconds(20);
    action.interval = std::chrono::milliseconds(10);
    const StepResult result = perform_body(action, context);
    EXPECT_EQ(result.code, "ok") << result.detail;
    EXPECT_EQ(result.out->kept, "fine\n");
}

}  // namespace
}  // namespace signalbox::actions
