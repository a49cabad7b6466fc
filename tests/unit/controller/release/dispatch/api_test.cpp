// SPDX-License-Identifier: Apache-2.0
// A release as an operator sees it: plan, start, approve, watch, over the real engine and a host that obeys.
#include "tests/unit/controller/release/dispatch/api_fixture.hpp"

namespace signalbox::dispatch {
namespace {

TEST_F(ReleaseApiTest, GoesToProductionOnlyWithEnoughPeopleAndRecordsWhatIsLive) {
    const std::string id = start();
    obey();
    EXPECT_EQ(get(id).status(), "waiting");
    EXPECT_EQ(get(id).environment(), "production");
    EXPECT_EQ(agents.executed.size(), 5U) << "staging needs nobody; production nothing yet";

    EXPECT_TRUE(approve(id, "production", trust.fixture.tom).ok());
    EXPECT_TRUE(approve(id, "production", trust.fixture.ann).ok());
    obey();
    EXPECT_EQ(get(id).status(), "waiting") << "one owner of two";
    const auto last = approve(id, "production", trust.fixture.cat);
    ASSERT_TRUE(last.ok()) << last.error().to_string();
    obey();
    EXPECT_EQ(get(id).status(), "succeeded");
    const auto placements = store.placements();
    EXPECT_EQ(placements->colours.size(), 2U);
    EXPECT_EQ(placements->hosts.size(), 4U);
    EXPECT_EQ(placements->hosts[0].version, "1.1.0");
}

TEST_F(ReleaseApiTest, SignaturesThatDoNotCountAreRefusedWithTheReason) {
    const std::string id = start();
    const auto own = approve(id, "production", trust.fixture.ben);
    ASSERT_FALSE(own.ok());
    EXPECT_THAT(own.error().message(), HasSubstr("requester's own key"));
    const auto stranger = approve(id, "production", trust.fixture.ledger);
    ASSERT_FALSE(stranger.ok());
    EXPECT_EQ(stranger.error().code(), Code::permission_denied);
    const auto other_bytes = approve(id, "production", trust.fixture.tom, true);
    ASSERT_FALSE(other_bytes.ok());
    EXPECT_THAT(other_bytes.error().message(), HasSubstr("does not verify"));
    EXPECT_FALSE(approve(id, "nowhere", trust.fixture.tom).ok());
    EXPECT_FALSE(approve("no-such-release", "production", trust.fixture.tom).ok());
}

TEST_F(ReleaseApiTest, AnotherPlanThanTheOneThatWasShownIsNotStarted) {
    EXPECT_THAT(start(std::string(64, '0')), HasSubstr("was expected"));
    EXPECT_EQ(store.commits(), 1U) << "only the controller's start";
    const std::string id = start();
    EXPECT_THAT(start(), HasSubstr("has not ended"));
    planner.problem = {{"releases/shop.yaml", 3, 7}, "unknown key 'verison'", "Write 'version'", false};
    EXPECT_THAT(start(), HasSubstr("releases/shop.yaml:3:7"));
}

TEST_F(ReleaseApiTest, PlanShowsWhatWouldBlockAndChangesNothing) {
    agents.agents[fakes::agent_of("production-legacy")].online = false;
    v1::PlanResponse plan;
    api.plan(robin, {}, [&](Result<v1::PlanResponse> answer) { plan = *answer; });
    std::map<std::string, std::string> verdicts;
    for (const auto& gate : plan.gates()) verdicts[gate.environment() + "/" + gate.gate()] = gate.verdict();
    EXPECT_EQ(verdicts.at("production/agents_online"), "wait");
    EXPECT_EQ(verdicts.at("production/approval"), "wait");
    EXPECT_EQ(verdicts.at("staging/approval"), "pass");
    EXPECT_EQ(verdicts.at("staging/trust_valid"), "pass");
    EXPECT_EQ(store.commits(), 1U);
}

TEST_F(ReleaseApiTest, ALongPollAnswersAtTheNextChangeOrWhenItsTimeIsOver) {
    const std::string id = start();
    v1::GetReleaseRequest request;
    request.set_release_id(id);
    request.set_after_revision(get(id).revision());
    request.set_wait_ms(5000);
    int answers = 0;
    const auto count = [&](const Result<v1::GetReleaseResponse>& answer) { answers += answer.ok() ? 1 : 0; };
    api.get(robin, request, count);
    EXPECT_EQ(answers, 0);
    obey();
    EXPECT_EQ(answers, 1);
    request.set_after_revision(get(id).revision());
    api.get(robin, request, count);
    strand.advance(std::chrono::seconds(6));
    EXPECT_EQ(answers, 2);
}

TEST_F(ReleaseApiTest, CommandsSayWhyTheyCannotBeDone) {
    const std::string id = start();
    v1::ReleaseCommandRequest request;
    request.set_release_id(id);
    EXPECT_FALSE(api.resume(robin, request).ok());
    request.set_reason("lunch");
    const auto halted = api.halt(robin, request);
    ASSERT_TRUE(halted.ok());
    EXPECT_THAT(halted->release().reason(), HasSubstr("halted by robin: lunch"));
    ASSERT_TRUE(api.abort(robin, request).ok());
    request.set_release_id("nothing");
    EXPECT_EQ(api.undo(robin, request).error().code(), Code::not_found);
}

TEST_F(ReleaseApiTest, AReleaseStartsAtItsTimeAndNotBefore) {
    v1::StartReleaseRequest request;
    const Instant at = clock.now() + std::chrono::hours(5);
    request.set_not_before(to_rfc3339(at));
    request.set_window_s(7200);
    const std::string id = start({}, request);
    const v1::ReleaseInfo info = get(id);
    EXPECT_EQ(info.not_before(), to_rfc3339(at));
    EXPECT_EQ(info.not_after(), to_rfc3339(at + std::chrono::hours(2)));
    EXPECT_EQ(info.undo_not_after(), to_rfc3339(at + std::chrono::hours(3)));
    EXPECT_EQ(info.overrun(), "finish");
    obey();
    EXPECT_TRUE(agents.executed.empty());
    strand.advance(std::chrono::hours(5) + std::chrono::seconds(11));
    obey();
    EXPECT_EQ(agents.executed.size(), 5U);
}

TEST_F(ReleaseApiTest, AWindowThatCannotBeIsOneClearError) {
    v1::StartReleaseRequest request;
    request.set_not_before(to_rfc3339(clock.now() - std::chrono::hours(1)));
    EXPECT_THAT(start({}, request), HasSubstr("is in the past: it is"));
    request.set_not_before("tonight");
    EXPECT_THAT(start({}, request), HasSubstr("'tonight' is no time at which a release can start"));
    request.set_not_before(to_rfc3339(clock.now() + std::chrono::hours(24 * 400)));
    EXPECT_THAT(start({}, request), HasSubstr("more than a year away"));
    request.clear_not_before();
    request.set_window_s(static_cast<std::uint32_t>(trust.fixture.file.limits.max_window_s) + 1);
    EXPECT_THAT(start({}, request), HasSubstr("longer than the trust file allows"));
    request.set_window_s(3600);
    request.set_undo_window_s(static_cast<std::uint32_t>(trust.fixture.file.limits.max_window_s));
    EXPECT_THAT(start({}, request), HasSubstr("more to undo are longer than the trust file allows"));
    planner.closed = {
        {"Black Friday", clock.now() - std::chrono::hours(1), clock.now() + std::chrono::hours(9)}};
    request.clear_undo_window_s();
    EXPECT_THAT(start({}, request), HasSubstr("is closed during the whole window"));
    EXPECT_EQ(store.commits(), 1U) << "only the controller's start";
    request.set_window_s(36000);
    const std::string id = start({}, request);
    ASSERT_EQ(get(id).closed().size(), 2) << id;
    EXPECT_EQ(get(id).closed(0).name(), "Black Friday");
}

TEST_F(ReleaseApiTest, AWindowInWhichAStepCouldNeverStartIsRefused) {
    v1::StartReleaseRequest request;
    request.set_window_s(5);
    planner.overrun = plan::Overrun::stop;
    EXPECT_THAT(start({}, request), HasSubstr("nothing starts that could not end in the window of 5s"));
    EXPECT_EQ(store.commits(), 1U) << "only the controller's start";
}

TEST_F(ReleaseApiTest, OneThatWaitsTooLongExpires) {
    v1::StartReleaseRequest request;
    request.set_window_s(600);
    agents.agents[fakes::agent_of("staging-green")].online = false;
    agents.agents[fakes::agent_of("staging-legacy")].online = false;
    for (auto& [id, agent] : agents.agents) agent.online = false;
    const std::string id = start({}, request);
    EXPECT_FALSE(get(id).expired());
    strand.advance(std::chrono::seconds(601));
    EXPECT_EQ(get(id).status(), "failed");
    EXPECT_TRUE(get(id).expired());
}

TEST_F(ReleaseApiTest, ExplainsAStepAndTheReleaseFromItsLedger) {
    const std::string id = start();
    obey();
    v1::ExplainReleaseRequest request;
    request.set_release_id(id);
    v1::ExplainReleaseResponse told;
    api.explain(robin, request, [&](Result<v1::ExplainReleaseResponse> answer) { told = *answer; });
    strand.run_ready();
    std::string all;
    for (const auto& line : told.lines()) all += line.text() + "\n";
    EXPECT_THAT(all, HasSubstr("was asked for by robin"));
    EXPECT_THAT(all, HasSubstr("staging begins"));
    EXPECT_THAT(all, HasSubstr("staging is done; production is next"));
    EXPECT_THAT(all, HasSubstr("the gate 'approval' waits"));
    ASSERT_FALSE(told.now().empty());
    EXPECT_THAT(told.now(0), HasSubstr("production waits for the gate 'approval'"));

    request.set_step_id(get(id).steps(0).id());
    api.explain(robin, request, [&](Result<v1::ExplainReleaseResponse> answer) { told = *answer; });
    strand.run_ready();
    EXPECT_EQ(told.step().id(), request.step_id());
    std::set<std::string> kinds;
    for (const auto& line : told.lines()) kinds.insert(line.kind());
    EXPECT_TRUE(kinds.contains("ready") && kinds.contains("minted") && kinds.contains("done"));
    EXPECT_FALSE(kinds.contains("failed"));

    Code code = Code::internal;
    request.set_step_id("no/such/step");
    api.explain(robin, request,
                [&](const Result<v1::ExplainReleaseResponse>& a) { code = a.error().code(); });
    strand.run_ready();
    EXPECT_EQ(code, Code::not_found);
}

TEST_F(ReleaseApiTest, TheTimelineHasEveryStepThatRan) {
    const std::string id = start();
    obey();
    v1::GetTimelineRequest request;
    request.set_release_id(id);
    v1::GetTimelineResponse timeline;
    api.timeline(robin, request, [&](Result<v1::GetTimelineResponse> answer) { timeline = *answer; });
    strand.run_ready();
    std::set<std::string> ran;
    for (const auto& span : timeline.spans()) ran.insert(span.step_id());
    EXPECT_EQ(ran.size(), 5U);
    EXPECT_FALSE(timeline.marks().empty());
    EXPECT_EQ(timeline.release().release_id(), id);
}

TEST_F(ReleaseApiTest, TheThrottleSaysWhoHoldsSlots) {
    const std::string id = start();
    const auto view = api.throttle(robin, {});
    ASSERT_TRUE(view.ok());
    ASSERT_FALSE(view->scopes().empty());
    const auto found = std::find_if(view->scopes().begin(), view->scopes().end(),
                                    [](const auto& scope) { return scope.scope() == "environment:staging"; });
    ASSERT_NE(found, view->scopes().end());
    EXPECT_TRUE(found->limited());
    EXPECT_EQ(found->holding(0).release_id(), id);
}

}  // namespace
}  // namespace signalbox::dispatch
