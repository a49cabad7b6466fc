// SPDX-License-Identifier: Apache-2.0
// Row 32 of the attack table: the executor is killed at each point between admission and the finished record.
// A step never runs twice under one token, and what ran is never unrecorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/executor/receipts.hpp"

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

struct AckPoint {
    const char* name;
    std::size_t waiting;  // records in the outbox after the restart
    std::int64_t pinned;  // size of the ledger that the host holds the controller to; 0: none
};

class AckCrash : public ::testing::TestWithParam<AckPoint> {};

// Recorded but not acknowledged, or acknowledged and the answer lost: the record is in the outbox or proven
// to be in the ledger, and the controller, which shows its receipts again, ends at the same.
TEST_P(AckCrash, attack_32_loses_no_record_and_takes_the_same_receipts_again) {
    const AckPoint& point = GetParam();
    LiveExecutor executor;
    executor.add_script("step", "echo run >> count");
    ASSERT_EQ(executor.init(), 0) << executor.log();
    executor.start(point.name);
    executor.enrol();
    ASSERT_EQ(executor.execute("step"), "admitted");
    ASSERT_EQ(executor.outcome("step"), "ok");
    const LedgerOf ledger(executor);
    EXPECT_FALSE(executor.client->receipts(ledger.receipts()).ok()) << "nobody was there to answer";
    EXPECT_EQ(executor.wait_for_end().signal, SIGKILL) << executor.log();

    executor.start();
    EXPECT_EQ(executor.records().size(), point.waiting);
    const auto pinned = executor.client->hello()->pinned;
    EXPECT_EQ(pinned ? pinned->size : 0, point.pinned);
    EXPECT_EQ(executor.execute("step"), "R_DONE") << "known without the record";
    const auto acked = executor.client->receipts(ledger.receipts());
    ASSERT_TRUE(acked.ok()) << acked.error().to_string();
    EXPECT_EQ(*acked, 3);
    EXPECT_EQ(executor.story(), "refused:refused:R_DONE");
    const auto left = executor.records();
    EXPECT_EQ(left.at(0).seq, 4);
    EXPECT_EQ(left.at(0).seen_checkpoint.has_value(), point.pinned != 0);
    EXPECT_EQ(LiveExecutor::read(executor.root() + "/web/count"), "run\n");
}

INSTANTIATE_TEST_SUITE_P(Points, AckCrash,
                         ::testing::Values(AckPoint{"executor.receipts_presented", 3, 0},
                                           AckPoint{"executor.receipts_uncommitted", 3, 0},
                                           AckPoint{"executor.receipts_accepted", 0, 4}),
                         [](const auto& tested) { return std::string(tested.param.name).substr(9); });

// nginx's file is written and nginx not told: the next attempt, or the way back, ends with what the file
// says.
TEST(CrashOnce, attack_32_killed_between_nginxs_file_and_its_reload) {
    LiveExecutor executor;
    const auto shift = [&](const std::string& step, int blue, int green, int attempts,
                           const std::string& undo_of) {
        executor.deployment.add_step(
            step,
            {{"kind", "traffic.shift"},
             {"service", "web"},
             {"deadline_s", 20},
             {"adapter", "nginx"},
             {"file", executor.folder.file("web.conf")},
             {"upstream", "web"},
             {"addresses", {{"blue", "127.0.0.1:1"}, {"green", "127.0.0.1:2"}}},
             {"test", {"/bin/true"}},
             {"reload", {"/bin/cp", executor.folder.file("web.conf"), executor.folder.file("loaded")}},
             {"weights", {{"blue", blue}, {"green", green}}},
             {"expect", json::Json::object()},
             {"drain_s", 0}},
            {}, attempts, undo_of);
    };
    const auto loaded = [&] { return LiveExecutor::read(executor.folder.file("loaded")); };
    shift("before", 100, 0, 1, "");
    shift("shift", 0, 100, 2, "");
    shift("shift!undo", 100, 0, 1, "shift");
    ASSERT_EQ(executor.init(), 0) << executor.log();
    executor.start("traffic.nginx_written:2");
    executor.enrol();
    ASSERT_EQ(executor.execute("before"), "admitted");
    ASSERT_EQ(executor.outcome("before"), "ok");
    const std::string old = loaded();
    (void)executor.execute("shift");
    EXPECT_EQ(executor.wait_for_end().signal, SIGKILL) << executor.log();

    executor.start();
    EXPECT_EQ(executor.outcome("shift"), "interrupted");
    EXPECT_NE(LiveExecutor::read(executor.folder.file("web.conf")), old);
    EXPECT_EQ(loaded(), old);
    EXPECT_EQ(executor.execute("shift"), "admitted");
    EXPECT_EQ(executor.outcome("shift"), "nothing_to_do");
    EXPECT_EQ(loaded(), LiveExecutor::read(executor.folder.file("web.conf")));
    EXPECT_EQ(executor.execute("shift!undo"), "admitted");
    EXPECT_EQ(executor.outcome("shift!undo"), "ok");
    EXPECT_EQ(loaded(), old);
    EXPECT_EQ(executor.story(),
              "enrolled started finished:ok started interrupted:interrupted started finished:nothing_to_do "
              "started finished:ok");
}

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
