// SPDX-License-Identifier: Apache-2.0
// What stands beside people's signatures on a release: withdrawals, and standing approvals.
#include "common/trust/standing.hpp"
#include "tests/unit/controller/release/dispatch/api_fixture.hpp"

namespace signalbox::dispatch {
namespace {

TEST_F(ReleaseApiTest, AWithdrawnApprovalStartsNothingAndIsRecorded) {
    const std::string id = start();
    obey();
    for (const auto* key : {&trust.fixture.tom, &trust.fixture.ann})
        ASSERT_TRUE(approve(id, "production", *key).ok());
    EXPECT_EQ(withdraw(id, "production", trust.fixture.ben).error().code(), Code::permission_denied)
        << "he has not approved it";
    EXPECT_EQ(withdraw(id, "production", trust.fixture.token).error().code(), Code::refused);
    EXPECT_EQ(withdraw(id, "production", trust.fixture.ann, "staging").error().code(),
              Code::invalid_argument);
    std::vector<std::string> pushed;
    engine.on_withdrawal([&](const StoredWithdrawal& w) { pushed.push_back(w.environment); });
    ASSERT_TRUE(withdraw(id, "production", trust.fixture.ann).ok());
    ASSERT_TRUE(withdraw(id, "production", trust.fixture.tom).ok()) << "once more changes nothing";
    EXPECT_EQ(pushed, std::vector<std::string>{"production"});
    EXPECT_EQ(engine.withdrawals_for("production").size(), 1U);
    EXPECT_TRUE(engine.withdrawals_for("staging").empty());
    EXPECT_EQ(std::count_if(store.entries().begin(), store.entries().end(),
                            [](const auto& entry) { return entry.kind == "decision:approval_withdrawn"; }),
              1);
    EXPECT_THAT(approve(id, "production", trust.fixture.cat).error().message(), HasSubstr("was withdrawn"));

    obey();
    EXPECT_EQ(agents.executed.size(), 5U) << "staging ran";
    EXPECT_EQ(get(id).status(), "waiting");
    std::string reason, remedy;
    const v1::ReleaseInfo waiting = get(id);
    for (const auto& gate : waiting.gates())
        if (gate.environment() == "production" && gate.gate() == "approval")
            reason = gate.reason(), remedy = gate.remedy();
    EXPECT_THAT(reason, HasSubstr("was withdrawn at "));
    EXPECT_THAT(reason, HasSubstr(trust.fixture.ann.public_key().id().str() + ": a bad build"));
    EXPECT_THAT(remedy, HasSubstr("signalbox release abort " + id));
    // A controller that starts again remembers it.
    Engine again{{store,
                  sealer,
                  agents,
                  trust,
                  strand,
                  clock,
                  random,
                  gate::standard_gates(),
                  telemetry::Logger::silent(),
                  {},
                  {}}};
    ASSERT_TRUE(again.open().ok());
    EXPECT_EQ(again.withdrawals_for("production").size(), 1U);
}

TEST_F(ReleaseApiTest, WithdrawnInTheMiddleItHaltsAndOnlyGoesBack) {
    const std::string id = start();
    for (const auto* key : {&trust.fixture.tom, &trust.fixture.ann, &trust.fixture.cat})
        ASSERT_TRUE(approve(id, "production", *key).ok());
    for (std::size_t i = 0; i < 20 && get(id).environment() != "production"; ++i) obey_one();
    obey_one();
    ASSERT_EQ(get(id).status(), "running");
    ASSERT_EQ(get(id).environment(), "production");
    const auto done_there = withdraw(id, "staging", trust.fixture.ann, "staging");
    EXPECT_EQ(done_there.error().code(), Code::permission_denied) << "she has not approved it there";
    ASSERT_TRUE(withdraw(id, "production", trust.fixture.ann).ok());
    obey();
    const std::size_t before = agents.executed.size();
    EXPECT_EQ(get(id).status(), "halted");
    EXPECT_THAT(get(id).reason(), HasSubstr("halted by robin: the approval for production was withdrawn: "
                                            "a bad build"));
    v1::ReleaseCommandRequest request;
    request.set_release_id(id);
    const auto resumed = api.resume(robin, request);
    EXPECT_EQ(resumed.error().code(), Code::failed_precondition);
    EXPECT_THAT(resumed.error().remedy(), HasSubstr("signalbox release undo " + id));
    strand.advance(std::chrono::minutes(10));
    EXPECT_EQ(agents.executed.size(), before) << "nothing more is minted";
    ASSERT_TRUE(api.undo(robin, request).ok());
    strand.run_ready();
    obey();
    EXPECT_EQ(get(id).status(), "undone");
    EXPECT_GT(agents.executed.size(), before);
}

// A standing approval of exactly the plan's production steps, without a hole.
class UnderStanding : public ReleaseApiTest {
  protected:
    UnderStanding() {
        const auto id = builder.public_key().id();
        trust.fixture.file.keys.insert_or_assign(id, trust::TrustedKey{builder.public_key(), "build server"});
        trust.fixture.file.roles["artifact/production"].keyids.insert(id);
        const plan::Plan plan = fakes::make_plan("shop", 1);
        const plan::PlanEnvironment& production = *plan.environment("production");
        standing.cluster_id = ClusterId("demo");
        standing.environment = "production";
        standing.name = "shop-patches";
        standing.service = "shop";
        standing.versions = {1, 1, 0};
        standing.uses = 3;
        standing.not_before = clock.now() - std::chrono::hours(1);
        standing.not_after = clock.now() + std::chrono::hours(24 * 30);
        standing.overrun = "finish";
        standing.requester_name = "rita";
        for (const auto* list : {&production.steps, &production.undo}) {
            for (const plan::PlanStep& step : *list) {
                standing.steps.push_back({step.id, step.agent_id, step.host, *json::parse(step.action),
                                          static_cast<int>(step.artifacts.size()), step.max_attempts,
                                          step.undo_of});
                if (step.artifacts.empty()) continue;
                statement.sha256 = step.artifacts[0].sha256;
                statement.size = static_cast<std::int64_t>(step.artifacts[0].size);
                statement.format = step.artifacts[0].format;
            }
        }
        statement.cluster_id = ClusterId("demo");
        statement.service = "shop";
        statement.version = plan.version;
    }
    [[nodiscard]] v1::StandingUse use() const {
        const auto& f = trust.fixture;
        v1::StandingUse out;
        out.add_standing(fakes::signed_text(trust::kInTotoPayloadType, trust::serialize(standing),
                                            {&f.tom, &f.ann, &f.cat}));
        out.set_artifact_statement(
            fakes::signed_text(trust::kInTotoPayloadType, trust::serialize(statement), {&builder}));
        return out;
    }
    std::string start_under() {
        v1::StartReleaseRequest request;
        *request.mutable_under() = use();
        return start({}, request);
    }
    // The approval gate of production in a plan that is only looked at.
    v1::Block planned() {
        v1::PlanRequest request;
        *request.mutable_under() = use();
        v1::Block out;
        api.plan(robin, request, [&](Result<v1::PlanResponse> answer) {
            ASSERT_TRUE(answer.ok()) << answer.error().to_string();
            for (const auto& gate : answer->gates())
                if (gate.environment() == "production" && gate.gate() == "approval") out = gate;
        });
        return out;
    }
    Result<v1::RevokeStandingResponse> revoke(const crypto::SigningKey& key) {
        const trust::Withdrawal withdrawal{
            ClusterId("demo"), "production", trust::approval_digest(trust::serialize(standing)),
            standing.name,     "no more",    clock.now()};
        v1::RevokeStandingRequest request;
        request.set_standing(use().standing(0));
        request.set_withdrawal(
            fakes::signed_text(trust::kInTotoPayloadType, trust::serialize(withdrawal), {&key}));
        auto answer = api.revoke_standing(robin, request);
        strand.run_ready();
        return answer;
    }

