// SPDX-License-Identifier: Apache-2.0
// Between admission and its turn a step may wait: what holds then is judged anew, by a clock that nobody sets
// back.
#include "agent/executor/app/step_runner.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <fstream>

#include "agent/executor/admission/admission.hpp"
#include "common/os/temp_directory.hpp"
#include "tests/support/executor/deployment_fixture.hpp"

namespace signalbox::executor {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// The real clocks, moved: processes that the runner starts have deadlines on the real boot clock.
class MovedClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return real_.now() + Duration(wall_.load()); }
    [[nodiscard]] Duration boot() const override { return real_.boot() + Duration(boot_.load()); }
    void pass(Duration time) {
        wall_ += time.count();
        boot_ += time.count();
    }
    void set_wall(Duration by) { wall_ += by.count(); }

  private:
    SystemClock real_;
    std::atomic<std::int64_t> wall_{0}, boot_{0};
};

class Runner : public ::testing::Test {
  protected:
    Runner() {
        deployment.now = from_unix_seconds(unix_seconds(clock.now()));
        deployment.approval.not_before = deployment.now - hours(1);
        deployment.approval.not_after = deployment.now + hours(1);
        deployment.approval.undo_not_after = deployment.now + hours(3);
        std::filesystem::create_directory(folder.file("web"));
        EXPECT_EQ(::mkfifo(folder.file("web/gate").c_str(), 0600), 0);
        EXPECT_TRUE(
            journal::Journal::create(path, {ClusterId{"demo"}, "production", "web-1", {}, {}, {}}).ok());
        journal = std::move(journal::Journal::open(path)).value();
        add("first", "echo first > began; cat gate");
        add("second", "echo second > second");
        runner = std::make_unique<StepRunner>(
            RunnerParts{folder.path(), folder.path(), folder.path() + "/credentials", journal.get(), &key,
                        &clock, nullptr, nullptr, [] {}, telemetry::Logger::silent()});
    }
    void add(const std::string& step, const std::string& script) {
        deployment.add_step(step, {{"kind", "command.run"},
                                   {"service", "web"},
                                   {"deadline_s", 600},
                                   {"argv", {"/bin/sh", "-c", script}}});
    }
    // Admitted by the rules, recorded, and handed to the runner, as the executor does it.
    void start(const std::string& step) {
        const std::string token = deployment.token(step, ++tokens);
        auto verdict = admission::verify({deployment.trust.file,
                                          ClusterId{"demo"},
                                          deployment.agent,
                                          "production",
                                          deployment.host_name,
                                          deployment.record_key.id(),
                                          deployment.nonce,
                                          {}},
                                         {token, deployment.actions.at(step), deployment.approval_text(), 0},
                                         deployment.now);
        ASSERT_TRUE(std::holds_alternative<admission::Verified>(verdict))
            << std::get<admission::Refusal>(verdict).detail;
        auto& verified = std::get<admission::Verified>(verdict);
        const auto started = journal->start_step(verified, deployment.now,
                                                 recorder.about(record::Kind::started, verified), key);
        ASSERT_TRUE(started.ok() && !*started);
        runner->start(std::move(verified), recorder, {}, {}, deployment.now);
    }
    void hold_the_service() {
        start("first");
        while (!std::filesystem::exists(folder.file("web/began"))) ::poll(nullptr, 0, 5);
    }
    void release_the_service() {
        std::ofstream(folder.file("web/gate")) << "go";
        runner->drain(seconds(20));
    }
    std::string outcome(const std::string& step) {
        return journal->step(trust::approval_digest(trust::serialize(deployment.approval)), StepId{step})
            .value()
            .outcome;
    }
    bool ran() const { return std::filesystem::exists(folder.file("web/second")); }

    os::TempDirectory folder = std::move(os::TempDirectory::make()).value();
    std::string path = folder.file("journal.sqlite3");
    MovedClock clock;
    support::DeploymentFixture deployment;
    crypto::SigningKey key = fakes::test_key(20);
    Recorder recorder{ClusterId{"demo"}, deployment.agent, "boot", clock};
    std::unique_ptr<journal::Journal> journal;
    std::unique_ptr<StepRunner> runner;
    int tokens = 0;
};

TEST_F(Runner, a_step_whose_turn_comes_in_time_runs) {
    hold_the_service();
    start("second");
    clock.pass(std::chrono::minutes(10));
    release_the_service();
    EXPECT_NE(outcome("second").find("\"code\":\"ok\""), std::string::npos) << outcome("second");
    EXPECT_TRUE(ran());
}

TEST_F(Runner, attack_10_setting_the_clock_back_does_not_reopen_the_window) {
    hold_the_service();
    start("second");
    clock.pass(hours(2));
    clock.set_wall(-hours(2));
    release_the_service();
    EXPECT_NE(outcome("second").find("refused:R_WINDOW"), std::string::npos) << outcome("second");
    EXPECT_FALSE(ran());
}

TEST_F(Runner, attack_11_a_closed_time_that_began_meanwhile_holds) {
    deployment.approval.closed = {
        {deployment.now + std::chrono::minutes(5), deployment.now + std::chrono::minutes(50), "freeze"}};
    hold_the_service();
    start("second");
    clock.pass(std::chrono::minutes(10));
    release_the_service();
    EXPECT_NE(outcome("second").find("(freeze)"), std::string::npos) << outcome("second");
    EXPECT_FALSE(ran());
}

TEST_F(Runner, attack_11_with_stop_there_must_be_room_when_its_turn_comes) {
    deployment.approval.overrun = "stop";
    hold_the_service();
    start("second");
    clock.pass(std::chrono::minutes(55));  // five are left of the window, and it may take ten
    release_the_service();
    EXPECT_NE(outcome("second").find("refused:R_WINDOW"), std::string::npos) << outcome("second");
    EXPECT_FALSE(ran());
}

}  // namespace
}  // namespace signalbox::executor
