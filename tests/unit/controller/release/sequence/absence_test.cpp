// SPDX-License-Identifier: Apache-2.0
// Hosts that are away, lanes that stand still, and steps that start later.
#include <gmock/gmock.h>

#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

// Three hosts in one lane, each staged and then activated.
ReleaseSpec lane_of_three(Offline offline, int quorum = 0) {
    StageSpec stage = make_stage("production", 3);
    LaneSpec lane{"shop", "old", {"h1", "h2", "h3"}, offline, 60, quorum, 0};
    for (const std::string& host : lane.hosts) {
        for (const char* kind : {"stage", "activate"}) {
            std::vector<std::string> needs;
            if (std::string(kind) == "activate") needs = {host + "/stage"};
            StepSpec step = make_step(host + "/" + kind, host, kind, needs);
            step.service = "shop";
            step.group = "old";
            stage.steps.push_back(step);
        }
    }
    stage.lanes = {lane};
    return release_spec("r", 1, {stage});
}

void stage_all(Driver& d, const ReleaseSpec& spec) {
    d.start(spec);
    for (const char* host : {"h1", "h2", "h3"}) d.mint("r", std::string(host) + "/stage");
    d.feed(AgentSeen{AgentId("agent-h2"), false});
    for (const char* host : {"h1", "h2", "h3"})
        d.report("r", std::string(host) + "/stage", Report::finished, "ok");
}

TEST(Absence, AWaitingLaneWaitsForEver) {
    Driver d;
    stage_all(d, lane_of_three(Offline::wait));
    d.wait(minutes(600));
    EXPECT_EQ(d.at("r", "h2/activate").status, StepStatus::ready);
    d.feed(AgentSeen{AgentId("agent-h2"), true});
    EXPECT_TRUE(d.dispatched("h2/activate"));
}

TEST(Absence, ALaneThatSkipsGoesOnWithoutTheHostAndSaysSo) {
    Driver d;
    stage_all(d, lane_of_three(Offline::skip, 2));
    d.wait(seconds(58));
    EXPECT_EQ(d.at("r", "h2/activate").status, StepStatus::ready);
    d.wait(seconds(5));
    EXPECT_EQ(d.at("r", "h2/activate").status, StepStatus::skipped);
    for (const char* host : {"h1", "h3"}) d.run("r", std::string(host) + "/activate");
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::succeeded);
    EXPECT_EQ(d.release("r").reason, "without h2");
    ASSERT_EQ(d.release("r").left_out.size(), 1U);
    EXPECT_THAT(d.release("r").left_out[0].why, HasSubstr("offline since"));
}

TEST(Absence, ALaneThatSkipsFailsWhenTooFewWouldBeLeft) {
    Driver d;
    stage_all(d, lane_of_three(Offline::skip, 3));
    d.wait(seconds(61));
    EXPECT_EQ(d.at("r", "h2/activate").status, StepStatus::failed);
    EXPECT_THAT(d.release("r").reason, HasSubstr("fewer than 3 hosts would be released"));
}

TEST(Absence, ALaneThatFailsDoesSoAfterItsTimeAndNotBefore) {
    Driver d;
    stage_all(d, lane_of_three(Offline::fail));
    d.wait(seconds(50));
    d.feed(AgentSeen{AgentId("agent-h2"), true});
    d.feed(AgentSeen{AgentId("agent-h2"), false});
    EXPECT_EQ(d.at("r", "h2/activate").status, StepStatus::ready) << "it was there in between";
    Driver e;
    stage_all(e, lane_of_three(Offline::fail));
    e.wait(seconds(61));
    EXPECT_EQ(e.at("r", "h2/activate").status, StepStatus::failed);
}

TEST(Absence, AStepWhoseOrderMayBeUnderWayIsAskedForAndNotFailed) {
    Driver d;
    d.start(lane_of_three(Offline::fail));
    d.mint("r", "h2/stage");
    d.feed(AgentSeen{AgentId("agent-h2"), true});
    d.answer_newest_query(Found::never);
    ASSERT_EQ(d.dispatches.back().step.str(), "h2/stage");
    d.feed(ExecuteAnswered{ReleaseId("r"), StepId("h2/stage"), 1, Answer::unavailable, "", ""});
    ASSERT_EQ(d.at("r", "h2/stage").status, StepStatus::ready);
    d.feed(AgentSeen{AgentId("agent-h2"), false});
    d.wait(seconds(61));
    EXPECT_EQ(d.at("r", "h2/stage").status, StepStatus::dispatched);
    // The order does arrive; its host comes back and says so.
    d.feed(AgentSeen{AgentId("agent-h2"), true});
    d.answer_newest_query(Found::done, 1, "ok");
    EXPECT_EQ(d.at("r", "h2/stage").status, StepStatus::succeeded);
}

