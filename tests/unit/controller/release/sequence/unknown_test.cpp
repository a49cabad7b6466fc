// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

const std::string kGreen = "production/green/activate";

Driver in_flight_on_green() {
    Driver d;
    d.start(release_spec("r1", 1, {hybrid("production")}));
    d.mint("r1", kGreen);
    return d;
}
AgentSeen green(bool online) {
    return {AgentId("agent-production-green"), online};
}

TEST(Unknown, AHostThatCameBackIsAskedAndItsAnswerCounts) {
    Driver d = in_flight_on_green();
    d.feed(green(false));
    EXPECT_THAT(d.why("r1", kGreen), HasSubstr("it is asked when it is back"));
    EXPECT_TRUE(d.queries.empty());
    d.feed(green(true));
    ASSERT_EQ(d.queries.size(), 1U);
    d.answer_newest_query(Found::done, 1, "ok");
    EXPECT_EQ(d.at("r1", kGreen).status, StepStatus::succeeded);
}

TEST(Unknown, NeverRanIsSentAgainAsTheSameAttempt) {
    Driver d = in_flight_on_green();
    d.feed(ControllerStarted{});
    d.feed(green(true));
    d.dispatches.clear();
    d.answer_newest_query(Found::never);
    ASSERT_EQ(d.dispatches.size(), 1U);
    EXPECT_EQ(d.dispatches[0].attempt, 1);
    EXPECT_EQ(d.dispatches[0].send, 2);
}

TEST(Unknown, AFinishedRecordAloneIsEnough) {
    Driver d = in_flight_on_green();
    d.feed(green(true));
    d.command("r1", CommandKind::halt);
    d.answer_newest_query(Found::never);
    ASSERT_EQ(d.at("r1", kGreen).status, StepStatus::ready);
    d.report("r1", kGreen, Report::finished, "ok");
    EXPECT_EQ(d.at("r1", kGreen).status, StepStatus::succeeded) << "its order was under way after all";
}

TEST(Unknown, OnlyTheNewestQuerysNeverCounts) {
    Driver d = in_flight_on_green();
    d.feed(green(true));
    const Query old = d.queries.back();
    d.feed(green(true));
    d.dispatches.clear();
    d.feed(QueryAnswered{old.release, old.step, old.ask, Found::never, 0, {}, false});
    EXPECT_TRUE(d.dispatches.empty());
}

TEST(Unknown, AFinishedRecordThatComesTwiceOrLateChangesNothing) {
    Driver d = in_flight_on_green();
    d.report("r1", kGreen, Report::started);
    d.report("r1", kGreen, Report::finished, "failed");
    d.wait(seconds(2));
    d.mint("r1", kGreen);
    d.feed(StepReported{ReleaseId("r1"), StepId(kGreen), 1, Report::finished, "ok", {}});
    EXPECT_EQ(d.at("r1", kGreen).status, StepStatus::dispatched);
    EXPECT_EQ(d.at("r1", kGreen).attempt, 2);
}

TEST(Unknown, AHostThatNeverAnswersIsDeclaredUnknownAndAPersonDecides) {
    Driver d = in_flight_on_green();
    d.feed(green(false));
    d.wait(minutes(4));
    EXPECT_EQ(d.at("r1", kGreen).status, StepStatus::dispatched) << "its token lives";
    d.wait(minutes(4));
    EXPECT_EQ(d.at("r1", kGreen).status, StepStatus::unknown);
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::halted);
    EXPECT_FALSE(allowed(d.state, Command{ReleaseId("r1"), CommandKind::resume, "", ""}, d.now).ok());
    d.feed(green(true));
    d.answer_newest_query(Found::done, 1, "ok");
    d.command("r1", CommandKind::resume);
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::running);
    EXPECT_EQ(d.at("r1", kGreen).status, StepStatus::succeeded);
}

TEST(Unknown, AfterAnUndoWasAskedForANeverCountsOnlyWhenTheTokenIsOver) {
    Driver d = in_flight_on_green();
    d.command("r1", CommandKind::undo);
    d.feed(green(true));
    d.answer_newest_query(Found::never);
    EXPECT_EQ(d.release("r1").course, Course::winding_down_to_undo) << "its order may still be under way";
    d.wait(seconds(361));
    d.answer_newest_query(Found::never);
    EXPECT_NE(d.at("r1", kGreen).status, StepStatus::dispatched);
    d.report("r1", "production/legacy/stage", Report::finished, "ok");
    EXPECT_FALSE(d.dispatched(kGreen + "!undo"));
}

TEST(Unknown, ATokenOfAnotherNonceIsReplacedForTheSameAttempt) {
    Driver d = in_flight_on_green();
    d.dispatches.clear();
    d.feed(ExecuteAnswered{ReleaseId("r1"), StepId(kGreen), 1, Answer::refused, "R_NONCE", ""});
    d.wait(seconds(2));
    ASSERT_EQ(d.dispatches.size(), 1U);
    EXPECT_TRUE(d.dispatches[0].fresh);
    EXPECT_EQ(d.dispatches[0].attempt, 1);
}

TEST(Unknown, AHostThatHasNotGotTheTrustFileYetIsTriedAgain) {
    Driver d = in_flight_on_green();
    d.dispatches.clear();
    d.feed(ExecuteAnswered{ReleaseId("r1"), StepId(kGreen), 1, Answer::refused, "R_TRUST", "has version 3"});
    EXPECT_EQ(d.at("r1", kGreen).status, StepStatus::ready) << "its token would be admitted later";
    d.wait(seconds(2));
    EXPECT_TRUE(d.dispatched(kGreen));
}

TEST(Unknown, ATokenThatIsRefusedAgainAndAgainFailsTheStep) {
    Driver d = in_flight_on_green();
    for (int i = 0; i < 8; ++i) {
        d.feed(
            ExecuteAnswered{ReleaseId("r1"), StepId(kGreen), 1, Answer::refused, "R_CLOCK", "an hour ahead"});
        d.wait(minutes(2));
        if (d.at("r1", kGreen).status == StepStatus::dispatched) d.mint("r1", kGreen);
    }
    // Its last token may still be admitted: it keeps its slot until that is dead, and the host is asked once
    // more.
    EXPECT_EQ(d.at("r1", kGreen).status, StepStatus::dispatched);
    EXPECT_EQ(in_flight(d.state, "production", d.now), 2);
    d.wait(minutes(4) + seconds(10));
    d.answer_newest_query(Found::never);
    EXPECT_EQ(d.at("r1", kGreen).status, StepStatus::failed);
    EXPECT_THAT(d.at("r1", kGreen).detail, HasSubstr("refused:R_CLOCK: an hour ahead"));
}

}  // namespace
}  // namespace signalbox::sequence
