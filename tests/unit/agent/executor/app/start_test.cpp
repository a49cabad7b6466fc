// SPDX-License-Identifier: Apache-2.0
// When the executor must not start, how it stops, and what it is linked to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <atomic>
#include <thread>

#include "agent/executor/execution/process.hpp"
#include "agent/executor/journal/journal.hpp"
#include "tests/support/executor/live_executor.hpp"

namespace signalbox::executor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

// Gone with the test, also when it fails; the executor may still have files open there.
struct SmallDisk {
    std::string path;
    ~SmallDisk() { ::umount2(path.c_str(), MNT_DETACH); }
};

class Start : public ::testing::Test {
  protected:
    int daemon() {
        return executor.run(
            {"--state", executor.state(), "--socket", executor.socket(), "--services-root", executor.root()});
    }
    // What it says to the controller once there is a problem, or none; it looks once a second.
    std::string problem_once(bool there_is_one) {
        std::string problem;
        for (int i = 0; i < 500; ++i) {
            problem = executor.client->hello()->problem;
            if (problem.empty() != there_is_one) break;
            ::poll(nullptr, 0, 10);
        }
        return problem;
    }
    std::atomic<int> told{0};  // that its state has changed
    LiveExecutor executor;
};

TEST_F(Start, attack_30_unsafe_places_are_refused_with_the_reason) {
    EXPECT_EQ(daemon(), 1);
    EXPECT_THAT(executor.log(), HasSubstr("signalbox-executor init"));
    ASSERT_EQ(executor.init(), 0) << executor.log();
    fs::permissions(executor.state(), fs::perms(0755));
    EXPECT_EQ(daemon(), 3);
    EXPECT_THAT(executor.log(), HasSubstr("chmod"));
    fs::permissions(executor.state(), fs::perms(0700));

    fs::permissions(executor.root(), fs::perms(0777));
    EXPECT_EQ(daemon(), 3);
    fs::permissions(executor.root(), fs::perms(0755));

    fs::permissions(executor.state() + "/record.key", fs::perms(0644));
    EXPECT_EQ(daemon(), 3);
    fs::permissions(executor.state() + "/record.key", fs::perms(0600));

    fs::create_hard_link(executor.state() + "/journal.sqlite3", executor.folder.file("second-name"));
    EXPECT_EQ(daemon(), 3);
    fs::remove(executor.folder.file("second-name"));

    fs::permissions(executor.folder.path(), fs::perms(0777));  // above state and socket
    EXPECT_EQ(daemon(), 3);
    EXPECT_THAT(executor.log(), HasSubstr("others may write the directory above it"));
    fs::permissions(executor.folder.path(), fs::perms(0700));

    fs::rename(executor.state(), executor.folder.file("real"));
    fs::create_directory_symlink(executor.folder.file("real"), executor.state());
    EXPECT_EQ(daemon(), 3);
    EXPECT_THAT(executor.log(), HasSubstr("it is a symbolic link"));
    fs::remove(executor.state());
    fs::rename(executor.folder.file("real"), executor.state());

    ASSERT_EQ(::mknod(executor.socket().c_str(), S_IFSOCK, 0), 0);
    fs::permissions(executor.socket(), fs::perms(0666));
    EXPECT_EQ(daemon(), 3);
    EXPECT_THAT(executor.log(), HasSubstr("mode 0666"));
    EXPECT_THAT(executor.log(), Not(HasSubstr("\"ready\"")));
    fs::remove(executor.socket());
    executor.start();
    EXPECT_TRUE(executor.client) << "with everything put right it starts";
}

TEST_F(Start, attack_33_a_damaged_or_missing_journal_is_never_reset) {
    ASSERT_EQ(executor.init(), 0);
    const std::string journal = executor.state() + "/journal.sqlite3";
    const std::string whole = LiveExecutor::read(journal);
    std::string damaged = whole;
    for (std::size_t i = 4096; i < std::min<std::size_t>(damaged.size(), 3 * 4096); ++i) damaged[i] = '\x5a';
    std::ofstream(journal, std::ios::binary) << damaged;
    EXPECT_EQ(daemon(), 1);
    EXPECT_THAT(executor.log(), HasSubstr("re-enrol"));
    EXPECT_EQ(LiveExecutor::read(journal), damaged);
    fs::remove(journal);
    EXPECT_EQ(daemon(), 1);
    EXPECT_FALSE(fs::exists(journal));
}

TEST_F(Start, attack_33_a_full_disk_refuses_and_loses_nothing) {
    fs::create_directory(executor.state());
    if (::mount("tmpfs", executor.state().c_str(), "tmpfs", 0, "size=16m,mode=0700") != 0) {
        ASSERT_EQ(errno, EPERM) << "only for want of root may the small disk be missing";
        GTEST_SKIP() << "only root can mount";
    }
    const SmallDisk disk{executor.state()};
    executor.add_script("step", "echo run >> count");
    executor.on_event = [this](const ipc::Event& event) {
        if (std::holds_alternative<ipc::StateEvent>(event)) ++told;
    };
    executor.init_start_enrol();
    EXPECT_EQ(problem_once(false), "");
    {
        std::ofstream filler(executor.state() + "/filler", std::ios::binary);
        while (filler << std::string(4096, 'x') && filler.flush()) {
        }
    }
    EXPECT_EQ(executor.execute("step"), "R_STATE") << executor.log();
    EXPECT_EQ(LiveExecutor::read(executor.root() + "/web/count"), "");
    EXPECT_THAT(problem_once(true), HasSubstr("disk"));
    for (int i = 0; i < 500 && told == 0; ++i) ::poll(nullptr, 0, 10);
    EXPECT_EQ(told.load(), 1) << "the network face was told to ask";
    fs::remove(executor.state() + "/filler");
    EXPECT_EQ(problem_once(false), "") << executor.log();
    EXPECT_EQ(executor.execute("step"), "admitted");
    EXPECT_EQ(executor.outcome("step"), "ok");
    EXPECT_THAT(executor.story(), ::testing::EndsWith("started finished:ok"));
}

