// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <functional>

#include "controller/cli/approval_check.hpp"
#include "controller/cli/plan_render.hpp"
#include "tests/unit/controller/cli/plan_fixture.hpp"

namespace signalbox::cli {
namespace {

using testing::HasSubstr;

const Instant kNow = *parse_rfc3339("2026-11-23T09:00:00Z");

TEST(Plan, IsShownStageByStageWithWhatUndoesIt) {
    const auto plan = read_plan(json::canonical(sample_plan_json()));
    ASSERT_TRUE(plan) << plan.error().to_string();
    const std::string text = join_lines(render_plan(*plan, {}));
    EXPECT_EQ(
        text,
        "shop 1.1.0  shop-1.1.0-7\n"
        "plan      sha256 " +
            plan->sha256.hex() +
            "\n"
            "manifest  releases/shop-1.1.0.yaml at estate commit 0123456789ab\n"
            "services  shop 1.1.0 from source c0ffee\n"
            "requester carol\n"
            "change    CHG1\n"
            "tickets   SHOP-1\n"
            "overrun   finish: when the window closes, what is in flight may end; nothing more starts\n"
            "failure   it is taken back by itself\n"
            "impact    2 hosts in 2 environments, 4 steps, 2 undo steps ready; never longer than 8m00s even "
            "one after the other\n"
            "\n"
            "Stage 1 of 2: staging (staging)  1 host, 2 steps\n"
            "  limits    environment:staging: 3 at once\n"
            "  barrier: cloud, then dc1: nobody switches before everybody is prepared\n"
            "  prepare  shop on web\n"
            "    stage-1  artifact.stage    stage 12582912 bytes (12.0 MiB) of tar.zst sha256 "
            "aaaaaaaaaaaa; for shop in at most 60s (up to 2 attempts)\n"
            "  switch  shop on web\n"
            "    stage-1  release.activate  switch to aaaaaaaaaaaa; then run systemctl restart \"the shop\"; "
            "as the executor's own user; for shop in at most 60s (up to 2 attempts)\n"
            "  undo, in this order\n"
            "    stage-1  release.revert  switch back what staging/stage-1/activate switched; then run "
            "systemctl restart "
            "\"the shop\"; as user shop; for shop in at most 60s (up to 2 attempts)\n"
            "\n"
            "Stage 2 of 2: production (production)  1 host, 2 steps\n"
            "  limits    environment:production: 3 at once\n"
            "  barrier: cloud, then dc1: nobody switches before everybody is prepared\n"
            "  prepare  shop on web\n"
            "    web-1  artifact.stage    stage 12582912 bytes (12.0 MiB) of tar.zst sha256 "
            "aaaaaaaaaaaa; for shop in at most 60s (up to 2 attempts)\n"
            "  switch  shop on web\n"
            "    web-1  release.activate  switch to aaaaaaaaaaaa; then run systemctl restart \"the shop\"; "
            "as the executor's own user; for shop in at most 60s (up to 2 attempts)\n"
            "  undo, in this order\n"
            "    web-1  release.revert  switch back what production/web-1/activate switched; then run "
            "systemctl restart "
            "\"the shop\"; as user shop; for shop in at most 60s (up to 2 attempts)\n");
}

TEST(Plan, AnActionThatIsNotWhatItsDigestSaysIsRefused) {
    json::Json plan = sample_plan_json();
    plan["environments"][1]["steps"][1]["action"]["argv"][2] = "other";
    const auto read = read_plan(json::canonical(plan));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), Code::data_loss);
    EXPECT_THAT(read.error().message(), HasSubstr("production/web-1/activate"));
}

TEST(Plan, BytesThatCouldBeReadTwoWaysAreRefused) {
    EXPECT_FALSE(read_plan(" " + json::canonical(sample_plan_json())));
    json::Json twice = sample_plan_json();
    twice["environments"][1]["steps"][1] = twice["environments"][1]["steps"][0];
    EXPECT_FALSE(read_plan(json::canonical(twice)));
}

TEST(Plan, AnUnknownActionIsShownWhole) {
    json::Json plan = sample_plan_json();
    json::Json& step = plan["environments"][0]["steps"][1];
    step["action"] = {{"kind", "schema.migrate"}, {"sql", "drop table"}};
    step["action_sha256"] = crypto::sha256(json::canonical(step["action"])).hex();
    const auto read = read_plan(json::canonical(plan));
    ASSERT_TRUE(read);
    EXPECT_THAT(join_lines(render_plan(*read, {})),
                HasSubstr(R"({"kind":"schema.migrate","sql":"drop table"})"));
}

TEST(Gates, SayWhatHoldsTheReleaseUpAndWhatHelps) {
    Gates gates;
    auto* pass = gates.Add();
    pass->set_environment("staging"), pass->set_gate("agents_online"), pass->set_verdict("pass");
    pass->set_remedy("not shown");
    auto* wait = gates.Add();
    wait->set_environment("production"), wait->set_gate("approval"), wait->set_verdict("wait");
    wait->set_reason("security 0 of 1"), wait->set_remedy("signalbox release approve");
    EXPECT_EQ(join_lines(render_gates(gates, {})),
              "  staging     agents_online  pass   \n"
              "  production  approval       wait   security 0 of 1\n"
              "              next: signalbox release approve\n");
}

