// SPDX-License-Identifier: Apache-2.0
// The real program among hostile arguments, environments, commands and neighbours: rows 28, 29, 31 and 48 of
// the attack table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/executor/live_executor.hpp"

namespace signalbox::executor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class HostileHost : public ::testing::Test {
  protected:
    void add_command(const std::string& step, const std::vector<std::string>& argv, int deadline_s = 20) {
        executor.deployment.add_step(
            step, {{"kind", "command.run"}, {"service", "web"}, {"deadline_s", deadline_s}, {"argv", argv}});
    }
    std::string output() const { return executor.client->records(0, 100)->back().out.value_or("none"); }
    LiveExecutor executor;
};

TEST_F(HostileHost, attack_28_what_a_shell_would_run_is_a_literal_argument) {
    const std::vector<std::string> hostile = {
        "; touch pwned",          "$(touch pwned)", "`touch pwned`", "a\ntouch pwned",
        "-oProxyCommand=touch",   "|touch pwned",   "&& true",       "%s",
        std::string(100'000, 'x')};
    std::string said;
    std::vector<std::string> argv = {"printf", "[%s]"};
    for (const std::string& word : hostile) {
        argv.push_back(word);
        said += "[" + word + "]";
    }
    add_command("literal", argv);
    add_command("megabyte", {"printf", std::string(1 << 20, 'x')});
    add_command("option", {"-c", "touch pwned"});
    add_command("relative", {"./printf"});
    executor.init_start_enrol();
    ASSERT_EQ(executor.execute("literal"), "admitted") << executor.log();
    EXPECT_EQ(executor.outcome("literal"), "ok");
    EXPECT_EQ(executor.records().back().stdout_sha256, crypto::sha256(said));
    EXPECT_EQ(executor.execute("megabyte"), "R_SIZE");
    EXPECT_EQ(executor.execute("option"), "R_UNKNOWN_ACTION");
    EXPECT_EQ(executor.execute("relative"), "R_UNKNOWN_ACTION");
    for (const char* step : {"megabyte", "option", "relative"})
        EXPECT_EQ(executor.outcome(step), "never") << step;
    EXPECT_FALSE(fs::exists(executor.root() + "/web/pwned"));
}

TEST_F(HostileHost, attack_29_the_executors_own_environment_reaches_no_step) {
    const std::string script = executor.folder.file("sourced");
    std::ofstream(script) << "touch " << executor.folder.file("pwned") << "\n";
    std::map<std::string, std::string> hostile;
    for (const char* name : {"PATH", "IFS", "BASH_ENV", "ENV", "GCONV_PATH", "TMPDIR", "LD_LIBRARY_PATH",
                             "PS4", "HOME", "SHELLOPTS", "LOCPATH", "MALLOC_TRACE", "SIGNALBOX_STEP_ID"})
        hostile[name] = script;
    hostile["LD_PRELOAD"] = "libnothing-to-load.so";
    add_command("env", {"env"});
    add_command("bash", {"bash", "-c", "true"});
    ASSERT_EQ(executor.init(), 0);
    executor.start_in(hostile);
    executor.enrol();
    ASSERT_EQ(executor.execute("bash"), "admitted");
    EXPECT_EQ(executor.outcome("bash"), "ok");
    ASSERT_EQ(executor.execute("env"), "admitted");
    EXPECT_EQ(executor.outcome("env"), "ok");
    std::vector<std::string> names;
    std::istringstream lines(output());
    for (std::string line; std::getline(lines, line);) names.push_back(line.substr(0, line.find('=')));
    EXPECT_THAT(names, ::testing::UnorderedElementsAre("PATH", "HOME", "LANG", "SIGNALBOX_SERVICE",
                                                       "SIGNALBOX_RELEASE_ID", "SIGNALBOX_STEP_ID",
                                                       "SIGNALBOX_SERVICE_ROOT"));
    EXPECT_THAT(output(), Not(HasSubstr("sourced")));
    EXPECT_THAT(output(), HasSubstr("SIGNALBOX_STEP_ID=env\n"));
    EXPECT_FALSE(fs::exists(executor.folder.file("pwned")));
}

TEST_F(HostileHost, attack_31_is_ended_at_the_deadline_capped_digested_and_recorded) {
    executor.add_script("hostile", R"sh(
        trap "" TERM
        setsid sh -c 'setsid sh -c "trap \"\" TERM; echo \$\$ > far; while :; do echo far; done" & exit'
        echo $$ > self
        while :; do echo near; done)sh",
                        1, 1);
    executor.init_start_enrol();
    ASSERT_EQ(executor.execute("hostile"), "admitted");
    EXPECT_EQ(executor.outcome("hostile"), "timed_out");
    for (const char* name : {"self", "far"}) {
        const std::string pid = LiveExecutor::read(executor.root() + "/web/" + name);
        ASSERT_FALSE(pid.empty()) << name;
        const std::string stat = LiveExecutor::read("/proc/" + pid.substr(0, pid.find('\n')) + "/stat");
        EXPECT_TRUE(stat.empty() || stat.find(") Z ") != std::string::npos) << name << " runs on: " << stat;
    }
    const auto record = executor.records().back();
    EXPECT_EQ(record.kind, record::Kind::finished);
    EXPECT_TRUE(record.outcome->timed_out);
    EXPECT_LT(record.outcome->duration_ms, 10'000);
    EXPECT_EQ(output().size(), 64U * 1024);
    EXPECT_GT(record.stdout_len, 64 * 1024);
    EXPECT_TRUE(record.stdout_sha256.has_value());
}

// Even one whom the file's mode would let in.
TEST_F(HostileHost, attack_48_an_unprivileged_local_user_is_refused_by_the_kernels_word) {
    ASSERT_EQ(executor.init(), 0);
    executor.start();
    fs::permissions(executor.folder.path(), fs::perms(0755));
    fs::permissions(executor.socket(), fs::perms(0666));
    const pid_t stranger = ::fork();
    if (stranger == 0) {
        if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(3);
        auto client = ipc::Client::connect(executor.socket(), {}, std::chrono::seconds(5));
        const bool answered = client.ok() && (*client)->hello().ok();
        ::_exit(answered ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(stranger, &status, 0), stranger);
    // An ordinary user has no other one to become: it is let in, as itself.
    EXPECT_EQ(WEXITSTATUS(status), ::geteuid() == 0 ? 0 : 1);
    if (::geteuid() == 0) {
        EXPECT_THAT(executor.log(), HasSubstr("refused a local connection by uid 65534"));
        EXPECT_TRUE(executor.client->hello().ok()) << "the agent's connection is not disturbed";
    }
}

}  // namespace
}  // namespace signalbox::executor
