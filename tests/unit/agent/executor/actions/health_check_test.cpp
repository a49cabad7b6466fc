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
    StepResult check(std::int64_t successes = 2, bool fail_fast = false) {
        StepContext context = scene.context();
        context.clock = &scene.manual_clock;
        context.deadline = scene.manual_clock.boot() + std::chrono::minutes(5);
        HealthCheck action;
        action.http = HttpProbe{"http://127.0.0.1/health", 200, "ready"};
        action.within = std::chrono::seconds(3);
        action.interval = std::chrono::milliseconds(1000);
        action.successes = successes;
        action.fail_fast = fail_fast;
        return perform_body(action, context);
    }
    // Every 100 ms, for ten minutes at most.
    StepResult long_check(std::int64_t successes) {
        StepContext context = scene.context();
        context.clock = &scene.manual_clock;
        context.deadline = scene.manual_clock.boot() + std::chrono::minutes(11);
        HealthCheck action;
        action.http = HttpProbe{"http://127.0.0.1/health", 200, "ready"};
        action.within = std::chrono::minutes(10);
        action.interval = std::chrono::milliseconds(100);
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

TEST_F(Health, a_watch_ends_at_the_first_failure_after_a_success) {
    scene.prober.answers = {{503, ""}, {200, "ready"}, {503, ""}, {200, "ready"}, {200, "ready"}};
    const StepResult result = check(2, true);
    EXPECT_EQ(result.code, "failed");
    EXPECT_EQ(scene.prober.urls.size(), 3U) << "no probe after the one that failed";
    EXPECT_THAT(result.detail, HasSubstr("having passed before: http://127.0.0.1/health answered 503"));
    // Before the first success it has the time to come up.
    scene.prober.answers = {{503, ""}, {200, "ready"}, {200, "ready"}};
    EXPECT_EQ(check(2, true).code, "ok");
    // A check that is no watch starts its count again.
    scene.prober.answers = {{200, "ready"}, {503, ""}, {200, "ready"}, {200, "ready"}};
    EXPECT_EQ(long_check(2).code, "ok");
}

TEST_F(Health, a_watch_that_never_passes_fails_at_its_end) {
    EXPECT_EQ(check(2, true).code, "failed");
    EXPECT_EQ(scene.prober.urls.size(), 3U);
}

TEST_F(Health, it_may_hold_for_minutes_and_many_probes) {
    for (int i = 0; i < 3000; ++i) scene.prober.answers.push_back({200, "ready"});
    const Duration begin = scene.manual_clock.boot();
    EXPECT_EQ(long_check(3000).code, "ok");
    EXPECT_EQ(scene.manual_clock.boot() - begin, std::chrono::milliseconds(2999 * 100));
}

TEST_F(Health, the_interval_is_from_beginning_to_beginning) {
    scene.prober.answers = {{200, "ready"}, {200, "ready"}, {200, "ready"}};
    scene.prober.takes = [this] { scene.manual_clock.advance(std::chrono::milliseconds(60)); };
    const Duration begin = scene.manual_clock.boot();
    EXPECT_EQ(long_check(3).code, "ok");
    EXPECT_EQ(scene.manual_clock.boot() - begin, std::chrono::milliseconds(100 + 100 + 60));
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