class Document : public testing::Test {
  protected:
    Result<trust::Approval> check(const std::string& environment = "production") {
        const auto plan = read_plan(json::canonical(plan_));
        return check_document(*plan, "shop-1.1.0-7", environment, trust::serialize(approval_), kNow);
    }
    // Changes what activates, in the plan and in the document alike.
    void change_action(const std::function<void(json::Json&)>& change) {
        json::Json& step = plan_["environments"][1]["steps"][1];
        change(step["action"]);
        step["action_sha256"] = crypto::sha256(json::canonical(step["action"])).hex();
        approval_ = sample_approval(plan_, "production", kNow);
    }
    void expect_refused(const std::string& because) {
        const auto checked = check();
        ASSERT_FALSE(checked) << because;
        EXPECT_EQ(checked.error().code(), Code::refused);
        EXPECT_THAT(checked.error().message(), HasSubstr(because));
        EXPECT_THAT(checked.error().remedy(), HasSubstr("do not sign"));
    }
    json::Json plan_ = sample_plan_json();
    trust::Approval approval_ = sample_approval(plan_, "production", kNow);
};

TEST_F(Document, ThatSaysExactlyThePlanMayBeSigned) {
    const auto checked = check();
    ASSERT_TRUE(checked) << checked.error().to_string();
    EXPECT_EQ(checked->steps.size(), 3U);
}

TEST_F(Document, WithAStepMoreIsRefused) {
    approval_.steps.push_back(approval_.steps[0]);
    approval_.steps.back().step_id = StepId("production/web-1/backdoor");
    expect_refused("backdoor");
}
TEST_F(Document, WithAStepLessIsRefused) {
    approval_.steps.pop_back();
    expect_refused("lacks step production/web-1/activate!undo");
}
TEST_F(Document, WithOtherActionBytesIsRefused) {
    approval_.steps[1].action_sha256 = crypto::sha256("rm -rf /");
    expect_refused("the action is");
}
TEST_F(Document, ForAnotherHostIsRefused) {
    for (auto& step : approval_.steps) step.agent_id = AgentId("agent-of-db-1");
    expect_refused("the host's agent is");
}
TEST_F(Document, UnderAnotherHostsNameIsRefused) {
    for (auto& step : approval_.steps) step.host = "db-1";
    expect_refused("the host is");
}
TEST_F(Document, WithAnotherArtifactIsRefused) {
    approval_.steps[0].artifact_sha256[0] = crypto::sha256("x");
    expect_refused("the artifacts is");
}
TEST_F(Document, WithMoreAttemptsIsRefused) {
    approval_.steps[0].max_attempts = 9;
    expect_refused("attempts");
}
TEST_F(Document, OfAnotherPlanReleaseClusterOrCounterIsRefused) {
    trust::Approval good = approval_;
    approval_.plan_sha256 = crypto::sha256("x");
    expect_refused("the plan's digest");
    approval_ = good, approval_.cluster_id = ClusterId("other");
    expect_refused("the cluster");
    approval_ = good, approval_.release_id = ReleaseId("shop-1.1.0-8");
    expect_refused("the release");
    approval_ = good, approval_.release_counter = 8;
    expect_refused("the release counter");
    approval_ = good, approval_.environment = "staging";
    expect_refused("the environment");
}
TEST_F(Document, WhoseActionIsForAnotherServiceOrTimeIsRefused) {
    change_action([](json::Json& action) { action["service"] = "payroll"; });
    expect_refused("the service of the action is 'payroll', but the plan says 'shop'");
    change_action([](json::Json& action) { action["service"] = "shop", action["deadline_s"] = 3600; });
    expect_refused("the deadline of the action is '3600', but the plan says '60'");
}
TEST_F(Document, WhoseActionHasWhatCannotBeShownIsRefused) {
    change_action([](json::Json& action) { action["preload"] = "/tmp/x.so"; });
    expect_refused("action.preload");
    change_action([](json::Json& action) { action = {{"kind", "schema.migrate"}}; });
    expect_refused("schema.migrate");
}
TEST_F(Document, WithAnotherOverrunIsRefused) {
    approval_.overrun = "undo";
    expect_refused("what happens when the window closes is 'undo', but the plan says 'finish'");
}
TEST_F(Document, ThatClosesOtherTimesThanThePlanIsRefused) {
    approval_.closed.push_back({kNow, kNow + std::chrono::hours(1), "lunch"});
    expect_refused("what is closed is");
    approval_.closed.clear();
    plan_["environments"][1]["calendar"]["name"] = "retail";
    plan_["environments"][1]["calendar"]["blackouts"].push_back(
        {{"name", "peak"}, {"from", to_rfc3339(kNow)}, {"to", "2026-11-23T12:00:00Z"}});
    approval_.plan_sha256 = crypto::sha256(json::canonical(plan_));
    expect_refused("12:00:00Z: peak'");
    approval_.closed.push_back({kNow, kNow + std::chrono::hours(3), "peak"});
    const auto checked = check();
    EXPECT_TRUE(checked) << checked.error().to_string();
}
TEST_F(Document, WithAHostThatLooksLikeAnotherIsRefused) {
    for (const char* list : {"steps", "undo"}) {
        for (auto& step : plan_["environments"][1][list]) step["host"] = "web\u200b-1";
    }
    approval_ = sample_approval(plan_, "production", kNow);
    expect_refused("cannot be told apart");
}
TEST_F(Document, WhoseWindowIsOverHasNoEffectToSign) {
    approval_.not_before = kNow - std::chrono::hours(3);
    approval_.not_after = kNow - std::chrono::hours(2);
    const auto checked = check();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Code::failed_precondition);
    EXPECT_THAT(checked.error().remedy(), HasSubstr("release start"));
}

}  // namespace
}  // namespace signalbox::cli
