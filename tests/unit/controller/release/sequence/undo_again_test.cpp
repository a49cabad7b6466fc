// SPDX-License-Identifier: Apache-2.0
// A second undo, and hosts whose agent will not be back.
#include <gmock/gmock.h>

#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

ReleaseSpec one_host(int attempts) {
    StageSpec stage = make_stage("production", 1, {make_step("a", "h", "release.activate")});
    stage.undo = {make_undo(stage.steps[0], "release.revert")};
    stage.undo[0].max_attempts = attempts;
    return release_spec("r", 1, {stage});
}

TEST(UndoAgain, TriesAStepThatFailedWhileItHasAttemptsLeft) {
    Driver d;
    d.start(one_host(2));
    d.run("r", "a");
    d.command("r", CommandKind::undo);
    d.feed(AgentSeen{AgentId("agent-h"), true});
    d.mint("r", "a!undo");
    d.feed(ExecuteAnswered{ReleaseId("r"), StepId("a!undo"), 1, Answer::refused, "R_DIGEST", "no"});
    ASSERT_EQ(d.release("r").status(), ReleaseStatus::undone_partly);
    d.command("r", CommandKind::undo);
    d.feed(AgentSeen{AgentId("agent-h"), true});
    EXPECT_EQ(d.at("r", "a!undo").attempt, 2);
    d.run("r", "a!undo");
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::undone);
}

TEST(UndoAgain, SaysThatTheApprovedAttemptsAreUsedUp) {
    Driver d;
    d.start(one_host(1));
    d.run("r", "a");
    d.command("r", CommandKind::undo);
    d.feed(AgentSeen{AgentId("agent-h"), true});
    d.run("r", "a!undo", "failed");
    ASSERT_EQ(d.release("r").status(), ReleaseStatus::undone_partly);
    EXPECT_THAT(d.release("r").not_undone, ElementsAre(HasSubstr("its 1 approved attempts are used up")));
    d.command("r", CommandKind::undo);
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::undone_partly);
    EXPECT_THAT(d.release("r").reason, HasSubstr("nothing more can be taken back"));
    EXPECT_EQ(d.at("r", "a!undo").attempt, 1);
}

TEST(UndoReplaced, NobodyWaitsForAnAgentThatIsBanned) {
    Driver d;
    d.start(one_host(2));
    d.feed(AgentSeen{AgentId("agent-h"), true});
    d.run("r", "a");
    d.feed(AgentSeen{AgentId("agent-h"), false});
    d.command("r", CommandKind::undo);
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::undoing) << "offline: it may be back";
    d.feed(AgentSeen{AgentId("agent-h"), false, true});
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::undone_partly);
    EXPECT_THAT(d.release("r").not_undone,
                ElementsAre(HasSubstr("h: a (the agent that changed h is banned")));
}

TEST(UndoReplaced, TheEventIsReadAsItIsWritten) {
    const auto none = [](const ReleaseId&) -> Result<std::shared_ptr<const ReleaseSpec>> {
        return Error(Code::not_found, "none");
    };
    const Event gone = AgentSeen{AgentId("x"), false, true}, away = AgentSeen{AgentId("x"), false};
    for (const Event& event : {gone, away}) {
        const auto read = event_from_json(to_json(event, kStart), none);
        ASSERT_TRUE(read.ok()) << read.error().to_string();
        EXPECT_EQ(std::get<AgentSeen>(read->event).gone, std::get<AgentSeen>(event).gone);
    }
    EXPECT_FALSE(to_json(away, kStart).contains("gone"));
    json::Json old =
        to_json(TokenMinted{ReleaseId("r"), StepId("s"), 1, "j", "t", kStart, false, {}, kStart}, kStart);
    old.erase("run_by");
    const auto read = event_from_json(old, none);
    ASSERT_TRUE(read.ok()) << read.error().to_string();
    EXPECT_EQ(std::get<TokenMinted>(read->event).run_by, Instant{}) << "ledgers from before it are read";
}

}  // namespace
}  // namespace signalbox::sequence
