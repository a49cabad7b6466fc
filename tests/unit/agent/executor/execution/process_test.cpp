// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/execution/process.hpp"

#include <stdlib.h>
#include <sys/wait.h>

#include <functional>

#include "tests/unit/agent/executor/execution/process_fixture.hpp"

namespace signalbox::execution {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Process, status_signal_and_both_streams_come_back) {
    const auto result = run_shell("echo out; echo err >&2; exit 7");
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_EQ(result->exit_status, 7);
    EXPECT_EQ(result->out.kept, "out\n");
    EXPECT_EQ(result->err.kept, "err\n");
    EXPECT_EQ(result->out.sha256, crypto::sha256("out\n"));
    EXPECT_EQ(run_shell("kill -SEGV $$")->signal, SIGSEGV);
}

TEST_F(Process, attack_28_shell_text_is_a_literal_argument) {
    const std::string hostile = "; touch pwned $(touch pwned) `touch pwned`\n-oProxyCommand=x";
    const auto result = run_argv({"printf", "%s", hostile});
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_EQ(result->out.kept, hostile);
    EXPECT_FALSE(std::filesystem::exists(folder.file("pwned")));
}

TEST_F(Process, attack_29_the_executors_environment_does_not_leak) {
    for (const char* name : {"LD_PRELOAD", "IFS", "BASH_ENV", "GCONV_PATH", "TMPDIR"})
        ::setenv(name, "/hostile", 1);
    ::setenv("LD_PRELOAD", "", 1);
    env = {{"SIGNALBOX_SERVICE", "web"}};
    const auto result = run_argv({"/usr/bin/env"});
    for (const char* name : {"LD_PRELOAD", "IFS", "BASH_ENV", "GCONV_PATH", "TMPDIR"}) ::unsetenv(name);
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_THAT(result->out.kept, Not(HasSubstr("hostile")));
    EXPECT_THAT(result->out.kept, Not(HasSubstr("LD_PRELOAD")));
    EXPECT_THAT(result->out.kept,
                HasSubstr("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"));
    EXPECT_THAT(result->out.kept, HasSubstr("SIGNALBOX_SERVICE=web\n"));
    EXPECT_THAT(result->out.kept, HasSubstr("LANG=C.UTF-8\n"));
}

TEST_F(Process, no_descriptor_of_the_executor_is_inherited) {
    std::ofstream secret(folder.file("secret"));
    const auto result = run_argv({"/bin/ls", "/proc/self/fd"});
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->out.kept, "0\n1\n2\n3\n");  // 3 is the listing itself
}

TEST_F(Process, attack_31_a_tree_that_ignores_sigterm_and_forks_away_dies_at_the_deadline) {
    const auto result = run_shell(
        "trap '' TERM; echo $$ > self; setsid sh -c 'trap \"\" TERM; setsid sh -c \"trap : TERM; echo \\$\\$ "
        "> far; while :; "
        "do sleep 1; done\" & exit' ; while :; do sleep 1; done",
        std::chrono::milliseconds(700));
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_TRUE(result->timed_out);
    EXPECT_FALSE(result->succeeded());
    EXPECT_LT(result->took, std::chrono::seconds(10));
    EXPECT_TRUE(gone("self"));
    EXPECT_TRUE(gone("far"));
}

TEST_F(Process, attack_31_endless_output_is_capped_counted_and_hashed) {
    const auto result = run_shell("head -c 3000000 /dev/zero");
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->out.kept.size(), kMaxKeptOutput);
    EXPECT_EQ(result->out.length, 3'000'000);
    EXPECT_EQ(result->out.sha256, crypto::sha256(std::string(3'000'000, '\0')));
}

TEST_F(Process, attack_31_a_background_child_that_holds_the_pipe_does_not_hold_the_step) {
    const auto result = run_shell("sleep 30 & echo $! > child; echo done");
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(result->succeeded());
    EXPECT_LT(result->took, std::chrono::seconds(10));
    EXPECT_EQ(result->out.kept, "done\n");
    std::ifstream file(folder.file("child"));
    pid_t child = 0;
    file >> child;
    ::kill(child, SIGKILL);
}

TEST_F(Process, cancelling_kills_the_tree) {
    std::thread canceller([this] {
        while (!std::filesystem::exists(folder.file("self"))) ::poll(nullptr, 0, 1);
        cancel = true;
    });
    const auto result = run_shell("echo $$ > self; while :; do sleep 1; done");
    canceller.join();
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(result->cancelled);
    EXPECT_TRUE(gone("self"));
}

