// SPDX-License-Identifier: Apache-2.0
#include "common/os/process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "common/os/file.hpp"
#include "common/os/supervise.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::os {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

struct Printed {
    Ended ended;
    std::string out, err;
};

class ProcessTest : public ::testing::Test {
  protected:
    Result<Printed> run(SpawnOptions options, Duration allowed = seconds(30), std::size_t cap = 1 << 20) {
        Printed result;
        Supervision supervision;
        supervision.deadline = clock_.boot() + allowed;
        supervision.grace = milliseconds(100);
        supervision.output = [&](Stream stream, std::string_view text) {
            std::string& into = stream == Stream::out ? result.out : result.err;
            into.append(text.substr(0, cap - std::min(cap, into.size())));
        };
        SB_TRY(result.ended, run_supervised(std::move(options), supervision, clock_));
        return result;
    }
    static SpawnOptions shell(const std::string& script) {
        return {.argv = {"/bin/sh", "-c", script}, .env = {{"PATH", "/usr/bin:/bin"}}};
    }
    SystemClock clock_;
    TempDirectory directory_ = TempDirectory::make().value();
};

TEST_F(ProcessTest, PassesArgumentsLiterallyAndAnEmptyEnvironmentStaysEmpty) {
    const auto echoed = run({.argv = {"/bin/echo", "$(id); `id`", "a\nb", "-n"}});
    ASSERT_TRUE(echoed.ok());
    EXPECT_EQ(echoed->out, "$(id); `id` a\nb -n\n");
    ::setenv("LD_PRELOAD", "", 1);
    const auto environment = run({.argv = {"/usr/bin/env"}, .env = {{"ONLY", "this"}}});
    ::unsetenv("LD_PRELOAD");
    ASSERT_TRUE(environment.ok());
    EXPECT_EQ(environment->out, "ONLY=this\n");
}

TEST_F(ProcessTest, TellsExitStatusSignalAndBothStreamsApart) {
    const auto failed = run(shell("echo good; echo bad >&2; exit 7"));
    ASSERT_TRUE(failed.ok());
    EXPECT_EQ(failed->ended.state.exit_status, 7);
    EXPECT_EQ(failed->out, "good\n");
    EXPECT_EQ(failed->err, "bad\n");
    EXPECT_EQ(run(shell("kill -SEGV $$"))->ended.state.signal, SIGSEGV);
}

TEST_F(ProcessTest, InheritsNoDescriptorAndNoSignalState) {
    const int leaked = ::open("/dev/null", O_RDONLY);  // without close-on-exec
    std::signal(SIGPIPE, SIG_IGN);
    const auto seen = run(shell("ls /proc/self/fd | tr '\\n' ' '; grep -E 'Sig(Blk|Ign)' /proc/self/status"));
    ::close(leaked);
    ASSERT_TRUE(seen.ok());
    EXPECT_THAT(seen->out, ::testing::StartsWith("0 1 2 3 Sig"));  // 3 is ls's own
    EXPECT_THAT(seen->out, HasSubstr("SigIgn:\t0000000000000000"));
    EXPECT_THAT(seen->out, HasSubstr("SigBlk:\t0000000000000000"));
}

TEST_F(ProcessTest, RunsInTheDirectoryAndAsTheUserAskedFor) {
    SpawnOptions options = shell("pwd; id -u; id -G");
    options.directory = "/usr";
    if (::geteuid() == 0) options.user = RunAs{65534, 65534, {65534}};
    const auto ran = run(options);
    ASSERT_TRUE(ran.ok());
    EXPECT_THAT(ran->out, ::testing::StartsWith("/usr\n"));
    if (::geteuid() == 0) {
        EXPECT_EQ(ran->out, "/usr\n65534\n65534\n");
    }
}