    crypto::SigningKey builder = fakes::test_key(40);
    trust::StandingApproval standing;
    trust::ArtifactStatement statement;
};

TEST_F(UnderStanding, ACoveredReleaseRunsWithoutAnotherSignature) {
    EXPECT_EQ(planned().verdict(), "pass") << planned().reason();
    EXPECT_THAT(planned().reason(), HasSubstr("covered by the standing approval shop-patches"));
    const std::string id = start_under();
    obey();
    EXPECT_EQ(get(id).status(), "succeeded") << id;
    const auto& last = agents.executed.back().second;
    EXPECT_EQ(last.standing, use().standing(0));
    EXPECT_EQ(last.artifact_statement, use().artifact_statement());
    EXPECT_TRUE(agents.executed.front().second.standing.empty()) << "staging is not under it";
    const auto used = std::find_if(store.entries().begin(), store.entries().end(),
                                   [](const auto& entry) { return entry.kind == "decision:standing_used"; });
    EXPECT_NE(used, store.entries().end());
}

TEST_F(UnderStanding, RevokedItHaltsWhatRunsUnderIt) {
    const std::string id = start_under();
    for (std::size_t i = 0; i < 20 && get(id).environment() != "production"; ++i) obey_one();
    obey_one();
    ASSERT_EQ(get(id).status(), "running");
    ASSERT_TRUE(revoke(trust.fixture.tom).ok());
    obey();
    EXPECT_EQ(get(id).status(), "halted");
    EXPECT_THAT(get(id).reason(), HasSubstr("was withdrawn: no more"));
}

TEST_F(UnderStanding, WhatItDoesNotCoverIsSaidAndNotStarted) {
    const auto refused = [&](const std::string& why) {
        EXPECT_EQ(planned().verdict(), "wait");
        EXPECT_THAT(planned().reason(), HasSubstr(why));
        const std::string answer = start_under();
        EXPECT_THAT(answer, HasSubstr("the standing approval shop-patches does not cover this release"));
        EXPECT_THAT(answer, HasSubstr(why));
        EXPECT_THAT(answer, HasSubstr("Start it without --standing"));
    };
    const auto steps = standing.steps;
    standing.steps[0].action["deadline_s"] = 1;
    refused("has another step");
    standing.steps = steps;
    statement.version = "1.2.0";
    refused("not for 1.2.0");
    statement.version = "1.1.0";
    standing.not_after = clock.now() + std::chrono::hours(1);
    refused("is good from");
    standing.not_after = clock.now() + std::chrono::hours(24 * 30);
    standing.requester = trust.fixture.ann.public_key().id();
    refused("not enough people approved");
    standing.requester = {};
    const std::string id = start_under();
    obey();
    EXPECT_EQ(get(id).status(), "succeeded") << id;
}

TEST_F(UnderStanding, RevokedItStartsNothing) {
    EXPECT_EQ(revoke(trust.fixture.ben).error().code(), Code::permission_denied) << "he did not sign it";
    const std::string id = start_under();
    ASSERT_TRUE(revoke(trust.fixture.tom).ok());
    ASSERT_TRUE(revoke(trust.fixture.tom).ok()) << "once more changes nothing";
    obey();
    EXPECT_EQ(get(id).status(), "waiting");
    EXPECT_EQ(get(id).environment(), "production");
    EXPECT_EQ(agents.executed.size(), 5U) << "staging ran";
    v1::ReleaseCommandRequest abort;
    abort.set_release_id(id);
    ASSERT_TRUE(api.abort(robin, abort).ok());
    EXPECT_THAT(start_under(), HasSubstr("it was revoked at"));
    EXPECT_NE(planned().verdict(), "pass") << "a plan says so before";
    EXPECT_EQ(engine.withdrawals_for("production").size(), 1U);
}

}  // namespace
}  // namespace signalbox::dispatch