TEST_F(Process, attack_32_the_tree_dies_with_a_killed_executor) {
    const pid_t executor = ::fork();
    if (executor == 0) {
        (void)run_shell("echo $$ > self; while :; do sleep 1; done");
        ::_exit(0);
    }
    for (int i = 0; i < 1000 && !std::filesystem::exists(folder.file("self")); ++i) ::poll(nullptr, 0, 10);
    ::kill(executor, SIGKILL);
    ::waitpid(executor, nullptr, 0);
    EXPECT_TRUE(gone("self"));
}

// "self" is the command, a child in its group is "near", one that forked away is "far".
class KilledSupervision : public Process {
  protected:
    // What `victims` makes of guard and supervisor is killed while the tree runs.
    void expect_interrupted(const std::function<std::vector<pid_t>(pid_t, pid_t)>& victims) {
        std::thread killer([&] {
            while (id_in("self") == 0 || id_in("near") == 0 || id_in("far") == 0) ::poll(nullptr, 0, 1);
            const pid_t supervisor = parent(id_in("self"));
            const pid_t guard = parent(supervisor);
            EXPECT_EQ(parent(guard), ::getpid());
            for (const pid_t victim : victims(guard, supervisor)) ::kill(victim, SIGKILL);
        });
        const auto result = run_shell(R"sh(
            loop='trap "" TERM; while :; do sleep 1; done'
            sh -c "echo \$\$ > near; $loop" &
            setsid sh -c "setsid sh -c 'echo \$\$ > far; while :; do sleep 1; done' &" &
            echo $$ > self; eval "$loop")sh");
        killer.join();
        ASSERT_TRUE(result.ok()) << result.error().to_string();
        EXPECT_TRUE(result->interrupted);
        EXPECT_FALSE(result->succeeded());
        EXPECT_TRUE(gone("self"));
        EXPECT_TRUE(gone("near"));
    }
};

TEST_F(KilledSupervision, without_its_supervisor_the_tree_dies_and_is_interrupted) {
    expect_interrupted([](pid_t, pid_t supervisor) { return std::vector{supervisor}; });
    EXPECT_TRUE(gone("far"));
}

TEST_F(KilledSupervision, without_its_guard_the_tree_dies_and_is_interrupted) {
    expect_interrupted([](pid_t guard, pid_t) { return std::vector{guard}; });
    EXPECT_TRUE(gone("far"));
}

TEST_F(KilledSupervision, without_both_the_commands_group_dies_and_is_interrupted) {
    expect_interrupted([](pid_t guard, pid_t supervisor) { return std::vector{guard, supervisor}; });
    ::kill(id_in("far"), SIGKILL);  // what left the group as well is beyond reach
}

TEST_F(Process, what_a_command_left_in_the_background_stays) {
    const auto result = run_shell("sleep 60 > /dev/null 2>&1 & echo $! > left");
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(result->succeeded());
    pid_t left = 0;
    std::ifstream(folder.file("left")) >> left;
    ASSERT_GT(left, 1);
    ::poll(nullptr, 0, 100);
    EXPECT_EQ(::kill(left, SIGKILL), 0);
}

TEST_F(Process, what_cannot_start_is_named) {
    EXPECT_THAT(run_argv({"no-such-program-here"}).error().message(), HasSubstr("no-such-program-here"));
    EXPECT_EQ(run_argv({"/etc/passwd"}).error().code(), Code::not_found);
    std::ofstream(folder.file("bad")) << "#!/no/such/interpreter\n";
    std::filesystem::permissions(folder.file("bad"), std::filesystem::perms(0755));
    EXPECT_THAT(run_argv({folder.file("bad")}).error().message(), HasSubstr("executing it"));
}

TEST_F(Process, only_root_runs_as_another_user_and_without_new_privileges) {
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    CommandSpec spec;
    spec.argv = {"/bin/sh", "-c", "id -un; grep NoNewPrivs /proc/self/status"};
    spec.user = "nobody";
    spec.working_directory = folder.path();
    spec.limit = std::chrono::seconds(20);
    const auto result = run(spec, clock, cancel);
    if (::geteuid() != 0) {
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error().code(), Code::permission_denied);
        return;
    }
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_EQ(result->out.kept, "nobody\nNoNewPrivs:\t1\n");
}

}  // namespace
}  // namespace signalbox::execution
