// SPDX-License-Identifier: Apache-2.0
// What a command may use: limits of the action, control groups where the host has them, and row 31 of the
// attack table as a whole.
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <set>

#include "tests/unit/agent/executor/execution/process_fixture.hpp"

namespace signalbox::execution {
namespace {

using ::testing::HasSubstr;

TEST_F(Process, no_core_is_ever_written_and_limits_are_as_the_action_says) {
    limits.cpu_seconds = 7;
    limits.open_files = 64;
    limits.processes = 100;
    limits.file_bytes = 1 << 20;
    limits.address_bytes = std::int64_t{1} << 30;
    // Soft and hard are the same: nothing can be raised again.
    const auto result =
        run_argv({"/bin/bash", "-c",
                  "for kind in c n f v u; do ulimit -S -$kind; ulimit -H -$kind; done; ulimit -S -t"});
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_EQ(result->out.kept, "0\n0\n64\n64\n1024\n1024\n1048576\n1048576\n100\n100\n7\n");
}

TEST_F(Process, what_is_not_limited_is_as_the_executor_has_it) {
    rlimit own{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &own), 0);
    const auto result = run_argv({"/bin/bash", "-c", "ulimit -S -c; ulimit -S -n; ulimit -S -f"});
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_EQ(result->out.kept,
              "0\n1024\n" +
                  (own.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(own.rlim_cur / 1024)) + "\n");
}

TEST_F(Process, a_command_that_uses_more_is_ended_by_the_kernel) {
    limits.file_bytes = 4096;
    EXPECT_EQ(run_argv({"dd", "if=/dev/zero", "of=big", "bs=8192", "count=1"})->signal, SIGXFSZ);
    EXPECT_LE(std::filesystem::file_size(folder.file("big")), 4096U);
    limits = {};
    limits.cpu_seconds = 1;
    EXPECT_EQ(run_shell("while :; do :; done")->signal, SIGXCPU);
}

TEST_F(Process, a_limit_above_what_the_executor_may_give_fails_the_step) {
    const pid_t executor = ::fork();  // its hard limit cannot be raised again
    if (executor == 0) {
        const rlimit few{128, 128};
        if (::setrlimit(RLIMIT_NOFILE, &few) != 0) ::_exit(3);
        if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(4);
        limits.open_files = 4096;
        const auto result = run_argv({"/bin/true"});
        ::_exit(!result && result.error().message().find("limiting its resources") != std::string::npos ? 0
                                                                                                        : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(executor, &status, 0), executor);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

// Row 31 in one command: a first generation that ignores SIGTERM, a second that left group and session and
// holds the pipe, both print without end.
TEST_F(Process, attack_31_ignores_sigterm_forks_away_prints_without_end_and_holds_the_pipe) {
    const auto result = run_shell(R"sh(
        trap "" TERM
        setsid sh -c 'setsid sh -c "trap \"\" TERM; echo \$\$ > far; while :; do echo far; done" & exit'
        echo $$ > self
        while :; do echo near; done)sh",
                                  std::chrono::milliseconds(700));
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_TRUE(result->timed_out);
    EXPECT_LT(result->took, std::chrono::seconds(10));
    EXPECT_EQ(result->out.kept.size(), kMaxKeptOutput);
    EXPECT_GT(result->out.length, std::int64_t{kMaxKeptOutput});
    EXPECT_NE(result->out.sha256, crypto::sha256(result->out.kept)) << "of all that was printed";
    EXPECT_TRUE(gone("self"));
    EXPECT_TRUE(gone("far"));
}

// A unified hierarchy of the test's own; only root can mount one, and not everywhere.
class Grouped : public Process {
  protected:
    Grouped() {
        std::filesystem::create_directory(folder.file("unified"));
        mounted_ = ::mount("none", folder.file("unified").c_str(), "cgroup2", 0, nullptr) == 0;
        groups_ = ControlGroups::find();
        if (groups_->ok()) control_groups = &groups_->value();
        others_ = groups_there();
    }
    ~Grouped() override {
        if (mounted_) ::umount2(folder.file("unified").c_str(), MNT_DETACH);
    }
    // The groups that were not there before: other executors of this machine have theirs beside ours.
    std::vector<std::string> left() const {
        std::vector<std::string> names;
        for (const std::string& name : groups_there())
            if (!others_.contains(name)) names.push_back(name);
        return names;
    }
    std::set<std::string> groups_there() const {
        std::set<std::string> names;
        if (control_groups == nullptr) return names;
        for (const auto& entry : std::filesystem::directory_iterator(control_groups->folder()))
            if (entry.path().filename().string().starts_with("signalbox-step-"))
                names.insert(entry.path().filename());
        return names;
    }
    std::set<std::string> others_;
    bool mounted_ = false;
    std::optional<Result<ControlGroups>> groups_;
};

TEST_F(Grouped, attack_31_the_kernel_kills_what_left_every_group_and_lost_its_watchers) {
    if (control_groups == nullptr) GTEST_SKIP() << groups_->error().message();
    std::thread killer([&] {
        while (id_in("self") == 0 || id_in("far") == 0) ::poll(nullptr, 0, 1);
        const pid_t supervisor = parent(id_in("self"));
        const pid_t guard = parent(supervisor);
        ::kill(supervisor, SIGSTOP);  // neither sees the other die
        ::kill(guard, SIGKILL);
        ::kill(supervisor, SIGKILL);
    });
    const auto result = run_shell(R"sh(
        cat /proc/self/cgroup > where
        setsid sh -c 'setsid sh -c "echo \$\$ > far; while :; do sleep 1; done" & exit'
        echo $$ > self
        while :; do sleep 1; done)sh");
    killer.join();
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_TRUE(result->interrupted);
    EXPECT_TRUE(gone("self"));
    EXPECT_TRUE(gone("far"));
    std::ifstream where(folder.file("where"));
    EXPECT_THAT(std::string(std::istreambuf_iterator<char>(where), {}), HasSubstr("/signalbox-step-"));
    EXPECT_THAT(left(), ::testing::IsEmpty());
}

TEST_F(Grouped, an_empty_group_stays_while_the_executor_that_made_it_lives) {
    if (control_groups == nullptr) GTEST_SKIP() << groups_->error().message();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const std::string living = control_groups->folder() + "/signalbox-step-1-1";
    const std::string dead = control_groups->folder() + "/signalbox-step-" + std::to_string(child) + "-1";
    std::filesystem::create_directory(living);
    std::filesystem::create_directory(dead);
    EXPECT_TRUE(control_groups->make().ok());
    EXPECT_TRUE(std::filesystem::exists(living)) << "its command may be about to enter";
    EXPECT_FALSE(std::filesystem::exists(dead));
    ::rmdir(living.c_str());
    EXPECT_THAT(left(), ::testing::IsEmpty());
}

TEST_F(Grouped, what_a_command_left_in_the_background_keeps_its_group_until_it_ends) {
    if (control_groups == nullptr) GTEST_SKIP() << groups_->error().message();
    ASSERT_TRUE(run_shell("sleep 60 > /dev/null 2>&1 & echo $! > left")->succeeded());
    EXPECT_TRUE(alive(id_in("left")));
    EXPECT_EQ(left().size(), 1U);
    ::kill(id_in("left"), SIGKILL);
    EXPECT_TRUE(gone("left"));
    ASSERT_TRUE(run_shell("exit 0")->succeeded());
    EXPECT_THAT(left(), ::testing::IsEmpty());
}

TEST_F(Process, a_host_without_control_groups_says_what_is_missing) {
    const auto says = [&](const std::string& cgroup, const std::string& mountinfo) {
        std::ofstream(folder.file("cgroup")) << cgroup;
        std::ofstream(folder.file("mountinfo")) << mountinfo;
        const auto found = ControlGroups::find(folder.path());
        return found ? "found " + found->folder() : found.error().message();
    };
    EXPECT_THAT(says("1:cpu:/\n", ""), HasSubstr("no unified control groups"));
    EXPECT_THAT(says("0::/a\n", "30 1 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"),
                HasSubstr("not mounted"));
    EXPECT_THAT(says("0::/a\n", "30 1 0:26 /b /sys rw - cgroup2 none rw\n"), HasSubstr("do not show"));
    EXPECT_THAT(says("0::/a\n", "30 1 0:26 / /nowhere ro - cgroup2 none ro\n"),
                HasSubstr("making the control group /nowhere/a/signalbox-step-"));
    // A folder that is no control group: it could be made, but not killed.
    std::filesystem::create_directory(folder.file("a"));
    EXPECT_THAT(says("0::/x/a\n", "30 1 0:26 /x " + folder.path() + " rw - cgroup2 none rw\n"),
                HasSubstr("cannot be killed as a whole"));
    EXPECT_TRUE(std::filesystem::is_empty(folder.file("a")));
}

}  // namespace
}  // namespace signalbox::execution