TEST_F(ProcessTest, SaysWhichStepOfTheStartFailed) {
    const auto missing = spawn({.argv = {"/no/such/program"}});
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code(), Code::not_found);
    EXPECT_THAT(missing.error().message(), HasSubstr("executing /no/such/program"));
    const auto nowhere = spawn({.argv = {"/bin/true"}, .directory = "/no/such/directory"});
    ASSERT_FALSE(nowhere.ok());
    EXPECT_THAT(nowhere.error().message(), HasSubstr("entering the directory"));
    EXPECT_EQ(spawn({.argv = {"true"}}).error().code(), Code::invalid_argument);
    EXPECT_EQ(spawn({.argv = {}}).error().code(), Code::invalid_argument);
    EXPECT_EQ(spawn({.argv = {"/bin/echo", std::string("a\0b", 3)}}).error().code(), Code::invalid_argument);
}

TEST_F(ProcessTest, TheDeadlineEndsAProgramThatIgnoresTheRequestAndItsChildren) {
    const std::string pid_file = directory_.file("pid");
    const auto ran =
        run(shell("trap '' TERM; (trap '' TERM; sleep 300) & echo $! > " + pid_file + "; wait; wait"),
            milliseconds(300));
    ASSERT_TRUE(ran.ok());
    EXPECT_TRUE(ran->ended.timed_out);
    EXPECT_EQ(ran->ended.state.signal, SIGKILL);
    EXPECT_LT(ran->ended.took, seconds(20));
    const pid_t grandchild = std::stoi(read_file(pid_file, 20).value());
    // It is killed; who adopted it may take a moment to reap it.
    for (int i = 0; i < 1000 && ::kill(grandchild, 0) == 0; ++i) {
        const auto state = read_file("/proc/" + std::to_string(grandchild) + "/stat", 4096);
        if (!state || state->find(") Z ") != std::string::npos) break;
        std::this_thread::yield();
    }
    const auto state = read_file("/proc/" + std::to_string(grandchild) + "/stat", 4096);
    EXPECT_TRUE(!state || state->find(") Z ") != std::string::npos);
}

TEST_F(ProcessTest, EndlessOutputDoesNotHoldTheDeadlineNorAPipeHeldOpenTheEnd) {
    const auto endless = run({.argv = {"/usr/bin/yes"}}, milliseconds(300), 1000);
    ASSERT_TRUE(endless.ok());
    EXPECT_TRUE(endless->ended.timed_out);
    EXPECT_EQ(endless->out.size(), 1000U);
    // setsid: it leaves the group, keeps the pipe, and must not keep us.
    const auto held = run(shell("setsid sleep 2 & echo done"));
    ASSERT_TRUE(held.ok());
    EXPECT_EQ(held->out, "done\n");
    EXPECT_FALSE(held->ended.timed_out);
    EXPECT_LT(held->ended.took, milliseconds(1900));
}

TEST_F(ProcessTest, CancellingEndsItWithoutCallingItATimeout) {
    Supervision supervision;
    supervision.deadline = clock_.boot() + seconds(60);
    supervision.cancelled = [] { return true; };
    const auto ended = run_supervised({.argv = {"/bin/sleep", "60"}}, supervision, clock_);
    ASSERT_TRUE(ended.ok());
    EXPECT_TRUE(ended->cancelled);
    EXPECT_FALSE(ended->timed_out);
    EXPECT_EQ(ended->state.signal, SIGTERM);
}

TEST_F(ProcessTest, ADroppedChildIsKilledAndReaped) {
    pid_t pid = 0;
    {
        auto child = spawn({.argv = {"/bin/sleep", "300"}});
        ASSERT_TRUE(child.ok());
        pid = static_cast<pid_t>(child->pid());
        EXPECT_EQ(child->wait_for(milliseconds(0)).value().has_value(), false);
    }
    EXPECT_EQ(::kill(pid, 0), -1);
    EXPECT_EQ(errno, ESRCH);
}

TEST_F(ProcessTest, KnowsUsersByName) {
    const auto root = look_up_user("root");
    ASSERT_TRUE(root.ok());
    EXPECT_EQ(root->uid, 0U);
    EXPECT_EQ(look_up_user("no-such-user-here").error().code(), Code::not_found);
}

}  // namespace
}  // namespace signalbox::os