TEST_F(Start, attack_33_a_read_only_disk_is_refused_loudly_and_nothing_is_reset) {
    executor.add_script("step", "echo run >> count");
    executor.init_start_enrol();
    ASSERT_EQ(executor.execute("step"), "admitted");
    ASSERT_EQ(executor.outcome("step"), "ok");
    executor.stop(SIGTERM);
    const std::string state = executor.state();
    if (::mount(state.c_str(), state.c_str(), nullptr, MS_BIND, nullptr) != 0) {
        ASSERT_EQ(errno, EPERM) << "only for want of root may the mount be missing";
        GTEST_SKIP() << "only root can mount";
    }
    {
        const SmallDisk disk{state};
        ASSERT_EQ(::mount(nullptr, state.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr), 0);
        EXPECT_NE(daemon(), 0);
        EXPECT_THAT(executor.log(),
                    ::testing::AnyOf(HasSubstr("Read-only"), HasSubstr("readonly"), HasSubstr("read-only")));
    }
    executor.start();
    EXPECT_EQ(executor.execute("step"), "R_DONE") << "it remembers";
    EXPECT_EQ(executor.story(), "enrolled started finished:ok refused:refused:R_DONE");
}

TEST_F(Start, a_second_executor_on_the_same_state_is_refused) {
    executor.init_start_enrol();
    EXPECT_EQ(executor.run({"--state", executor.state(), "--socket", executor.folder.file("other"),
                            "--services-root", executor.root()}),
              1);
    EXPECT_TRUE(executor.client->hello().ok());
}

TEST_F(Start, sigterm_lets_a_running_step_end) {
    executor.add_script("step", "mkfifo gate; cat gate; echo done > done");
    executor.init_start_enrol();
    EXPECT_EQ(executor.execute("step"), "admitted");
    const std::string gate = executor.root() + "/web/gate";
    for (int i = 0; i < 1000 && !fs::exists(gate); ++i) ::poll(nullptr, 0, 10);
    std::thread release([&] {
        for (int i = 0; i < 1000 && executor.log().find("stopping") == std::string::npos; ++i)
            ::poll(nullptr, 0, 10);
        std::ofstream(gate) << "go";
    });
    EXPECT_EQ(executor.stop(SIGTERM).exit_status, 0);
    release.join();
    executor.start();
    EXPECT_EQ(executor.outcome("step"), "ok");
    EXPECT_EQ(executor.story(), "enrolled started finished:ok");
}

TEST_F(Start, bad_arguments_have_their_own_code) {
    EXPECT_EQ(executor.run({}), 2);
    EXPECT_EQ(executor.run({"--no-such-flag"}), 2);
    EXPECT_EQ(executor.run({"init", "--state", executor.state(), "--join", "sbj1.nonsense"}), 2);
    EXPECT_FALSE(fs::exists(executor.state() + "/journal.sqlite3"));
    EXPECT_EQ(executor.run({"--version"}), 0);
}

TEST_F(Start, the_security_boundary_links_no_network_stack) {
    execution::CommandSpec spec;
    spec.argv = {"ldd", kProgram};
    spec.working_directory = executor.folder.path();
    spec.limit = std::chrono::seconds(20);
    const std::atomic<bool> cancel{false};
    const auto result = execution::run(spec, SystemClock(), cancel);
    ASSERT_TRUE(result.ok() && result->succeeded());
    for (const char* library : {"grpc", "protobuf", "absl", "libcurl", "libssl", "libgit2"})
        EXPECT_THAT(result->out.kept, Not(HasSubstr(library)));
    EXPECT_THAT(result->out.kept, HasSubstr("libsodium"));
}

TEST_F(Start, a_step_that_a_crash_cut_short_is_recorded_although_the_outbox_is_full) {
    executor.add_script("slow", "echo $$ > self; while :; do sleep 1; done");
    executor.init_start_enrol();
    ASSERT_EQ(executor.execute("slow"), "admitted");
    while (LiveExecutor::read(executor.root() + "/web/self").empty()) ::poll(nullptr, 0, 5);
    executor.stop(SIGKILL);
    {
        auto raw =
            sqlite::Database::open(executor.state() + "/journal.sqlite3",
                                   {.create = false, .busy_timeout = {}, .check = false, .keep_log = true});
        ASSERT_TRUE(raw.ok());
        ASSERT_TRUE(raw->run("UPDATE progress SET next_seq = ?", journal::kMaxOutboxHard + 1).ok());
        ASSERT_TRUE(raw->run("UPDATE outbox SET seq = ? WHERE seq = 2", journal::kMaxOutboxHard).ok());
    }
    executor.start();
    EXPECT_EQ(executor.outcome("slow"), "interrupted");
}

}  // namespace
}  // namespace signalbox::executor
