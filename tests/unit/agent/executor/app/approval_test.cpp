// SPDX-License-Identifier: Apache-2.0
// Approvals over time, by the real program: older releases, standing approvals with their uses, withdrawals.
#include <gmock/gmock.h>

#include "tests/support/executor/live_executor.hpp"
#include "tests/support/executor/standing_scene.hpp"

namespace signalbox::executor {
namespace {

using testing::HasSubstr;

class ApprovalsOverTime : public testing::Test {
  protected:
    [[nodiscard]] std::string versions() const {
        return LiveExecutor::read(executor.root() + "/web/versions");
    }
    LiveExecutor executor;
};

TEST_F(ApprovalsOverTime, attack_15_an_older_release_with_its_valid_approval) {
    auto& d = executor.deployment;
    executor.add_script("run", "echo $SIGNALBOX_RELEASE_ID >> versions");
    executor.add_script("run!undo", "echo back to before $SIGNALBOX_RELEASE_ID >> versions");
    d.approval.steps.back().undo_of = StepId{"run"};
    executor.init_start_enrol();
    const trust::Approval older = d.approval;
    d.approval.release_id = ReleaseId{"web-1.3.0-8"};
    d.approval.release_counter = 8;
    EXPECT_EQ(executor.execute("run"), "admitted");
    EXPECT_EQ(executor.outcome("run"), "ok");
    d.approval = older;
    EXPECT_EQ(executor.execute("run"), "R_ROLLBACK");
    EXPECT_EQ(executor.outcome("run"), "never");
    EXPECT_EQ(executor.execute("run!undo"), "admitted") << "the way back is open";
    EXPECT_EQ(executor.outcome("run!undo"), "ok");
    EXPECT_EQ(versions(), "web-1.3.0-8\nback to before web-1.2.3-7\n");
}

TEST_F(ApprovalsOverTime, a_withdrawn_approval_goes_forward_no_more_and_may_be_taken_back) {
    auto& d = executor.deployment;
    executor.add_script("one", "echo one >> versions");
    executor.add_script("two", "echo two >> versions");
    for (const char* undone : {"one", "two"}) {
        executor.add_script(std::string(undone) + "!undo", std::string("echo un") + undone + " >> versions");
        d.approval.steps.back().undo_of = StepId{undone};
    }
    const support::StandingFixture fixture{d};
    executor.init_start_enrol();
    EXPECT_EQ(executor.execute("one"), "admitted");
    EXPECT_EQ(executor.outcome("one"), "ok");

    const crypto::Digest approval = trust::approval_digest(trust::serialize(d.approval));
    // Neither the controller's keys nor the builder's, no other environment's approver, nothing edited.
    const auto& keys = std::as_const(d.trust);
    for (const auto* key : {&keys.token, &keys.ledger, &fixture.builder, &keys.root1})
        EXPECT_EQ(executor.client->withdraw(fixture.withdrawal_text(approval, *key)).error().code(),
                  Code::refused);
    EXPECT_EQ(
        executor.client->withdraw(fixture.withdrawal_text(approval, d.trust.ann, "staging")).error().code(),
        Code::refused);
    EXPECT_EQ(executor.client->withdraw("{}").error().code(), Code::invalid_argument);

    const std::size_t before = executor.records().size();
    ASSERT_TRUE(executor.client->withdraw(fixture.withdrawal_text(approval, d.trust.ann)).ok());
    ASSERT_TRUE(executor.client->withdraw(fixture.withdrawal_text(approval, d.trust.ben)).ok());
    const auto records = executor.records();
    ASSERT_EQ(records.size(), before + 1) << "said once";
    EXPECT_EQ(records.back().kind, record::Kind::observed);
    EXPECT_EQ(records.back().outcome->code, "approval_withdrawn");
    EXPECT_EQ(records.back().approval_sha256, approval);
    EXPECT_EQ(executor.execute("two"), "R_APPROVAL");
    executor.stop(SIGKILL);
    executor.start();
    EXPECT_EQ(executor.execute("two"), "R_APPROVAL") << "it is remembered";
    EXPECT_EQ(executor.execute("two!undo"), "R_APPROVAL") << "there is nothing to take back";
    EXPECT_EQ(executor.execute("one!undo"), "admitted");
    EXPECT_EQ(executor.outcome("one!undo"), "ok");
    EXPECT_EQ(versions(), "one\nunone\n");
}

class StandingApprovals : public ApprovalsOverTime {
  protected:
    void SetUp() override {
        under.set_time(executor.deployment.now);
        under.release("1.4.2", 7);
        executor.deployment.approval.overrun = "finish";
    }
    std::string execute(const std::string& step = "production/web-1/run") {
        const auto& d = executor.deployment;
        ipc::ExecuteRequest request;
        request.token = d.token(step, ++tokens);
        request.action = d.actions.at(step);
        request.approval = under.unsigned_release();
        request.standing = under.standing_text();
        request.artifact_statement = under.statement_text();
        return LiveExecutor::answer(executor.client->execute(std::move(request)));
    }
    std::string outcome(const std::string& step = "production/web-1/run") { return executor.outcome(step); }