TEST(Absence, AReleaseThatStartsLaterKnowsWhoIsThere) {
    Driver d;
    d.start(lane_of_three(Offline::wait));
    d.feed(AgentSeen{AgentId("agent-h3"), false});
    ReleaseSpec later = lane_of_three(Offline::wait);
    later.id = ReleaseId("later");
    d.feed(ReleaseStarted{std::make_shared<const ReleaseSpec>(later)});
    EXPECT_TRUE(d.release("later").is_online(AgentId("agent-h1")));
    EXPECT_FALSE(d.release("later").is_online(AgentId("agent-h3")));
}

TEST(Progress, ALaneThatStandsStillFailsAndEachSuccessGivesItTimeAgain) {
    ReleaseSpec spec = lane_of_three(Offline::wait);
    spec.stages[0].lanes[0].progress_deadline_s = 120;
    Driver d;
    d.start(spec);
    for (const char* host : {"h1", "h2", "h3"})
        d.feed(AgentSeen{AgentId(std::string("agent-") + host), host[1] == '1'});
    d.wait(seconds(100));
    d.run("r", "h1/stage");
    d.wait(seconds(100));
    EXPECT_EQ(d.release("r").course, Course::forward);
    d.wait(seconds(30));
    EXPECT_THAT(d.release("r").reason, HasSubstr("shop/old in production has made no progress for 2m"));
    EXPECT_NE(d.release("r").course, Course::forward);
}

TEST(Progress, ClosedTimesDoNotCount) {
    ReleaseSpec spec = lane_of_three(Offline::wait);
    spec.stages[0].lanes[0].progress_deadline_s = 120;
    spec.stages[0].closed = {{{kStart + seconds(10), kStart + seconds(1000)}, "freeze"}};
    Driver d;
    d.start(spec);
    for (const char* host : {"h1", "h2", "h3"})
        d.feed(AgentSeen{AgentId(std::string("agent-") + host), false});
    d.now = kStart + seconds(1100);
    d.feed(Tick{});
    EXPECT_EQ(d.release("r").course, Course::forward);
    d.wait(seconds(30));
    EXPECT_NE(d.release("r").course, Course::forward);
}

TEST(Delay, AStepStartsSoLongAfterTheLastOfThoseItWaitsFor) {
    StageSpec stage = make_stage("production", 3);
    stage.steps = {make_step("a", "ha", "shift"), make_step("b", "hb", "check", {"a"})};
    stage.steps[1].delay_s = 600;
    Driver d;
    d.start(release_spec("r", 1, {stage}));
    d.run("r", "a");
    EXPECT_EQ(d.at("r", "b").status, StepStatus::ready);
    EXPECT_THAT(d.why("r", "b"), HasSubstr("as planned"));
    d.wait(seconds(599));
    EXPECT_FALSE(d.dispatched("b"));
    d.wait(seconds(2));
    EXPECT_TRUE(d.dispatched("b"));
}

TEST(Jitter, IsFixedByReleaseAndHostAndOnlyForTheFirstStep) {
    const auto starts = [](const std::string& id) {
        ReleaseSpec spec = lane_of_three(Offline::wait);
        spec.id = ReleaseId(id);
        spec.jitter_s = 600;
        Driver d;
        d.feed(ReleaseStarted{std::make_shared<const ReleaseSpec>(spec)});
        d.pass_gates(spec.id);
        std::vector<Duration> out;
        for (const char* host : {"h1", "h2", "h3"}) {
            const Duration wait = d.at(id, std::string(host) + "/stage").not_before - d.now;
            EXPECT_LT(wait, seconds(600));
            out.push_back(wait);
        }
        return out;
    };
    EXPECT_EQ(starts("r"), starts("r"));
    EXPECT_NE(starts("r"), starts("s"));
    const auto some = starts("r");
    EXPECT_NE(some[0], some[1]);
    ReleaseSpec spec = lane_of_three(Offline::wait);
    spec.jitter_s = 600;
    Driver d;
    d.start(spec);
    d.wait(seconds(600));
    d.run("r", "h1/stage");
    EXPECT_TRUE(d.dispatched("h1/activate")) << "its second step waits for nothing but the first";
}

}  // namespace
}  // namespace signalbox::sequence
