// SPDX-License-Identifier: Apache-2.0
// Row 32 of the attack table: the executor is killed at each point between admission and the finished record.
// A step never runs twice under one token, and what ran is never unrecorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/executor/live_executor.hpp"

namespace signalbox::executor {
namespace {

struct Point {
    const char* name;
    const char* ran;    // what the command wrote
    const char* story;  // the records after the restart
    const char* state;  // what query says after the restart
    const char* again;  // the answer to a fresh token
};

class Crash : public ::testing::TestWithParam<Point> {};

TEST_P(Crash, attack_32_is_never_run_twice_and_never_unrecorded) {
    const Point& point = GetParam();
    LiveExecutor executor;
    executor.add_script("step", "echo run >> count");
    ASSERT_EQ(executor.init(), 0) << executor.log();
    executor.start(point.name);
    executor.enrol();
    (void)executor.present("step", executor.deployment.token("step", 1)).ok();
    EXPECT_EQ(executor.wait_for_end().signal, SIGKILL) << executor.log();

    executor.start();
    EXPECT_EQ(LiveExecutor::read(executor.root() + "/web/count"), point.ran);
    EXPECT_EQ(executor.story(), point.story);
    EXPECT_EQ(executor.outcome("step"), point.state);
    EXPECT_EQ(executor.execute("step"), point.again);
    (void)executor.outcome("step");
    const std::string count = LiveExecutor::read(executor.root() + "/web/count");
    EXPECT_TRUE(count.empty() || count == "run\n") << count;
}

INSTANTIATE_TEST_SUITE_P(
    Points, Crash,
    ::testing::Values(Point{"executor.admitted", "", "enrolled", "never", "admitted"},
                      Point{"executor.started_recorded", "", "enrolled started interrupted:interrupted",
                            "interrupted", "R_ATTEMPTS"},
                      Point{"executor.ran", "run\n", "enrolled started interrupted:interrupted",
                            "interrupted", "R_ATTEMPTS"},
                      Point{"executor.finished_recorded", "run\n", "enrolled started finished:ok", "ok",
                            "R_DONE"}),
    [](const auto& tested) {
        std::string name = tested.param.name;
        for (char& c : name)
            if (c == '.') c = '_';
        return name;
    });

TEST(CrashOnce, attack_32_killed_while_a_command_runs) {
    LiveExecutor executor;
    executor.add_script("step", "echo $$ > pid; while :; do sleep 1; done");
    executor.init_start_enrol();
    EXPECT_EQ(executor.execute("step"), "admitted");
    const std::string file = executor.root() + "/web/pid";
    for (int i = 0; i < 1000 && LiveExecutor::read(file).empty(); ++i) ::poll(nullptr, 0, 10);
    executor.stop(SIGKILL);
    const auto pid = static_cast<pid_t>(std::stoi(LiveExecutor::read(file)));
    const auto alive = [&] {
        const std::string stat = LiveExecutor::read("/proc/" + std::to_string(pid) + "/stat");
        return !stat.empty() && stat.find(") Z ") == std::string::npos;
    };
    for (int i = 0; i < 1000 && alive(); ++i) ::poll(nullptr, 0, 10);
    EXPECT_FALSE(alive());
    executor.start();
    EXPECT_EQ(executor.story(), "enrolled started interrupted:interrupted");
}

TEST(CrashOnce, a_second_token_after_an_interruption_uses_an_approved_attempt) {
    LiveExecutor executor;
    executor.add_script("step", "echo run >> count", 2);
    ASSERT_EQ(executor.init(), 0);
    executor.start("executor.started_recorded");
    executor.enrol();
    (void)executor.present("step", executor.deployment.token("step", 1)).ok();
    executor.wait_for_end();
    executor.start();
    EXPECT_EQ(executor.execute("step"), "admitted");
    EXPECT_EQ(executor.outcome("step"), "ok");
    const auto records = executor.records();
    EXPECT_EQ(records.back().attempt, 2);
}

}  // namespace
}  // namespace signalbox::executor