    support::StandingFixture under{executor.deployment};
    int tokens = 0;
};

// One use is one release on this host, however many steps and attempts it has.
TEST_F(StandingApprovals, attack_02_are_used_up_and_stay_so) {
    executor.init_start_enrol();
    EXPECT_EQ(execute(), "admitted");
    EXPECT_EQ(outcome(), "ok");
    EXPECT_EQ(execute("production/web-1/run!undo"), "admitted") << "the same release";
    EXPECT_EQ(outcome("production/web-1/run!undo"), "ok");
    under.release("1.4.4", 8);
    EXPECT_EQ(execute(), "admitted");
    EXPECT_EQ(outcome(), "ok");
    // 64 releases of the controller's making.
    for (int i = 0; i < 64; ++i) {
        under.release("1.4.5", 9 + i);
        EXPECT_EQ(execute(), "R_APPROVAL");
    }
    executor.stop(SIGKILL);
    executor.start();
    EXPECT_EQ(execute(), "R_APPROVAL") << "it is remembered";
    // The same release id in another document is another release.
    const auto otherwise = [](trust::Approval& approval) { approval.change = "CHG9"; };
    under.release("1.4.4", 8, otherwise);
    EXPECT_EQ(execute(), "R_APPROVAL");
    EXPECT_EQ(versions(), "1.4.2\nback\n1.4.4\n");
}

// The use is counted in the commit that uses the token up: a crash right after it gives nothing back.
TEST_F(StandingApprovals, attack_32_a_crash_gives_no_use_back) {
    under.standing.uses = 1;
    under.release("1.4.2", 7);
    executor.init_start_enrol("executor.started_recorded");
    EXPECT_THAT(execute(), testing::Not("admitted"));
    executor.wait_for_end();
    executor.start();
    EXPECT_EQ(outcome(), "interrupted");
    under.release("1.4.3", 8);
    EXPECT_EQ(execute(), "R_APPROVAL");
    EXPECT_EQ(versions(), "");
}

TEST_F(StandingApprovals, attack_15_no_lower_patch_than_ran_already) {
    executor.init_start_enrol();
    under.release("1.4.9", 7);
    EXPECT_EQ(execute(), "admitted");
    EXPECT_EQ(outcome(), "ok");
    under.release("1.4.3", 8);
    EXPECT_EQ(execute(), "R_ROLLBACK");
    under.release("1.4.9", 9);
    EXPECT_EQ(execute(), "admitted") << "the same once more";
    EXPECT_EQ(outcome(), "ok");
    EXPECT_EQ(versions(), "1.4.9\n1.4.9\n");
}

TEST_F(StandingApprovals, are_revoked_by_one_approver) {
    executor.init_start_enrol();
    EXPECT_EQ(execute(), "admitted");
    EXPECT_EQ(outcome(), "ok");
    ASSERT_TRUE(
        executor.client->withdraw(under.withdrawal_text(under.digest(), executor.deployment.trust.tom)).ok());
    EXPECT_EQ(execute("production/web-1/run!undo"), "admitted");
    EXPECT_EQ(outcome("production/web-1/run!undo"), "ok");
    under.release("1.4.4", 8);
    EXPECT_EQ(execute(), "R_APPROVAL");
    EXPECT_EQ(versions(), "1.4.2\nback\n");
}

}  // namespace
}  // namespace signalbox::executor
