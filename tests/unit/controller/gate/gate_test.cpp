// SPDX-License-Identifier: Apache-2.0
// Each gate passes in one situation and only there; what it does not know is never a pass.
#include "controller/gate/gate.hpp"

#include <gmock/gmock.h>

#include "controller/gate/gates.hpp"
#include "controller/gate/promised_approvals.hpp"
#include "tests/fakes/hybrid_release.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::gate {
namespace {

using sequence::GateOutcome;
using testing::HasSubstr;

class GateTest : public testing::Test {
  protected:
    GateTest() : release(fakes::make_release(trust, "shop", 1, now, true)) {
        for (const std::string& host : fakes::all_hosts()) {
            in.agents[fakes::agent_of(host)] = {"active", true, ""};
        }
        const auto* document = release.approval("production");
        in.approval = {document->payload, document->envelope};
    }
    [[nodiscard]] Judgement judge(std::unique_ptr<Gate> (*gate)()) const { return gate()->judge(in, now); }

    fakes::TrustFixture trust;
    Instant now = from_unix_seconds(1'800'000'000);
    dispatch::Loaded release;
    Inputs in{release.plan,
              *release.plan.environment("production"),
              &trust.file,
              {},
              release.spec->not_before,
              release.spec->not_after,
              {},
              {},
              {},
              true};
};

TEST_F(GateTest, AllPassWhenAllIsWell) {
    for (const auto& verdict : judge_all(standard_gates(), in, now)) {
        EXPECT_EQ(verdict.outcome, GateOutcome::pass) << verdict.gate << ": " << verdict.reason;
        EXPECT_EQ(verdict.inputs_sha256.size(), 64U);
    }
    EXPECT_EQ(judge_all({}, in, now).at(0).outcome, GateOutcome::block) << "no gate is not a pass";
}

TEST_F(GateTest, TrustFileAbsentOrExpiredBlocks) {
    trust.file.expires = now;
    EXPECT_EQ(judge(trust_valid_gate).outcome, GateOutcome::block);
    in.trust = nullptr;
    EXPECT_EQ(judge(trust_valid_gate).outcome, GateOutcome::block);
    EXPECT_EQ(judge(approval_gate).outcome, GateOutcome::block);
}

TEST_F(GateTest, WindowWaitsBeforeAndBlocksAfter) {
    in.not_before = now + std::chrono::hours(1);
    EXPECT_EQ(judge(window_gate).outcome, GateOutcome::wait);
    in.not_before = now - std::chrono::hours(2);
    in.not_after = now;
    EXPECT_EQ(judge(window_gate).outcome, GateOutcome::block);
}

TEST_F(GateTest, WindowWaitsWhileTheCalendarIsClosedAndBlocksWhenItStaysSo) {
    plan::PlanEnvironment closed = in.environment;
    closed.calendar.name = "retail";
    closed.calendar.blackouts = {{"freeze", now - std::chrono::hours(1), now + std::chrono::minutes(30)}};
    gate::Inputs at{in.plan,      closed,    in.trust,      in.approval,   in.not_before,
                    in.not_after, in.agents, in.placements, in.promotions, in.previous_succeeded};
    at.not_before = now;
    at.not_after = now + std::chrono::hours(1);
    EXPECT_EQ(window_gate()->judge(at, now).outcome, GateOutcome::wait);
    const auto after = [&](int minutes) {
        return window_gate()->judge(at, now + std::chrono::minutes(minutes));
    };
    EXPECT_EQ(after(31).outcome, GateOutcome::pass);
    EXPECT_EQ(after(31).looked_at, after(32).looked_at) << "a verdict that says the same is told once";
    EXPECT_EQ(after(1).looked_at, after(2).looked_at);
    at.not_after = now + std::chrono::minutes(20);
    const Judgement shut = window_gate()->judge(at, now);
    EXPECT_EQ(shut.outcome, GateOutcome::block);
    EXPECT_NE(shut.reason.find("'freeze'"), std::string::npos) << shut.reason;
}

TEST_F(GateTest, ApprovalCountsRolesAndFailsClosed) {
    in.approval->envelope = release.approval("staging")->envelope;  // signed for nothing here
    EXPECT_NE(judge(approval_gate).outcome, GateOutcome::pass);
    in.approval->envelope.clear();
    const Judgement planned = judge(approval_gate);
    EXPECT_EQ(planned.outcome, GateOutcome::wait);
    EXPECT_THAT(planned.reason, HasSubstr("2 x owner"));
    std::erase_if(trust.file.roles,
                  [](const auto& role) { return role.first.starts_with("approve/production"); });
    EXPECT_EQ(judge(approval_gate).outcome, GateOutcome::block) << "no role at all is not a threshold of 0";
}

TEST_F(GateTest, ApprovalOfAnotherPlanBlocks) {
    const auto other = fakes::make_release(trust, "shop", 2, now, true);
    in.approval = {other.approval("production")->payload, other.approval("production")->envelope};
    EXPECT_EQ(judge(approval_gate).outcome, GateOutcome::block);
}

TEST_F(GateTest, AgentsThatAreAwayAreWaitedForAndThoseThatMayNotBlock) {
    AgentFacts& legacy = in.agents[fakes::agent_of("production-legacy")];
    legacy.online = false;
    EXPECT_THAT(judge(agents_online_gate).reason, HasSubstr("production-legacy (offline)"));
    EXPECT_EQ(judge(agents_online_gate).outcome, GateOutcome::wait);
    legacy.state = "quarantined";
    EXPECT_EQ(judge(plan_current_gate).outcome, GateOutcome::block);
    in.agents.erase(fakes::agent_of("production-legacy"));
    EXPECT_EQ(judge(plan_current_gate).outcome, GateOutcome::block);
    EXPECT_EQ(judge(agents_online_gate).outcome, GateOutcome::wait);
}

TEST_F(GateTest, AColourThatMovedSinceThePlanBlocks) {
    release.plan.assumes = {{"production", "shop", "cloud", "blue"}};
    in.placements = {{"production", "shop", "cloud", "blue"}};
    EXPECT_EQ(judge(plan_current_gate).outcome, GateOutcome::pass);
    in.placements = {{"production", "shop", "cloud", "green"}};
    EXPECT_EQ(judge(plan_current_gate).outcome, GateOutcome::block);
}

TEST_F(GateTest, PromotionWantsTheSameArtifactsBefore) {
    in.previous_succeeded = false;
    EXPECT_EQ(judge(promotion_gate).outcome, GateOutcome::wait);
    in.previous_succeeded.reset();
    EXPECT_EQ(judge(promotion_gate).outcome, GateOutcome::wait) << "not known is not succeeded";
    in.previous_succeeded = true;
    release.plan.environments[1].promotes_from = "preprod";  // not on this release's path
    EXPECT_EQ(judge(promotion_gate).outcome, GateOutcome::wait);
    in.promotions = {{"preprod", ReleaseId("shop-1.1.0-0"), {"other"}}};
    EXPECT_EQ(judge(promotion_gate).outcome, GateOutcome::wait);
    in.promotions = {{"preprod", ReleaseId("shop-1.1.0-0"), artifacts_of(in.environment)}};
    EXPECT_EQ(judge(promotion_gate).outcome, GateOutcome::pass);
}

TEST_F(GateTest, TheEstatePromisesNoMoreApprovalsThanHostsDemand) {
    estate::Environment environment;
    environment.name = "production";
    const auto problems = [&](std::map<std::string, int> approvals) {
        environment.approvals = std::move(approvals);
        estate::Problems out;
        check_promised_approvals(environment, trust.file, out);
        return out;
    };
    std::map<std::string, int> same;
    for (const auto& [role, holders] : trust.file.approval_roles("production"))
        same[role] = holders.threshold;
    ASSERT_FALSE(same.empty());
    EXPECT_TRUE(problems(same).empty());
    EXPECT_TRUE(problems({}).empty()) << "the trust file may ask for more";
    auto more = same;
    ++more.begin()->second;
    ASSERT_EQ(problems(more).size(), 1U);
    EXPECT_FALSE(problems(more)[0].warning) << "nothing is planned under a rule that nobody enforces";
    EXPECT_THAT(problems(more)[0].remedy, HasSubstr("--threshold"));
    EXPECT_THAT(problems({{"ownr", 1}}).at(0).message, HasSubstr("1 x ownr, and the trust file"));
}

}  // namespace
}  // namespace signalbox::gate
