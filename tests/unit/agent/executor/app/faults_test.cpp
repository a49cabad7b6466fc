// SPDX-License-Identifier: Apache-2.0
// A disk that fails, a log that goes missing, and a clock that is set, under the real executor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/executor/live_executor.hpp"
#include "tests/support/executor/receipts.hpp"

namespace signalbox::executor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class Faults : public testing::Test {
  protected:
    void write(const std::string& name, const std::string& text) {
        std::ofstream(executor.folder.file(name)) << text;
    }
    // A step that begins, waits until it is let go, and says that it came to its end.
    std::string gated() const { return "mkfifo gate; echo begun > begun; cat gate; echo done >> count"; }
    std::string in_service(const std::string& name) const { return executor.root() + "/web/" + name; }
    void wait_for(const std::string& path) {
        for (int i = 0; i < 2000 && !fs::exists(path); ++i) ::poll(nullptr, 0, 10);
        ASSERT_TRUE(fs::exists(path)) << executor.log();
    }
    // Its story once it tells of this; it looks around once a second.
    std::string wait_for_story(const std::string& part) {
        std::string story;
        for (int i = 0; i < 500 && story.find(part) == std::string::npos; ++i) {
            ::poll(nullptr, 0, 10);
            story = executor.story();
        }
        return story;
    }
    LiveExecutor executor;
};

class FailingDisk : public Faults {
  protected:
    void start() {
        executor.start_in(
            {{"LD_PRELOAD", SIGNALBOX_FAILING_DISK}, {"FAILING_DISK", executor.folder.file("disk")}});
    }
    void fail(const std::string& what) { write("disk." + what, ""); }
    void heal(const std::string& what) { fs::remove(executor.folder.file("disk." + what)); }
};

TEST_F(FailingDisk, attack_33_a_disk_that_does_not_keep_what_it_was_given) {
    executor.add_script("first", "echo first >> count");
    executor.add_script("second", "echo second >> count");
    executor.add_script("third", "echo third >> count");
    ASSERT_EQ(executor.init(), 0);
    start();
    executor.enrol();
    EXPECT_EQ(executor.execute("first"), "admitted");
    EXPECT_EQ(executor.outcome("first"), "ok");
    for (const std::string fault : {"sync", "write"}) {
        fail(fault);
        EXPECT_EQ(executor.execute("second"), "R_STATE") << fault << executor.log();
        EXPECT_EQ(LiveExecutor::read(in_service("count")), "first\n") << fault;
        heal(fault);
    }
    EXPECT_EQ(executor.execute("third"), "admitted")
        << "with a disk that keeps things it goes on" << executor.log();
    EXPECT_EQ(executor.outcome("third"), "ok") << executor.log() << executor.story();
    EXPECT_EQ(executor.execute("first"), "R_DONE") << "and it remembers";
    EXPECT_THAT(executor.log(), HasSubstr("disk I/O error"));
}

TEST_F(Faults, attack_33_a_log_that_went_missing_is_noticed) {
    executor.add_script("step", "echo run >> count", 2);
    executor.init_start_enrol();
    ASSERT_EQ(executor.execute("step"), "admitted");
    ASSERT_EQ(executor.outcome("step"), "ok");
    executor.stop(SIGKILL);
    const std::string log = executor.state() + "/journal.sqlite3-wal";
    ASSERT_GT(fs::file_size(log), 0U) << "what was recorded last is there";
    const std::string whole = LiveExecutor::read(log);
    for (const bool empty : {false, true}) {
        fs::remove(log);
        if (empty) std::ofstream(log, std::ios::binary).flush();
        EXPECT_EQ(executor.run({"--state", executor.state(), "--socket", executor.socket(), "--services-root",
                                executor.root()}),
                  1);
        EXPECT_THAT(executor.log(), HasSubstr("journal.sqlite3-wal is gone"));
    }
    std::ofstream(log, std::ios::binary) << whole;
    executor.start();
    EXPECT_EQ(executor.execute("step"), "R_DONE") << "with its log it remembers";
    executor.stop(SIGTERM);
    fs::remove(log);
    executor.start();
    EXPECT_EQ(executor.execute("step"), "R_DONE") << "closed in order it needs none";
}

// The wall clock of the executor alone, moved by a file while it runs.
class SetClock : public Faults {
  protected:
    // With `boot_too` time itself goes on, and not only the wall clock.
    void start(bool boot_too = false) {
        set("+0");
        executor.start_in({{"LD_PRELOAD", kLibrary},
                           {"FAKETIME_TIMESTAMP_FILE", executor.folder.file("clock")},
                           {"FAKETIME_NO_CACHE", "1"},
                           {"FAKETIME_DONT_FAKE_MONOTONIC", boot_too ? "0" : "1"}});
        ASSERT_THAT(executor.log(), Not(HasSubstr("cannot be preloaded"))) << "installers/dependencies.sh";
    }
    void set(const std::string& offset) {
        write("clock.new", offset + "\n");
        fs::rename(executor.folder.file("clock.new"), executor.folder.file("clock"));
    }
    static constexpr const char* kLibrary =
        "/usr/$LIB/faketime/libfaketimeMT.so.1" /* the loader fills in $LIB */;
};

TEST_F(SetClock, attack_10_set_while_a_command_runs) {
    executor.add_script("gated", gated());
    executor.add_script("late", "echo late >> count");
    executor.add_script("later", "echo later >> count");
    ASSERT_EQ(executor.init(), 0);
    start();
    executor.enrol();

    // Far ahead of its deadline by the wall: it runs on, for its time is counted on the boot clock.
    ASSERT_EQ(executor.execute("gated"), "admitted");
    wait_for(in_service("begun"));
    set("+1d");
    EXPECT_EQ(executor.execute("late"), "R_EXPIRED") << "but nothing is begun after its token's end";
    std::ofstream(in_service("gate")) << "go";
    EXPECT_EQ(executor.outcome("gated"), "ok");

    // Back at the right time it goes on; set behind what it has seen, it does not.
    set("+0");
    EXPECT_EQ(executor.execute("late"), "admitted");
    EXPECT_EQ(executor.outcome("late"), "ok");
    set("-1d");
    EXPECT_EQ(executor.execute("later"), "R_CLOCK");
    EXPECT_EQ(LiveExecutor::read(in_service("count")), "done\nlate\n");
}

TEST_F(SetClock, attack_10_set_back_does_not_lengthen_a_deadline) {
    executor.add_script("endless", "echo begun > begun; while :; do sleep 1; done", 1, 2);
    ASSERT_EQ(executor.init(), 0);
    start();
    executor.enrol();
    ASSERT_EQ(executor.execute("endless"), "admitted");
    wait_for(in_service("begun"));
    set("-1d");
    EXPECT_EQ(executor.outcome("endless"), "timed_out");
    EXPECT_THAT(wait_for_story("clock_step:ok"), HasSubstr("clock_step:ok"));
}

TEST_F(SetClock, a_ledger_that_shows_nothing_new_for_an_hour_is_an_alarm) {
    ASSERT_EQ(executor.init(), 0);
    start(true);
    executor.enrol();
    set("+61m");
    EXPECT_EQ(wait_for_story("checkpoint_stale"), "enrolled observed:checkpoint_stale") << executor.log();
    LedgerOf ledger(executor);
    ASSERT_TRUE(executor.client->receipts(ledger.receipts()).ok());
    set("+122m");
    EXPECT_EQ(wait_for_story("checkpoint_stale"), "observed:checkpoint_stale")
        << "it grew, and stopped again";
}

}  // namespace
}  // namespace signalbox::executor
